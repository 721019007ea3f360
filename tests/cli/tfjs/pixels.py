#!/usr/bin/python3
"""Images as a model's first layer takes them: pixels.py MODE OUT.npy IMAGE...

MODE is caffe, tf or torch, as Keras's imagenet_utils.preprocess_input has it. The images have the
model's size already."""
import sys

import numpy as np
from PIL import Image

mode, out, *paths = sys.argv[1:]
x = np.stack([np.asarray(Image.open(path).convert("RGB"), np.float64) for path in paths])
if mode == "caffe":
    x = x[..., ::-1] - [103.939, 116.779, 123.68]
elif mode == "tf":
    x = x / 127.5 - 1
else:
    x = (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
np.save(out, x.astype(np.float32))
