#!/usr/bin/python3
"""Makes this folder's golden runs with an independent trainer: PyTorch on the CPU in float64.

Usage: make.py [FOLDER]     writes FOLDER/tiny and FOLDER/frozen (default: beside this file)

Each run is a small Keras model, its weights before and after a few steps of SGD, and what happens in
between: the output of every layer for every image, the first step's gradients, each step's loss.
Together the two cover what a plain stack of convolutions does not: depthwise convolution, strides and
`same` padding on odd and even sizes, even kernels, batch normalisation with given statistics, average
pooling, ReLU6, zero padding, Nesterov's momentum, weight decay, a short last batch; and a frozen base.
Needs python3-torch, python3-numpy, python3-h5py, python3-pil."""
import json
import pathlib
import shutil
import sys

import numpy as np
import torch
import torch.nn.functional as F

import golden_files
from golden_files import (read_images, write_arrays, write_images, write_model, write_weights)

RUNS = {
    "tiny": {
        "seed": 1,
        "preprocess": "tf",
        "freeze": "none",
        "batch": 3,
        "epochs": 3,
        "optimizer": {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.5},
        "layers": [
            ("ZeroPadding2D", "pad", {"padding": [[0, 1], [1, 2]]}),
            ("Conv2D", "conv", {"filters": 5, "kernel_size": [3, 3], "strides": [2, 2],
                                "padding": "valid", "use_bias": False}),
            ("BatchNormalization", "conv_bn", {"epsilon": 0.001}),
            ("ReLU", "conv_relu", {"max_value": 6.0}),
            ("DepthwiseConv2D", "dw", {"kernel_size": [3, 3], "strides": [2, 2],
                                       "padding": "same", "use_bias": True}),
            ("Conv2D", "pw", {"filters": 8, "kernel_size": [2, 2], "strides": [1, 1],
                              "padding": "same", "use_bias": True, "activation": "relu"}),
            ("AveragePooling2D", "pool", {"pool_size": [3, 3], "strides": [2, 2],
                                          "padding": "same"}),
            ("GlobalAveragePooling2D", "gap", {}),
            ("Dense", "predictions", {"units": 3, "use_bias": True, "activation": "softmax"}),
        ],
    },
    "frozen": {
        "seed": 2,
        "preprocess": "torch",
        "freeze": "conv_bn",
        "batch": 4,
        "epochs": 3,
        "optimizer": {"lr": 0.01, "momentum": 0.8, "nesterov": False, "weight_decay": 0.0},
        "layers": [
            ("Conv2D", "conv", {"filters": 6, "kernel_size": [5, 5], "strides": [2, 2],
                                "padding": "same", "use_bias": True}),
            ("BatchNormalization", "conv_bn", {"epsilon": 0.01}),
            ("Activation", "conv_relu", {"activation": "relu"}),
            ("DepthwiseConv2D", "dw", {"kernel_size": [3, 3], "strides": [1, 1],
                                       "padding": "valid", "use_bias": False}),
            ("BatchNormalization", "dw_bn", {"epsilon": 0.001, "scale": False}),
            ("ReLU", "dw_relu", {"max_value": 6.0}),
            ("MaxPooling2D", "max", {"pool_size": [2, 2], "strides": [1, 1], "padding": "same"}),
            ("AveragePooling2D", "mean", {"pool_size": [2, 2], "strides": [1, 1],
                                          "padding": "valid"}),
            ("GlobalMaxPooling2D", "gmp", {}),
            ("Dense", "predictions", {"units": 3, "use_bias": True, "activation": "softmax"}),
        ],
    },
}


# ---- Layers; tensors are NHWC as in Keras, and NCHW only within a function of PyTorch's

