"""How the tests run each documented command: what its placeholders stand for, what makes it brief, what ends it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.conftest import DATA, free_port
from tests.documented import program
from tests.e2e.certificates import certificate
from tests.plugins import examples

LEFT_OUT = {  # command → why no test types it; a target of the Makefile runs a program that is typed, or installs
    **dict.fromkeys(("make setup", "make web", "make test-browser", "make bench"), "installs"),
    **dict.fromkeys(("make test", "make test-all", "make lint", "make types"), "is what runs this test"),
    "make docs": "tests/unit/test_site.py builds them",
    "make tree": "writes into the checkout",
    **dict.fromkeys(("pip", "cp"), "is nothing of ours"),
    **dict.fromkeys(
        (
            "clearml",
            "clearml.conf",
            "clearml-agent",
            "clearml-data",
            "clearml-task",
        ),
        "is ClearML's: tests/e2e/clients/test_command_lines.py",
    ),
    **dict.fromkeys(("clearml.conf.example", "clearml.Dataset"), "is no command"),
    **dict.fromkeys(
        ("make mutants", "tests.mutants"), "takes hours: tests/unit/test_mutants.py has it in small"
    ),
    "benchmarks.tutorials.layouts": "tests/e2e/shell/test_tutorial_pages.py lays ESC-10 out in each way",
    "make clean": "removes what the tests run in",
    "make demo": "tests/e2e/jobs/test_demo.py",
    "tests.browser.screenshots": "is for who works on the page",
    "audio.datasets.download": "needs a network: tests/unit/audio/datasets/test_download.py",
}
PASSWORD = "correct horse battery"
TAKE_A_DATASET = {
    "tasks.crossvalidate",
    "tasks.search",
    "tasks.train",
}  # what ID stands for; of others a model
TAKE_A_MODEL = {"tasks.evaluate", "tasks.events", "tasks.export"}  # else the newest, perhaps another test's
SERVES = {"make serve", "agents.start"}
SLOW = {
    "tasks.crossvalidate",
    "tasks.search",
    "tasks.export",
    "pipelines/main_job.py",
    "agents.start",
    "make serve",
}
BRIEF = {  # options that make a command brief
    "tasks.preprocess": ("--examples", "1", "--audio_limit", "4", "--workers", "2", "--inspect", "false"),
    "tasks.train": ("--epochs", "2", "--debug_samples", "1"),
    "tasks.pretrain": ("--epochs", "1"),
    "tasks.evaluate": ("--audio_limit", "2"),
    "tasks.crossvalidate": ("--epochs", "1", "--seeds", "0"),
    "tasks.search": ("--epochs", "1", "--trials", "1"),
    "tasks.export": ("--check_clips", "2"),
    "pipelines/main_job.py": ("--epochs", "1"),
    "agents.install": ("--print",),  # nothing of this machine is changed
}


@dataclass(frozen=True)
class Here:
    """What the placeholders of the documents stand for."""

    sounds: Path  # a folder for each class
    dataset: str  # id
    model: str  # id
    checkpoint: Path
    folder: Path  # to write into
    conf: Path  # of another server

    def word(self, word: str) -> str:
        """A word of a documented command, as it is typed here."""
        known = {
            **dict.fromkeys(("/path/to/ESC-10", "/path/to/recordings", "PATH"), str(self.sounds)),
            "/path/to/sounds": str(self.folder / "prefixed"),
            **{name: str(self.folder / name) for name in examples()},
            "siren.wav": str(next(self.sounds.rglob("*.wav"))),
            "FILE": str(next(self.sounds.rglob("*.wav"))),
            "model.pt": str(self.checkpoint),
            "all.tar": str(self.folder / "all.tar"),
            "doctor.zip": str(self.folder / "doctor.zip"),
            "NEW": str(self.folder / "new"),
            "/mnt/other-disk/soundyard": str(self.folder / "backups"),
            "other-clearml.conf": str(self.conf),
            "NAME": "esc10",
            "esc10": "folder",  # what the sounds are here
        }
        return known.get(word, word)


@dataclass(frozen=True)
class Typed:
    """A command as it is typed in a test."""

    words: tuple[str, ...]
    answers: tuple[tuple[str, str], ...] = ()  # what is asked, and what is typed then
    serves: bool = False  # until Ctrl-C
    environment: dict[str, str] = field(default_factory=dict)


def typed(words: tuple[str, ...], here: Here, python: str) -> Typed:
    """A documented command with this checkout's Python, real things for its placeholders, and little to do."""
    name = program(words)
    known = tuple(here.word(word) for word in words)
    if "--preset" in words:  # which names the data set, and so its layout
        known = tuple(str(DATA) if word == "/path/to/ESC-10" else here.word(word) for word in words)
    if name == "tasks.register":
        known = tuple(
            "esc10" if word == "NAME" else here.word(word) if word in examples() else word for word in words
        )
    known = tuple(
        (here.dataset if name in TAKE_A_DATASET else here.model) if word == "ID" else word for word in known
    )
    if name in TAKE_A_MODEL and not {"--model_id", "--help"} & set(words):
        known = (*known, "--model_id", here.model)
    started = _started(known, python)
    serves = name in SERVES and "--detached" not in words
    made = Typed(started + (() if "--help" in words else BRIEF.get(name, ())), serves=serves)
    special: dict[str, Callable[[Typed, Here], Typed]] = {
        "server": _server,
        "make serve": _make_serve,
        "agents.start": _agent,
    }
    return special[name](made, here) if name in special and "--help" not in words else made


