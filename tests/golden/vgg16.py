#!/usr/bin/python3
"""Compares VGG16 at full size with PyTorch, and times both side by side. A developer's oracle.

Usage: vgg16.py VKTL PHOTO_FOLDER WORK_FOLDER [--repeats N] [--skip-times]

PHOTO_FOLDER holds one folder a class. Writes WORK_FOLDER/vgg16.h5: VGG16 without its top, He-scaled
random weights, in Keras 1's layout (/block1_conv1/block1_conv1_W_1:0). One photo goes through both
programs, and the output of every block must agree within 1e-4, relative (norm of the difference over
the norm), with PyTorch in float64. Then seconds an image, medians, both in float32 on this machine's
CPU: the forward pass; a step of training every weight with the default head. vktl's device is
chosen by VKTL_DEVICE. Exit status 1 where an output is off, 77 (skipped) without PyTorch and the like."""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

try:
    import h5py
    import numpy as np
    import torch
    import torch.nn.functional as F
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}; needs python3-torch, python3-numpy, python3-h5py and python3-pil")
    sys.exit(77)

LIMIT = 1e-4
SIZE = 224
BLOCKS = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]  # convolutions, channels
MEAN_BGR = [103.939, 116.779, 123.68]
BATCH = 8  # images a step, where training is timed
HIDDEN, CLASSES = 256, 5


def draw_weights(rng):
    """{layer: (kernel HWIO, bias)}, float32."""
    weights, channels = {}, 3
    for block, (count, width) in enumerate(BLOCKS, 1):
        for conv in range(1, count + 1):
            kernel = rng.normal(0, (2 / (9 * channels)) ** 0.5, (3, 3, channels, width))
            bias = rng.normal(0, 0.1, width)
            weights[f"block{block}_conv{conv}"] = (kernel.astype(np.float32),
                                                   bias.astype(np.float32))
            channels = width
    return weights


def write_keras1(path, weights):
    names = []
    with h5py.File(path, "w") as file:
        for block, (count, _) in enumerate(BLOCKS, 1):
            names += [f"block{block}_conv{conv}" for conv in range(1, count + 1)]
            names.append(f"block{block}_pool")
        file.attrs["layer_names"] = np.array(names, "S")
        for name in names:
            group = file.create_group(name)
            tensors = dict(zip((f"{name}_W_1:0", f"{name}_b_1:0"), weights.get(name, ())))
            group.attrs["weight_names"] = np.array(list(tensors), "S")
            for key, values in tensors.items():
                group[key] = values


def to_torch(weights, dtype):
    """[(block, kernel OIHW, bias)] in order."""
    return [(int(name[5]), torch.tensor(kernel, dtype=dtype).permute(3, 2, 0, 1).contiguous(),
             torch.tensor(bias, dtype=dtype)) for name, (kernel, bias) in weights.items()]


def forward(tensors, x):
    """x NCHW; returns each block's output."""
    outputs = []
    for block in range(1, len(BLOCKS) + 1):
        for kernel, bias in [(k, b) for of, k, b in tensors if of == block]:
            x = F.relu(F.conv2d(x, kernel, bias, padding=1))
        x = F.max_pool2d(x, 2)
        outputs.append(x)
    return outputs


