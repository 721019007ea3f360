#!/usr/bin/python3
"""Makes assets/selftest, the golden run that `vktl selftest` repeats, out of the golden folder tiny/.

Usage: make_selftest.py        needs python3-numpy, python3-h5py

The same model, images and figures, that PyTorch found; weights as .safetensors, so that a vktl without
HDF5 reads them, and the predictions before the first step in expected.json."""
import json
import pathlib
import shutil

import h5py
import numpy as np

FROM = pathlib.Path(__file__).resolve().parent / "tiny"
TO = FROM.parents[2] / "assets" / "selftest"


def read_weights(path):
    """{layer/weight: float32 array} of Keras 2's layout."""
    arrays = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            layer, *_, weight = name.split("/")
            arrays[f"{layer}/{weight.removesuffix(':0')}"] = np.asarray(item, np.float32)

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays


def write_safetensors(path, arrays):
    header, offset = {}, 0
    for name, array in arrays.items():
        end = offset + array.nbytes
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text
                     + b"".join(array.tobytes() for array in arrays.values()))


def main():
    shutil.rmtree(TO, ignore_errors=True)
    shutil.copytree(FROM / "images", TO / "images")
    model = json.loads((FROM / "model.json").read_text())
    (TO / "model.json").write_text(json.dumps(model, separators=(",", ":")) + "\n")
    for name in ("init", "final"):
        write_safetensors(TO / f"{name}.safetensors", read_weights(FROM / f"{name}.h5"))
    expected = json.loads((FROM / "expected.json").read_text())
    predictions = np.load(FROM / "activations" / "predictions.npy").ravel()
    kept = {key: expected[key] for key in ("loss_per_step", "made_with")}
    kept["predictions"] = [float(p) for p in predictions]
    (TO / "expected.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
