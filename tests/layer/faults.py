#!/usr/bin/env python3
"""Vulkan's calls fail in turn, under the tests' layer and the validation layer: vktl ends with the
right status and a message, leaks nothing, and nothing of a run is lost.

    faults.py VKTL SOURCE BINARY [--command train|infer|selftest] [--count N | --every] [--seed S]
              [--jobs J] [--keep DIR]

BINARY is the build folder. A call of every way through the program to a function that may fail is
made to fail, with each error that the registry has for it, or --count of them, drawn by --seed; with
--every, all calls one after the other. What must hold after a fault:

  status    0 where vktl found a way on; 5 (memory) or 1 (lost device) with a message else
  silence   no leak told by the layer or a sanitizer, no message of the validation layer, no crash
  train     every file of the run folder is whole, and --resume without faults ends with the bytes of
            a run left alone: best and last.safetensors, model.json, classes.json, steps.csv, and
            history.csv but for its seconds. Where memory ran out and the batch is computed in parts
            from then on, the run left alone is one with the --micro-batch that config.json names; one
            whose second phase alone has parts is compared as numbers
  infer     where the status is 0, the predictions of a run left alone
"""
import argparse
import collections
import concurrent.futures
import csv
import io
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading

KINDS = {"h": "OUT_OF_HOST_MEMORY", "d": "OUT_OF_DEVICE_MEMORY", "l": "DEVICE_LOST"}
BATCH = 4
EXACT = ["best.safetensors", "last.safetensors", "model.json", "classes.json", "steps.csv"]
BAD_WORDS = ["leak:", "Sanitizer", "runtime error:", "Validation Error", "VUID-", "test layer:"]
TINY = """{"class_name":"Sequential","config":{"name":"tiny","layers":[
{"class_name":"InputLayer","config":{"name":"in","batch_input_shape":[null,12,12,3]}},
{"class_name":"Conv2D","config":{"name":"c1","filters":4,"kernel_size":[3,3],"activation":"relu"}},
{"class_name":"MaxPooling2D","config":{"name":"p1","pool_size":[2,2]}},
{"class_name":"Conv2D","config":{"name":"c2","filters":4,"kernel_size":[3,3],"activation":"relu"}},
{"class_name":"Flatten","config":{"name":"f"}},
{"class_name":"Dense","config":{"name":"out","units":2,"activation":"softmax"}}]}}"""


class Wrong(Exception):
    pass


class Case:
    """What vktl is asked to do, in a folder of its own."""

    def __init__(self, vktl, binary, work):
        self.vktl, self.binary, self.work = vktl, binary, work

    def run(self, folder, arguments, layer=""):
        environment = dict(
            os.environ,
            VK_LAYER_PATH=f"{self.binary}/tests/layer:/usr/share/vulkan/explicit_layer.d",
            VK_INSTANCE_LAYERS="VK_LAYER_KHRONOS_validation:VK_LAYER_VKTL_test",
            VKTL_LAYER=layer,
            NODEVICE_SELECT="1",  # a layer of Mesa's, which crashes where it finds no memory
            XDG_CACHE_HOME=str(folder / "cache"),
        )
        done = subprocess.run([self.vktl, *arguments], env=environment, capture_output=True,
                              text=True, errors="replace", timeout=600, cwd=folder)
        for word in BAD_WORDS:
            if word in done.stdout + done.stderr:
                said = (done.stdout + done.stderr).splitlines()
                raise Wrong("\n".join(line for line in said if word in line)[:2000])
        if done.returncode and "vktl: error:" not in done.stderr:
            raise Wrong(f"status {done.returncode} without a message: {done.stderr}")
        return done

    def prepare(self):
        """What all runs need, and a run left alone."""

    def arguments(self):
        raise NotImplementedError

    def check(self, folder, done):
        """Of what a fault left; a word for the outcome."""


class Selftest(Case):
    def arguments(self):
        return ["selftest", "--op", "relu", "--quick"]

    def check(self, folder, done):
        return "done" if done.returncode == 0 else "refused"