def same_borders(x, kernel, stride):
    """TensorFlow's `same`: the odd cell goes to the right and to the bottom."""
    borders = []
    for size, k, s in zip(x.shape[2:], kernel, stride):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        borders.append((total // 2, total - total // 2))
    return [*borders[1], *borders[0]]


def windows(x, config, kernel, function, fill=0.0):
    """Runs function over an NHWC tensor as NCHW, with the padding of the layer."""
    x = x.permute(0, 3, 1, 2)
    if config["padding"] == "same":
        x = F.pad(x, same_borders(x, kernel, config["strides"]), value=fill)
    return function(x).permute(0, 2, 3, 1)


def activate(x, name):
    return {"linear": lambda: x, "relu": lambda: F.relu(x),
            "softmax": lambda: F.softmax(x, 1)}[name]()


def conv(x, config, w):
    kernel, stride = config["kernel_size"], config["strides"]
    y = windows(x, config, kernel,
                lambda t: F.conv2d(t, w["kernel"].permute(3, 2, 0, 1), w.get("bias"), stride))
    return activate(y, config.get("activation", "linear"))


def depthwise(x, config, w):
    kernel, stride = config["kernel_size"], config["strides"]
    return windows(x, config, kernel,
                   lambda t: F.conv2d(t, w["depthwise_kernel"].permute(2, 3, 0, 1),
                                      w.get("bias"), stride, groups=x.shape[3]))


def batchnorm(x, config, w):
    scale = torch.rsqrt(w["moving_variance"] + config["epsilon"]) * w.get("gamma", 1.0)
    return (x - w["moving_mean"]) * scale + w["beta"]


def max_pool(x, config, w):
    kernel, stride = config["pool_size"], config["strides"]
    return windows(x, config, kernel, lambda t: F.max_pool2d(t, kernel, stride), -np.inf)


def average_pool(x, config, w):
    """As in TensorFlow, cells of the padding do not count."""
    kernel, stride = config["pool_size"], config["strides"]
    mean = lambda t: windows(t, config, kernel, lambda u: F.avg_pool2d(u, kernel, stride))
    return mean(x) / mean(torch.ones_like(x))


LAYERS = {
    "ZeroPadding2D": lambda x, c, w: F.pad(x, [0, 0, *c["padding"][1], *c["padding"][0]]),
    "Conv2D": conv,
    "DepthwiseConv2D": depthwise,
    "BatchNormalization": batchnorm,
    "ReLU": lambda x, c, w: x.clamp(0, c["max_value"]),
    "Activation": lambda x, c, w: activate(x, c["activation"]),
    "MaxPooling2D": max_pool,
    "AveragePooling2D": average_pool,
    "GlobalAveragePooling2D": lambda x, c, w: x.mean((1, 2)),
    "GlobalMaxPooling2D": lambda x, c, w: x.amax((1, 2)),
    "Dense": lambda x, c, w: x @ w["kernel"] + w["bias"],  # its softmax is within the loss
}


def float32_values(values):
    """What a file of float32 can hold, to go on from in float64."""
    return torch.tensor(golden_files.float32_values(values))


def draw_weights(kind, config, x, rng):
    """Weights of one layer for its input x: He's scale, statistics close to the true ones."""
    channels = x.shape[-1]
    normal = lambda *shape, fan: float32_values(rng.normal(0, (2 / fan) ** 0.5, shape))
    small = lambda n: float32_values(rng.normal(0, 0.1, n))
    if kind == "Conv2D":
        height, width = config["kernel_size"]
        w = {"kernel": normal(height, width, channels, config["filters"],
                              fan=height * width * channels)}
        return {**w, "bias": small(config["filters"])} if config["use_bias"] else w
    if kind == "DepthwiseConv2D":
        height, width = config["kernel_size"]
        w = {"depthwise_kernel": normal(height, width, channels, 1, fan=height * width)}
        return {**w, "bias": small(channels)} if config["use_bias"] else w
    if kind == "BatchNormalization":
        noise = lambda: rng.uniform(0.8, 1.2, channels)
        w = {"beta": float32_values(rng.uniform(1, 3, channels)),
             "moving_mean": float32_values(x.mean((0, 1, 2)).numpy() * noise()),
             "moving_variance": float32_values(x.var((0, 1, 2)).numpy() * noise())}
        gamma = {"gamma": float32_values(2 * noise())} if config.get("scale", True) else {}
        return {**gamma, **w}
    if kind == "Dense":
        return {"kernel": normal(channels, config["units"], fan=channels),
                "bias": small(config["units"])}
    return {}


def forward(layers, weights, x):
    """The output of every layer by name; of the last its logits."""
    outputs = {}
    for kind, name, config in layers:
        x = LAYERS[kind](x, config, weights[name])
        outputs[name] = x
    return outputs


def initialize(layers, x, rng):
    weights = {}
    for kind, name, config in layers:
        weights[name] = draw_weights(kind, config, x, rng)
        x = LAYERS[kind](x, config, weights[name])
    return weights


# ---- Training

def trained_weights(run, weights):
    """(layer, weight) pairs that the run changes: above the frozen layers, no statistics."""
    names = [name for _, name, _ in run["layers"]]
    first = 0 if run["freeze"] == "none" else names.index(run["freeze"]) + 1
    return [(layer, weight) for layer in names[first:] for weight in weights[layer]
            if not weight.startswith("moving_")]


def update(w, v, g, optimizer):
    """SGD as in Keras: the learning rate is inside the velocity, the decay is decoupled."""
    lr, momentum = optimizer["lr"], optimizer["momentum"]
    w -= w * optimizer["weight_decay"] * lr
    v.mul_(momentum).sub_(lr * g)
    w += momentum * v - lr * g if optimizer["nesterov"] else v


def train(run, weights, images, labels):
    """Changes the weights. Returns the loss of every step and the gradients of the first."""
    trained = trained_weights(run, weights)
    tensors = [weights[layer][weight].requires_grad_() for layer, weight in trained]
    velocities = [torch.zeros_like(t) for t in tensors]
    losses, first = [], None
    for _ in range(run["epochs"]):
        for start in range(0, len(images), run["batch"]):
            rows = slice(start, start + run["batch"])
            logits = forward(run["layers"], weights, images[rows])["predictions"]
            loss = F.cross_entropy(logits, labels[rows])
            gradients = torch.autograd.grad(loss, tensors)
            first = first or {pair: g.clone() for pair, g in zip(trained, gradients)}
            losses.append(loss.item())
            with torch.no_grad():
                for w, v, g in zip(tensors, velocities, gradients):
                    update(w, v, g, run["optimizer"])
    for tensor in tensors:
        tensor.requires_grad_(False)
    return losses, first


# ---- Files

def make(folder, name, run):
    rng = np.random.default_rng(run["seed"])
    shutil.rmtree(folder, ignore_errors=True)
    files = write_images(folder / "images", rng)
    images, labels = map(torch.tensor, read_images(folder / "images", files, run["preprocess"]))
    weights = initialize(run["layers"], images, rng)
    write_model(folder / "model.json", name, run)
    write_weights(folder / "init.h5", weights, "earliest")
    outputs = forward(run["layers"], weights, images)
    outputs["predictions"] = F.softmax(outputs["predictions"], 1)
    write_arrays(folder / "activations", outputs)
    losses, first = train(run, weights, images, labels)
    write_arrays(folder / "gradients", {f"{layer}_{weight}": g for (layer, weight), g
                                        in first.items()})
    write_weights(folder / "final.h5", weights, "latest")
    expected = {"files": [path for path, _ in files], "preprocess": run["preprocess"],
                "freeze": run["freeze"], "batch": run["batch"], "steps": len(losses),
                "optimizer": {"name": "sgd", **run["optimizer"]}, "loss_per_step": losses,
                "made_with": f"tests/golden/make.py, PyTorch {torch.__version__}, float64"}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(name, " ".join(f"{loss:.4f}" for loss in losses))


if __name__ == "__main__":
    into = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__)
    into = into if into.is_dir() else into.resolve().parent
    for run_name, settings in RUNS.items():
        make(into / run_name, run_name, settings)
