"""The JSON Schema of a record of parameters, which travels with every template and task as a configuration object.

A form reads from it what stands in a description in words: heading, unit, range, choices, names that are proposed,
default. It is the same on any server, and clones take it with them. `x-group`, `x-unit` and `x-default` (the default
as `Args/…` writes it) are ours; the rest is JSON Schema 2020-12.
"""

import json
from typing import Any

from audio.parameters.parameter import NO_LIMIT, Declared, Kind, declarations, defaults, kinds
from tasks.arguments.parameters import write

NAME = "parameters_schema"  # of the configuration object
TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}


def schema(config: type) -> dict[str, Any]:
    """The schema of a record, its properties in the order of the fields."""
    values, of = defaults(config), kinds(config)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": config.__name__,
        "description": (config.__doc__ or "").strip().splitlines()[0],
        "type": "object",
        "properties": {
            name: _property(declared, of[name], values[name])
            for name, declared in declarations(config).items()
        },
    }


def _property(declared: Declared, kind: Kind, default: Any) -> dict[str, Any]:
    one = {"type": TYPES[kind.base], **_allowed(declared)}
    found: dict[str, Any] = {"type": "array", "items": one} if kind.many else one
    if kind.many and declared.filled:
        found["minItems"] = 1
    if kind.optional:
        found["type"] = [found["type"], "null"]
    ours = {"x-group": declared.group, "x-unit": declared.unit}
    return {
        **found,
        "default": default,
        "description": declared.help,
        **{key: value for key, value in ours.items() if value},
        "x-default": write(default),
    }


def _allowed(declared: Declared) -> dict[str, Any]:
    """What one value may be."""
    found: dict[str, Any] = {}
    if declared.choices:
        found["enum"] = [*declared.choices]
    if names := declared.proposed():
        found["examples"] = names
    if declared.low != -NO_LIMIT:
        found["minimum"] = declared.low
    if declared.high != NO_LIMIT:
        found["maximum"] = declared.high
    return found


def write_to(task: Any, config: type) -> None:
    """The schema to a ClearML task, unless that has it already, as a clone does."""
    text = json.dumps(schema(config), ensure_ascii=False, indent=1)
    if task.get_configuration_object(NAME) != text:
        task.set_configuration_object(
            NAME, config_text=text, config_type="json", description="what its parameters may be"
        )
