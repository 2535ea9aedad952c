"""The programs of the other rooms, by the words that call them: each keeps its own options and its own help."""

import argparse
import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audio.command_line import before_parsing, call
from soundyard import completion
from tasks.registry import tasks

Parser = Callable[[], argparse.ArgumentParser]


class _Parser(BaseException):
    """Leaves a program with its parser.

    It is no Exception: the SDK, once imported, swallows those of a parser and parses again.
    """

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__(parser.prog)
        self.parser = parser


def _hand_out(parser: argparse.ArgumentParser) -> None:
    raise _Parser(parser)


@dataclass(frozen=True)
class Program:
    """A module with `main(arguments)`, and how it is called here."""

    name: str  # the words behind `soundyard`
    about: str
    module: str
    own_name: str  # what it says in its own help, when it is started by itself
    first: tuple[str, ...] = ()  # words that come before those that are given
    starts_others: bool = False  # programs that are not ours to quieten: agents, with anybody's code

    def run(self, words: Sequence[str]) -> int:
        """Gives the exit status."""
        self.rename()
        status = importlib.import_module(self.module).main([*self.first, *words])
        return int(status or 0)

    def complete(self, words: Sequence[str]) -> None:
        """Tell a shell how a line with these words goes on: the parser does, before it parses."""
        second = [] if words else [*below(self.name)]
        before_parsing(lambda parser: completion.answer(parser, second))
        self.run(words)

    def parser(self) -> argparse.ArgumentParser:
        """Its parser, which it hands out before it parses."""
        before_parsing(_hand_out)
        try:
            self.run([])
        except _Parser as found:
            return found.parser
        raise RuntimeError(f"{self.module} has parsed nothing")

    def rename(self) -> None:
        """Let it speak of itself as it is called here."""
        call(self.own_name, f"soundyard {self.name}")


@dataclass(frozen=True)
class Server(Program):
    """The server, whose parser is made for the name that it is called by."""

    def complete(self, words: Sequence[str]) -> None:
        completion.answer(self.parser())

    def parser(self) -> argparse.ArgumentParser:
        from server import cli

        return cli.command_line("soundyard serve", *self.first)

    def run(self, words: Sequence[str]) -> int:
        os.umask(0o077)  # whatever it writes is its owner's alone
        from server.cli import main

        return main([*self.first, *words], prog="soundyard serve")


PROGRAMS = {
    one.name: one
    for one in (
        Program(
            "demo",
            "everything at once: server, agents, and the main job on sounds",
            "pipelines.demo",
            "python -m pipelines.demo",
            starts_others=True,
        ),
        Server("serve", "the server with its page; its commands keep the data", "server.cli", ""),
        Program(
            "agent",
            "start an agent on this machine",
            "agents.start",
            "python -m agents.start",
            starts_others=True,
        ),
        Program(
            "agent list",
            "agents here, and what they keep on the disk",
            "agents.list",
            "python -m agents.list",
        ),
        Program(
            "agent install",
            "an agent as a service of systemd, which starts with the machine",
            "agents.install",
            "python -m agents.install",
        ),
        Program("agent stop", "end agents", "agents.stop", "python -m agents.stop"),
        Program("agent prune", "clear what agents have left", "agents.prune", "python -m agents.prune"),
        Program(
            "slurm",
            "run a queue's tasks as jobs of Slurm",
            "agents.slurm.__main__",
            "python -m agents.slurm",
            starts_others=True,
        ),
        Program(
            "register", "put the task templates on the server", "tasks.register", "python -m tasks.register"
        ),
        Program("run", "one task here, or with --queue on a queue", "soundyard.run", "soundyard run"),
        Program(
            "completion",
            "what a shell reads to complete these words",
            "soundyard.completion",
            "soundyard completion",
        ),
        Program(
            "tasks",
            "the tasks on the server: list, show, watch, compare, clone, enqueue, abort, download",
            "soundyard.tracked.main",
            "soundyard tasks",
        ),
        Program(
            "pipeline",
            "the main job: preprocess, train, evaluate, publish",
            "pipelines.main_job",
            "python pipelines/main_job.py",
        ),
        Program(
            "schedule",
            "tasks on a schedule or by a trigger: list, add, on, edit, pause, resume, run-now, remove, start",
            "soundyard.scheduled.main",
            "soundyard schedule",
        ),
        Program("predict", "what a model hears in sound files", "audio.predict", "python -m audio.predict"),
        Program(
            "events",
            "what is heard in long recordings, and when",
            "soundyard.hearing.events",
            "soundyard events",
        ),
        Program(
            "listen",
            "events of sound as it comes: pipe, address, microphone",
            "soundyard.hearing.listen",
            "soundyard listen",
        ),
        Program(
            "serve-model",
            "a model behind HTTP: files and streams",
            "soundyard.hearing.serve_model",
            "soundyard serve-model",
        ),
        Program(
            "export",
            "a model as a file that runs without this project",
            "tasks.export",
            "python -m tasks.export",
        ),
        Program(
            "data list", "the data sets that are known", "audio.datasets.__main__", "python -m audio.datasets"
        ),
        Program(
            "data check",
            "hold a folder against what was published",
            "audio.datasets.__main__",
            "python -m audio.datasets",
        ),
        Program(
            "data fetch",
            "download a public data set",
            "audio.datasets.download",
            "python -m audio.datasets.download",
        ),
        Server("doctor", "what is wrong with the server, and what to do", "server.cli", "", ("doctor",)),
        Program(
            "stop",
            "end the server and the agents of this folder",
            "pipelines.stop",
            "python -m pipelines.stop",
        ),
    )
}


def speak_of_all() -> None:
    """Let texts that name a program name the command that it is here."""
    for program in PROGRAMS.values():
        if program.own_name:
            program.rename()
    for task in tasks.names_in_order():
        of_task(task).rename()
    for own, here in (("make stop", "stop"), ("make serve", "serve"), ("python -m server", "serve")):
        call(own, f"soundyard {here}")
    call(".venv/bin/python -m server", "soundyard serve")


def of_task(name: str) -> Program:
    """A task as `soundyard run` starts it here."""
    return Program(f"run {name}", "", f"tasks.{name}", f"python -m tasks.{name}")


def below(name: str) -> dict[str, str]:
    """The second words behind a first one, and what they are for."""
    return {one.name.split()[1]: one.about for one in PROGRAMS.values() if one.name.startswith(f"{name} ")}


def find(words: Sequence[str]) -> tuple[Program, list[str]] | None:
    """The program that the first words call, and the words behind it; None when there is none."""
    for length in (2, 1):
        program = PROGRAMS.get(" ".join(words[:length]))
        if program and len(words) >= length:
            return program, list(words[length:])
    return None
