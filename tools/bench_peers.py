#!/usr/bin/env python3
"""vktl bench beside PyTorch: the same model, batch and machine, in turns, as ratios.

Usage: tools/bench_peers.py [--vktl build/vktl] [--rounds 5] [--json FILE] [--threads N] [JOB ...]

Needs PyTorch (Debian: python3-torch). Every round runs each job once with vktl (the median of a few
runs, see `vktl bench`) and once with PyTorch, so that a machine that slows down slows both; the
ratio printed is the median over the rounds. VKTL_DEVICE and VK_DRIVER_FILES choose vktl's device.
With --gpu PyTorch runs on CUDA (channels_last), without on as many threads as there are CPUs.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch
from torch import nn


def vgg(widths, channels=3):
    layers = []
    for width in widths:
        if width == "pool":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    return layers


VGG16 = [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool",
         512, 512, 512, "pool"]


def vgg16():
    return nn.Sequential(*vgg(VGG16))


def vgg16_gap():
    return nn.Sequential(*vgg(VGG16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 5))


def small_vgg():
    return nn.Sequential(
        *vgg([16, "pool", 32, "pool", 64, "pool", 128, "pool"]), nn.Flatten(),
        nn.Linear(2048, 128), nn.ReLU(), nn.Dropout(), nn.Linear(128, 5))


def head():
    return nn.Sequential(nn.Linear(25088, 256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 5))


def mobilenet():
    def step(inputs, outputs, stride):
        return [nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
                nn.BatchNorm2d(inputs), nn.ReLU6(), nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs), nn.ReLU6()]

    layers = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6()]
    widths = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
    for i in range(13):
        layers += step(widths[i], widths[i + 1], 2 if i in (1, 3, 5, 11) else 1)
    return nn.Sequential(*layers).eval()


# name: (arguments of `vktl bench`, PyTorch's model, its input's shape, whether it trains)
JOBS = {
    "vgg16-forward-1": ("--model vgg16 --no-top", vgg16, (1, 3, 224, 224), False),
    "vgg16-train-4": ("--model vgg16 --head gap --classes 5 --pass train --batch 4", vgg16_gap,
                      (4, 3, 224, 224), True),
    "small-vgg-train-32": ("--model vgg-mini --head flatten,dense:128:relu,dropout:0.5 --classes 5 "
                           "--freeze none --pass train --batch 32", small_vgg, (32, 3, 64, 64),
                           True),
    "head-train-32": ("--model vgg16 --head flatten,dense:256:relu,dropout:0.5 --classes 5 "
                      "--freeze base --pass head --batch 32", head, (32, 25088), True),
    "mobilenet-forward-1": ("--model mobilenet --no-top", mobilenet, (1, 3, 224, 224), False),
}


class Peer:
    """One job in PyTorch."""

    def __init__(self, make, shape, trains, device):
        torch.manual_seed(0)
        self.trains, self.device = trains, device
        self.model, self.x = make().to(device), torch.rand(shape, device=device)
        if device == "cuda" and len(shape) == 4:
            self.model = self.model.to(memory_format=torch.channels_last)
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        if trains:
            self.y = torch.arange(shape[0], device=device) % 5
            self.optimizer = torch.optim.SGD(self.model.parameters(), 1e-6, momentum=0.9)

    def run(self):
        if self.trains:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(self.x), self.y).backward()
            self.optimizer.step()
        else:
            with torch.no_grad():
                self.model(self.x)
        if self.device == "cuda":
            torch.cuda.synchronize()

    def seconds(self, repeats=5, warm_ups=2):
        times = []
        for i in range(warm_ups + repeats):
            started = time.perf_counter()
            self.run()
            times.append(time.perf_counter() - started)
        return statistics.median(times[warm_ups:])


def vktl_run(vktl, arguments, repeats):
    command = [vktl, "bench", "--quiet", "--json", "--repeats", str(repeats), *arguments.split()]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def compare(options, name):
    arguments, make, shape, trains = JOBS[name]
    on_gpu = torch.cuda.is_available() and options.gpu
    peer = Peer(make, shape, trains, "cuda" if on_gpu else "cpu")
    ours, theirs, first = [], [], None
    for _ in range(options.rounds):
        run = vktl_run(options.vktl, arguments, options.repeats)
        first = first or run
        ours.append(run["seconds_median"])
        theirs.append(peer.seconds(options.repeats))
    row = {
        "job": name, "device": first["device"], "driver": first["driver"],
        "vktl_seconds": statistics.median(ours), "torch_seconds": statistics.median(theirs),
        "torch": torch.__version__, "torch_threads": torch.get_num_threads(),
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs)),
        "ratio_min": min(a / b for a, b in zip(ours, theirs)),
        "ratio_max": max(a / b for a, b in zip(ours, theirs)), "rounds": options.rounds,
    }
    print(f'{name:20} vktl {row["vktl_seconds"]:.4f} s, PyTorch {row["torch_seconds"]:.4f} s, '
          f'ratio {row["ratio"]:.2f} ({row["ratio_min"]:.2f} to {row["ratio_max"]:.2f})',
          flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--vktl", default="build/vktl")
    parser.add_argument("--rounds", type=int, default=5, help="turns of both [5]")
    parser.add_argument("--repeats", type=int, default=5, help="runs a turn, their median [5]")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="PyTorch's [all]")
    parser.add_argument("--gpu", action="store_true", help="PyTorch on CUDA where it is there")
    parser.add_argument("--json", metavar="FILE", help="also write the rows there")
    options = parser.parse_args()
    unknown = [job for job in options.jobs if job not in JOBS]
    if unknown:
        parser.error(f"no job {unknown[0]}; there are {', '.join(JOBS)}")
    torch.set_num_threads(options.threads)
    rows = [compare(options, job) for job in options.jobs or JOBS]
    print(f'vktl on {rows[0]["device"]}, {rows[0]["driver"]}; PyTorch {torch.__version__}, '
          f'{torch.get_num_threads()} threads')
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
