#!/usr/bin/python3
"""The other side of the format tests: writes .h5 files with h5py, reads what vktl wrote with numpy.

    oracle.py h5 FOLDER           files of every layout, and beside each good one a .txt that says what
                                  a reader must find: layer, weight, shape, first and last value
    oracle.py safetensors FILE    checks the file that the test writes
    oracle.py npy FILE...         checks the arrays that the test writes

Exits with 77 where numpy or h5py is missing.
"""
import json
import struct
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"{error}: skipped", file=sys.stderr)
    sys.exit(77)

LAYERS = [
    ("conv", [("kernel", (3, 3, 2, 4)), ("bias", (4,))]),
    ("pool", []),
    ("conv_bn", [("gamma", (4,)), ("beta", (4,)), ("moving_mean", (4,)),
                 ("moving_variance", (4,))]),
    ("fc_1", [("kernel", (5, 3)), ("bias", (3,))]),
]
KERAS1 = {"kernel": "W", "bias": "b", "moving_mean": "running_mean",
          "moving_variance": "running_std"}


def values(shape, order):
    return (np.arange(np.prod(shape)) * 0.25 + order).reshape(shape).astype(np.float32)


class File:
    """An .h5 file in the making, and the list of what a reader must find in it."""

    def __init__(self, folder, name):
        self.base = f"{folder}/{name}"
        self.h5 = h5py.File(self.base + ".h5", "w")
        self.lines = []

    def add(self, path, layer, weight, shape, dtype=np.float32, **options):
        data = values(shape, len(self.lines))
        self.h5.create_dataset(path, data=data.astype(dtype), **options)
        axes = ", ".join(str(n) for n in shape)
        self.lines.append(
            f"{layer} {weight} ({axes}) {data.flat[0]:.2f} {data.flat[-1]:.2f}\n")

    def close(self):
        self.h5.close()
        with open(self.base + ".txt", "w") as file:
            file.writelines(self.lines)


def keras1(folder):
    file = File(folder, "keras1")
    file.h5.attrs["layer_names"] = np.array([layer for layer, _ in LAYERS], dtype="S")
    for layer, weights in LAYERS:
        names = [f"{layer}_{KERAS1.get(weight, weight)}_1:0" for weight, _ in weights]
        file.h5.create_group(layer).attrs["weight_names"] = np.array(names, dtype="S")
        for name, (weight, shape) in zip(names, weights):
            file.add(f"{layer}/{name}", layer, weight, shape)
    file.close()


def keras2(folder, name, root, ending, **options):
    file = File(folder, name)
    top = file.h5.create_group(root) if root else file.h5
    top.attrs["layer_names"] = [layer for layer, _ in LAYERS]  # of varying length
    for layer, weights in LAYERS:
        names = [f"{layer}/{weight}{ending}" for weight, _ in weights]
        top.create_group(layer).attrs["weight_names"] = names
        for path, (weight, shape) in zip(names, weights):
            file.add(f"{root}/{layer}/{path}", layer, weight, shape, **options)
    top.create_group("top_level_model_weights").attrs["weight_names"] = []
    file.h5.create_group("optimizer_weights").create_dataset("momentum", data=np.zeros(3))
    file.close()


def nested(folder):
    """A model within a model, and a list of names in two parts."""
    file = File(folder, "nested")
    top = file.h5.create_group("model_weights")
    top.attrs["layer_names0"] = np.array(["base"], dtype="S")
    top.attrs["layer_names1"] = np.array(["dense"], dtype="S")
    names = ["block1_conv1/kernel:0", "block1_conv1/bias:0", "block1_conv2/kernel:0"]
    top.create_group("base").attrs["weight_names"] = np.array(names, dtype="S")
    for name in names:
        layer, weight = name[:-2].split("/")
        file.add(f"model_weights/base/{name}", layer, weight, (2, 3))
    top.create_group("dense").attrs["weight_names"] = np.array(["dense_1/kernel:0"], dtype="S")
    file.add("model_weights/dense/dense_1/kernel:0", "dense", "kernel", (4, 2))
    file.close()


