#!/usr/bin/python3
"""Allocations fail in turn: memory.py PROGRAM SOURCE [SHARE [SCENARIO...]]

PROGRAM is vktl with failing_command.c linked into it. A command is run once to see by which ways the
program comes to allocate; then once more for each of them, or one in SHARE, where the first allocation
of that way fails, or one in its middle. It must end with status 5 and one message, or do without; leave
every file as it was or whole; and training must then be resumed to the bytes of a run that nothing
disturbed. Needs a Vulkan device."""
import collections
import subprocess
import sys

from runs import Bench, fail, leftovers
from scenarios import SCENARIOS, Train


def ways(bench, scenario):
    scenario.prepare()
    log = bench.work / "ways.log"
    done = bench.run(*scenario.words(), status=None, environment={"FAIL_LOG": str(log)})
    if done.returncode:
        fail(f"status {done.returncode} without a fault\n{done.stderr}")
    return sorted((way, int(times)) for way, times in
                  (line.split() for line in log.read_text().splitlines()))


def named(bench, said):
    """A trace by the names of functions."""
    lines = said.splitlines()
    places = [line.partition("(+")[2].partition(")")[0] for line in lines]
    names = subprocess.run(["addr2line", "-f", "-s", "-e", bench.vktl, *filter(None, places)],
                           text=True, capture_output=True, check=True).stdout.splitlines()[::2] \
        if any(places) else []
    return "\n".join([line for line, place in zip(lines, places) if not place] + [
        "at " + " < ".join(name for name in names if not name.startswith(("__wrap", "trace")))])


def check(bench, scenario, way, time):
    scenario.prepare()
    done = bench.run(*scenario.words(), status=None,
                     environment={"FAIL_WAY": way, "FAIL_TIME": str(time), "FAIL_TRACE": "1"})
    status, said = done.returncode, named(bench, done.stderr)
    where = f"way {way}, time {time}: status {status}"
    errors = [line for line in said.splitlines() if line.startswith("vktl: error: ")]
    if "Sanitizer" in said or "runtime error" in said:
        return status, f"{where}: {said}"
    if status not in (0, 5):
        return status, f"{where}: {said}"
    if len(errors) != (status != 0):
        return status, f"{where} with {len(errors)} messages: {said}"
    if leftovers(bench.work):
        return status, f"{where}: left behind: {leftovers(bench.work)}"
    found = scenario.complaint(status, said)
    return status, found and f"{where}: {found}\n{said}"


def check_all(bench, scenario, name, share):
    scenario.learn()
    known = ways(bench, scenario)
    trials = [(way, 0) for way, _ in known] + [(way, times // 2) for way, times in known
                                               if times > 1]
    outcomes, complaints = collections.Counter(), 0
    for way, time in trials[sum(map(ord, name)) % share::share]:
        status, found = check(bench, scenario, way, time)
        outcomes[status] += 1
        complaints += found is not None
        if found:
            print(f"FAILED: {name}: {found}", flush=True)
    print(f"{name}: {sum(times for _, times in known)} allocations by {len(known)} ways; "
          f"{sum(outcomes.values())} failed, by status: {dict(sorted(outcomes.items()))}; "
          f"{complaints} complaints", flush=True)
    return complaints


def main():
    program, source = sys.argv[1:3]
    share = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with Bench(program, source) as bench:
        bench.photos("train", 3)
        bench.photos("val", 1, start=6)
        Train(bench).learn()
        bench.keep_cache()
        complaints = sum(check_all(bench, SCENARIOS[name](bench), name, share)
                         for name in sys.argv[4:] or SCENARIOS)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
