#!/usr/bin/env python3
"""The layer knows every function of Vulkan that may fail and that src/gpu calls, with the errors of
the registry, and every function that destroys.

    coverage.py SOURCE      status 1 where one is missing or differs
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

REGISTRY = "/usr/share/vulkan/registry/vk.xml"
ERRORS = {
    "VK_ERROR_OUT_OF_HOST_MEMORY": "HOST_MEMORY",
    "VK_ERROR_OUT_OF_DEVICE_MEMORY": "DEVICE_MEMORY",
    "VK_ERROR_DEVICE_LOST": "LOSS",
}
# The loader answers these itself, before any layer that is asked for by name.
LOADER = {"EnumerateInstanceLayerProperties", "EnumerateInstanceExtensionProperties"}


def registry():
    """{name: set of errors} of functions that return a VkResult; None for others."""
    found = {}
    for command in xml.parse(REGISTRY).findall("commands/command"):
        name = command.findtext("proto/name")
        if not name:
            continue
        errors = command.get("errorcodes", "").split(",")
        fails = command.findtext("proto/type") == "VkResult"
        found[name[2:]] = {ERRORS[e] for e in errors if e in ERRORS} if fails else None
    return found


def layer(folder):
    text = (folder / "functions.def").read_text()
    text = text.replace("ANY_MEMORY", "HOST_MEMORY | DEVICE_MEMORY")
    rows = re.findall(r"^OF_(?:INSTANCE|DEVICE)\((\w+),(.*?)\)\n(?=OF_|\n|$)", text, re.S | re.M)
    faults = {name: set(re.findall(r"HOST_MEMORY|DEVICE_MEMORY|LOSS", rest)) for name, rest in rows}
    text = (folder / "faults.c").read_text()
    for name, errors in re.findall(r'\{"(Create\w+)", ([A-Z_| ]+)\}', text):
        faults[name] = set(errors.split(" | "))
    destroyed = set(re.findall(r"^DESTROYED\((\w+)", (folder / "destroyed.def").read_text(), re.M))
    return faults, destroyed | {"DestroyDevice", "DestroyInstance", "FreeCommandBuffers"}


def main():
    source = pathlib.Path(sys.argv[1])
    known = registry()
    faults, destroyed = layer(source / "tests/layer")
    used = set()
    for path in (source / "src/gpu").glob("*.c"):
        used |= set(re.findall(r"\bvk([A-Z]\w+)\(", path.read_text()))
    wrong = []
    for name in sorted(used - LOADER):
        if known.get(name) is not None and name not in faults:
            wrong.append(f"vk{name} may fail, and is not in functions.def")
        if re.match("Destroy|Free", name) and name not in destroyed:
            if name != "DestroyDebugUtilsMessengerEXT":
                wrong.append(f"vk{name} is not in destroyed.def")
    for name, errors in faults.items():
        if errors != known[name]:
            wrong.append(f"vk{name}: {errors} here, {known[name]} in the registry")
    print("\n".join(wrong), end="\n" if wrong else "")
    print(f"{len(used)} functions in src/gpu, {len(faults)} that may fail, {len(wrong)} wrong")
    return bool(wrong) or len(faults) < 25


sys.exit(main())