class Train(Case):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.references, self.lock = {}, threading.Lock()

    def photos(self):
        faces = sorted((self.source / "assets/faces/train").iterdir())[:2]
        for folder in faces:
            (self.work / "photos" / folder.name).mkdir(parents=True)
            for photo in sorted(folder.iterdir())[:5]:
                shutil.copy(photo, self.work / "photos" / folder.name)
        (self.work / "tiny.json").write_text(TINY)

    def prepare(self):
        self.photos()
        self.must(["train", "--model", "tiny.json", "--train", "photos", "--head", "keep", "--freeze",
                   "none", "--epochs", "1", "--batch", "4", "--preprocess", "tf", "--no-report",
                   "--run", "base"])

    def must(self, arguments):
        done = self.run(self.work, arguments)
        if done.returncode:
            raise Wrong(f"{arguments}: {done.stderr}")
        return done

    # Two phases, files after every step, optimizer with state.
    def settings(self, run, *more):
        return ["train", "--model", f"{self.work}/base/last.safetensors", "--train",
                f"{self.work}/photos", "--val", f"{self.work}/photos", "--head",
                "flatten,dropout:0.3,dense:4", "--base-output", "c2", "--freeze", "base", "--epochs",
                "2", "--batch", str(BATCH), "--optimizer", "adam", "--clip-norm", "1",
                "--fine-tune-epochs", "1", "--unfreeze-from", "c2", "--checkpoint-seconds", "0",
                "--no-report", "--feature-store", "0", "--run", run, *more]

    def arguments(self):
        return self.settings("run")

    def reference(self, micro):
        with self.lock:
            if micro not in self.references:
                self.must(self.settings(f"reference-{micro}", "--micro-batch", str(micro)))
                self.references[micro] = self.work / f"reference-{micro}"
            return self.references[micro]

    @staticmethod
    def history(run):
        rows = list(csv.DictReader(io.StringIO((run / "history.csv").read_text())))
        for row in rows:
            del row["seconds"]
        return rows

    def equal(self, run):
        micro = json.loads((run / "config.json").read_text())["micro_batch"]
        whole = self.reference(micro)
        differ = [name for name in EXACT if (run / name).read_bytes() != (whole / name).read_bytes()]
        if self.history(run) != self.history(whole):
            differ.append("history.csv")
        if not differ:
            return "same bytes" if micro == BATCH else "same bytes as in parts"
        if micro == BATCH:
            raise Wrong(f"after all, {differ} differ from those of a run left alone")
        whole = self.reference(BATCH)
        for here, there in zip(self.history(run), self.history(whole), strict=True):
            for name, value in here.items():
                if "sha" not in name and not math.isclose(float(value), float(there[name]),
                                                          rel_tol=1e-4):
                    raise Wrong(f"{name} {value}, in a run left alone {there[name]}")
        return "same numbers, parts in the second phase"

    def check(self, folder, done):
        run = folder / "run"
        if done.returncode == 0:
            return self.equal(run)
        left = sorted(p.name for p in run.glob("*")) if run.exists() else []
        if any(".tmp" in name for name in left):
            raise Wrong(f"unfinished files: {left}")
        again = self.run(folder, self.settings("run", "--resume"))
        if again.returncode:
            raise Wrong(f"--resume: status {again.returncode}: {again.stderr}")
        return "resumed, " + self.equal(run)


class Infer(Train):
    def prepare(self):
        super().prepare()
        self.whole = self.must(self.arguments()).stdout

    def arguments(self):
        return ["infer", f"{self.work}/base", f"{self.work}/photos", "--json"]

    def check(self, folder, done):
        if done.returncode:
            return "refused"
        if done.stdout != self.whole:
            raise Wrong("other predictions than without a fault")
        return "same predictions"


COMMANDS = {"train": Train, "infer": Infer, "selftest": Selftest}


def faults(case, every):
    """(function, number of its call, kind, path) of all that may fail, from a run left alone."""
    case.run(case.work, case.arguments(), f"calls={case.work}/calls.txt")
    counts, seen, found = collections.Counter(), set(), []
    for line in (case.work / "calls.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        _, function, kinds, path = line.split()[:4]
        counts[function] += 1
        if every or (function, path) not in seen:
            found += [(function, counts[function], kind, path) for kind in kinds]
        seen.add((function, path))
    if (case.work / "run").exists():
        shutil.rmtree(case.work / "run")
    return sum(counts.values()), len(seen), found


def trial(case, number, fault):
    """Kind, status and outcome; None where the call did not come in this run."""
    function, call, kind, _ = fault
    folder = case.work / f"trial-{number}"
    folder.mkdir()
    if (case.work / "cache").exists():
        shutil.copytree(case.work / "cache", folder / "cache")
    try:
        done = case.run(folder, case.arguments(),
                        f"fault={function}:{call}:{KINDS[kind]},calls={folder}/calls.txt")
        if " injected" not in (folder / "calls.txt").read_text():
            return None
        if done.returncode not in ((0, 1) if kind == "l" else (0, 5)):
            raise Wrong(f"status {done.returncode}: {done.stderr}")
        return kind, done.returncode, case.check(folder, done)
    except subprocess.TimeoutExpired:
        raise Wrong("it hangs") from None
    finally:
        shutil.rmtree(folder)


def run_all(case, chosen, jobs):
    outcomes, wrong = collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(trial, case, i, f): f for i, f in enumerate(chosen)}
        for future in concurrent.futures.as_completed(futures):
            function, call, kind, _ = futures[future]
            try:
                outcomes[future.result()] += 1
            except Wrong as error:
                wrong += 1
                print(f"{function}:{call}:{KINDS[kind]}: {error}", flush=True)
    return outcomes, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vktl")
    parser.add_argument("source")
    parser.add_argument("binary")
    parser.add_argument("--command", choices=COMMANDS, action="append")
    parser.add_argument("--count", type=int)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep")
    chosen = parser.parse_args()
    failures = 0
    for name in chosen.command or COMMANDS:
        work = pathlib.Path(tempfile.mkdtemp(dir=chosen.keep))
        case = COMMANDS[name](chosen.vktl, chosen.binary, work)
        case.source = pathlib.Path(chosen.source)
        case.prepare()
        calls, paths, found = faults(case, chosen.every)
        random.Random(chosen.seed).shuffle(found)
        found = found[:chosen.count]
        outcomes, wrong = run_all(case, found, chosen.jobs)
        print(f"{name}: {calls} calls in {paths} ways, {len(found)} faults, {wrong} wrong")
        missed = outcomes.pop(None, 0)
        for (kind, status, outcome), count in sorted(outcomes.items()):
            print(f"  {count:5} {KINDS[kind]}: status {status}, {outcome}")
        if missed:
            print(f"  {missed:5} did not come about: the number of calls differs by timing")
        failures += wrong + (not outcomes)
        shutil.rmtree(work)
    return failures > 0


sys.exit(main())
