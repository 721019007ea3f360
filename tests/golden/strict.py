#!/usr/bin/python3
"""Repeats golden runs and the selftest with --strict on every driver, and compares bits.

Usage: strict.py VKTL DRIVERS WORK_FOLDER [--steps N] [--long ASSETS]

DRIVERS is tools/drivers.sh. A run on lavapipe is compared with one on each other driver, and on one
thread with vectors of half the width: history.csv (but for its seconds; it has the SHA-256 of the
weights after each epoch) and steps.csv must be the same. The last digest is computed anew from
last.safetensors. Every comparison of `vktl selftest --strict` must have the bits
that it has on lavapipe; without --strict some do not, or nothing would be shown by it. With --long,
which takes minutes: all cases in both forms, the kernels of GPUs too, and one epoch each of the demo
and of its model from scratch, augmented, also with other kernels kept by `vktl tune`, and with none. Exit status 1 where anything differs, 77 (skipped) without a
second driver, NumPy or h5py."""
import argparse
import csv
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from check import Golden, find_golden

NAMES = ["tiny", "adam", "norm"]
MORE_NAMES = ["frozen", "adamw", "shared/golden/cnn16"]


def list_drivers(script):
    lines = subprocess.run([script], capture_output=True, text=True).stdout.split("\n")
    drivers = dict(line.split(" ", 1) for line in lines if " " in line)
    drivers.pop("radv", None)  # compiles only
    return drivers


def ways_of(drivers):
    """{name: (environment, flags)}, the one that all are compared with first."""
    def on(driver, **more):
        return {"VK_DRIVER_FILES": drivers[driver], "VK_ICD_FILENAMES": drivers[driver], **more}

    ways = {"lavapipe": (on("lavapipe"), [])}
    ways.update({name: (on(name), []) for name in drivers if name != "lavapipe"})
    ways["one thread, four lanes"] = (on("lavapipe", LP_NUM_THREADS="1", LP_NATIVE_VECTOR_WIDTH="128"), [])
    return ways


def tune(program, environment, cache):
    """Measures everything of the demo's model, and keeps it where nobody else looks."""
    environment = {**environment, "XDG_CACHE_HOME": str(cache.resolve())}
    subprocess.run([program, "tune", "--model", "vgg-mini", "--pass", "train", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    return environment


def rows_of(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.pop("seconds", None)
    return rows


def digest_of(run):
    """SHA-256 of the weights of last.safetensors, in the order of the model's layers."""
    data = (run / "last.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    layers = json.loads((run / "model.json").read_text())["config"]["layers"]
    order = ["kernel", "depthwise_kernel", "gamma", "bias", "beta", "moving_mean", "moving_variance"]
    digest = hashlib.sha256()
    for layer in layers:
        name = layer["config"]["name"]
        for weight in order:
            if entry := header.get(f"{name}/{weight}"):
                begin, end = entry["data_offsets"]
                digest.update(data[start + begin:start + end])
    return digest.hexdigest()


class Comparison:
    def __init__(self):
        self.failures = 0

    def say(self, what, passed, detail):
        self.failures += not passed
        print(f"  {what:<24}{detail:<66}{'' if passed else 'FAILED'}", flush=True)

    def compare(self, runs):
        (_, first), *others = runs
        history, steps = rows_of(first / "history.csv"), rows_of(first / "steps.csv")
        digest = history[-1]["weights_sha256"]
        self.say("lavapipe", digest == digest_of(first), digest)
        for name, run in others:
            same = rows_of(run / "history.csv") == history and rows_of(run / "steps.csv") == steps
            self.say(name, same, rows_of(run / "history.csv")[-1]["weights_sha256"])


def bits_of(program, environment, flags):
    """{what: the set of fingerprints of its results}; rows without a result have none."""
    command = [program, "selftest", "--json", "--quiet", *flags]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    bits = {}
    for row in json.loads(done.stdout)["devices"][0]["cases"]:
        if row.get("bits") and row["op"] != "model":
            what = row["op"], row["direction"], row["case"]
            bits.setdefault(what, set()).add(row["bits"])
    return bits


def count_differing(bits, others):
    """How many results differ, between the two or among the ways in which either was computed."""
    assert bits.keys() == others.keys()
    return sum(len(bits[what] | others[what]) > 1 for what in bits)


def compare_operators(program, ways, extra, comparison):
    """`ways`: {name: (environment, flags)}, of which the first is compared with the others."""
    (_, (environment, flags)), *others = ways.items()
    bits = bits_of(program, environment, ["--strict", *extra, *flags])
    for name, (environment, flags) in others:
        differing = count_differing(bits, bits_of(program, environment, ["--strict", *extra, *flags]))
        comparison.say(name, not differing, f"{differing} of {len(bits)} results differ")
    name, (environment, flags) = others[-1]
    differing = count_differing(bits, bits_of(program, environment, [*extra, *flags]))
    comparison.say(f"{name}, not strict", differing > 0, f"{differing} of {len(bits)} differ")


def train_demo(program, assets, run, environment, flags):
    words = [program, "train", "--train", assets / "faces/train", "--val", assets / "faces/val",
             "--model", "vgg-mini", "--epochs", "1", "--run", run, "--strict", "--no-report", "--quiet",
             *flags]
    subprocess.run([str(word) for word in words], check=True, env={**os.environ, **environment})
    return run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("drivers")
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--long", type=pathlib.Path)
    chosen = parser.parse_args()
    drivers = list_drivers(chosen.drivers)
    if "lavapipe" not in drivers or len(drivers) < 2:
        print("skipped: needs lavapipe and another driver (tools/setup.sh --test)")
        return 77
    shutil.rmtree(chosen.work, ignore_errors=True)
    ways, comparison = ways_of(drivers), Comparison()

    def work_for(name, way):
        return chosen.work / name.replace("/", "-") / way.replace(" ", "-")

    for name in NAMES + (MORE_NAMES if chosen.long else []):
        folder = find_golden(name)
        folder = folder if folder.is_absolute() else pathlib.Path(__file__).parent / folder
        if not folder.exists():
            print(f"{name}: skipped, not there")
            continue
        print(f"{name}, {chosen.steps} steps")
        comparison.compare([
            (way, Golden(chosen.program, folder, work_for(name, way), environment,
                         ["--strict", "--no-report", *flags]).train("run", chosen.steps))
            for way, (environment, flags) in ways.items()])
    on_drivers = {name: ways[name] for name in drivers}
    if chosen.long:
        environment, _ = ways["lavapipe"]
        on_drivers = {"lavapipe": ways["lavapipe"], "GPUs' kernels": (environment, ["--gpu-kernels"]),
                      **on_drivers}
    print("operators")
    compare_operators(chosen.program, on_drivers, [] if chosen.long else ["--quick"], comparison)
    if chosen.long:
        ways["tuned"] = (tune(chosen.program, environment, chosen.work / "tuned"), [])
        ways["not tuned"] = (environment, ["--no-tune"])
    augmented = ["--freeze", "none", "--weights", "none", "--rotation-range", "10", "--zoom-range",
                 "0.1", "--horizontal-flip", "--channel-shift-range", "20", "--brightness-range",
                 "0.8,1.2", "--optimizer", "adam"]
    for name, more in {"demo": [], "demo from scratch": augmented}.items() if chosen.long else ():
        print(f"{name}, one epoch")
        comparison.compare([
            (way, train_demo(chosen.program, chosen.long, work_for(name, way), environment,
                             [*flags, *more]))
            for way, (environment, flags) in ways.items()])
    print("failed" if comparison.failures else "passed", f"({comparison.failures} differ)")
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
