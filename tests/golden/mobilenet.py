#!/usr/bin/python3
"""Trains a new top on MobileNet's ImageNet weights to recognise five real people.

Usage: mobilenet.py VKTL WORK_FOLDER [--seeds N] [--epochs N] [--threshold ACCURACY]

Photos and weights are in $VKTL_SHARED, else in ../shared beside the source tree: data/celeb5/{train,val}
and weights/mobilenet_1_0_224_no_top_to_conv_pw_12.h5. Prints a line a seed (0 to N-1): the best
validation accuracy, seconds of the frozen base, of the first epoch and of all others; then the medians.
Of the best weights of each seed, vktl infer and vktl eval must agree with each other and with
history.csv. Exit status 1 where they do not or the median accuracy is below the threshold, 77
(skipped) without the data."""
import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

WEIGHTS = "weights/mobilenet_1_0_224_no_top_to_conv_pw_12.h5"


def shared_folder():
    beside = pathlib.Path(__file__).resolve().parents[2].parent / "shared"
    return pathlib.Path(os.environ.get("VKTL_SHARED", beside))


def vktl(program, *words):
    """Returns what the command says in JSON."""
    command = [program, *map(str, words), "--quiet", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{' '.join(command)}\nended with status {done.returncode}:\n{done.stderr}")
        sys.exit(1)
    return json.loads(done.stdout)


def train(arguments, shared, run, seed):
    """Returns the best validation accuracy of history.csv, and the command's own report."""
    started = time.monotonic()
    report = vktl(arguments.program, "train", "--model", "mobilenet", "--weights", shared / WEIGHTS,
                  "--base-output", "conv_pw_12_relu", "--head", "gap,dropout:0.5", "--lr", 0.01,
                  "--epochs", arguments.epochs, "--train", shared / "data/celeb5/train",
                  "--val", shared / "data/celeb5/val", "--seed", seed, "--run", run)
    report["wall_seconds"] = time.monotonic() - started
    with open(run / "history.csv", newline="") as file:
        best = max(float(row["val_accuracy"]) for row in csv.DictReader(file))
    return best, report


def accuracy_of_infer(arguments, run, validation):
    photos = vktl(arguments.program, "infer", run, validation, "--top", 1)
    right = [photo["predictions"][0]["class"] == pathlib.Path(photo["path"]).parent.name
             for photo in photos]
    return sum(right) / len(right)


def run_seed(arguments, shared, seed):
    """Returns best accuracy, seconds of base, first epoch, other epochs, all."""
    run = arguments.work / f"seed-{seed}"
    best, report = train(arguments, shared, run, seed)
    validation = shared / "data/celeb5/val"
    evaluated = vktl(arguments.program, "eval", run, validation)["accuracy"]
    inferred = accuracy_of_infer(arguments, run, validation)
    for name, accuracy in (("eval", evaluated), ("infer", inferred)):
        if abs(accuracy - best) > 1e-6:
            print(f"seed {seed}: {name} finds {accuracy:.4f}, history.csv says {best:.4f}")
            sys.exit(1)
    seconds = [report[f"{name}_seconds"] for name in ("features", "first_epoch", "other_epochs")]
    return [best, *seconds, report["wall_seconds"]]


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--threshold", type=float, default=0.88)
    return parser.parse_args()


def main():
    arguments, shared = parse_arguments(), shared_folder()
    if not (shared / WEIGHTS).is_file():
        print(f"skipped: there is no {shared / WEIGHTS}; VKTL_SHARED names the folder of shared data")
        sys.exit(77)
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    heading = "{:<8}{:>10}{:>12}{:>14}{:>16}{:>8}"
    print(heading.format("seed", "accuracy", "base [s]", "epoch 1 [s]", "the others [s]", "all [s]"))
    rows = []
    for seed in range(arguments.seeds):
        rows.append(run_seed(arguments, shared, seed))
        print(heading.format(seed, *(f"{value:.3f}" for value in rows[-1])), flush=True)
    medians = [statistics.median(column) for column in zip(*rows)]
    print(heading.format("median", *(f"{value:.3f}" for value in medians)))
    print(f"median best validation accuracy {medians[0]:.4f}, threshold {arguments.threshold}")
    sys.exit(medians[0] < arguments.threshold)


main()
