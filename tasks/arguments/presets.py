"""What the presets of `audio.presets` give the parameters of a task, or of a chain of tasks."""

from dataclasses import fields
from typing import Any

from audio import presets
from audio.config import PreprocessConfig, TrainConfig
from tasks.arguments.parameters import PRESET

Values = dict[str, Any]
names = presets.names


def values(config: type) -> dict[str, Values]:
    """Preset → its values for a record; empty for a record that presets say nothing of.

    A record with the field `preset` is that of a chain: it gets what it has a field for, and its steps the rest.
    """
    own = {one.name for one in fields(config)}
    if PRESET in own:
        return {
            name: {key: value for key, value in {**one.preprocess, **one.train}.items() if key in own}
            for name, one in presets.everything().items()
        }
    if issubclass(config, PreprocessConfig):
        return {name: one.preprocess for name, one in presets.everything().items()}
    if not issubclass(config, TrainConfig):
        return {}
    stated = {
        name: {"chosen_on": list(one.chosen_on)} if "chosen_on" in own else {}
        for name, one in presets.everything().items()
    }
    return {name: {**one.train, **stated[name]} for name, one in presets.everything().items()}


def of_step(preset: str, config: type) -> Values:
    """A preset's values for one step of a chain; empty without a preset. Raises ConfigError: there is none such."""
    if preset:
        presets.find(preset)
    return values(config).get(preset, {})