def vktl(program, *words):
    command = [program, *map(str, words), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{' '.join(command)}\nended with status {done.returncode}:\n{done.stderr}")
        sys.exit(1)
    return done.stdout


# ---- Values

def check_values(arguments, weights):
    """Returns the number of blocks that are off."""
    photo = sorted(arguments.photos.rglob("*.jpg"))[0]
    image = Image.open(photo).convert("RGB").resize((SIZE, SIZE))
    image.save(arguments.work / "photo.png")
    x = np.asarray(image, np.float64)[..., ::-1] - MEAN_BGR
    expected = forward(to_torch(weights, torch.float64), torch.tensor(x).permute(2, 0, 1)[None])
    out = arguments.work / "features"
    vktl(arguments.program, "features", "vgg16", "--weights", arguments.work / "vgg16.h5",
         "--preprocess", "caffe", arguments.work / "photo.png", "--npy", "--out", out)
    found = {re.sub(r"^\d+_", "", path.stem): np.load(path) for path in out.glob("*.npy")}
    off = 0
    for block, values in enumerate(expected, 1):
        values = values.permute(0, 2, 3, 1).numpy()
        error = np.linalg.norm(found[f"block{block}_pool"] - values) / np.linalg.norm(values)
        passed = error <= LIMIT
        off += not passed
        print(f"  block{block}_pool {error:.2e}{'' if passed else '  FAILED'}")
    return off


# ---- Times

def median_seconds(function, repeats):
    function()  # warm
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def torch_times(weights, repeats):
    """Seconds an image: forward of one, forward of a batch, training step of a batch."""
    tensors = to_torch(weights, torch.float32)
    one, batch = torch.randn(1, 3, SIZE, SIZE) * 60, torch.randn(BATCH, 3, SIZE, SIZE) * 60
    with torch.no_grad():
        single = median_seconds(lambda: forward(tensors, one), repeats)
        many = median_seconds(lambda: forward(tensors, batch), repeats) / BATCH
    head = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(512 * 49, HIDDEN),
                               torch.nn.ReLU(), torch.nn.Dropout(0.5),
                               torch.nn.Linear(HIDDEN, CLASSES))
    trained = [t.requires_grad_() for _, kernel, bias in tensors for t in (kernel, bias)]
    optimizer = torch.optim.SGD([*trained, *head.parameters()], lr=1e-9, momentum=0.9)
    labels = torch.zeros(BATCH, dtype=torch.long)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(head(forward(tensors, batch)[-1]), labels).backward()
        optimizer.step()

    return single, many, median_seconds(step, repeats) / BATCH


def train(arguments, name, *words):
    """Returns the report of a run of vktl."""
    return json.loads(vktl(arguments.program, "train", "--model", "vgg16", "--weights",
                           arguments.work / "vgg16.h5", "--train", arguments.photos, "--batch",
                           BATCH, "--lr", "1e-9", "--run", arguments.work / name, "--overwrite",
                           "--json", *words))


def vktl_times(arguments):
    """As torch_times, by what the program says of itself: a frozen base's output is the forward
    pass, and of training the difference of two runs leaves out what every run costs once."""
    count = len([p for p in arguments.photos.rglob("*") if p.is_file()])
    singles = train(arguments, "single", "--batch", 1, "--epochs", 1, "--max-steps", 1)
    many = train(arguments, "many", "--epochs", 1, "--max-steps", 1)
    runs = [train(arguments, f"steps-{steps}", "--freeze", "none", "--epochs", steps,
                  "--max-steps", steps) for steps in (1, 1 + arguments.repeats)]
    assert [run["steps"] for run in runs] == [1, 1 + arguments.repeats], "steps"
    short, long = (run["first_epoch_seconds"] + run["other_epochs_seconds"] for run in runs)
    step = (long - short) / arguments.repeats
    print(f"vktl's memory for training every weight, batch {BATCH}: "
          f"{runs[1]['device_bytes'] / 2**30:.2f} GiB")
    return singles["features_seconds"] / count, many["features_seconds"] / count, step / BATCH


def compare_times(arguments, weights):
    torch.set_num_threads(os.cpu_count())
    print(f"CPU cores: {os.cpu_count()}, PyTorch threads: {torch.get_num_threads()}, "
          f"load before: {os.getloadavg()[0]:.1f}")
    rows = zip(("forward, batch 1", f"forward, batch {BATCH}", f"training, batch {BATCH}"),
               torch_times(weights, arguments.repeats), vktl_times(arguments))
    print(f"{'seconds an image':<24}{'PyTorch':>10}{'vktl':>10}{'ratio':>8}")
    for name, other, ours in rows:
        print(f"{name:<24}{other:>10.3f}{ours:>10.3f}{ours / other:>8.2f}")


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--skip-times", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    weights = draw_weights(np.random.default_rng(1))
    write_keras1(arguments.work / "vgg16.h5", weights)
    off = check_values(arguments, weights)
    print(f"{off} of {len(BLOCKS)} blocks beyond {LIMIT:.0e}")
    if not arguments.skip_times:
        compare_times(arguments, weights)
    sys.exit(1 if off else 0)


main()
