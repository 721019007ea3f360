#!/usr/bin/python3
"""Compares vktl's resizing with Pillow's, which Keras uses.

Usage: resize_oracle.py DATA_PREPROCESS [PHOTO_FOLDER]. Lossless images must agree exactly in every
size. Photos, where given, may differ by what the two JPEG decoders differ. Exit status 77 (skipped)
without Pillow or NumPy."""
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from PIL import Image
except ImportError:
    print("skipped: needs python3-pil and python3-numpy")
    sys.exit(77)

PROGRAM = sys.argv[1]
FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR}
PHOTO_MEAN_DIFFERENCE = 1.0  # of 255


def resize(path, size, interpolation, folder):
    output = folder / "output"
    subprocess.run([PROGRAM, str(path), str(size), interpolation, str(output)], check=True)
    return np.frombuffer(output.read_bytes(), np.uint8).reshape(size, size, 3).astype(int)


def differences(path, size, interpolation, folder):
    image = Image.open(path).convert("RGB").resize((size, size), FILTERS[interpolation])
    return np.abs(resize(path, size, interpolation, folder) - np.asarray(image).astype(int))


def check_lossless(folder):
    random = np.random.default_rng(1)
    count = 0
    for width, height in ((1, 1), (2, 3), (17, 5), (64, 64), (100, 37), (333, 250), (15, 1000)):
        path = folder / "image.png"
        Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)).save(path)
        for size in (1, 2, 7, 10, 32, 64, 100, 224, 299):
            for interpolation in FILTERS:
                worst = differences(path, size, interpolation, folder).max()
                assert worst == 0, f"{width}x{height} to {size} {interpolation}: off by {worst}"
                count += 1
    print(f"{count} lossless images: equal to Pillow")


def check_photos(photos, folder):
    worst = {}
    for interpolation in FILTERS:
        means = [differences(path, 224, interpolation, folder).mean() for path in photos]
        worst[interpolation] = max(means)
        assert max(means) < PHOTO_MEAN_DIFFERENCE, f"{interpolation}: {photos[np.argmax(means)]}"
    print(f"{len(photos)} photos at 224, worst mean difference of 255: {worst}")


with tempfile.TemporaryDirectory() as name:
    check_lossless(pathlib.Path(name))
    if len(sys.argv) > 2 and pathlib.Path(sys.argv[2]).is_dir():
        found = sorted(p for p in pathlib.Path(sys.argv[2]).rglob("*.jpg"))
        check_photos(found, pathlib.Path(name))
