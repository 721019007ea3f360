#!/usr/bin/python3
"""Makes the golden runs of optimizers, losses and batch normalisation, in NumPy's float64 alone.

Usage: make_numpy.py [FOLDER]     writes FOLDER/adam, adamw and norm (default: beside this file)

Everything is written out from Keras's formulas, gradients included: Adam and AdamW with decoupled
decay (optimizers/adam.py, base_optimizer.py), clipping by the norm of all gradients
(clip_by_global_norm), smoothed targets (losses.categorical_crossentropy), weights of classes
(class_weight of fit: the batch's loss is the weighted sum by the number of images), a factor of the
base's learning rate, and batch normalisation that learns its statistics (biased variance, also for the
moving one) or keeps them. Before it trains, the program compares its gradients with finite differences.
Needs python3-numpy, python3-h5py, python3-pil."""
import json
import pathlib
import shutil
import sys

import numpy as np

from golden_files import (float32_values, read_images, write_arrays, write_images, write_model,
                          write_weights)

# No bias stands before batch normalisation, which would undo it: its gradient would be rounding alone.
LAYERS = [
    ("Conv2D", "conv", {"filters": 6, "kernel_size": [3, 3], "strides": [2, 2], "padding": "valid",
                        "use_bias": False}),
    ("BatchNormalization", "conv_bn", {"epsilon": 0.001, "momentum": 0.9}),
    ("ReLU", "conv_relu", {}),
    ("Conv2D", "pw", {"filters": 8, "kernel_size": [2, 2], "strides": [1, 1], "padding": "valid",
                      "use_bias": False}),
    ("BatchNormalization", "pw_bn", {"epsilon": 0.01, "momentum": 0.8, "scale": False}),
    ("ReLU", "pw_relu", {}),
    ("GlobalAveragePooling2D", "gap", {}),
    ("Dense", "hidden", {"units": 7, "use_bias": False}),
    ("BatchNormalization", "hidden_bn", {"epsilon": 0.001, "momentum": 0.99, "center": False}),
    ("Dense", "predictions", {"units": 3, "use_bias": True, "activation": "softmax"}),
]
BASE = 6  # layers below the first pooling over the whole map
EPSILON = 1e-7

RUNS = {
    "adam": {
        "seed": 3, "preprocess": "tf", "batch": 3, "epochs": 4,
        "optimizer": {"name": "adam", "lr": 0.01, "beta_1": 0.8, "beta_2": 0.99},
        "label_smoothing": 0.1, "class_weights": [1, 2.5, 0.5], "train_batchnorm": True,
    },
    "adamw": {
        "seed": 4, "preprocess": "torch", "batch": 3, "epochs": 4,
        "optimizer": {"name": "adamw", "lr": 0.02, "beta_1": 0.9, "beta_2": 0.999,
                      "weight_decay": 0.3, "clip_norm": 0.5},
        "class_weights": "balanced", "base_lr_factor": 0.25, "train_batchnorm": False,
    },
    "norm": {
        "seed": 5, "preprocess": "tf", "batch": 3, "epochs": 4,
        "optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True,
                      "clip_norm": 1.0},
        "train_batchnorm": True,
    },
}


# ---- Layers: forward returns the output and what backward needs; backward the gradients

def patches(x, config):
    """(N, OH, OW, KH, KW, C): what each window sees."""
    (kh, kw), (sh, sw) = config["kernel_size"], config["strides"]
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), (1, 2))[:, ::sh, ::sw]
    return windows.transpose(0, 1, 2, 4, 5, 3)


def conv(x, config, w, mode):
    seen = patches(x, config)
    y = np.einsum("nabijc,ijcf->nabf", seen, w["kernel"])
    return y, (x.shape, seen)


def conv_back(dy, config, w, kept):
    shape, seen = kept
    (kh, kw), (sh, sw) = config["kernel_size"], config["strides"]
    dx = np.zeros(shape)
    for i in range(kh):
        for j in range(kw):
            dx[:, i:i + sh * dy.shape[1]:sh, j:j + sw * dy.shape[2]:sw] += dy @ w["kernel"][i, j].T
    return dx, {"kernel": np.einsum("nabijc,nabf->ijcf", seen, dy)}


def dense(x, config, w, mode):
    return x @ w["kernel"] + w.get("bias", 0), x


def dense_back(dy, config, w, x):
    return dy @ w["kernel"].T, {"kernel": x.T @ dy, "bias": dy.sum(0)}


def relu(x, config, w, mode):
    return np.maximum(x, 0), x > 0


def relu_back(dy, config, w, positive):
    return dy * positive, {}


def gap(x, config, w, mode):
    return x.mean((1, 2)), x.shape


