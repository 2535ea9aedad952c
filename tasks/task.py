"""A task of your own: a function, its parameters, one decorator.

    @task("loudness", LoudnessParameters, kind="data_processing")
    def main(run: Run[LoudnessParameters]) -> None: ...

It gets a command line, a session on the server, a template that is cloned and edited in the browser, and is started by
`python -m tasks.run loudness` or by an agent. `docs/extending.md` has an example.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from audio import config
from audio.parameters.places import Place
from audio.registry import Entry
from tasks.registry import tasks
from tasks.running.session import Run, job, session

__all__ = ["Main", "Parameters", "Run", "task"]

Main = Callable[..., Any]  # takes the words of a command line; None: the process's own


@dataclass
class Parameters:
    """Base of the parameters of a task of your own."""

    plugins: list[Place] = config.plugins()

    def __post_init__(self) -> None:
        config.hold(self)


def task(name: str, parameters: type, *, kind: str = "custom") -> Callable[[Callable[[Any], None]], Main]:
    """Make a function of a `tasks.running.session.Run` a task; gives what starts it.

    `kind` is ClearML's type of it: training, testing, inference, data_processing, … Raises PluginError: the name is
    taken.
    """

    def made(work: Callable[[Any], None]) -> Main:
        def main(arguments: Sequence[str] | None = None) -> None:
            opened: Any = session(job(name), parameters, arguments, work.__doc__ or name)
            with opened as run:
                work(run)

        code = work.__code__
        options = {"kind": kind, "parameters": parameters}
        tasks.add(Entry(name, main, options, code.co_filename, code.co_firstlineno, work.__module__))
        return main

    return made
