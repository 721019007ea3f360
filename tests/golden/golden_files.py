"""The files of a golden folder, for the programs that make them: images, model, weights, arrays.

Arrays may be NumPy's or anything that NumPy reads, such as PyTorch's tensors."""
import json

import h5py
import numpy as np
from PIL import Image

CLASSES = {"ant": 3, "bee": 2, "cat": 2}  # images of each
SIZE = 11                                 # pixels on a side


def write_images(folder, rng):
    """Stripes of a class's own direction under noise, so that there is something to learn."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    files = []
    for kind, (name, count) in enumerate(CLASSES.items()):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            phase = rng.uniform(0, 6)
            angle = kind * 1.1
            wave = np.sin(np.cos(angle) * rows + np.sin(angle) * columns + phase)
            pixels = 128 + 70 * wave[..., None] * rng.uniform(0.5, 1, 3)
            pixels += rng.normal(0, 20, (SIZE, SIZE, 3))
            path = f"{name}/{i}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / path)
            files.append((path, kind))
    return files


def read_images(folder, files, preprocess):
    """Pixels as the model sees them, in float64, and the classes."""
    pixels = np.stack([np.asarray(Image.open(folder / path), np.float64) for path, _ in files])
    if preprocess == "tf":
        pixels = pixels / 127.5 - 1
    else:  # torch
        pixels = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return pixels, np.array([kind for _, kind in files])


def float32_values(values):
    """What a file of float32 can hold, to go on from in float64."""
    return np.asarray(values, np.float32).astype(np.float64)


def write_model(path, name, run):
    shape = {"batch_input_shape": [None, SIZE, SIZE, 3], "name": "input_1"}
    layers = [{"class_name": "InputLayer", "config": shape}]
    layers += [{"class_name": kind, "config": {"name": layer, "trainable": True, **config}}
               for kind, layer, config in run["layers"]]
    model = {"class_name": "Sequential", "config": {"name": name, "layers": layers},
             "keras_version": "2.15.0", "backend": "tensorflow"}
    path.write_text(json.dumps(model, indent=1) + "\n")


def write_weights(path, weights, version):
    """Keras 2's layout: /layer/layer/weight:0. Files of HDF5's "latest" version are smaller, Keras
    writes the "earliest"."""
    with h5py.File(path, "w", libver=version) as file:
        file.attrs["layer_names"] = np.array(list(weights), "S")
        for layer, tensors in weights.items():
            group = file.create_group(layer)
            names = [f"{layer}/{weight}:0" for weight in tensors]
            group.attrs["weight_names"] = np.array(names, "S")
            for name, tensor in zip(names, tensors.values()):
                group[name] = np.asarray(tensor, np.float32)


def write_arrays(folder, arrays):
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.asarray(array, np.float32))
