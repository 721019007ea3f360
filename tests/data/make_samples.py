#!/usr/bin/python3
"""Writes samples.h: small image files of every kind, made by Pillow, and the RGB that Pillow reads
from them. Usage: make_samples.py > samples.h (needs python3-pil and python3-numpy)."""
import io

import numpy as np
from PIL import Image

W, H = 20, 12
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 12, y * 20, 255 - x * 6 - y * 4], axis=2).astype(np.uint8)
grey = rgb[:, :, 0]
alpha = ((x + y) * 7).astype(np.uint8)


def encode(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def row(name, data):
    print(f"static const unsigned char {name}[] = {{")
    for i in range(0, len(data), 18):
        print("    " + " ".join(f"{b}," for b in data[i:i + 18]))
    print("};\n")


colour = Image.fromarray(rgb)
samples = {
    "rgb_png": encode(colour, "PNG"),
    "rgba_png": encode(Image.fromarray(np.dstack([rgb, alpha])), "PNG"),
    "palette_png": encode(colour.quantize(16), "PNG"),
    "grey_png": encode(Image.fromarray(grey), "PNG"),
    "grey_alpha_png": encode(Image.fromarray(np.dstack([grey, alpha]), "LA"), "PNG"),
    "grey16_png": encode(Image.fromarray(grey.astype(np.uint16) * 257), "PNG"),
    "rgb_bmp": encode(colour, "BMP"),
    "grey_bmp": encode(Image.fromarray(grey), "BMP"),
    "rgb_ppm": encode(colour, "PPM"),
    "grey_pgm": encode(Image.fromarray(grey), "PPM"),
    "rgb_jpg": encode(colour, "JPEG", quality=90),
    "progressive_jpg": encode(colour, "JPEG", quality=90, progressive=True),
    "grey_jpg": encode(Image.fromarray(grey), "JPEG", quality=90),
    "restart_jpg": encode(colour, "JPEG", quality=60, subsampling=2, restart_marker_blocks=1),
}
print("// Made by make_samples.py; do not edit.")
print(f"enum {{ SAMPLE_WIDTH = {W}, SAMPLE_HEIGHT = {H} }};\n")
for name, data in samples.items():
    row(name, data)
palette = np.asarray(Image.open(io.BytesIO(samples["palette_png"])).convert("RGB"))
row("palette_rgb", palette.tobytes())
