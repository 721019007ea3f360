#!/usr/bin/python3
"""Training for long: soak.py VKTL SOURCE BINARY [STEPS]

A head on vgg-mini for STEPS steps, and the whole network for a twentieth of them, on the demo's faces.
From a tenth of the way to the end neither the process's memory, nor its open files, nor its threads, nor
the live objects of Vulkan may grow, and the validation layer must be silent. The lines of steps.csv are
kept in memory: they are allowed for. BINARY is the build folder, with the layer of tests/layer. Needs a
Vulkan device."""
import os
import pathlib
import re
import subprocess
import sys

from runs import Bench, fail

SLACK = 4 << 20  # bytes: what an allocator keeps in hand
LINE = 64        # bytes of a step or an epoch in text, at most, twice for text that grows


def sample(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {"rss": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) << 10,
            "peak": int(re.search(r"VmHWM:\s+(\d+)", status)[1]) << 10,
            "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
            "files": len(os.listdir(f"/proc/{pid}/fd"))}


def soak(bench, name, steps, words, environment):
    """Samples at the end of every epoch."""
    run = bench.work / name.replace(" ", "-")
    epochs = -(-steps // 12)  # of 91 photos in batches of 8
    samples = []
    with subprocess.Popen([bench.vktl, "train", "--model", "vgg-mini", "--train",
                           bench.source / "assets/faces/train", "--batch", "8", "--run", run,
                           "--epochs", str(epochs), "--no-report", "--no-smoke",
                           "--checkpoint-seconds", "0.5", *words],
                          env={**bench.environment, **environment}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Epoch ") and process.poll() is None:
                try:
                    samples.append(sample(process.pid))
                except (OSError, TypeError):
                    break  # it ended meanwhile
        said += process.stdout.readlines()
    if process.returncode:
        fail(f"{name}: status {process.returncode}\n{''.join(said[-20:])}")
    odd = [line for line in said if "Validation" in line or "VUID" in line or "warning" in line]
    if odd:
        fail(f"{name}: {''.join(odd[:5])}")
    done = sum(1 for _ in open(run / "steps.csv", encoding="ascii")) - 1
    if done < steps or len(samples) < epochs - 2:
        fail(f"{name}: {done} steps, {len(samples)} samples")
    return done, samples


def judge(name, steps, samples):
    if len(samples) < 20:
        print(f"{name}: {steps} steps, too few to say whether anything grows", flush=True)
        return
    # A sample may fall into a moment when a file is written.
    tenth = len(samples) // 10
    early = {what: max(found[what] for found in samples[tenth:max(3 * tenth, 2) + 1])
             for what in samples[0]}
    late = {what: min(found[what] for found in samples[-tenth - 2:]) for what in samples[0]}
    allowed = SLACK + 2 * LINE * steps
    for what in ("files", "threads"):
        if late[what] > early[what]:
            fail(f"{name}: {what} grew from {early[what]} to {late[what]}")
    for what in ("rss", "peak"):
        if late[what] > early[what] + allowed:
            fail(f"{name}: {what} grew from {early[what]} to {late[what]} bytes")
    print(f"{name}: {steps} steps; resident {early['rss'] >> 10} KiB after a tenth, "
          f"{late['rss'] >> 10} at the end; peak {early['peak'] >> 10}, {late['peak'] >> 10}; "
          f"{late['files']} open files, {late['threads']} threads", flush=True)


def handles(bench, name):
    """Live objects while it ran, and at its end; None without the layer."""
    lines = (bench.work / "handles.txt").read_text().splitlines()
    live = [int(line.split()[3]) for line in lines if line.startswith("submits")]
    left = [line for line in lines if not line.startswith("submits") and not line.endswith("live 0")]
    # The first third also has the frozen base, whose objects go when its output is kept.
    third = len(live) // 3
    early, late = max(live[third:2 * third + 1]), max(live[-third:])
    if late > early or left:
        fail(f"{name}: {early} live objects of Vulkan became {late}; at the end {left}")
    print(f"{name}: at most {early} live objects of Vulkan, {late} at the last submit, 0 at the end",
          flush=True)


def main():
    vktl, source, binary = sys.argv[1:4]
    steps = int(sys.argv[4]) if len(sys.argv) > 4 else 240
    explicit = "/usr/share/vulkan/explicit_layer.d"
    validation = "VK_LAYER_KHRONOS_validation"
    has_validation = os.path.exists(f"{explicit}/VkLayer_khronos_validation.json")
    with Bench(vktl, source) as bench:
        layers = {"VK_LAYER_PATH": f"{os.path.abspath(binary)}/tests/layer:{explicit}",
                  "VK_INSTANCE_LAYERS": "VK_LAYER_VKTL_test",
                  "VKTL_LAYER": f"handles={bench.work}/handles.txt,every=3"}
        head = ["--head", "gap,dropout:0.2", "--lr", "0.001"]
        whole = ["--head", "gap", "--freeze", "none", "--lr", "0.0001", "--image-size", "32"]
        for name, count, words in [("head", steps, head),
                                   ("whole network", max(60, steps // 20), whole)]:
            done, samples = soak(bench, name, count, words, layers)
            judge(name, done, samples)
            handles(bench, name)
            if has_validation:
                layers["VK_INSTANCE_LAYERS"] = validation
                done, _ = soak(bench, name + " validated", -(-count // 5), words, layers)
                layers["VK_INSTANCE_LAYERS"] = "VK_LAYER_VKTL_test"
                print(f"{name}: {done} steps without a message of the validation layer", flush=True)


if __name__ == "__main__":
    main()
