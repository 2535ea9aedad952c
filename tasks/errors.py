"""Errors that a person can act on: the message says what is wrong and what to do, and is shown without a traceback."""

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from audio.command_line import spoken


class SoundyardError(Exception):
    """Base class; `str(error)` is meant to be read by the person at the keyboard."""

    def __str__(self) -> str:
        """With commands as that person types them."""
        return spoken(super().__str__())


class NotConfigured(SoundyardError):
    """No ClearML server is configured, or its configuration can't be used."""


class Unreachable(SoundyardError):
    """The configured server does not answer, or what answers is not a ClearML server."""


class WrongCredentials(SoundyardError):
    """The configured server refuses the access key."""


class BadParameter(SoundyardError):
    """A parameter's text can't be read as its type, or its value makes no sense."""


class NotRunnable(SoundyardError):
    """An agent could not run this checkout's code as it stands."""


class NothingThere(SoundyardError):
    """A dataset, a model or a template that a task builds on does not exist yet."""


class NoResult(SoundyardError):
    """A task has nothing to show for its work: a search none of whose trials finished, say."""


def without_traceback(
    hook: Callable[[type[BaseException], BaseException, TracebackType | None], Any],
) -> Callable[[type[BaseException], BaseException, TracebackType | None], Any]:
    """An excepthook that shows the errors made for people as their message alone."""

    def show(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> Any:
        if issubclass(kind, SoundyardError):
            print(f"error: {fault}", file=sys.stderr)
        else:
            hook(kind, fault, trace)

    return show
