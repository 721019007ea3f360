#!/usr/bin/python3
"""Runs of many kinds are killed at random moments and resumed: kill.py VKTL SOURCE [COUNT [SEED]]

Moments are drawn evenly over the time that the run takes when it is left alone; a run that ends before
its moment does not count. Every fourth resumption is killed too. What the last one leaves must be what
the undisturbed run left, byte for byte but for times, and nothing that was half-written may remain.
The store of features is empty, full, or cut off anywhere before a run begins. Needs a Vulkan device."""
import random
import shutil
import signal
import subprocess
import sys
import time

from runs import Bench, difference, fail, leftovers

STORES = ["empty", "full", "cut"]
KINDS = {
    "head": "--head gap,dropout:0.3 --epochs 8 --lr 0.02 --reduce-lr 1 --lr-min-delta 0.05 "
            "--checkpoint-seconds 0",
    "fine-tuned": "--head gap,dropout:0.3 --epochs 4 --lr 0.02 --rotation-range 10 "
                  "--augment-variants 2 --unfreeze-from block4_conv1 --fine-tune-epochs 2 "
                  "--fine-tune-lr 0.005 --checkpoint-seconds 0",
    "stopped early": "--head flatten,dense:16:relu --optimizer adam --lr 0.01 --epochs 20 "
                     "--early-stop 3 --min-delta 0.3 --save-every 2 --checkpoint-seconds 0.05",
    "whole": "--weights none --freeze none --head gap --epochs 3 --micro-batch 3 --nesterov "
             "--horizontal-flip --image-size 32 --lr 0.01 --checkpoint-seconds 0",
    "refreshed": "--head gap --epochs 6 --optimizer adamw --schedule cosine --zoom-range 0.1 "
                 "--augment-variants 3 --refresh 2 --cache-limit 40K --save-every 3 "
                 "--checkpoint-seconds 0",
    "board": "--head gap,dense:8:relu,dropout:0.2 --epochs 8 --schedule one-cycle "
             "--checkpoint-seconds 0.1 --tensorboard BOARD",
    "seldom": "--head gap --epochs 30 --lr 0.01",
}


class Kind:
    """A way to train, and what it leaves when nothing disturbs it."""

    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.whole = bench.work / "whole" / name.replace(" ", "-")
        bench.run(*self.words(self.whole))  # pipelines are made
        shutil.rmtree(self.whole)
        bench.new_cache_of_pipelines()
        began = time.monotonic()
        bench.run(*self.words(self.whole))
        self.seconds = time.monotonic() - began
        self.store = bench.work / "stores" / self.whole.name
        shutil.copytree(bench.cache / "vktl" / "features", self.store, dirs_exist_ok=True) \
            if (bench.cache / "vktl" / "features").exists() else self.store.mkdir(parents=True)

    def words(self, run):
        words = KINDS[self.name].replace("BOARD", str(run / "board")).split()
        return ["train", "--model", "vgg-mini", "--train", self.bench.work / "train", "--val",
                self.bench.work / "val", "--batch", "8", "--seed", "11", "--quiet", "--run", run,
                "--no-report", *words]

    def fill_store(self, how, generator):
        self.bench.new_cache_of_pipelines()
        features = self.bench.cache / "vktl" / "features"
        if how == "empty":
            return
        shutil.copytree(self.store, features)
        for file in features.iterdir():
            if how == "cut":
                with open(file, "r+b") as cut:
                    cut.truncate(generator.randrange(file.stat().st_size))


class Killer(Bench):
    def new_cache_of_pipelines(self):
        self.keep_cache()
        self.new_cache()


def killed(bench, words, moment):
    """Whether the run was killed `moment` seconds after its start; False: it was done before."""
    with subprocess.Popen([bench.vktl, *map(str, words)], env=bench.environment,
                          stderr=subprocess.PIPE, text=True) as process:
        try:
            _, said = process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            _, said = process.communicate()
    if process.returncode not in (0, -signal.SIGKILL):
        fail(f"status {process.returncode}: {said}")
    return process.returncode != 0


def place(run):
    if not (run / "config.json").exists():
        return "no run yet"
    if not (run / "last.safetensors").exists():
        return "nothing saved yet"
    head = (run / "last.safetensors").read_bytes()[:20000]
    return head.partition(b'"resume":"')[2].partition(b" epochs_done")[0].decode()


def trial(bench, kind, number, generator):
    """Kills a run, resumes it and compares; how many kills there were."""
    run = bench.work / "killed"
    count, half_written = 0, 0
    store = STORES[number % len(STORES)]
    while count == 0:
        shutil.rmtree(run, ignore_errors=True)
        kind.fill_store(store, generator)
        moment = generator.uniform(0, kind.seconds)
        count += killed(bench, kind.words(run), moment)
    where = place(run)
    half_written += len(leftovers(run, bench.cache))
    if number % 4 == 3:
        count += killed(bench, [*kind.words(run), "--resume"], generator.uniform(0, kind.seconds))
        where += " / " + place(run)
        half_written += len(leftovers(run, bench.cache))
    bench.run(*kind.words(run), "--resume")
    told = f"{kind.name}, store {store}, killed after {moment:.3f} s of {kind.seconds:.2f} ({where})"
    found = difference(run, kind.whole)
    if found:
        fail(f"{told}: {found}")
    left = leftovers(run, bench.cache / "vktl" / "features")
    if left:
        fail(f"{told}: left behind: {left}")
    print(f"{number}: {told}: the same", f"({half_written} half-written files removed)"
          if half_written else "", flush=True)
    return count, moment / kind.seconds, where, half_written


def main():
    vktl, source = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 6
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    generator = random.Random(seed)
    with Killer(vktl, source) as bench:
        bench.photos("train", 6)
        bench.photos("val", 2, start=6)
        names = list(KINDS)
        if count < len(names):
            generator.shuffle(names)
        kinds = [Kind(bench, name) for name in names[:count]]
        # The comparison can fail.
        if not difference(kinds[0].whole, kinds[-1].whole):
            fail("two kinds of training leave the same")
        kills, number, moments, early, removed = 0, 0, [], 0, 0
        while kills < count:
            more, moment, where, half_written = trial(bench, kinds[number % len(kinds)], number,
                                                      generator)
            kills, number = kills + more, number + 1
            moments.append(moment)
            early += where.startswith("no")
            removed += half_written
        quarters = [sum(q <= 4 * moment < q + 1 for moment in moments) for q in range(4)]
        print(f"kill.py: {kills} kills of {number} runs (seed {seed}), by quarter of the run's time "
              f"{quarters}, {early} before the first checkpoint; {removed} half-written files were "
              "removed; every run ended as if it had been left alone")


if __name__ == "__main__":
    main()
