"""Commands that are disturbed, what each starts from, and what it must leave."""
import shutil

from runs import difference


class Scenario:
    """A command, what it starts from, and what it must leave."""

    results = ()  # files that are written, apart from run folders

    def __init__(self, bench):
        self.bench, self.folder = bench, bench.work / "place"
        self.wanted = {}

    def prepare(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        for name in self.results:
            (self.folder / name).write_text("old")

    def learn(self):
        """What an undisturbed command leaves."""
        self.prepare()
        self.bench.run(*self.words())
        self.wanted = {name: (self.folder / name).read_bytes() for name in self.results}

    def complaint(self, status, said):
        """What is not as it must be after a call failed; None where all is."""
        for name in self.results:
            found = (self.folder / name).read_bytes()
            is_new = found == self.wanted[name] or found.endswith(b"</html>\n")  # has times
            if not is_new and (status == 0 or found != b"old"):
                return f"{name} is neither old nor new"
        return None


class Train(Scenario):
    settings = "--head gap,dropout:0.2 --lr 0.02 --batch 6 --save-every 2 --seed 3 --epochs 2"
    start = ()

    def __init__(self, bench):
        super().__init__(bench)
        self.run, self.whole = self.folder / "run", bench.work / "whole"

    def words(self, run=None):
        run = run or self.run
        return ["train", "--model", "vgg-mini", "--train", self.bench.work / "train", "--val",
                self.bench.work / "val", "--quiet", "--run", run, "--tensorboard", run / "board",
                *self.settings.split(), *self.start]

    def prepare(self):
        super().prepare()
        self.bench.new_cache()

    def learn(self):
        shutil.rmtree(self.whole, ignore_errors=True)
        self.bench.run(*self.words(self.whole))

    def complaint(self, status, said):
        # Told by a warning: an image that could not be read, or batches in parts for lack of memory.
        if "left out" in said or "in parts of" in said:
            return None
        found = difference(self.run, self.whole)
        # Without memory for it a choice of kernels is left out of config.json, and made anew.
        if status == 0 and found and found != "another config.json":
            return f"status 0, but {found}"
        if status == 0 and found:
            return None
        self.bench.run(*self.words(), "--resume")
        found = difference(self.run, self.whole)
        return f"resumed: {found}" if found else None


class Resume(Train):
    settings = Train.settings.replace("--epochs 2", "--epochs 4")
    start = ("--resume",)

    def learn(self):
        super().learn()
        self.half = self.bench.work / "half"
        shutil.rmtree(self.half, ignore_errors=True)
        words = [*self.words(self.run), "--epochs", "2"]
        super().prepare()
        self.bench.run(*[word for word in words if word != "--resume"])
        shutil.copytree(self.run, self.half)

    def prepare(self):
        super().prepare()
        shutil.copytree(self.half, self.run)


class Trained(Scenario):
    """Commands that take a trained model."""

    def __init__(self, bench):
        super().__init__(bench)
        self.model = bench.work / "model"
        if not self.model.exists():
            bench.run("train", "--model", "vgg-mini", "--train", bench.work / "train", "--val",
                      bench.work / "val", "--head", "gap", "--epochs", 1, "--run", self.model)
            bench.run("convert", self.model, bench.work / "model.h5")


class Convert(Trained):
    results = ("out.safetensors",)

    def words(self):
        return ["convert", self.model, self.folder / self.results[0], "--quiet"]


class ConvertToKeras(Convert):
    results = ("out.h5",)


class ConvertFromKeras(Convert):
    def words(self):
        return ["convert", self.bench.work / "model.h5", self.folder / self.results[0], "--quiet"]


class Infer(Trained):
    results = ("out.npy", "out.png")

    def words(self):
        return ["infer", self.model, self.bench.work / "val", "--npy", self.folder / "out.npy",
                "--chart", self.folder / "out.png", "--quiet"]

    def complaint(self, status, said):
        if status == 4 and "could not be read" in said:
            return None  # the others are predicted
        return super().complaint(status, said)


class Report(Trained):
    results = ("report.html", "confusion.png")

    def prepare(self):
        super().prepare()
        shutil.copytree(self.model, self.folder, dirs_exist_ok=True)
        for name in self.results:
            (self.folder / name).write_text("old")

    def words(self):
        return ["report", self.folder, "--quiet"]

    def complaint(self, status, said):
        if "vktl: warning: " in said:
            return None  # the page says what is missing
        return super().complaint(status, said)


SCENARIOS = {"train": Train, "resume": Resume, "convert": Convert, "to-keras": ConvertToKeras,
             "from-keras": ConvertFromKeras, "infer": Infer, "report": Report}