def measured(words: tuple[str, ...], here: Here, python: str) -> tuple[str, ...]:
    """A documented measurement: of ESC-10, where it names a path."""
    known = {
        "PATH": str(DATA),
        "/path/to/ESC-10": str(DATA),
        "esc10": "esc10",
        "model.onnx": str(here.checkpoint),
    }
    made = _started(tuple(known.get(word) or here.word(word) for word in words), python)
    if program(words) in (
        "benchmarks.audio_accuracy",
        "benchmarks.tutorials",
    ):  # what is there is not measured again
        made += ("--out", str(here.folder / "measured.json"))
    return made


def _started(words: tuple[str, ...], python: str) -> tuple[str, ...]:
    if words[0] == "python":
        return (python, *words[1:])
    if (
        words[0] == "torchrun"
    ):  # two processes are several, and all that the machine of the tests may have cores for
        return (python, "-m", "torch.distributed.run", *("2" if word == "4" else word for word in words[1:]))
    return words


def _server(made: Typed, here: Here) -> Typed:
    """On ports and in a folder of its own; what asks for a password gets one, twice."""
    command = next((word for word in made.words[3:4] if not word.startswith("-")), "")  # before its options
    words = tuple(
        word for word in made.words if not (command == "" and word in ("--api-port", "--files-port", "0"))
    )
    if command == "link":  # of a server that runs
        return replace(made, words=(*made.words, "--data", str(here.conf.parent / "server")))
    if "--tls-cert" in words:  # for this machine alone
        cert, key = certificate(here.folder, "own")
        own = {"cert.pem": str(cert), "key.pem": str(key), "0.0.0.0": "127.0.0.1"}
        words = tuple(own.get(word, word) for word in words)
    if command == "user":
        words = tuple("Soundyard" if word == here.word("NAME") else word for word in words)
    options = () if "--data" in words else ("--data", str(here.folder / "server"))
    ports = ("--port", str(free_port()), "--api-port", "0", "--files-port", "0")
    if command in ("", "password"):
        return replace(made, words=(*words[:3], *options, *ports, *words[3:]), serves=True)
    if command == "doctor":  # which looks whether they are free
        options = (*options, *ports)
    asks = command == "user" and {"add", "password"} & set(words) and "--no-password" not in words
    passwords = (("Password:", PASSWORD), ("Again:", PASSWORD))
    return replace(made, words=(*words[:3], *options, *words[3:]), answers=passwords if asks else ())


def _make_serve(made: Typed, here: Here) -> Typed:
    more = {"SOUNDYARD_STATE": str(here.folder), "SOUNDYARD_API_PORT": "0", "SOUNDYARD_FILES_PORT": "0"}
    return replace(made, words=(*made.words, f"PORT={free_port()}"), environment=more)


def _agent(made: Typed, here: Here) -> Typed:
    """On the CPU, and on a queue that nothing is put on."""
    words = made.words[: made.words.index("--gpus")] if "--gpus" in made.words else made.words
    return replace(made, words=(*words, "--cpu-only"), environment={"SOUNDYARD_STATE": str(here.folder)})
