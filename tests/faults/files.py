#!/usr/bin/python3
"""Every call about files fails in turn: files.py VKTL SOURCE PRELOAD [SHARE [SCENARIO...]]

PRELOAD is what preload.c is built into. A command is run once to see which calls it makes below its
folders; then again for each of them and for each way to fail, or for one in SHARE of these. It must
end with the status and one message that fit, leave every file as it was or whole, and nothing
half-written; training must then be resumed to the bytes of a run that nothing disturbed. Reading and
writing by halves, and interrupted calls, must make no difference at all. Needs a Vulkan device."""
import collections
import errno
import os
import pathlib
import sys

from runs import Bench, fail, leftovers
from scenarios import SCENARIOS, Train

SHORT = 0
LOST = [errno.EIO, errno.ENOSPC, errno.EDQUOT]
WRITING = {"write": LOST + [errno.EINTR, SHORT], "pwrite": LOST + [errno.EINTR, SHORT],
           "fwrite": LOST + [SHORT], "fflush": LOST, "fsync": LOST + [errno.EINTR, errno.EINVAL],
           "close": LOST, "fclose": LOST, "rename": LOST + [errno.EINVAL], "mkdir": LOST,
           "ftruncate": LOST, "flock": [errno.ENOLCK, errno.EINTR], "unlink": [errno.EACCES],
           "remove": [errno.EACCES], "dup": [errno.EMFILE]}
READING = {"read": [errno.EIO, errno.EINTR, SHORT], "pread": [errno.EIO, errno.EINTR, SHORT],
           "fread": [errno.EIO, SHORT], "fseek": [errno.EIO], "fstat": [errno.EIO],
           "opendir": [errno.EACCES, errno.EMFILE]}
OPENING = {"open": [errno.EACCES, errno.EMFILE, errno.ENOSPC, errno.EIO],
           "fopen": [errno.EACCES, errno.EMFILE]}
WAYS = {**WRITING, **READING, **OPENING}
# What a program that reads and writes descriptors must not notice.
UNNOTICED = {(call, way) for call in WAYS for way in (errno.EINTR, SHORT) if call[0] != "f"} | \
            {("fsync", errno.EINTR), ("fsync", errno.EINVAL), ("flock", errno.EINTR),
             ("flock", errno.ENOLCK)}
# HDF5 crashes when the program ends where closing a file that it has only read fails.
NOT_OURS = [("close", "model.h5")]


def statuses(call):
    if call in WRITING:
        return {0, 1}
    return {0, 4} if call in READING else {0, 1, 4}


def name_of(way):
    return errno.errorcode[way] if way else "short"


class Faults:
    def __init__(self, bench, preload):
        self.bench, self.log = bench, bench.work / "calls.log"
        before = os.environ.get("FAULT_PRELOAD_FIRST")  # a sanitizer's library
        under = [bench.work / name for name in ("place", "train", "val", "model", "model.h5")]
        self.environment = {
            "LD_PRELOAD": f"{before}:{preload}" if before else str(preload),
            "FAULT_LOG": str(self.log),
            "FAULT_UNDER": ":".join(map(str, [*under, bench.cache / "vktl"])),
        }

    def run(self, scenario, **settings):
        scenario.prepare()
        self.log.unlink(missing_ok=True)
        done = self.bench.run(*scenario.words(), status=None,
                              environment={**self.environment, **settings})
        calls = [line.split() for line in self.log.read_text().splitlines()]
        return done, calls


def check(faults, scenario, number, call, way):
    """One call fails; a complaint, or None, and whether there was such a call."""
    done, calls = faults.run(scenario, FAULT_AT=str(number), FAULT_ERROR=str(way),
                             FAULT_CALLS=call)
    hit = [line for line in calls if line[-1] == "failed"]
    if not hit:
        return None, None
    path, status = hit[0][1], done.returncode
    if (call, pathlib.Path(path).name) in NOT_OURS:
        return None, None
    where = f"{call} #{number} of {path}: {name_of(way)}"
    errors = [line for line in done.stderr.splitlines() if line.startswith("vktl: error: ")]
    allowed = {0} if (call, way) in UNNOTICED else statuses(call)
    if status not in allowed:
        return f"{where}: status {status}\n{done.stderr}", status
    if len(errors) != (status != 0):
        return f"{where}: status {status} with {len(errors)} messages\n{done.stderr}", status
    if errors and str(faults.bench.work) not in done.stderr:
        return f"{where}: a message without a path: {errors[0]}", status
    left = leftovers(faults.bench.work)
    if left and call not in ("unlink", "remove"):
        return f"{where}: left behind: {left}", status
    found = scenario.complaint(status, done.stderr)
    return found and f"{where}: status {status}: {found}\n{done.stderr}", status


def check_all(faults, scenario, name, share):
    scenario.learn()
    done, calls = faults.run(scenario)
    if done.returncode:
        fail(f"{name}: status {done.returncode} without a fault\n{done.stderr}")
    counts = collections.Counter(line[0] for line in calls)
    tried, complaints = collections.Counter(), 0
    trials = [(call, number, way) for call in sorted(counts) for number in range(counts[call])
              for way in WAYS[call]]
    offset = sum(map(ord, name)) % share
    for call, number, way in trials[offset::share]:
        found, status = check(faults, scenario, number, call, way)
        if status is not None:
            tried[f"{name_of(way)}:{status}"] += 1
        if found:
            complaints += 1
            print(f"FAILED: {name}: {found}", flush=True)
    print(f"{name}: {len(calls)} calls ({', '.join(f'{n} {c}' for c, n in sorted(counts.items()))});"
          f" {sum(tried.values())} faults, by kind and status: {dict(sorted(tried.items()))};"
          f" {complaints} complaints", flush=True)
    return complaints


def main():
    vktl, source, preload = sys.argv[1:4]
    share = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    names = sys.argv[5:] or list(SCENARIOS)
    with Bench(vktl, source) as bench:
        bench.photos("train", 3)
        bench.photos("val", 1, start=6)
        faults = Faults(bench, pathlib.Path(preload).resolve())
        bench.run("devices")  # what is compiled first is not counted
        Train(bench).learn()
        bench.keep_cache()
        complaints = sum(check_all(faults, SCENARIOS[name](bench), name, share)
                         for name in names)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
