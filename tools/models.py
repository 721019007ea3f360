#!/usr/bin/env python3
"""Writes assets/models/*.json: the built-in architectures as Keras Sequential JSON, a layer a line.

Usage: tools/models.py [FOLDER]   (assets/models by default)

The layers, their names and settings are those of keras.applications (vgg16, vgg19, mobilenet), so
that Keras's weight files fit; vgg-mini is ours. "vktl" beside the model says what its inputs are.
"""
import json
import pathlib
import sys


def conv(name, filters, size=3, strides=1, padding="same", activation="relu", use_bias=True):
    return "Conv2D", {
        "name": name, "filters": filters, "kernel_size": [size, size],
        "strides": [strides, strides], "padding": padding, "data_format": "channels_last",
        "dilation_rate": [1, 1], "activation": activation, "use_bias": use_bias}


def depthwise(name, strides, padding):
    return "DepthwiseConv2D", {
        "name": name, "kernel_size": [3, 3], "strides": [strides, strides], "padding": padding,
        "data_format": "channels_last", "dilation_rate": [1, 1], "depth_multiplier": 1,
        "activation": "linear", "use_bias": False}


def batchnorm(name):
    return "BatchNormalization", {
        "name": name, "axis": -1, "momentum": 0.99, "epsilon": 0.001, "center": True,
        "scale": True}


def relu6(name):
    return "ReLU", {"name": name, "max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}


def maxpool(name):
    return "MaxPooling2D", {
        "name": name, "pool_size": [2, 2], "strides": [2, 2], "padding": "valid",
        "data_format": "channels_last"}


def zeropad(name):
    return "ZeroPadding2D", {
        "name": name, "padding": [[0, 1], [0, 1]], "data_format": "channels_last"}


def flatten():
    return "Flatten", {"name": "flatten", "data_format": "channels_last"}


def dense(name, units, activation):
    return "Dense", {"name": name, "units": units, "activation": activation, "use_bias": True}


def vgg_blocks(convs, filters):
    layers = []
    for block, (count, width) in enumerate(zip(convs, filters), 1):
        layers += [conv(f"block{block}_conv{i}", width) for i in range(1, count + 1)]
        layers.append(maxpool(f"block{block}_pool"))
    return layers


def vgg(convs):
    return vgg_blocks(convs, [64, 128, 256, 512, 512]) + [
        flatten(), dense("fc1", 4096, "relu"), dense("fc2", 4096, "relu"),
        dense("predictions", 1000, "softmax")]


def vgg_mini():
    return vgg_blocks([1, 1, 1, 1], [16, 32, 64, 128]) + [
        flatten(), ("Dropout", {"name": "dropout", "rate": 0.3}),
        dense("predictions", 120, "softmax")]


def mobilenet_block(index, filters, strides):
    layers = [zeropad(f"conv_pad_{index}")] if strides == 2 else []
    return layers + [
        depthwise(f"conv_dw_{index}", strides, "valid" if strides == 2 else "same"),
        batchnorm(f"conv_dw_{index}_bn"), relu6(f"conv_dw_{index}_relu"),
        conv(f"conv_pw_{index}", filters, 1, 1, "same", "linear", False),
        batchnorm(f"conv_pw_{index}_bn"), relu6(f"conv_pw_{index}_relu")]


def mobilenet():
    layers = [conv("conv1", 32, 3, 2, "same", "linear", False), batchnorm("conv1_bn"),
              relu6("conv1_relu")]
    filters = [64, 128, 128, 256, 256] + [512] * 6 + [1024] * 2
    for index, width in enumerate(filters, 1):
        layers += mobilenet_block(index, width, 2 if index in (2, 4, 6, 12) else 1)
    return layers + [
        ("GlobalAveragePooling2D", {"name": "global_average_pooling2d",
                                    "data_format": "channels_last", "keepdims": True}),
        ("Dropout", {"name": "dropout", "rate": 0.001}),
        conv("conv_preds", 1000, 1, 1, "same", "linear", True),
        ("Reshape", {"name": "reshape_2", "target_shape": [1000]}),
        ("Activation", {"name": "predictions", "activation": "softmax"})]


def model_text(name, layers, size, preprocess):
    inputs = ("InputLayer", {"name": "input_1", "batch_input_shape": [None, size, size, 3],
                             "dtype": "float32"})
    lines = []
    for class_name, config in [inputs] + layers:
        if class_name != "InputLayer":
            config = {"name": config["name"], "trainable": True, "dtype": "float32"} | config
        lines.append(json.dumps({"class_name": class_name, "config": config}))
    return (f'{{"module": "keras", "class_name": "Sequential", "config": {{"name": "{name}", "layers": [\n'
            + ",\n".join(lines)
            + '\n]}, "keras_version": "2.15.0", "backend": "tensorflow",\n"vktl": '
            + json.dumps({"preprocess": preprocess, "image_size": size}) + "}\n")


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "assets" / "models"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    for name, layers, size, preprocess in [
            ("vgg16", vgg([2, 2, 3, 3, 3]), 224, "caffe"),
            ("vgg19", vgg([2, 2, 4, 4, 4]), 224, "caffe"),
            ("mobilenet", mobilenet(), 224, "tf"),
            ("vgg-mini", vgg_mini(), 64, "tf")]:
        (folder / f"{name}.json").write_text(model_text(name, layers, size, preprocess))


main()