def gap_back(dy, config, w, shape):
    return np.broadcast_to(dy[:, None, None] / (shape[1] * shape[2]), shape), {}


def batchnorm(x, config, w, mode):
    """mode: "batch" normalises by the batch's statistics, "moving" by those that were learnt."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = w["moving_mean"], w["moving_variance"]
    if mode == "batch":
        mean, variance = x.mean(axes), x.var(axes)
    deviation = np.sqrt(variance + config["epsilon"])
    normal = (x - mean) / deviation
    return normal * w.get("gamma", 1) + w.get("beta", 0), (normal, deviation, mean, variance, mode)


def batchnorm_back(dy, config, w, kept):
    normal, deviation, _, _, mode = kept
    axes = tuple(range(dy.ndim - 1))
    dw = {"gamma": (dy * normal).sum(axes), "beta": dy.sum(axes)}
    dx = dy
    if mode == "batch":
        dx = dy - dy.mean(axes) - normal * (dy * normal).mean(axes)
    return dx * w.get("gamma", 1) / deviation, dw


KINDS = {"Conv2D": (conv, conv_back), "Dense": (dense, dense_back), "ReLU": (relu, relu_back),
         "GlobalAveragePooling2D": (gap, gap_back),
         "BatchNormalization": (batchnorm, batchnorm_back)}


def draw_weights(kind, config, x, rng):
    channels = x.shape[-1]
    if kind == "BatchNormalization":
        noise = lambda: rng.uniform(0.8, 1.2, channels)
        axes = tuple(range(x.ndim - 1))
        w = {"gamma": 1.5 * noise(), "beta": rng.uniform(-0.5, 0.5, channels),
             "moving_mean": x.mean(axes) * noise(), "moving_variance": x.var(axes) * noise()}
        absent = [name for name, has in (("gamma", "scale"), ("beta", "center"))
                  if not config.get(has, True)]
        return {name: float32_values(v) for name, v in w.items() if name not in absent}
    if kind in ("Conv2D", "Dense"):
        shape = [*config.get("kernel_size", []), channels, config.get("filters") or config["units"]]
        kernel = rng.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape)
        w = {"kernel": float32_values(kernel)}
        return {**w, "bias": float32_values(rng.normal(0, 0.1, shape[-1]))} \
            if config["use_bias"] else w
    return {}


def initialize(x, rng):
    weights = {}
    for kind, name, config in LAYERS:
        weights[name] = draw_weights(kind, config, x, rng)
        x, _ = KINDS[kind][0](x, config, weights[name], "moving")
    return weights


def forward(weights, x, mode):
    """Outputs of all layers by name (of the last its logits) and what their backward needs."""
    outputs, kept = {}, {}
    for kind, name, config in LAYERS:
        x, kept[name] = KINDS[kind][0](x, config, weights[name], mode)
        outputs[name] = x
    return outputs, kept


def backward(weights, dy, kept):
    """{(layer, weight): gradient} of what training changes."""
    gradients = {}
    for kind, name, config in reversed(LAYERS):
        dy, dw = KINDS[kind][1](dy, config, weights[name], kept[name])
        gradients.update({(name, weight): g for weight, g in dw.items() if weight in weights[name]})
    return {pair: gradients[pair] for pair in trained(weights)}


def trained(weights):
    return [(layer, weight) for layer in weights for weight in weights[layer]
            if not weight.startswith("moving_")]


# ---- Loss

def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def weigh(run, labels):
    """The weight of each class."""
    weights = run.get("class_weights", [1] * 3)
    if weights == "balanced":
        weights = len(labels) / (3 * np.bincount(labels, minlength=3))
    return np.asarray(weights, np.float64)


def loss_of(run, logits, labels, class_weights):
    """Of the batch, and its gradient by the logits."""
    smoothing, classes, rows = run.get("label_smoothing", 0), logits.shape[1], len(labels)
    targets = np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes
    p = softmax(logits)
    weights = class_weights[labels]
    losses = -(targets * np.log(p)).sum(1) * weights
    return losses.sum() / rows, (p - targets) * weights[:, None] / rows


def gradient_of(run, weights, x, labels, class_weights):
    outputs, kept = forward(weights, x, "batch" if run["train_batchnorm"] else "moving")
    loss, dy = loss_of(run, outputs["predictions"], labels, class_weights)
    return loss, backward(weights, dy, kept), kept


def check_gradient(run, weights, x, labels, class_weights):
    """Against finite differences along a random direction, so that no mistake becomes golden."""
    rng = np.random.default_rng(9)
    _, gradient, _ = gradient_of(run, weights, x, labels, class_weights)
    direction = {pair: rng.normal(size=g.shape) for pair, g in gradient.items()}
    expected = sum((gradient[pair] * direction[pair]).sum() for pair in gradient)
    losses = []
    for step in (1e-7, -1e-7):
        moved = {layer: {name: v + step * direction.get((layer, name), 0) for name, v in w.items()}
                 for layer, w in weights.items()}
        losses.append(gradient_of(run, moved, x, labels, class_weights)[0])
    found = (losses[0] - losses[1]) / 2e-7
    assert abs(found - expected) <= 1e-5 * abs(expected), (found, expected)


# ---- Training

def clip(gradients, limit):
    norm = np.sqrt(sum((g ** 2).sum() for g in gradients.values()))
    scale = limit / norm if limit and norm > limit else 1
    return {pair: g * scale for pair, g in gradients.items()}


def update(w, g, state, optimizer, lr, t):
    """Changes w and its state in place."""
    w -= w * optimizer.get("weight_decay", 0) * lr
    m, v = state
    if optimizer["name"] == "sgd":
        v *= optimizer["momentum"]
        v -= lr * g
        w += optimizer["momentum"] * v - lr * g if optimizer["nesterov"] else v
        return
    beta_1, beta_2 = optimizer["beta_1"], optimizer["beta_2"]
    m += (g - m) * (1 - beta_1)
    v += (g ** 2 - v) * (1 - beta_2)
    alpha = lr * np.sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t)
    w -= alpha * m / (np.sqrt(v) + EPSILON)


def move_statistics(weights, kept):
    for kind, name, config in LAYERS:
        if kind != "BatchNormalization":
            continue
        _, _, mean, variance, _ = kept[name]
        for weight, value in (("moving_mean", mean), ("moving_variance", variance)):
            moving, momentum = weights[name][weight], config["momentum"]
            weights[name][weight] = moving * momentum + value * (1 - momentum)


def train(run, weights, x, labels):
    """Changes the weights. Returns the loss of every step and the first one's (clipped) gradients."""
    optimizer, class_weights = run["optimizer"], weigh(run, labels)
    base = [name for _, name, _ in LAYERS[:BASE]]
    states = {(layer, weight): (np.zeros_like(weights[layer][weight]),
                                np.zeros_like(weights[layer][weight]))
              for layer, weight in trained(weights)}
    losses, first = [], None
    check_gradient(run, weights, x, labels, class_weights)
    for _ in range(run["epochs"]):
        for start in range(0, len(x), run["batch"]):
            rows = slice(start, start + run["batch"])
            loss, gradients, kept = gradient_of(run, weights, x[rows], labels[rows], class_weights)
            gradients = clip(gradients, optimizer.get("clip_norm"))
            first = first or gradients
            losses.append(loss)
            for (layer, weight), g in gradients.items():
                lr = optimizer["lr"] * (run.get("base_lr_factor", 1) if layer in base else 1)
                update(weights[layer][weight], g, states[layer, weight], optimizer, lr, len(losses))
            if run["train_batchnorm"]:
                move_statistics(weights, kept)
    return losses, first


