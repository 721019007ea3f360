#!/usr/bin/python3
"""Repeats a golden run with vktl and compares it with what an independent trainer found.

Usage: check.py VKTL GOLDEN_FOLDER WORK_FOLDER

GOLDEN_FOLDER holds model.json, init.h5, expected.json, images/<class>/, activations/<layer>.npy of all
images, gradients/<layer>_<weight>.npy of the first step, and final.h5. One that begins with shared/ is
looked for in $VKTL_SHARED, else in ../shared beside the source tree. WORK_FOLDER is made anew.

Compared are the output of every layer for every image (vktl features), the gradients (the velocity after
one step is -lr * gradient, Adam's momentum (1 - beta_1) * gradient), each step's loss and the final
weights, moving statistics included (vktl train). Prints a line a layer,
weight and step with its relative error: of arrays the norm of the difference over the norm of what is
expected. Exit status 1 where one is too large, 77 (skipped) without the folder, NumPy or h5py."""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}; needs python3-numpy and python3-h5py")
    sys.exit(77)

ACTIVATION_LIMIT = 1e-5
GRADIENT_LIMIT = 1e-4
LOSS_LIMIT = 1e-4
WEIGHT_LIMIT = 1e-4


# ---- Files

def find_golden(name):
    if not name.startswith("shared/"):
        return pathlib.Path(name)
    beside = pathlib.Path(__file__).resolve().parents[2].parent / "shared"
    return pathlib.Path(os.environ.get("VKTL_SHARED", beside)) / name.removeprefix("shared/")


def read_h5(path):
    """{layer/weight: array} of Keras 2's layout."""
    arrays = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            layer, *_, weight = name.split("/")
            arrays[f"{layer}/{weight.removesuffix(':0')}"] = np.asarray(item, np.float64)

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays


def read_safetensors(path):
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    arrays = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", f"{name} is {entry['dtype']}"
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[start + begin:start + end], np.float32)
        arrays[name] = values.reshape(entry["shape"]).astype(np.float64)
    return arrays


# ---- Comparison

def relative_error(found, expected):
    """Infinite where the shapes differ, or where something else than zeros stands for zeros."""
    if found is None or found.shape != expected.shape:
        return np.inf
    difference, norm = np.linalg.norm(found - expected), np.linalg.norm(expected)
    return difference / norm if norm else (np.inf if difference else 0.0)


class Table:
    """Prints its rows, and remembers the worst of each kind."""

    def __init__(self):
        self.worst = {}
        self.failures = 0

    def add(self, kind, name, error, limit):
        passed = bool(error <= limit)  # False for NaN
        self.failures += not passed
        error = error if error == error else np.inf
        self.worst[kind] = max(self.worst.get(kind, (0.0, limit)), (float(error), limit))
        print(f"  {kind:<12}{name:<34}{error:>10.2e}  {'' if passed else 'FAILED'}")

    def summary(self):
        for kind, (error, limit) in self.worst.items():
            print(f"worst {kind:<12}{error:>10.2e}  limit {limit:.0e}")
        print("failed" if self.failures else "passed", f"({self.failures} beyond their limit)")
        return 1 if self.failures else 0


