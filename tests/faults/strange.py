#!/usr/bin/python3
"""Strange days: strange.py VKTL SOURCE PRELOAD

What a host can do to a training run: another run in the same folder, a clock that jumps, photos that
vanish or change, a folder that is deleted or cannot be written, a file system that cannot sync, a full
disk, no home, closed streams. Each with its status and message, and with the bytes of a run that nothing
disturbed where it goes on or is resumed. PRELOAD is what preload.c is built into. Needs a Vulkan
device."""
import csv
import errno
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from runs import Bench, difference, fail, scalars


class Days(Bench):
    def __init__(self, vktl, source, preload):
        super().__init__(vktl, source)
        self.preload = str(pathlib.Path(preload).resolve())
        self.train, self.val = self.photos("train", 4), self.photos("val", 2, start=6)
        self.whole = self.work / "whole"
        self.run(*self.words(self.whole))

    def words(self, run, epochs=3):
        """Photos are read anew in every epoch, files written after every step."""
        return ["train", "--model", "vgg-mini", "--train", self.train, "--val", self.val, "--head",
                "gap", "--freeze", "none", "--image-size", "32", "--batch", "6", "--lr", "0.01",
                "--epochs", epochs, "--cache-limit", "1", "--no-report",
                "--checkpoint-seconds", "0", "--run", run,
                "--tensorboard", run / "board"]

    def folder(self, name):
        run = self.work / name
        shutil.rmtree(run, ignore_errors=True)
        return run

    def faults(self, **settings):
        return {"LD_PRELOAD": self.preload,
                **{f"FAULT_{name.upper()}": value for name, value in settings.items()}}

    def start(self, run, epochs):
        """A run, once its first epoch is over."""
        process = subprocess.Popen([self.vktl, *map(str, self.words(run, epochs))],
                                   env=self.environment, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if line.startswith("Epoch 1/"):
                return process
        return fail(f"{run.name}: it ended at once")

    def ends(self, process, status, said):
        words = process.communicate()[1]
        self.judge(process.args[0], process.returncode, words, status, said)

    def judge(self, what, found, words, status, said):
        errors = [line for line in words.splitlines() if line.startswith("vktl: error: ")]
        if found != status or len(errors) != (status not in (0, -signal.SIGKILL)):
            fail(f"{what}: status {found}, not {status}, with {len(errors)} messages\n{words}")
        if str(said) not in words:
            fail(f"{what}: '{said}' is not said in\n{words}")

    def refused(self, status, said, *words, **more):
        done = self.run(*words, status=None, **more)
        self.judge(words[0], done.returncode, done.stderr, status, said)

    def is_whole(self, run, epochs=3):
        """Resumes it; then it must be as if nothing had been."""
        self.run(*self.words(run, epochs), "--resume")
        found = difference(run, self.whole)
        if found:
            fail(f"{run.name}: {found}")


LONG = 100000  # epochs: it ends by what happens to it


def two_runs_in_one_folder(days):
    run = days.folder("shared")
    process = days.start(run, LONG)
    days.refused(1, f"{run} is in use", *days.words(run), "--resume")
    days.refused(1, f"{run} is in use", *days.words(run), "--overwrite")
    process.kill()
    days.ends(process, -signal.SIGKILL, "")
    days.run(*days.words(run), "--overwrite")
    days.is_whole(run)


def photo_vanishes(days):
    run, photo = days.folder("vanished"), sorted(days.train.rglob("*.png"))[3]
    process = days.start(run, LONG)
    photo.rename(days.work / "kept.png")
    days.ends(process, 4, photo)
    days.refused(4, photo.name, *days.words(run, LONG), "--resume")
    (days.work / "kept.png").rename(photo)
    process = subprocess.Popen([days.vktl, *map(str, days.words(run, LONG)), "--resume"],
                               env=days.environment, stderr=subprocess.PIPE, text=True)
    while "Epoch" not in process.stderr.readline():
        if process.poll() is not None:
            fail("a photo is back, but the run does not go on")
    process.send_signal(signal.SIGINT)
    days.ends(process, 130, "")


def photo_breaks(days):
    run, photo = days.folder("broken"), sorted(days.train.rglob("*.png"))[3]
    kept = photo.read_bytes()
    process = days.start(run, LONG)
    photo.write_bytes(kept[:len(kept) // 2])
    days.ends(process, 4, photo)
    photo.write_bytes(kept)


def photos_move_away(days):
    run, away = days.folder("moved"), days.work / "away"
    process = days.start(run, LONG)
    days.train.rename(away)
    days.ends(process, 4, days.train)
    days.refused(4, days.train, *days.words(run, LONG), "--resume")
    away.rename(days.train)


def run_folder_is_deleted(days):
    run = days.folder("deleted")
    process = subprocess.Popen([days.vktl, *map(str, days.words(run, LONG))],
                               env=days.environment, stderr=subprocess.PIPE, text=True)
    while not (run / "last.safetensors").exists():
        time.sleep(0.01)
    run.rename(days.work / "gone")
    days.ends(process, 1, run)
    shutil.rmtree(days.work / "gone")


def run_folder_cannot_be_written(days):
    """By its file system, as root may do all that permissions forbid."""
    run = days.folder("read-only")
    days.run(*days.words(run, 1))
    words = [days.vktl, *map(str, days.words(run)), "--resume"]
    done = subprocess.run(["unshare", "-rm", "sh", "-c", 'mount --bind "$0" "$0" && '
                           'mount -o remount,bind,ro "$0" || exit 77; "$@"', str(run), *words],
                          env=days.environment, text=True, capture_output=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        print("run_folder_cannot_be_written: skipped, nothing can be mounted")
        return
    days.judge("read-only", done.returncode, done.stderr, 1, run)
    days.is_whole(run)


def file_system_cannot_sync(days):
    for error in (errno.EINVAL, errno.ENOSYS):
        run = days.folder("unsynced")
        days.run(*days.words(run), environment=days.faults(under=str(run), calls="fsync",
                                                           at="0+", error=str(error)))
        days.is_whole(run)


def disk_fills_up(days):
    run = days.folder("full")
    for calls, at in (("write", "25+"), ("rename", "9+"), ("fsync", "7+"), ("open", "14+")):
        shutil.rmtree(run, ignore_errors=True)
        days.refused(1, "No space left on device", *days.words(run),
                     environment=days.faults(under=str(run), calls=calls, at=at,
                                             error=str(errno.ENOSPC)))
        days.is_whole(run)


def clock_jumps(days):
    for seconds in (-86400, 86400):
        run = days.folder("jumped")
        days.run(*days.words(run, 2), environment=days.faults(clock=f"{-seconds},0"))
        done = days.run(*days.words(run), "--resume", "--json",
                        environment=days.faults(clock=f"{seconds},0.2"))
        days.is_whole(run)
        rows = list(csv.DictReader((run / "history.csv").open()))
        spent = [float(row["seconds"]) for row in rows] + [json.loads(done.stdout)["seconds"]]
        if len(rows) != 3 or not all(0 <= time < 600 for time in spent):
            fail(f"a clock that jumps by {seconds} s makes durations {spent}")
        if scalars(run / "board") != scalars(days.whole / "board"):
            fail(f"a clock that jumps by {seconds} s changes TensorBoard's story")
        names = sorted((run / "board" / "train").iterdir(), key=lambda file: file.stat().st_mtime_ns)
        if names != sorted(names):
            fail(f"event files are not named in their order: {names}")


def there_is_no_home(days):
    for home in (None, "/proc/none"):
        run = days.folder("homeless")
        environment = {name: value for name, value in days.environment.items()
                       if name not in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        if home:
            environment["HOME"] = home
        words = [*map(str, days.words(run)), "--head", "gap", "--freeze", "base", "--no-cache"]
        for more in (words[:-3], ["infer", str(run), str(days.val)]):
            done = subprocess.run([days.vktl, *more], env=environment, text=True,
                                  capture_output=True, check=False)
            days.judge(more[0], done.returncode, done.stderr, 0, "")


def streams_are_closed(days):
    run = days.folder("closed")
    words = " ".join(f"'{word}'" for word in [days.vktl, *days.words(run)])
    if subprocess.run(["sh", "-c", f"{words} <&- >&- 2>&-"], env=days.environment,
                      check=False).returncode:
        fail("closed streams stop a run")
    days.is_whole(run)
    infer = f"'{days.vktl}' infer '{run}' '{days.val}'"
    for stdout in (">&-", ">/dev/full"):
        done = subprocess.run(["sh", "-c", f"{infer} {stdout}"], env=days.environment, text=True,
                              stderr=subprocess.PIPE, check=False)
        days.judge("infer " + stdout, done.returncode, done.stderr, 1, "standard output")


DAYS = [two_runs_in_one_folder, photo_vanishes, photo_breaks, photos_move_away,
        run_folder_is_deleted, run_folder_cannot_be_written, file_system_cannot_sync,
        disk_fills_up, clock_jumps, there_is_no_home, streams_are_closed]


def main():
    vktl, source, preload = sys.argv[1:4]
    names = sys.argv[4:]
    with Days(vktl, source, preload) as days:
        for day in DAYS:
            if not names or day.__name__ in names:
                day(days)
                print(f"{day.__name__}: as it should be", flush=True)


if __name__ == "__main__":
    main()
