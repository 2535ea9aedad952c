"""A command line for a record of parameters: an option for each field, in groups, and `--preset`."""

import argparse
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from audio import plugins
from audio.command_line import CommandLine, print_anything
from audio.errors import AudioError, ConfigError
from audio.named import by_name
from audio.parameters.parameter import Declared, Kind, declarations, defaults, kinds
from tasks.arguments import presets as recipes
from tasks.arguments.parameters import LIST_OF_PLACES, PRESET, Config, made, read, write
from tasks.errors import BadParameter

FLAG = Kind(bool, optional=False, many=False)  # `--augment` alone means true
PLUGINS = "plugins"
OTHERS = "Parameters"  # heading of those that have none
WIDEST = 118  # columns; longer lines are hard to read
NARROW = 80  # columns up to which help stands below its option


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
        return Given(made(config, {**values, **own, **options}), preset)
    except (BadParameter, ConfigError) as fault:
        command_line.error(str(fault))


def with_plugins(
    config: type[Config], arguments: Sequence[str] | None, *, prog: str, about: str
) -> Given[Config]:
    """The same, once the plugins that it names are loaded: their presets and names are known, to `--help` too.

    A plugin that can't be had ends the program with the reason.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    print_anything()
    try:
        if PLUGINS in kinds(config):
            plugins.load(plugins_in(words))
    except AudioError as fault:
        print(f"{prog}: error: {fault}", file=sys.stderr)
        raise SystemExit(2) from fault
    return given(config, words, prog=prog, about=about, presets=recipes.values(config))


def plugins_in(words: Sequence[str]) -> list[str]:
    """The plugins that a command line names."""
    scan = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    scan.add_argument(f"--{PLUGINS}", type=_converter(LIST_OF_PLACES), action="extend", default=[])
    try:
        found, _ = scan.parse_known_args(list(words))
    except argparse.ArgumentError:
        return []  # the task's own command line says what is wrong
    return list(found.plugins)


def parser(config: type, *, prog: str, about: str, presets: Sequence[str] = ()) -> CommandLine:
    """A command line with an option for each field, under its heading, and `--preset` where there are any.

    Absent options stay absent.
    """
    command_line = CommandLine(
        prog=prog, usage=f"{prog} [--parameter VALUE] ...", description=about, formatter_class=_Fitting
    )
    if presets:
        command_line.add_argument(
            f"--{PRESET}",
            default=argparse.SUPPRESS,
            metavar="NAME",
            help=f"values that stand in for the defaults below: {', '.join(presets)}",
        )
    headings: dict[str, Any] = {}
    values, of = defaults(config), kinds(config)
    for name, declared in declarations(config).items():
        if name == PRESET:
            continue
        heading = headings.get(declared.group) or command_line.add_argument_group(declared.group or OTHERS)
        headings[declared.group] = heading
        kind = of[name]
        option: Any = heading.add_argument(
            "--" + name,
            type=_converter(kind),
            default=argparse.SUPPRESS,
            nargs="?" if kind == FLAG else None,
            const=True if kind == FLAG else None,
            action="extend" if kind == LIST_OF_PLACES else "store",
            metavar=kind.name.upper(),
            help=described(declared, kind, values[name]).replace("%", "%%"),
        )
        option.completer = _proposing(declared, kind)  # what a shell proposes, see soundyard.completion
    return command_line


def described(declared: Declared, kind: Kind, default: Any) -> str:
    """`upper edge of the highest band; none: half the sample rate (Hz; 0 to 192000; default: none)`."""
    shown = write(default) or ("none" if kind.optional else "empty")
    each = "each " if kind.many and declared.allowed else ""
    names = declared.proposed()
    known = f"{'there are' if callable(declared.known) else 'such as'} {', '.join(names)}" if names else ""
    tail = [declared.unit, each + declared.allowed, known, f"default: {shown}"]
    return f"{declared.help} ({'; '.join(filter(None, tail))})"


def _underscored(word: str) -> str:
    """`--learning-rate=0.1` is `--learning_rate=0.1`."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    return "--" + name[2:].replace("-", "_") + equals + value


def _proposing(declared: Declared, kind: Kind) -> Callable[..., list[str]]:
    return lambda **_: ["true", "false"] if kind == FLAG else [*declared.choices] or declared.proposed()


class _Fitting(argparse.HelpFormatter):
    """Help texts in one column as wide as the terminal lets it; below their options where it is narrow."""

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size((WIDEST, 24)).columns - 2, WIDEST)
        super().__init__(prog, max_help_position=34 if width > NARROW else 8, width=max(width, 20))

    def _split_lines(self, text: str, width: int) -> list[str]:
        """Names with hyphens stay whole, so that they can be copied."""
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


def _converter(kind: Kind) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return read(text, kind)
        except ValueError as fault:
            raise argparse.ArgumentTypeError(str(fault)) from fault

    return convert
