"""One flat dataclass, the same to and from a server's `Args/…`.

Its fields are declared as `audio.parameters.parameter` says. Text is read by the same converter whether it comes from a
shell (`tasks.arguments.command`) or from an edited clone, and an agent's run takes the server's values and nothing
else: the SDK's own argparse hook loses None and lists, and lets a recorded command line beat the edited values.
"""

import ast
import json
import math
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from audio.errors import ConfigError
from audio.parameters.parameter import Declared, Kind, declarations, kinds
from tasks.errors import BadParameter

SECTION = "Args"
PRESET = "preset"
LIST_OF_PLACES = Kind(str, optional=False, many=True, place=True)  # can be given several times
NONE_WORDS = ("", "none", "null")
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "off", "0", "0.0"), False),
}

Config = TypeVar("Config")


class Text(NamedTuple):
    """A parameter as the server keeps it."""

    value: str
    type: str
    description: str


def read(text: str, kind: Kind) -> Any:
    """The value that a text stands for. Raises ValueError with what was expected."""
    stripped = text.strip()
    if kind.optional and stripped.lower() in NONE_WORDS:
        return None
    if not kind.many:
        return _scalar(text, kind.base)
    if stripped.startswith(("[", "(")):
        return _listed(stripped, kind.base)
    if kind.place:  # whose names may have spaces, and commas where it is one that is there
        parts = [stripped] if os.path.lexists(stripped) else stripped.split(",")
        return [part.strip() for part in parts if part.strip()]
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
    told = declarations(type(config))
    return {
        name: Text(write(getattr(config, name)), kind.name, _told(told[name], kind))
        for name, kind in kinds(type(config)).items()
    }


def _told(declared: Declared, kind: Kind) -> str:
    """The help with its heading, unit, and what it may be, for whoever shows no more than a description.

    `passes over the training clips [Training; at least 1]`; `upper edge [Features; in Hz; 0 to 192000; or empty]`.
    """
    unit = f"in {declared.unit}" if declared.unit else ""
    allowed = f"each {declared.allowed}" if kind.many and not declared.choices else declared.allowed
    ends = [declared.group, unit, allowed if declared.allowed else "", "or empty" if kind.optional else ""]
    end = "; ".join(filter(None, ends))
    return f"{declared.help} [{end}]" if end else declared.help


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
    return made(config, values)


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


def made(config: type[Config], values: dict[str, Any]) -> Config:
    try:
        return config(**values)
    except ConfigError as fault:
        raise BadParameter(str(fault)) from fault
