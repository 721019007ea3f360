"""Pictures that test programs draw, read by readers that are not ours: Pillow and an XML parser.

    readers.py PROGRAM...

Each program saves its cases into the folder of VKTL_TEST_PICTURES. A PNG and the SVG beside it must
have the same size; a PNG must be decoded whole and show more than its background; an SVG must be
well-formed, refer to nothing outside itself and repeat no id. Status 77 without Pillow.
"""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

try:
    from PIL import Image
except ImportError:
    print("no Pillow: skipped")
    sys.exit(77)

LINK = "{http://www.w3.org/1999/xlink}href"


def read_png(path):
    with Image.open(path) as image:
        assert image.format == "PNG" and image.mode == "RGB", (path, image.format, image.mode)
        image.load()
        assert len(image.getcolors(1 << 24)) > 2, f"{path}: nothing but background"
        return image.size


def read_svg(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg", (path, root.tag)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)), f"{path}: an id is there twice"
    for element in root.iter():
        link = element.get(LINK, "#")
        assert link.startswith(("#", "data:image/png;base64,")), (path, link[:80])
        assert not element.tag.endswith(("}script", "}text")), (path, element.tag)
    for used in re.findall(r"url\(#([^)]*)\)", path.read_text()):
        assert used in ids, f"{path}: no {used}"
    return tuple(int(n) for n in root.get("viewBox").split()[2:])


def main():
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, VKTL_TEST_PICTURES=folder)
        for program in sys.argv[1:]:
            subprocess.run([program], env=environment, check=True, stdout=subprocess.DEVNULL)
        pictures = sorted(Path(folder).glob("*.png"))
        assert len(pictures) >= 10 * (len(sys.argv) - 1), f"only {len(pictures)} pictures"
        for path in pictures:
            sizes = read_png(path), read_svg(path.with_suffix(".svg"))
            assert sizes[0] == sizes[1], (path, sizes)
        print(f"{len(pictures)} pictures read as PNG and as SVG")


main()
