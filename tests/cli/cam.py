#!/usr/bin/python3
"""Grad-CAM by vktl against the same by NumPy in float64: cam.py VKTL SOURCE WORK

Selvaraju et al. 2017, worked out here layer by layer, forwards and backwards, without vktl's code: for
every layer with a map of small models, on images of the golden runs. Then a model that can
see one corner alone, whose map must lie there. Last, a check that the comparison can fail. Prints the
worst difference of each model; exits with 1 where one is beyond the limit, 77 without NumPy, h5py or
Pillow."""
import json
import pathlib
import shutil
import subprocess
import sys

try:
    import h5py
    import numpy as np
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}; needs python3-numpy, python3-h5py and python3-pil")
    sys.exit(77)

LIMIT = 1e-4  # of maps whose maximum is 1

# ---- Layers: forward(x) gives y and backward(dy) gives dx


def pad_same(size, kernel, stride):
    """Cells before and after; TensorFlow puts the odd one after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class Windows:
    """Windows of an image, as (OH, OW, KH, KW, C), and back."""

    def __init__(self, shape, config, kernel, fill=0.0):
        strides = config.get("strides") or kernel
        self.kernel, self.strides, self.fill, self.shape = kernel, strides, fill, shape
        same = config.get("padding", "valid") == "same"
        self.pads = [pad_same(shape[i], kernel[i], strides[i]) if same else (0, 0) for i in (0, 1)]
        self.out = [(shape[i] + sum(self.pads[i]) - kernel[i]) // strides[i] + 1 for i in (0, 1)]

    def places(self):
        for r in range(self.out[0]):
            for c in range(self.out[1]):
                top, left = r * self.strides[0], c * self.strides[1]
                yield r, c, slice(top, top + self.kernel[0]), slice(left, left + self.kernel[1])

    def take(self, x):
        padded = np.pad(x, [*self.pads, (0, 0)], constant_values=self.fill)
        y = np.empty([*self.out, *self.kernel, x.shape[2]])
        for r, c, rows, columns in self.places():
            y[r, c] = padded[rows, columns]
        return y

    def give(self, dy):
        (top, bottom), (left, right) = self.pads
        h, w, channels = self.shape
        dx = np.zeros([h + top + bottom, w + left + right, channels])
        for r, c, rows, columns in self.places():
            dx[rows, columns] += dy[r, c]
        return dx[top:top + h, left:left + w]


def activate(name, y):
    """y and the factor of its gradient."""
    if name in (None, "linear", "softmax"):  # scores are taken before the softmax
        return y, np.ones_like(y)
    top = 6 if name == "relu6" else np.inf
    return np.clip(y, 0, top), ((y > 0) & (y < top)).astype(float)


def with_activation(name, y, backward):
    y, factor = activate(name, y)
    return y, lambda dy: backward(dy * factor)


def conv2d(x, config, weights):
    kernel = weights["kernel"]
    windows = Windows(x.shape, config, kernel.shape[:2])
    y = np.einsum("rcijk,ijko->rco", windows.take(x), kernel) + weights.get("bias", 0)
    return y, lambda dy: windows.give(np.einsum("rco,ijko->rcijk", dy, kernel))


def depthwise(x, config, weights):
    kernel = weights["depthwise_kernel"][..., 0]
    windows = Windows(x.shape, config, kernel.shape[:2])
    y = np.einsum("rcijk,ijk->rck", windows.take(x), kernel) + weights.get("bias", 0)
    return y, lambda dy: windows.give(np.einsum("rck,ijk->rcijk", dy, kernel))


def dense(x, config, weights):
    return x @ weights["kernel"] + weights.get("bias", 0), lambda dy: weights["kernel"] @ dy


def batchnorm(x, config, weights):
    scale = weights.get("gamma", 1) / np.sqrt(weights["moving_variance"] + config.get("epsilon", 1e-3))
    return (x - weights["moving_mean"]) * scale + weights.get("beta", 0), lambda dy: dy * scale


def maxpool(x, config, weights):
    windows = Windows(x.shape, config, config["pool_size"], -np.inf)
    taken = windows.take(x)
    flat = taken.reshape(*taken.shape[:2], -1, taken.shape[4])
    first = np.eye(flat.shape[2])[flat.argmax(2)].transpose(0, 1, 3, 2)
    return flat.max(2), lambda dy: windows.give((first * dy[:, :, None]).reshape(taken.shape))


def avgpool(x, config, weights):
    windows = Windows(x.shape, config, config["pool_size"])
    counts = windows.take(np.ones_like(x)).sum((2, 3))  # padding does not count
    shape = [*windows.out, *windows.kernel, x.shape[2]]
    return windows.take(x).sum((2, 3)) / counts, \
        lambda dy: windows.give(np.broadcast_to((dy / counts)[:, :, None, None], shape))


def zeropad(x, config, weights):
    (top, bottom), (left, right) = config["padding"]
    y = np.pad(x, [(top, bottom), (left, right), (0, 0)])
    return y, lambda dy: dy[top:top + x.shape[0], left:left + x.shape[1]]


def global_average(x, config, weights):
    size = x.shape[0] * x.shape[1]
    return x.mean((0, 1)), lambda dy: np.broadcast_to(dy / size, x.shape)


def global_max(x, config, weights):
    flat = x.reshape(-1, x.shape[2])
    hits = (flat == flat.max(0)).astype(float)
    return flat.max(0), lambda dy: (hits / hits.sum(0) * dy).reshape(x.shape)


def flatten(x, config, weights):
    return x.ravel(), lambda dy: dy.reshape(x.shape)


def identity(x, config, weights):
    return x, lambda dy: dy


LAYERS = {"Conv2D": conv2d, "DepthwiseConv2D": depthwise, "Dense": dense, "Flatten": flatten,
          "BatchNormalization": batchnorm, "MaxPooling2D": maxpool, "AveragePooling2D": avgpool,
          "ZeroPadding2D": zeropad, "GlobalAveragePooling2D": global_average, "Dropout": identity,
          "GlobalMaxPooling2D": global_max, "Activation": identity, "ReLU": identity}


def run_layer(kind, x, config, weights):
    activation = config.get("activation")
    if kind == "ReLU":
        activation = "relu6" if config.get("max_value") else "relu"
    return with_activation(activation, *LAYERS[kind](x, config, weights))


# ---- Models

class Model:
    def __init__(self, path, weights):
        layers = json.loads(path.read_text())["config"]["layers"]
        self.layers = [(layer["class_name"], layer["config"]) for layer in layers
                       if layer["class_name"] != "InputLayer"]
        self.weights = weights
        self.path = path

    def forward(self, x):
        outputs, backwards = [], []
        for kind, config in self.layers:
            x, backward = run_layer(kind, x, config, self.weights.get(config["name"], {}))
            outputs.append(x)
            backwards.append(backward)
        return outputs, backwards

    def cam(self, outputs, backwards, layer, class_index):
        """The map of a class at the layer of that index."""
        gradient = np.eye(len(outputs[-1]))[class_index]
        for backward in backwards[:layer:-1]:
            gradient = backward(gradient)
        found = np.maximum((outputs[layer] * gradient.mean((0, 1))).sum(2), 0)
        return found / found.max() if found.max() > 0 else found


def read_weights(path):
    weights = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            layer, *_, weight = name.split("/")
            weights.setdefault(layer, {})[weight.removesuffix(":0")] = np.asarray(item, float)

    with h5py.File(path) as file:
        file.visititems(visit)
    return weights


def read_image(path, mode):
    x = np.asarray(Image.open(path).convert("RGB"), float)
    if mode == "caffe":
        return x[..., ::-1] - [103.939, 116.779, 123.68]
    if mode == "torch":
        return (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return x / 127.5 - 1 if mode == "tf" else x


# ---- vktl

class Vktl:
    def __init__(self, program, work):
        self.program, self.work = program, work

    def cam(self, model, image, *options):
        """The map, and what --json says of it."""
        command = [self.program, "features", model, image, "--out", self.work / "out", "--npy", "--no-sheets",
                   "--json",
                   *options]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{command}\nended with status {done.returncode}:\n{done.stderr}")
        item = json.loads(done.stdout)[0]
        assert (self.work / "out" / "cam.png").read_bytes()[:4] == b"\x89PNG"
        return np.load(self.work / "out" / "cam.npy"), item


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def check_golden(vktl, folder):
    """Every layer with a map, each time for another class and another image."""
    expected = json.loads((folder / "expected.json").read_text())
    model = Model(folder / "model.json", read_weights(folder / "final.h5"))
    options = ["--weights", folder / "final.h5", "--preprocess", expected["preprocess"]]
    images = [folder / "images" / name for name in expected["files"]]
    worst = count = empty = 0
    for layer, (_, config) in enumerate(model.layers):
        image, class_index = images[layer % len(images)], layer % 3
        outputs, backwards = model.forward(read_image(image, expected["preprocess"]))
        if outputs[layer].ndim != 3 or outputs[layer].shape[:2] == (1, 1):
            continue
        want = model.cam(outputs, backwards, layer, class_index)
        found, item = vktl.cam(model.path, image, "--cam-layer", config["name"], "--cam-class",
                               class_index, *options)
        assert found.shape == want.shape, (found.shape, want.shape)
        assert item["layer"] == config["name"] and item["cam"]["index"] == class_index
        probability = softmax(outputs[-1])[class_index]
        worst = max(worst, abs(found - want).max(), abs(item["cam"]["probability"] - probability))
        count += 1
        empty += not want.any()
    print(f"{folder.name}: {count} maps ({empty} empty), worst difference {worst:.2e}, "
          f"limit {LIMIT:.0e}")
    return worst <= LIMIT and empty < count / 2


# ---- A model that sees one corner alone

def corner_model(work, size=8, cells=4):
    """A convolution with a stride, then a dense layer that looks at the top right cell for class 1, at
    the bottom left one for class 2, and at nothing for class 0."""
    kernel = np.full((2, 2, 3, 1), 1 / 12)
    dense_kernel = np.zeros((cells, cells, 3))
    dense_kernel[0, cells - 1, 1] = dense_kernel[cells - 1, 0, 2] = 1
    layers = [
        ("InputLayer", {"name": "in", "batch_input_shape": [None, size, size, 3]}),
        ("Conv2D", {"name": "see", "filters": 1, "kernel_size": [2, 2], "strides": [2, 2],
                    "use_bias": False, "activation": "relu"}),
        ("Flatten", {"name": "flat"}),
        ("Dense", {"name": "score", "units": 3, "use_bias": False, "activation": "softmax"}),
    ]
    config = {"name": "corner", "layers": [{"class_name": kind, "config": settings}
                                           for kind, settings in layers]}
    (work / "corner.json").write_text(json.dumps({"class_name": "Sequential", "config": config}))
    with h5py.File(work / "corner.h5", "w") as file:
        file["see/see/kernel:0"] = kernel.astype(np.float32)
        file["score/score/kernel:0"] = dense_kernel.reshape(-1, 3).astype(np.float32)
    pixels = np.full((size, size, 3), 8, np.uint8)
    pixels[:2, -2:] = 250  # a bright corner, top right
    Image.fromarray(pixels).save(work / "corner.png")
    return work / "corner.json"


def check_corner(vktl):
    """The one channel's mean gradient is positive for class 1, so that the map shows the bright corner;
    it is zero for class 0, which nothing speaks for."""
    model = corner_model(vktl.work)
    options = ["--weights", vktl.work / "corner.h5", "--preprocess", "none"]
    image = vktl.work / "corner.png"
    found, item = vktl.cam(model, image, "--cam", *options)
    assert item["cam"]["index"] == 1 and item["layer"] == "see", item
    assert found.shape == (4, 4) and found[0, 3] == 1, found
    assert np.delete(found.ravel(), 3).max() < 0.05, found
    nothing, _ = vktl.cam(model, image, "--cam-class", 0, *options)
    assert not nothing.any(), nothing
    Image.open(image).transpose(Image.FLIP_LEFT_RIGHT).save(image)
    flipped, _ = vktl.cam(model, image, "--cam-class", 1, *options)
    assert flipped[0, 0] == 1 and np.delete(flipped.ravel(), 0).max() < 0.05, flipped
    print("corner: the map lies where the model looks")


def check_negative(vktl, folder):
    """The map of another class, and of an image upside down, must be beyond the limit."""
    expected = json.loads((folder / "expected.json").read_text())
    model = Model(folder / "model.json", read_weights(folder / "final.h5"))
    image = folder / "images" / expected["files"][0]
    pixels = read_image(image, expected["preprocess"])
    found, item = vktl.cam(model.path, image, "--cam", "--weights", folder / "final.h5", "--preprocess",
                           expected["preprocess"])
    layer = [config["name"] for _, config in model.layers].index(item["layer"])
    chosen = item["cam"]["index"]
    assert chosen == model.forward(pixels)[0][-1].argmax()

    def difference(x, class_index):
        return abs(model.cam(*model.forward(x), layer, class_index) - found).max()

    assert difference(pixels, chosen) <= LIMIT
    assert difference(pixels, (chosen + 1) % 3) > 100 * LIMIT
    assert difference(pixels[::-1], chosen) > 100 * LIMIT
    print("another class and another image are told apart")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    source, work = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    vktl = Vktl(sys.argv[1], work)
    folders = [source / "tests" / "golden" / name for name in ("tiny", "frozen")]
    passed = [check_golden(vktl, folder) for folder in folders]
    check_corner(vktl)
    check_negative(vktl, folders[0])
    sys.exit(0 if all(passed) else 1)


main()
