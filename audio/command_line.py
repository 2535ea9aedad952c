"""A command line that guesses no abbreviations and answers an unknown option with the nearest one."""

import argparse
import io
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any


class CommandLine(argparse.ArgumentParser):
    """argparse's parser, which looks at the options' names before it reads any value.

    By itself argparse takes `--epoch` for `--epochs` until another option begins with it, and tells of `--prot 8080`
    that `8080` is unexpected; and values that there may be any number of all have to stand before the first option, or
    all behind it.
    """

    _mixing = False  # values before and behind options are being brought together

    def __init__(self, *arguments: Any, **more: Any) -> None:
        program = str(more.get("prog") or "")
        if program in _called:
            more["prog"] = _called[program]
            more["usage"] = (more.get("usage") or "").replace(program, _called[program], 1) or None
        more["description"] = spoken(more.get("description") or "") or None
        super().__init__(*arguments, **{"allow_abbrev": False, **more})

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        print_anything()
        if _State.instead is not None:
            first, _State.instead = _State.instead, None
            first(self)
        words = sys.argv[1:] if args is None else list(args)
        known = set(_options(self))
        for word in words[: words.index("--")] if "--" in words else words:
            name = word.partition("=")[0]
            if name.startswith("--") and name not in known:
                self.error(unknown(name, known))
        if self._mixing or "--" in words or not _takes_many(self):
            return super().parse_known_args(words, namespace)
        self._mixing = True
        try:  # else `clone TASK --name x lr=0.1` leaves lr=0.1 over: no value was there before --name
            return super().parse_known_intermixed_args(words, namespace)
        finally:
            self._mixing = False


_called: dict[str, str] = {}


def spoken(text: str) -> str:
    """A text with commands in it (`python -m tasks.train`), each as the person would type it who has come here."""
    for program in sorted(_called, key=len, reverse=True):
        text = re.sub(rf"{re.escape(program)}(?![\w.])", _called[program].replace("\\", r"\\"), text)
    return text


class _State:
    """Of this process."""

    instead: Callable[[argparse.ArgumentParser], object] | None = None  # what a parser does before it parses


def before_parsing(call: Callable[[argparse.ArgumentParser], object]) -> None:
    """The next parser hands itself to `call` before it parses: a shell asks how a line goes on."""
    _State.instead = call


def call(program: str, name: str) -> None:
    """From here on `program` (`python -m audio.predict`) tells of itself as what it was called by."""
    _called[program] = name


def print_anything() -> None:
    """Let prints show what a terminal's encoding lacks as `\\xe9`: a file's name must not end hours of work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def unknown(option: str, known: Iterable[str]) -> str:
    """What to tell of an option that there is not."""
    near = get_close_matches(option, sorted(known), 1)
    return f"there is no option {option}" + (f"; did you mean {near[0]}?" if near else "; --help lists them")


def _takes_many(parser: argparse.ArgumentParser) -> bool:
    """Whether it takes any number of values by their place, and hands no words on to a parser below it."""
    places = [action.nargs for action in parser._actions if not action.option_strings]
    return bool({"*", "+"} & {*places}) and not {argparse.PARSER, argparse.REMAINDER} & {*places}


def _options(parser: argparse.ArgumentParser) -> Iterable[str]:
    """Of a command line and of the commands below it, which then hold their words against their own."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _options(below)