class Golden:
    """One golden run and the program that repeats it."""

    def __init__(self, program, folder, work, environment=None, flags=()):
        self.program, self.folder, self.work = program, folder, work
        self.environment, self.flags = {**os.environ, **(environment or {})}, flags
        self.expected = json.loads((folder / "expected.json").read_text())
        self.optimizer = self.expected["optimizer"]
        self.table = Table()

    def vktl(self, *words):
        command = [self.program, *map(str, words), "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        if done.returncode:
            print(f"{' '.join(command)}\nended with status {done.returncode}:\n{done.stderr}")
            sys.exit(1)

    def model(self):
        return ["--weights", self.folder / "init.h5", "--preprocess", self.expected["preprocess"]]

    def train(self, name, steps):
        """Returns the run's folder."""
        images = len(self.expected["files"])
        epochs = -(-steps // -(-images // self.expected["batch"]))
        run = self.work / name
        options = {"model": self.folder / "model.json", "train": self.folder / "images",
                   "head": "keep", "freeze": self.expected.get("freeze", "none"),
                   "batch": self.expected["batch"], "epochs": epochs, "max-steps": steps,
                   "run": run, **self.chosen()}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        flags = [f"--{name}" for name, given in (
            ("nesterov", self.optimizer.get("nesterov")),
            ("train-batchnorm", self.expected.get("train_batchnorm"))) if given]
        self.vktl("train", *words, *flags, *self.flags, "--no-shuffle", *self.model())
        return run

    def chosen(self):
        """Options of the optimizer and the loss."""
        words = {"nesterov", "update"}  # a flag, and the formula in words
        options = {name: value for name, value in self.optimizer.items() if name not in words}
        options["optimizer"] = options.pop("name", "sgd")
        for name in ("label_smoothing", "class_weights", "base_lr_factor"):
            if name in self.expected:
                options[name] = self.expected[name]
        if isinstance(options.get("class_weights"), list):
            options["class_weights"] = ",".join(map(str, options["class_weights"]))
        options["weight-decay"] = options.pop("weight_decay", 0)
        return {name.replace("_", "-"): value for name, value in options.items()}

    def features(self, index):
        """{layer: array} of one image."""
        out = self.work / f"features-{index}"
        image = self.folder / "images" / self.expected["files"][index]
        self.vktl("features", self.folder / "model.json", image, "--npy", "--out", out, *self.model())
        return {re.sub(r"^\d+_", "", path.stem): np.load(path).astype(np.float64)
                for path in out.glob("*.npy")}

    def check_activations(self):
        paths = sorted((self.folder / "activations").glob("*.npy"))
        found = [self.features(i) for i in range(len(self.expected["files"]))]
        layers = json.loads((self.folder / "model.json").read_text())["config"]["layers"]
        names = [layer["config"]["name"] for layer in layers if layer["class_name"] != "InputLayer"]
        assert sorted(names) == [path.stem for path in paths], "an activation of every layer"
        for name in names:
            expected = np.load(self.folder / "activations" / f"{name}.npy").astype(np.float64)
            errors = [relative_error(one.get(name), expected[i:i + 1]) for i, one in enumerate(found)]
            self.table.add("activation", name, max(errors), ACTIVATION_LIMIT)

    def check_gradients(self):
        """Of the first step, as clipped: what they were can be told from the optimizer's state, SGD's
        velocity -lr * g or Adam's momentum (1 - beta_1) * g."""
        tensors = read_safetensors(self.train("first-step", 1) / "last.safetensors")
        is_adam = self.optimizer.get("name", "sgd") != "sgd"
        prefix = "optimizer/momentum/" if is_adam else "optimizer/velocity/"
        scale = 1 - self.optimizer["beta_1"] if is_adam else -self.optimizer["lr"]
        found = {name.removeprefix(prefix).replace("/", "_"): values / scale
                 for name, values in tensors.items() if name.startswith(prefix)}
        paths = sorted((self.folder / "gradients").glob("*.npy"))
        assert paths, "gradients"
        for path in paths:
            expected = np.load(path).astype(np.float64)
            error = relative_error(found.pop(path.stem, None), expected)
            self.table.add("gradient", path.stem, error, GRADIENT_LIMIT)
        for name in found:  # trained, but should not have been
            self.table.add("gradient", name, np.inf, GRADIENT_LIMIT)

    def check_losses(self, run):
        with open(run / "steps.csv", newline="") as file:
            found = [float(row["loss"]) for row in csv.DictReader(file)]
        expected = self.expected["loss_per_step"]
        assert len(found) == len(expected) == self.expected["steps"], f"{len(found)} steps"
        for i, (one, other) in enumerate(zip(found, expected), 1):
            self.table.add("loss", f"step {i}", abs(one - other) / abs(other), LOSS_LIMIT)

    def check_weights(self, run):
        found = read_safetensors(run / "last.safetensors")
        expected = read_h5(self.folder / "final.h5")
        assert expected, "final weights"
        for name, values in expected.items():
            self.table.add("weight", name, relative_error(found.get(name), values), WEIGHT_LIMIT)

    def check(self):
        self.check_activations()
        self.check_gradients()
        run = self.train("run", self.expected["steps"])
        self.check_losses(run)
        self.check_weights(run)
        return self.table.summary()


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, name, work = sys.argv[1:]
    folder = find_golden(name)
    if not folder.is_dir():
        print(f"skipped: there is no {folder}; VKTL_SHARED names the folder of shared data")
        sys.exit(77)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    print(f"{folder.name}: {json.loads((folder / 'expected.json').read_text())['made_with']}")
    sys.exit(Golden(program, folder, pathlib.Path(work)).check())


if __name__ == "__main__":
    main()
