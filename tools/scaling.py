#!/usr/bin/env python3
"""How time and memory grow with the dataset, the batch and the image size.

    tools/scaling.py [--build DIR] [--device N] [--images N,N,...] [--out FILE.json]

Draws faces (facegen), trains vgg-mini's head on more and more of them in little memory: without any
cache, with an empty store on disk, and with a full one; then times vgg-mini itself by batch and by
image size (`vktl bench`). Time should grow as the images do, memory not at all. Prints tables and
writes FILE (assets/bench/scaling.json). Needs Python's standard library, and about five minutes on
two quiet cores.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEOPLE = 5
MEMORY = "4M"  # for features and decoded images together
FACE_AGE = 3600  # seconds; younger files are decoded again, for they might still change


def run(command, **options):
    """Runs a command that prints JSON; returns it with the peak of its memory."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {errors.decode()}")
    return json.loads(output), usage.ru_maxrss / 1024


def draw_faces(facegen, folder, count):
    """`count` photos, as many of each person; one process a core."""
    folder.mkdir()
    each = -(-count // PEOPLE)
    commands = [[facegen, "--out", folder, "--people", f"{person}:1", "--photos", str(each)]
                for person in range(PEOPLE)]
    running = []
    for command in commands:
        if len(running) == os.cpu_count():
            running.pop(0).wait()
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    if any(process.wait() for process in running):
        sys.exit("facegen failed")
    photos = sorted(folder.glob("*/*"), key=lambda photo: (photo.name, photo.parent.name))
    then = time.time() - FACE_AGE
    for photo in photos:
        os.utime(photo, (then, then))
    return photos[:count]


def choose(photos, folder):
    """A folder with these photos and no others."""
    for photo in photos:
        (folder / photo.parent.name).mkdir(parents=True, exist_ok=True)
        os.link(photo, folder / photo.parent.name / photo.name)


class Trainer:
    def __init__(self, vktl, device, work):
        self.command = [vktl, "train", "--model", "vgg-mini", "--head", "gap", "--json", "--quiet",
                        "--no-report", "--overwrite", "--run", work / "run", "--device", device,
                        "--cache-limit", MEMORY]
        self.work = work

    def train(self, folder, cache, *options):
        env = dict(os.environ, XDG_CACHE_HOME=str(self.work / cache))
        result, memory = run([*self.command, "--train", folder, *options], env=env)
        return {"seconds": result["seconds"], "features_seconds": result["features_seconds"],
                "features_found": result["features_found"],
                "epoch_seconds": result["other_epochs_seconds"],
                "busy_seconds": result["busy_seconds"], "memory_mib": round(memory, 1)}


def scale_images(trainer, photos, counts):
    rows = []
    warm_up = trainer.work / "warm-up"  # pipelines are compiled before anything is timed
    choose(photos[:2 * PEOPLE], warm_up)
    trainer.train(warm_up, "cache", "--epochs", "1")
    for count in counts:
        folder = trainer.work / f"faces-{count}"
        choose(photos[:count], folder)
        row = {"images": count,
               "no_cache": trainer.train(folder, "cache", "--no-cache", "--epochs", "2"),
               "empty_store": trainer.train(folder, "cache", "--epochs", "2"),
               "full_store": trainer.train(folder, "cache", "--epochs", "2")}
        if row["full_store"]["features_found"] != count:
            sys.exit(f"{count} images: the second run found {row['full_store']['features_found']}")
        rows.append(row)
        print("%6d images   no cache %7.2f s an epoch %5.0f MiB   base once %7.2f s %5.0f MiB   "
              "again %6.2f s, an epoch %6.3f s %5.0f MiB" %
              (count, row["no_cache"]["epoch_seconds"], row["no_cache"]["memory_mib"],
               row["empty_store"]["features_seconds"], row["empty_store"]["memory_mib"],
               row["full_store"]["seconds"], row["full_store"]["epoch_seconds"],
               row["full_store"]["memory_mib"]), flush=True)
        shutil.rmtree(folder)
    return rows


def bench(vktl, device, *options):
    result, _ = run([vktl, "bench", "--model", "vgg-mini", "--json", "--quiet", "--device", device,
                     *options])
    return result


def scale_model(vktl, device, name, option, values, *others):
    rows = []
    for value in values:
        for which in ("infer", "train"):
            result = bench(vktl, device, "--pass", which, option, str(value), *others)
            rows.append({name: value, "pass": which, "seconds_median": result["seconds_median"],
                         "seconds_min": result["seconds_min"],
                         "seconds_max": result["seconds_max"],
                         "images_per_second": result["images_per_second"],
                         "busy_seconds": result["busy_seconds"],
                         "peak_bytes": result["peak_bytes"]})
            print("%s %3d  %-5s  %8.4f s  %7.1f images/s" %
                  (name, value, which, result["seconds_median"], result["images_per_second"]),
                  flush=True)
    return rows, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--images", default="100,300,1000,3000,10000")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "assets/bench/scaling.json")
    options = parser.parse_args()
    vktl, facegen = options.build / "vktl", options.build / "tools/facegen/facegen"
    counts = sorted(int(count) for count in options.images.split(","))
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        photos = draw_faces(facegen, work / "faces", counts[-1])
        images = scale_images(Trainer(vktl, options.device, work), photos, counts)
    head = ("--head", "gap", "--classes", str(PEOPLE))
    batches, _ = scale_model(vktl, options.device, "batch", "--batch", (1, 2, 4, 8, 16, 32), *head)
    sizes, about = scale_model(vktl, options.device, "image_size", "--image-size",
                               (64, 96, 128, 160, 192, 224), "--batch", "4", *head)
    document = {"device": about["device"], "driver": about["driver"], "cores": os.cpu_count(),
                "model": "vgg-mini", "cache_limit": MEMORY, "images": images, "batches": batches,
                "image_sizes": sizes}
    options.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
