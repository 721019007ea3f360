// Opens models as TensorFlow.js does and predicts: node predict.cjs FOLDER...
//
// Each FOLDER holds model.json and model.safetensors as vktl wrote them, pixels.npy, which are
// images as the first layer takes them, and expected.npy, vktl's probabilities of those. Prints the
// worst difference of each; exits with 1 where one is beyond the limit, and where spoilt weights
// (the first tensor's numbers, doubled) make no difference.
"use strict";

const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs");

const LIMIT = 1e-4;

function readNpy(file) {
    const bytes = fs.readFileSync(file);
    const length = bytes.readUInt16LE(8);
    const header = bytes.toString("latin1", 10, 10 + length);
    if (!header.includes("'<f4'") || !header.includes("'fortran_order': False"))
        throw new Error(`${file}: ${header}`);
    const axes = header.match(/'shape': \(([^)]*)\)/)[1].split(",");
    const shape = axes.filter((axis) => axis.trim()).map(Number);
    const start = 10 + length;
    return {shape, values: new Float32Array(bytes.buffer.slice(bytes.byteOffset + start))};
}

function readSafetensors(file) {
    const bytes = fs.readFileSync(file);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
    const tensors = new Map();
    for (const [name, entry] of Object.entries(header)) {
        if (name === "__metadata__")
            continue;
        const [begin, end] = entry.data_offsets.map((n) => bytes.byteOffset + 8 + length + n);
        tensors.set(name, tf.tensor(new Float32Array(bytes.buffer.slice(begin, end)), entry.shape));
    }
    return tensors;
}

// Every weight of every layer by its name, and every tensor used.
function setWeights(model, tensors) {
    const left = new Set(tensors.keys());
    for (const layer of model.layers) {
        const names = layer.weights.map((w) => `${layer.name}/${w.originalName.split("/").pop()}`);
        for (const name of names)
            if (!left.delete(name))
                throw new Error(`${name} is not in the file`);
        layer.setWeights(names.map((name) => tensors.get(name)));
    }
    if (left.size)
        throw new Error(`not in the model: ${[...left]}`);
}

function worstDifference(model, pixels, expected) {
    const found = model.predict(tf.tensor(pixels.values, pixels.shape));
    if (found.shape.join() !== expected.shape.join())
        throw new Error(`the output is ${found.shape}, expected ${expected.shape}`);
    // NaN anywhere stays NaN, which is within no limit.
    return found.dataSync().reduce((worst, value, i) => {
        const difference = Math.abs(value - expected.values[i]);
        return difference <= worst ? worst : difference;
    }, 0);
}

async function check(folder) {
    const json = JSON.parse(fs.readFileSync(path.join(folder, "model.json"), "utf8"));
    const model = await tf.models.modelFromJSON(json);
    const tensors = readSafetensors(path.join(folder, "model.safetensors"));
    const pixels = readNpy(path.join(folder, "pixels.npy"));
    const expected = readNpy(path.join(folder, "expected.npy"));
    setWeights(model, tensors);
    const worst = worstDifference(model, pixels, expected);
    const first = tensors.keys().next().value;
    setWeights(model, new Map(tensors).set(first, tensors.get(first).mul(2)));
    const spoilt = worstDifference(model, pixels, expected);
    const passed = worst <= LIMIT && spoilt > LIMIT;
    console.log(`${path.basename(folder)}: ${model.layers.length} layers, ` +
        `${expected.shape[0]} images, worst difference ${worst.toExponential(2)}, ` +
        `with ${first} doubled ${spoilt.toExponential(2)}` + (passed ? "" : " FAILED"));
    return passed;
}

async function main() {
    await tf.setBackend("cpu");
    let passed = process.argv.length > 2;
    for (const folder of process.argv.slice(2))
        passed = (await check(folder)) && passed;
    process.exit(passed ? 0 : 1);
}

main();
