#!/usr/bin/python3
"""`vktl convert`, there and back, and what h5py sees in between: convert.py VKTL WORK

Models of every layer type with random settings, names and weights go through .safetensors, .h5 (whole and
weights alone) and .json. h5py must find the attributes and arrays that Keras 2's save_model_to_hdf5 writes
(keras/src/legacy/saving/legacy_h5_format.py), every array must keep its bits, and what comes back must be
the same file. Exits with 1 where anything differs, 77 without NumPy or h5py."""
import json
import pathlib
import random
import shutil
import struct
import subprocess
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}; needs python3-numpy and python3-h5py")
    sys.exit(77)

RUNS = 16
ATTRIBUTE_LIMIT = 64512
SPECIAL = [0.0, -0.0, 1e-45, -1e-40, 3.4e38, np.inf, -np.inf, np.nan]


def check(condition, *facts):
    if not condition:
        raise AssertionError(" ".join(map(str, facts)))


# ---- vktl

class Vktl:
    def __init__(self, program, work):
        self.program, self.work = program, work

    def run(self, *words, status=0):
        command = [str(word) for word in (self.program, *words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        check(done.returncode == status, command, "ended with", done.returncode, done.stderr)
        return done.stderr

    def convert(self, *words, **options):
        return self.run("convert", *words, **options)


# ---- safetensors

def write_safetensors(path, tensors, metadata=None):
    header, offset = {"__metadata__": metadata} if metadata else {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": values.shape,
                        "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values()))


def read_safetensors(path):
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[start + begin:start + end], "<f4").reshape(entry["shape"])
    return tensors, metadata


# ---- Random models

class Maker:
    """Layers one after the other, with the weights that they need, in Keras's order."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.size = self.rng.randint(8, 14)
        self.shape = (self.size, self.size, 3)
        self.layers, self.weights = [], {}

    def name(self, kind):
        """Some like Keras's, some that only a file format could dislike."""
        stem = self.rng.choice([kind.lower(), "a b", "größe", "x.y", "part/" + kind, "q\"uote", "l" * 70])
        return f"{stem}_{len(self.layers)}"

    def add(self, kind, config, weights=()):
        name = self.name(kind)
        config = {"name": name, "trainable": self.rng.random() < 0.7, **config}
        self.layers.append({"class_name": kind, "config": config})
        for weight, shape in weights:
            values = self.numbers.standard_normal(shape).astype(np.float32)
            if weight == "moving_variance":
                values = abs(values)
            elif self.rng.random() < 0.3:
                values.flat[self.rng.randrange(values.size)] = self.rng.choice(SPECIAL)
            self.weights[f"{name}/{weight}"] = values

    def slide(self, kernel, strides, padding):
        """The size after a window has passed over it."""
        h, w = ((n if padding == "same" else n - k + 1) for n, k in zip(self.shape, kernel))
        return -(-h // strides[0]), -(-w // strides[1])

    def window(self):
        padding = self.rng.choice(["same", "valid"])
        if min(self.shape[:2]) < 4:
            padding = "same"
        return [self.rng.randint(1, 3), self.rng.randint(1, 3)], [self.rng.randint(1, 2)] * 2, padding

    def convolution(self):
        kernel, strides, padding = self.window()
        filters, bias = self.rng.randint(1, 6), self.rng.random() < 0.5
        weights = [("kernel", (*kernel, self.shape[2], filters))] + [("bias", (filters,))] * bias
        self.add("Conv2D", {"filters": filters, "kernel_size": kernel, "strides": strides,
                            "padding": padding, "use_bias": bias,
                            "activation": self.rng.choice(["linear", "relu", "relu6"])}, weights)
        self.shape = (*self.slide(kernel, strides, padding), filters)

    def depthwise(self):
        kernel, strides, padding = self.window()
        bias, channels = self.rng.random() < 0.5, self.shape[2]
        weights = [("depthwise_kernel", (*kernel, channels, 1))] + [("bias", (channels,))] * bias
        self.add("DepthwiseConv2D", {"kernel_size": kernel, "strides": strides, "padding": padding,
                                     "use_bias": bias}, weights)
        self.shape = (*self.slide(kernel, strides, padding), channels)

    def norm(self):
        scale, center = self.rng.random() < 0.8, self.rng.random() < 0.8
        names = ["gamma"] * scale + ["beta"] * center + ["moving_mean", "moving_variance"]
        self.add("BatchNormalization", {"scale": scale, "center": center, "epsilon": 0.001},
                 [(name, (self.shape[-1],)) for name in names])

    def pool(self):
        kernel, strides, padding = self.window()
        self.add(self.rng.choice(["MaxPooling2D", "AveragePooling2D"]),
                 {"pool_size": kernel, "strides": strides, "padding": padding})
        self.shape = (*self.slide(kernel, strides, padding), self.shape[2])

    def pad(self):
        top, bottom, left, right = (self.rng.randint(0, 2) for _ in range(4))
        self.add("ZeroPadding2D", {"padding": [[top, bottom], [left, right]]})
        self.shape = (self.shape[0] + top + bottom, self.shape[1] + left + right, self.shape[2])

    def plain(self):
        kind, config = self.rng.choice([("ReLU", {}), ("ReLU", {"max_value": 6.0}),
                                        ("Activation", {"activation": "relu"}),
                                        ("Dropout", {"rate": 0.25})])
        self.add(kind, config)

    def head(self, classes):
        kind = self.rng.choice(["Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Reshape"])
        count = int(np.prod(self.shape)) if kind in ("Flatten", "Reshape") else self.shape[2]
        self.add(kind, {"target_shape": [count]} if kind == "Reshape" else {})
        self.add("Dense", {"units": classes, "use_bias": True, "activation": "softmax"},
                 [("kernel", (count, classes)), ("bias", (classes,))])

    def json(self):
        first = {"class_name": "InputLayer", "config": {
            "name": "input_1", "batch_input_shape": [None, self.size, self.size, 3]}}
        return {"class_name": "Sequential",
                "config": {"name": "random", "layers": [first, *self.layers]}}


def random_model(seed, classes):
    maker = Maker(seed)
    steps = [maker.convolution, maker.depthwise, maker.norm, maker.pool, maker.pad, maker.plain]
    order = steps + maker.rng.choices(steps, k=maker.rng.randint(0, 6))
    maker.rng.shuffle(order)
    for step in order:
        step()
    maker.head(classes)
    return maker


# ---- What Keras writes

def read_names(item, name):
    """Keras's load_attributes_from_hdf5_group."""
    if name in item.attrs:
        return [n.decode() if hasattr(n, "decode") else n for n in item.attrs[name]]
    names = []
    while f"{name}{(part := len(names))}" in item.attrs:
        names.append([n.decode() for n in item.attrs[f"{name}{part}"]])
    return sum(names, [])


def check_list(item, name, names):
    """As numpy.asarray of bytes, split by numpy.array_split where it is too long."""
    expected = np.asarray([n.encode() for n in names])
    parts = 1
    while any(x.nbytes > ATTRIBUTE_LIMIT for x in np.array_split(expected, parts)):
        parts += 1
    for i, part in enumerate(np.array_split(expected, parts)):
        found = item.attrs[name if parts == 1 else f"{name}{i}"]
        check(found.dtype == part.dtype and found.tolist() == part.tolist(), name, found, part)
    return parts


def check_group(group, model):
    """save_weights_to_hdf5_group; returns in how many parts the list of layers is."""
    check(group.attrs["backend"] == "tensorflow" and group.attrs["keras_version"] == "2.15.0")
    names = [layer["config"]["name"] for layer in model.layers]
    parts = check_list(group, "layer_names", names)
    for name in names:
        weights = [key.removeprefix(name + "/") for key in model.weights if key.startswith(name + "/")]
        weights = [weight for weight in weights if "/" not in weight]
        check_list(group[name], "weight_names", [f"{name}/{weight}:0" for weight in weights])
        for weight in weights:
            found, values = group[name][f"{name}/{weight}:0"], model.weights[f"{name}/{weight}"]
            check(found.dtype == np.dtype("<f4") and found.chunks is None, found)
            check(found.shape == values.shape and found[()].tobytes() == values.tobytes(), found)
    check(list(group["top_level_model_weights"].attrs["weight_names"]) == [])
    return parts


def count_arrays(group):
    found = []
    group.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return len(found)


def check_whole(path, model, ours):
    with h5py.File(path) as file:
        check(set(file.attrs) == {"model_config", "backend", "keras_version"}, set(file.attrs))
        config = json.loads(file.attrs["model_config"])
        check(config["class_name"] == "Sequential" and config["vktl"] == ours, config["vktl"], ours)
        layers = config["config"]["layers"][1:]
        check([layer["class_name"] for layer in layers] == [layer["class_name"] for layer in model.layers])
        for layer, other in zip(layers, model.layers):
            check(layer["config"] == other["config"], layer, other)
        check(list(file) == ["model_weights"] and count_arrays(file) == len(model.weights))
        return check_group(file["model_weights"], model)


def check_weights(path, model):
    with h5py.File(path) as file:
        check(count_arrays(file) == len(model.weights))
        check_group(file, model)


# ---- There and back

def same_tensors(path, model):
    found, metadata = read_safetensors(path)
    check(list(found) == list(model.weights), list(found), list(model.weights))
    for name, values in model.weights.items():
        check(found[name].tobytes() == values.tobytes(), name)
    return metadata


def go_round(vktl, name, model, classes, temperature):
    """A model through every format; returns in how many parts its list of layers is."""
    folder = vktl.work / name
    folder.mkdir()
    metadata = {"architecture": json.dumps(model.json()), "classes": json.dumps(classes),
                "preprocess": "torch", "interpolation": "nearest", "temperature": repr(temperature)}
    write_safetensors(folder / "start.safetensors", model.weights, metadata)
    vktl.convert(folder / "start.safetensors", folder / "first.safetensors")
    vktl.convert(folder / "first.safetensors", folder / "whole.h5")
    ours = {"preprocess": "torch", "interpolation": "nearest", "image_size": model.size,
            "temperature": temperature, "classes": classes}
    parts = check_whole(folder / "whole.h5", model, ours)

    vktl.convert(folder / "whole.h5", folder / "second.safetensors")
    check((folder / "first.safetensors").read_bytes() == (folder / "second.safetensors").read_bytes(),
          name, "is another file when it comes back from .h5")
    metadata = same_tensors(folder / "second.safetensors", model)
    check(json.loads(metadata["classes"]) == classes, metadata["classes"])
    check(float(metadata["temperature"]) == temperature, metadata["temperature"])
    vktl.convert(folder / "second.safetensors", folder / "again.h5")
    check((folder / "whole.h5").read_bytes() == (folder / "again.h5").read_bytes(), name, ".h5 differs")

    vktl.convert(folder / "whole.h5", folder / "weights.h5", "--weights-only")
    check_weights(folder / "weights.h5", model)
    vktl.convert(folder / "whole.h5", folder / "model.json")
    ours.pop("temperature")  # which belongs to the weights
    check(json.loads((folder / "model.json").read_text())["vktl"] == ours)
    for weights in ("weights.h5", "whole.h5", "first.safetensors"):
        vktl.convert(folder / "model.json", folder / "third.safetensors", "--weights", folder / weights)
        metadata = same_tensors(folder / "third.safetensors", model)
        check(json.loads(metadata["classes"]) == classes and metadata["interpolation"] == "nearest")
        check("temperature" not in metadata)
    check(not list(folder.glob("*.tmp")), "temporary files are left")
    return parts


def many_layers():
    """So many long names that Keras splits the list, and more JSON than fits in one attribute."""
    maker = Maker(0)
    maker.convolution()
    for i in range(1500):
        maker.layers.append({"class_name": "Dropout", "config": {
            "name": f"a_dropout_whose_name_is_rather_long_for_a_dropout_{i}", "trainable": True,
            "rate": 0.5}})
    maker.head(2)
    return maker


def check_refusals(vktl):
    folder = vktl.work / "refused"
    folder.mkdir()
    kept = folder / "kept.h5"
    kept.write_bytes(b"older")
    whole = vktl.work / "random-0" / "whole.h5"
    for words, status, message in [
            ((whole, folder / "a.weights.h5"), 2, "another name"),
            ((whole, folder / "a.keras"), 2, ".safetensors"),
            ((whole, folder / "a.json", "--weights-only"), 2, "--weights-only"),
            (("vgg16", kept), 2, "no weights"),
            ((vktl.work / "random-0" / "weights.h5", kept), 2, "--weights"),
            ((whole, folder / "none" / "a.h5"), 1, "cannot be written"),
            ((vktl.work / "nothing.h5", kept), 4, "no such file")]:
        check(message in vktl.convert(*words, status=status), words, message)
    for name in ("/a", "a//b", "./a"):
        model = many_layers()
        model.layers = [model.layers[0], *model.layers[-2:]]
        model.weights = {key.replace(model.layers[0]["config"]["name"], name): values
                         for key, values in model.weights.items()}
        model.layers[0]["config"]["name"] = name
        write_safetensors(folder / "named.safetensors", model.weights,
                          {"architecture": json.dumps(model.json())})
        check("HDF5 cannot hold" in vktl.convert(folder / "named.safetensors", kept, status=4))
    check(kept.read_bytes() == b"older", "a failed conversion has overwritten a file")
    check(sorted(path.name for path in folder.iterdir()) == ["kept.h5", "named.safetensors"])


def check_negative(vktl, model):
    """A flipped bit in an array must be seen."""
    spoilt = vktl.work / "spoilt.h5"
    shutil.copy(vktl.work / "random-0" / "weights.h5", spoilt)
    name = next(iter(model.weights))
    layer = name.rsplit("/", 1)[0]
    with h5py.File(spoilt, "r+") as file:
        dataset = file[layer][name + ":0"]
        values = dataset[()]
        values.view(np.uint32).flat[-1] ^= 1
        dataset[...] = values
    try:
        check_weights(spoilt, model)
    except AssertionError:
        return
    raise AssertionError("a flipped bit was not seen")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    work = pathlib.Path(sys.argv[2])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    vktl = Vktl(sys.argv[1], work)
    seen, arrays = set(), 0
    for seed in range(RUNS):
        classes = [f"class \"{i}\" ü" for i in range(2 + seed % 4)]
        model = random_model(seed, len(classes))
        check(go_round(vktl, f"random-{seed}", model, classes, 0.1 + seed / 7) == 1)
        seen |= {layer["class_name"] for layer in model.layers}
        arrays += len(model.weights)
    print(f"{RUNS} random models, {arrays} arrays: {', '.join(sorted(seen))}")
    parts = go_round(vktl, "many", many_layers(), ["a", "b"], 1.5)
    check(parts == 2, parts)
    print(f"1503 layers: the list is in {parts} parts")
    check_refusals(vktl)
    check_negative(vktl, random_model(0, 2))
    print("passed")


main()
