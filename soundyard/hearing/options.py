"""What the commands have in common that hear with a model: its file, how it computes, the parameters of events."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from audio.command_line import CommandLine
from audio.config import PRECISIONS
from audio.events.config import EventConfig
from audio.events.run import Model
from soundyard.predictor import LATEST, file_of
from tasks.arguments import command
from tasks.arguments.parameters import made
from tasks.errors import BadParameter


def parser(name: str, about: str, usage: str) -> CommandLine:
    """A command line with an option for every parameter of events."""
    found = command.parser(EventConfig, prog=f"soundyard {name}", about=about[:1].upper() + about[1:])
    found.usage = f"soundyard {name} {usage}"
    return found


def add_model(parser: argparse.ArgumentParser) -> None:
    """The options of the model."""
    heading = parser.add_argument_group("Model")
    heading.add_argument(
        "--model",
        required=True,
        help=f"checkpoint (model.pt), exported file (model.onnx), id on the server, or {LATEST!r}",
    )
    heading.add_argument("--device", default="auto", help="auto, cpu, cuda, … (auto)")
    heading.add_argument("--precision", default="fp32", choices=PRECISIONS, help="that is computed in (fp32)")
    heading.add_argument(
        "--plugins", action="append", default=[], help="file that adds the model; may be given again"
    )


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> tuple[argparse.Namespace, EventConfig]:
    """The options, and the parameters among them. A wrong value ends the program with a message."""
    options = parser.parse_args(list(words))
    values = {
        one.name: vars(options).pop(one.name) for one in fields(EventConfig) if hasattr(options, one.name)
    }
    try:
        return options, made(EventConfig, values)
    except BadParameter as fault:
        parser.error(str(fault))


def model_of(options: argparse.Namespace) -> Model:
    """The model that was named, on this machine. Raises NothingThere, PluginError."""
    if options.plugins:
        from audio import plugins

        plugins.load(options.plugins)
    file = file_of(options.model).absolute()
    return Model(file, options.device, options.precision, tuple(options.plugins))


def place(text: str) -> Path:
    """A file's or folder's name, which is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected the name of a file, got nothing")
    return Path(text)


def seconds(text: str) -> float:
    """A positive number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds above 0, got {text!r}")
    return value


def count(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text!r}")
    return int(text)
