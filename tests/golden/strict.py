#!/usr/bin/python3
"""Repeats golden runs with --strict on every driver, and compares bits.

Usage: strict.py VKTL DRIVERS WORK_FOLDER [--steps N] [--demo ASSETS]

DRIVERS is tools/drivers.sh. A run on lavapipe is compared with one on each other driver, on one
thread, with vectors of half the width, with measured and without measured kernels: history.csv (but
for its seconds; it has the SHA-256 of the weights after each epoch) and steps.csv must be the same.
The last digest is computed anew from last.safetensors. With --demo, one epoch each of the demo and of
its model from scratch, augmented. Exit status 1 where anything differs, 77 (skipped) without a second
driver, NumPy or h5py."""
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

NAMES = ["tiny", "frozen", "adam", "adamw", "norm", "shared/golden/cnn16"]


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
    ways["one thread"] = (on("lavapipe", LP_NUM_THREADS="1"), [])
    ways["four lanes"] = (on("lavapipe", LP_NATIVE_VECTOR_WIDTH="128"), [])
    ways["not tuned"] = (on("lavapipe"), ["--no-tune"])
    return ways


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
        print(f"  {what:<22}{detail:<66}{'' if passed else 'FAILED'}", flush=True)

    def compare(self, runs):
        (_, first), *others = runs
        history, steps = rows_of(first / "history.csv"), rows_of(first / "steps.csv")
        digest = history[-1]["weights_sha256"]
        self.say("lavapipe", digest == digest_of(first), digest)
        for name, run in others:
            same = rows_of(run / "history.csv") == history and rows_of(run / "steps.csv") == steps
            self.say(name, same, rows_of(run / "history.csv")[-1]["weights_sha256"])


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
    parser.add_argument("--demo", type=pathlib.Path)
    chosen = parser.parse_args()
    drivers = list_drivers(chosen.drivers)
    if "lavapipe" not in drivers or len(drivers) < 2:
        print("skipped: needs lavapipe and another driver (tools/setup.sh --test)")
        return 77
    shutil.rmtree(chosen.work, ignore_errors=True)
    ways, comparison = ways_of(drivers), Comparison()

    def work_for(name, way):
        return chosen.work / name.replace("/", "-") / way.replace(" ", "-")

    for name in NAMES:
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
    augmented = ["--freeze", "none", "--weights", "none", "--rotation-range", "10", "--zoom-range",
                 "0.1", "--horizontal-flip", "--channel-shift-range", "20", "--brightness-range",
                 "0.8,1.2", "--optimizer", "adam"]
    for name, more in {"demo": [], "demo from scratch": augmented}.items() if chosen.demo else ():
        print(f"{name}, one epoch")
        comparison.compare([
            (way, train_demo(chosen.program, chosen.demo, work_for(name, way), environment,
                             [*flags, *more]))
            for way, (environment, flags) in ways.items()])
    print("failed" if comparison.failures else "passed", f"({comparison.failures} differ)")
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
