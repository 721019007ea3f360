"""What the scripts of this folder share: photo sets, runs of the program, and whether two runs left the
same."""
import csv
import glob
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

WHOLE = ["best.safetensors", "last.safetensors", "model.json", "classes.json", "files.csv",
         "steps.csv"]
CHECKING = {"train", "infer", "eval", "features", "report", "augment", "lr-find", "bench", "tune"}
TEMPORARY = "*.[0-9]*-[0-9]*.tmp"


def fail(what):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {what}")


class Bench:
    """A folder of work with a cache of its own, which knows what drivers have compiled."""

    def __init__(self, vktl, source):
        self.vktl, self.source = os.path.abspath(vktl), pathlib.Path(source).resolve()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="vktl-faults-"))
        self.caches = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or
                                   pathlib.Path.home() / ".cache")
        self.cache = self.work / "cache"
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache),
                            "MESA_SHADER_CACHE_DIR": str(self.caches)}
        self.environment.pop("VKTL_DEVICE", None)
        self.new_cache()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.work)

    def new_cache(self):
        """Without features of frozen bases."""
        shutil.rmtree(self.cache, ignore_errors=True)
        (self.cache / "vktl").mkdir(parents=True)
        for file in glob.glob(f"{self.caches}/vktl/pipelines-*.bin"):
            shutil.copy(file, self.cache / "vktl")

    def keep_cache(self):
        """Pipelines that were made here are known to later benches too."""
        (self.caches / "vktl").mkdir(parents=True, exist_ok=True)
        for file in glob.glob(f"{self.cache}/vktl/pipelines-*.bin"):
            shutil.copy(file, self.caches / "vktl")

    def photos(self, name, each, classes=3, start=0):
        """A small set of the demo's faces: `each` of so many people."""
        people = sorted((self.source / "assets/faces/train").iterdir())[:classes]
        for person in people:
            folder = self.work / name / person.name
            folder.mkdir(parents=True)
            for photo in sorted(person.iterdir())[start:start + each]:
                shutil.copy(photo, folder)
        return self.work / name

    def run(self, *words, status=0, **more):
        """Runs vktl to its end; what it said."""
        environment = {**self.environment, **more.pop("environment", {})}
        if words[0] in CHECKING:  # as much as time allows: not the same in every run
            words = (*words, "--no-smoke")
        done = subprocess.run([self.vktl, *map(str, words)], env=environment, text=True,
                              errors="replace", capture_output=True, check=False, **more)
        if status is not None and done.returncode != status:
            fail(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stderr}")
        return done


def without_seconds(history):
    with open(history, encoding="ascii") as file:
        return [{**row, "seconds": None} for row in csv.DictReader(file)]


def scalars(folder):
    """What event files tell, by tag and step; later files replace earlier ones."""
    told = {}
    for file in sorted(pathlib.Path(folder).rglob("*tfevents*")):
        data = file.read_bytes()
        while len(data) >= 12:
            size, = struct.unpack_from("<Q", data)
            if len(data) < size + 16:
                break  # killed while it was written
            # The step and the one scalar are told apart by their bytes alone: time is left out.
            told_at = (file.parent.name, data[12 + 9:12 + 11])
            if b"epoch_" in data[12:12 + size]:
                tag = data[12:12 + size].partition(b"epoch_")[2][:-5]
                told[(*told_at, tag)] = data[12 + size - 4:12 + size]
            data = data[16 + size:]
    return told


def difference(run, whole):
    """What is not the same in two run folders, but for times; None where all is."""
    run, whole = pathlib.Path(run), pathlib.Path(whole)
    names = WHOLE + sorted(path.name for path in whole.glob("epoch-*.safetensors"))
    for name in names:
        if not (run / name).exists():
            return f"there is no {name}"
        if (run / name).read_bytes() != (whole / name).read_bytes():
            return f"another {name}"
    if without_seconds(run / "history.csv") != without_seconds(whole / "history.csv"):
        return "another history.csv"
    configs = [(folder / "config.json").read_text().replace(str(folder), "RUN")
               for folder in (run, whole)]
    if configs[0] != configs[1]:
        return "another config.json"
    if scalars(run / "board") != scalars(whole / "board"):
        return "another story for TensorBoard"
    return None


def leftovers(*folders):
    return [str(path) for folder in folders for path in pathlib.Path(folder).rglob(TEMPORARY)]