# ---- Files

def make(folder, name, settings):
    run = {"freeze": "none", "layers": LAYERS, **settings}
    rng = np.random.default_rng(run["seed"])
    shutil.rmtree(folder, ignore_errors=True)
    files = write_images(folder / "images", rng)
    x, labels = read_images(folder / "images", files, run["preprocess"])
    weights = initialize(x, rng)
    write_model(folder / "model.json", name, run)
    write_weights(folder / "init.h5", weights, "earliest")
    outputs, _ = forward(weights, x, "moving")
    outputs["predictions"] = softmax(outputs["predictions"])
    write_arrays(folder / "activations", outputs)
    losses, first = train(run, weights, x, labels)
    write_arrays(folder / "gradients", {f"{layer}_{weight}": g for (layer, weight), g
                                        in first.items()})
    write_weights(folder / "final.h5", weights, "latest")
    settings = {key: run[key] for key in ("preprocess", "freeze", "batch", "optimizer",
                                          "label_smoothing", "class_weights", "base_lr_factor",
                                          "train_batchnorm") if key in run}
    expected = {"files": [path for path, _ in files], **settings, "steps": len(losses),
                "loss_per_step": losses,
                "made_with": f"tests/golden/make_numpy.py, NumPy {np.__version__}, float64"}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(name, " ".join(f"{loss:.4f}" for loss in losses))


if __name__ == "__main__":
    into = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__)
    into = into if into.is_dir() else into.resolve().parent
    for run_name, chosen in RUNS.items():
        make(into / run_name, run_name, chosen)