def bare(folder):
    """No attributes, other precisions, compressed."""
    file = File(folder, "bare")
    file.add("a/a/bias:0", "a", "bias", (3,), np.float64)
    file.add("a/a/kernel:0", "a", "kernel", (2, 3), np.float16)
    file.add("b/kernel", "b", "kernel", (40, 30), ">f4", chunks=(7, 9), compression="gzip")
    file.h5["elsewhere"] = h5py.ExternalLink("keras2.h5", "/conv")
    file.h5["somewhere"] = h5py.SoftLink("/a")
    file.close()


def damaged(folder):
    with h5py.File(f"{folder}/missing.h5", "w") as h5:
        h5.attrs["layer_names"] = ["conv"]
        h5.create_group("conv").attrs["weight_names"] = ["conv/kernel:0"]
    with h5py.File(f"{folder}/no_group.h5", "w") as h5:
        h5.attrs["layer_names"] = ["conv"]
    with h5py.File(f"{folder}/elsewhere.h5", "w") as h5:
        h5.attrs["layer_names"] = ["conv"]
        h5["conv"] = h5py.ExternalLink("keras2.h5", "/conv")
    with h5py.File(f"{folder}/numbers.h5", "w") as h5:
        h5.attrs["layer_names"] = [1, 2, 3]
    with h5py.File(f"{folder}/keras3.h5", "w") as h5:
        h5.create_dataset("layers/conv2d/vars/0", data=np.zeros(3))
    with h5py.File(f"{folder}/ring.h5", "w") as h5:
        group = h5.create_group("conv")
        group["again"] = group
        group["and_again"] = group


def unreadable(folder):
    with h5py.File(f"{folder}/unreadable.h5", "w") as h5:
        h5.create_dataset("a/integers", data=np.arange(3))
        h5.create_dataset("a/rank5", data=np.zeros((1, 1, 1, 1, 2), np.float32))
        h5.create_dataset("a/scalar", data=np.float32(1))
        h5.create_dataset("a/empty", data=np.zeros((0, 2), np.float32))
        h5.create_dataset("a/huge", (1 << 40,), np.float32, chunks=(1 << 10,))
        h5.create_dataset("a/outside", (3,), np.float32,
                          external=[("keras2.h5", 0, h5py.h5f.UNLIMITED)])


def write_h5(folder):
    keras1(folder)
    keras2(folder, "keras2", "", ":0")
    keras2(folder, "keras2_whole", "model_weights", ":0")
    keras2(folder, "keras3_whole", "model_weights", "", chunks=True, compression="gzip")
    nested(folder)
    bare(folder)
    damaged(folder)
    unreadable(folder)


def check_safetensors(path):
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    assert size % 8 == 0
    assert header.pop("__metadata__") == {"epoch": "3", "classes": '["é", "b\\n"]'}
    assert list(header) == ["fc/kernel", "fc/bias"]
    for name, shape in [("fc/kernel", [2, 3]), ("fc/bias", [3])]:
        entry = header[name]
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32" and entry["shape"] == shape
        array = np.frombuffer(data[begin:end], "<f4").reshape(shape)
        assert (array == np.arange(array.size).reshape(shape) + 0.5).all(), array
    assert header["fc/bias"]["data_offsets"][1] == len(data)


def check_npy(paths):
    for path, shape in zip(paths, [(5,), (2, 3), (2, 3, 4, 5)]):
        array = np.load(path)
        assert array.dtype == np.float32 and array.shape == shape, (array.dtype, array.shape)
        assert (array == np.arange(array.size).reshape(shape) + 0.5).all(), array


command, arguments = sys.argv[1], sys.argv[2:]
if command == "h5":
    write_h5(arguments[0])
elif command == "safetensors":
    check_safetensors(arguments[0])
elif command == "npy":
    check_npy(arguments)
else:
    sys.exit(f"unknown: {command}")
