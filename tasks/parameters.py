"""One flat dataclass → argparse → dataclass, and the same to and from a server's `Args/…`.

A field's type is int, float, bool or str, one of these or None, or a list of one of these; its default stands in the
dataclass, its help is the comment behind it (`audio.config.describe`). Text is read by the same converter whether it
comes from a shell or from an edited clone, and an agent's run takes the server's values and nothing else: the
SDK's own argparse hook loses None and lists, and lets a recorded command line beat the edited values.
"""

import argparse
import ast
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from types import UnionType
from typing import Any, Generic, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from audio import told
from audio.command_line import CommandLine
from audio.config import describe
from audio.errors import ConfigError
from audio.named import by_name
from tasks.errors import BadParameter

SECTION = "Args"
PRESET = "preset"
NONE_WORDS = ("", "none", "null")
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "off", "0", "0.0"), False),
}

Config = TypeVar("Config")


class Kind(NamedTuple):
    """What a field may hold."""

    base: type  # int, float, bool or str
    optional: bool  # None is a value of its own
    many: bool  # a list of base

    @property
    def name(self) -> str:
        """The type as ClearML shows it."""
        return "list" if self.many else self.base.__name__


FLAG = Kind(bool, optional=False, many=False)  # `--augment` alone means true


class Text(NamedTuple):
    """A parameter as the server keeps it."""

    value: str
    type: str
    description: str


def kinds(config: type) -> dict[str, Kind]:
    """The kind of every field. Raises TypeError for a type that parameters can't have (a nested dataclass, a dict)."""
    hints = get_type_hints(config)
    return {one.name: _kind(hints[one.name], f"{config.__name__}.{one.name}") for one in fields(config)}


def _kind(hint: Any, where: str) -> Kind:
    optional = get_origin(hint) in (Union, UnionType)
    if optional:
        inner = [one for one in get_args(hint) if one is not type(None)]
        hint = inner[0] if len(inner) == 1 else hint
    many = get_origin(hint) is list
    base = get_args(hint)[0] if many else hint
    if base not in (int, float, bool, str):
        raise TypeError(
            f"{where}: {hint} can't be a parameter; use int, float, bool, str, a list of one, or None"
        )
    return Kind(base, optional, many)


def read(text: str, kind: Kind) -> Any:
    """The value that a text stands for. Raises ValueError with what was expected."""
    stripped = text.strip()
    if kind.optional and stripped.lower() in NONE_WORDS:
        return None
    if not kind.many:
        return _scalar(text, kind.base)
    if stripped.startswith(("[", "(")):
        return _listed(stripped, kind.base)
    return [_scalar(part, kind.base) for part in stripped.replace(",", " ").split()]


def _listed(text: str, base: type) -> list[Any]:
    """A JSON list, or Python's way of writing one."""
    try:
        items = json.loads(text) if text.startswith("[") else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        try:
            items = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            items = None
    if not isinstance(items, list | tuple):
        raise ValueError(f"expected a list such as [1, 2], got {text!r}")
    return [_scalar(str(item), base) for item in items]


def _scalar(text: str, base: type) -> Any:
    if base is str:
        return text
    stripped = text.strip()
    if base is bool:
        if stripped.lower() not in BOOLEANS:
            raise ValueError(f"expected true or false, got {text!r}")
        return BOOLEANS[stripped.lower()]
    wanted = "a whole number" if base is int else "a number"
    try:
        number = float(stripped)
    except ValueError:
        raise ValueError(f"expected {wanted}, got {text!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"expected {wanted} that is finite, got {text!r}")
    if base is float:
        return number
    if number != int(number):
        raise ValueError(f"expected a whole number, got {text!r}")
    return int(stripped) if stripped.lstrip("+-").isdigit() else int(number)


def write(value: Any) -> str:
    """The text that `read` turns back into the value: None is empty, a list is JSON."""
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, list) else str(value)


def to_texts(config: Any) -> dict[str, Text]:
    """Every field of a record, as the server keeps it."""
    help_texts = _help(config)
    return {
        name: Text(write(getattr(config, name)), kind.name, help_texts[name])
        for name, kind in kinds(type(config)).items()
    }


def _help(record: Any) -> dict[str, str]:
    """The help of every field with its section, what it may be, and whether it may be left empty, as forms read it.

    `passes over the training clips [Training; at least 1]`; `weights that are kept [Clips; one of last, best]`.
    """
    rules, sections = told.rules(record), told.sections(type(record))
    ends = {
        name: "; ".join(
            filter(None, (sections.get(name), rules.get(name), "or empty" if kind.optional else ""))
        )
        for name, kind in kinds(type(record)).items()
    }
    return {
        name: f"{text} [{ends[name]}]" if ends[name] else text
        for name, text in describe(type(record)).items()
    }


