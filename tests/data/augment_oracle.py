#!/usr/bin/env python3
"""Augmentation against SciPy and Pillow, an independent implementation.

    augment_oracle.py TEST_PROGRAM

Writes images and parameters to a file, has TEST_PROGRAM (tests/train/augment.c) distort them on the
device and by the reference, and does the same here: the matrices of Keras's ImageDataGenerator built
anew, scipy.ndimage.affine_transform in float64, Pillow's ImageEnhance.Brightness. Prints the worst
differences of values from 0 to 255. Exit status 1 where one is too large, 77 (skipped) without
NumPy, SciPy or Pillow."""

import math
import os
import struct
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    from PIL import Image, ImageEnhance
    from scipy import ndimage
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

FILLS = ["nearest", "constant", "reflect", "wrap"]
IDENTITY = dict(theta=0.0, tx=0.0, ty=0.0, shear=0.0, zx=1.0, zy=1.0, flip_horizontal=False,
                flip_vertical=False, channel_shift=None, brightness=None, constant=0.0,
                quirks=False)
# Bilinear weights have 24 bits there and values are rounded to float32 thrice.
TOLERANCE = 1e-4


def image_of(rng, height, width):
    """Half noise, half smooth, so that wrong places and wrong weights both show."""
    rows, columns = np.mgrid[0:height, 0:width]
    image = rng.integers(0, 256, (height, width, 3))
    smooth = 127 + 120 * np.sin(rows[..., None] / 3 + columns[..., None] / 5 + np.arange(3))
    image[: height // 2] = smooth[: height // 2]
    return image.astype(np.uint8)


def cases():
    """Yields (fill, height, width, parameters)."""
    rng = np.random.default_rng(2024)
    single = [
        {}, {"theta": 17.3}, {"theta": -90.0}, {"theta": 180.0}, {"tx": 2.0}, {"ty": -3.0},
        {"tx": 1.25, "ty": -0.75}, {"shear": 12.5}, {"zx": 0.8, "zy": 1.3}, {"zx": 0.5, "zy": 0.5},
        {"zx": 3.0, "zy": 2.0}, {"flip_horizontal": True}, {"flip_vertical": True},
        {"channel_shift": 31.7}, {"channel_shift": -200.0}, {"brightness": 1.37},
        {"brightness": 0.4}, {"brightness": 1.0}, {"brightness": 0.0}, {"tx": 90.0, "ty": -77.0},
    ]
    for fill in FILLS:
        for change in single:
            for quirks in (False, True):
                yield fill, 13, 18, {**change, "quirks": quirks, "constant": 37.5}
        for _ in range(60):
            height, width = (int(n) for n in rng.integers(1, 70, 2))
            change = {
                "theta": rng.uniform(-180, 180),
                "tx": rng.uniform(-0.4, 0.4) * height,
                "ty": rng.uniform(-0.4, 0.4) * width,
                "shear": rng.uniform(-40, 40),
                "zx": rng.uniform(0.4, 2.5),
                "zy": rng.uniform(0.4, 2.5),
                "flip_horizontal": bool(rng.integers(2)),
                "flip_vertical": bool(rng.integers(2)),
                "channel_shift": rng.uniform(-80, 80) if rng.integers(2) else None,
                "brightness": rng.uniform(0.3, 1.8) if rng.integers(3) == 0 else None,
                "constant": float(rng.integers(0, 256)),
                "quirks": bool(rng.integers(2)),
            }
            yield fill, height, width, change
        yield fill, 224, 224, {"theta": 20.0, "tx": 11.7, "ty": -20.1, "zx": 0.83, "zy": 1.19}


def affine(image, fill, p):
    """What Keras does, in float64."""
    height, width, _ = image.shape
    theta, shear = math.radians(p["theta"]), math.radians(p["shear"])
    if all(p[k] == IDENTITY[k] for k in ("theta", "tx", "ty", "shear", "zx", "zy")):
        return image.astype(np.float64)
    rotation = np.array([[math.cos(theta), -math.sin(theta), 0],
                         [math.sin(theta), math.cos(theta), 0], [0, 0, 1]])
    shift = np.array([[1, 0, p["tx"]], [0, 1, p["ty"]], [0, 0, 1]])
    shears = np.array([[1, -math.sin(shear), 0], [0, math.cos(shear), 0], [0, 0, 1]])
    zoom = np.diag([p["zx"], p["zy"], 1])
    to_middle, from_middle = np.eye(3), np.eye(3)
    to_middle[:2, 2] = height / 2 - 0.5, width / 2 - 0.5
    from_middle[:2, 2] = -to_middle[:2, 2]
    matrix = to_middle @ rotation @ shift @ shears @ zoom @ from_middle
    if p["quirks"]:  # Keras exchanges rows and columns after the fact
        exchange = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
        matrix = exchange @ matrix @ exchange
    # Whole numbers that the cosine of 90 degrees misses by 1e-16 are meant.
    matrix = np.round(matrix * 2.0**40) / 2.0**40
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.stack([ndimage.affine_transform(image[..., c].astype(np.float64), matrix[:2, :2],
                                                  matrix[:2, 2], order=1, mode=fill,
                                                  cval=p["constant"]) for c in range(3)], axis=-1)


def colours(image, p):
    if p["channel_shift"] is not None:
        image = np.clip(image + p["channel_shift"], image.min(), image.max())
    if p["flip_horizontal"]:
        image = image[:, ::-1]
    if p["flip_vertical"]:
        image = image[::-1]
    if p["brightness"] is None:
        return image
    # Keras's images are float32, so what is whole but for float64's errors is whole.
    image = Image.fromarray(image.astype(np.float32).astype(np.uint8))
    return np.asarray(ImageEnhance.Brightness(image).enhance(p["brightness"])).astype(np.float64)


def record(fill, height, width, p):
    return struct.pack("<8I9d", height, width, FILLS.index(fill), p["quirks"],
                       p["flip_horizontal"], p["flip_vertical"], p["channel_shift"] is not None,
                       p["brightness"] is not None, p["constant"], p["theta"], p["tx"], p["ty"],
                       p["shear"], p["zx"], p["zy"], p["channel_shift"] or 0,
                       p["brightness"] or 0)


class Tally:
    """Worst differences, kept apart where brightness cuts off fractions: there a value may be off
    by a whole step of the factor wherever it is whole but for rounding errors."""

    def __init__(self):
        self.worst = {"exact": 0.0, "quantised": 0.0}
        self.steps = self.values = self.failed = 0

    def compare(self, name, found, expected, brightness):
        difference = np.abs(found - expected)
        if brightness is None:
            self.worst["exact"] = max(self.worst["exact"], float(difference.max()))
            bad = difference > TOLERANCE
        else:
            stepped = difference > TOLERANCE
            self.steps += int(stepped.sum())
            self.values += difference.size
            self.worst["quantised"] = max(self.worst["quantised"], float(difference.max()))
            bad = difference > math.ceil(brightness)
        if bad.any():
            self.failed += 1
            where = tuple(int(i) for i in np.unravel_index(difference.argmax(), difference.shape))
            print(f"{name}: {found[where]} at {where}, expected {expected[where]}")


def run_program(program, requests):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("cases", "output")]
        with open(paths[0], "wb") as file:
            for fill, image, p in requests:
                file.write(record(fill, image.shape[0], image.shape[1], p))
                file.write(image.tobytes())
        done = subprocess.run([program, *paths], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            sys.exit(done.returncode)
        return np.fromfile(paths[1], "<f4").astype(np.float64)


def main():
    rng = np.random.default_rng(7)
    requests = [(fill, image_of(rng, height, width), {**IDENTITY, **change})
                for fill, height, width, change in cases()]
    values = run_program(sys.argv[1], requests)
    tallies = {"device": Tally(), "reference": Tally()}
    place = 0
    same = True
    for index, (fill, image, p) in enumerate(requests):
        expected = colours(affine(image, fill, p), p)
        device = values[place : place + image.size]
        same = same and np.array_equal(device, values[place + image.size : place + 2 * image.size])
        for who, tally in tallies.items():
            found = values[place : place + image.size].reshape(image.shape)
            place += image.size
            tally.compare(f"case {index}, {fill}, {image.shape}, {who}", found, expected,
                          p["brightness"])
    assert place == values.size
    for who, tally in tallies.items():
        print(f"{who}: {len(requests)} pictures, worst difference from SciPy "
              f"{tally.worst['exact']:.3g} of 255; with brightness {tally.worst['quantised']:.3g}, "
              f"{tally.steps} of {tally.values} values a step off")
        # More than a few values a step off would not be rounding.
        tally.failed += tally.steps > tally.values / 10000
    print(f"device and reference: {'the same bits' if same else 'DIFFERENT'}")
    sys.exit(0 if same and not any(t.failed for t in tallies.values()) else 1)


if __name__ == "__main__":
    main()
