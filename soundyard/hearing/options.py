"""What the commands have in common that hear with a model: its file, how it computes, the parameters of events."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import IO, TypeVar

from audio.command_line import CommandLine
from audio.config import PRECISIONS
from audio.errors import ConfigError
from audio.events.config import EventConfig
from audio.events.run import Model
from audio.events.tables import HEADER
from soundyard.predictor import LATEST, file_of
from tasks.arguments import command
from tasks.arguments.parameters import made
from tasks.errors import BadParameter

Config = TypeVar("Config", bound=EventConfig)


def parser(name: str, about: str, usage: str, config: type[EventConfig] = EventConfig) -> CommandLine:
    """A command line with an option for every parameter of events, and whatever else `config` has."""
    found = command.parser(config, prog=f"soundyard {name}", about=about[:1].upper() + about[1:])
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
        "--calibrated",
        action="store_true",
        help="probabilities at the temperature that the training has fitted, and of several labels its thresholds",
    )
    heading.add_argument(
        "--plugins", action="append", default=[], help="file that adds the model; may be given again"
    )


def parse(
    parser: argparse.ArgumentParser,
    words: Sequence[str],
    config: type[Config],
) -> tuple[argparse.Namespace, Config]:
    """The options, and the parameters among them. A wrong value ends the program with a message."""
    options = parser.parse_args([_underscored(word) for word in words])
    values = {one.name: vars(options).pop(one.name) for one in fields(config) if hasattr(options, one.name)}
    try:
        return options, made(config, values)
    except BadParameter as fault:
        parser.error(str(fault))


def _underscored(word: str) -> str:
    """`--shadow-log=x` is `--shadow_log=x`."""
    name, equals, value = word.partition("=")
    return name.replace("-", "_").replace("__", "--", 1) + equals + value if word.startswith("--") else word


def model_of(options: argparse.Namespace) -> Model:
    """The model that was named, on this machine. Raises NothingThere, PluginError."""
    if options.plugins:
        from audio import plugins

        plugins.load(options.plugins)
    file = file_of(options.model).absolute()
    return Model(file, options.device, options.precision, tuple(options.plugins), options.calibrated)


def place(text: str) -> Path:
    """A file's or folder's name, which is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected the name of a file, got nothing")
    return Path(text)


@contextmanager
def table(path: Path | None) -> Iterator[IO[str] | None]:
    """A new CSV file of events that grows with them; None where none is wanted. Raises ConfigError."""
    if path is None:
        yield None
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(HEADER)
            yield file
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror or error}.") from error


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if (number := count(text)) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return number


def count(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text!r}")
    return int(text)