def from_texts(config: type[Config], texts: Mapping[str, str]) -> Config:
    """A record from what the server keeps; what is not sent has its default, what is unknown is left alone.

    Raises:
        BadParameter: a text that can't be read, or values that contradict each other; all that is wrong, by name.
    """
    values: dict[str, Any] = {}
    wrong = []
    for name, kind in kinds(config).items():
        if name in texts:
            try:
                values[name] = read(texts[name], kind)
            except ValueError as fault:
                wrong.append(f"{SECTION}/{name}: {fault}")
    if wrong:
        raise BadParameter("; ".join(wrong))
    return _made(config, values)


def read_from(task: Any, config: type[Config]) -> Config:
    """A record from the section Args of a ClearML task. Raises BadParameter."""
    prefix = SECTION + "/"
    kept = {name: value for name, value in task.get_parameters().items() if name.startswith(prefix)}
    return from_texts(config, {name[len(prefix) :]: str(value or "") for name, value in kept.items()})


def write_to(task: Any, record: Any) -> None:
    """A record to the section Args of a ClearML task, typed and described; other sections stay as they are."""
    texts = {f"{SECTION}/{name}": text for name, text in to_texts(record).items()}
    task.update_parameters(
        {name: text.value for name, text in texts.items()},
        __parameters_types={name: text.type for name, text in texts.items()},
        __parameters_descriptions={name: text.description for name, text in texts.items()},
    )


@dataclass(frozen=True)
class Given(Generic[Config]):
    """What a command line asked for."""

    record: Config
    preset: str  # whose values stand in for the defaults; empty: none


def parse(config: type[Config], arguments: Sequence[str] | None, *, prog: str, about: str) -> Config:
    """A record from a command line. A wrong value ends the program with a message, as argparse does."""
    return given(config, arguments, prog=prog, about=about).record


def given(
    config: type[Config],
    arguments: Sequence[str] | None,
    *,
    prog: str,
    about: str,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> Given[Config]:
    """The same, with `--preset NAME` where there are `presets`: their values are defaults, options win."""
    command_line = parser(config, prog=prog, about=about, presets=sorted(presets or ()))
    words = [_underscored(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    options = vars(command_line.parse_args(words))
    preset = options.pop(PRESET, "")
    try:
        values = dict(by_name(presets, preset, "preset")) if preset and presets else {}
        own = {PRESET: preset} if PRESET in kinds(config) else {}
        return Given(_made(config, {**values, **own, **options}), preset)
    except (BadParameter, ConfigError) as fault:
        command_line.error(str(fault))


def parser(config: type, *, prog: str, about: str, presets: Sequence[str] = ()) -> CommandLine:
    """A command line with an option for each field, and `--preset` where there are any; absent options stay absent."""
    command_line = CommandLine(
        prog=prog, usage=f"{prog} [--parameter VALUE] ...", description=about, formatter_class=_Wide
    )
    if presets:
        command_line.add_argument(
            f"--{PRESET}",
            default=argparse.SUPPRESS,
            metavar="NAME",
            help=f"values that stand in for the defaults below: {', '.join(presets)}",
        )
    help_texts = describe(config)
    defaults = {one.name: _default(one) for one in fields(config)}
    for name, kind in kinds(config).items():
        if name == PRESET:
            continue
        shown = write(defaults[name]) or ("none" if kind.optional else "empty")
        command_line.add_argument(
            "--" + name,
            type=_converter(kind),
            default=argparse.SUPPRESS,
            nargs="?" if kind == FLAG else None,
            const=True if kind == FLAG else None,
            metavar=kind.name.upper(),
            help=f"{help_texts[name]} (default: {shown})".replace("%", "%%"),
        )
    return command_line


def _underscored(word: str) -> str:
    """`--learning-rate=0.1` is `--learning_rate=0.1`."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    return "--" + name[2:].replace("-", "_") + equals + value


class _Wide(argparse.HelpFormatter):
    """Help texts in one column, wide enough to read."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=118)


def _converter(kind: Kind) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return read(text, kind)
        except ValueError as fault:
            raise argparse.ArgumentTypeError(str(fault)) from fault

    return convert


def _made(config: type[Config], values: dict[str, Any]) -> Config:
    try:
        return config(**values)
    except ConfigError as fault:
        raise BadParameter(str(fault)) from fault


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return one.default
