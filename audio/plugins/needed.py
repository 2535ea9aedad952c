"""What a checkpoint needs of plugins: written down as it is trained, held against what is loaded when it is used."""

import shlex
from collections.abc import Sequence
from typing import Any

from audio import registry
from audio.errors import CheckpointError
from audio.named import names_in
from audio.plugins.loading import origin

Need = dict[str, Any]  # one plugin that a checkpoint needs, as it travels in it


def needs(config: Any) -> list[Need]:
    """What a training with that configuration takes from plugins, by plugin."""
    used = [(registry.models, config.model)]
    used += [(registry.features, name) for name in names_in(config.frontend)]
    used += [(registry.augmentations, name) for name in config.augmentations]
    used += [(registry.metrics, name) for name in config.metrics]
    found: dict[str, Need] = {}
    for kind, name in used:
        entry = kind.entries.get(name)
        if entry is None or (its := origin(entry)) is None:
            continue
        need = {"name": its.name, "given": its.given, "digest": its.digest, "version": its.version}
        found.setdefault(its.given, {**need, "adds": []})["adds"].append([kind.kind, name])
    return list(found.values())


def differing(wanted: Sequence[Need], hearing: bool = False) -> list[str]:
    """Sentences on plugins that are not what a checkpoint was trained with.

    `hearing`: only what hearing a sound takes, the model and its front end, has to be there. Raises CheckpointError:
    one that is missing.
    """
    said = []
    for need in wanted:
        for kind, name in need["adds"]:
            if hearing and kind not in (registry.models.kind, registry.features.kind):
                continue
            if name not in _of_kind(kind).names():
                raise CheckpointError(f"{_needs(need, kind, name)} {_how(need)}")
            its = origin(_of_kind(kind).entry(name))
            if its is None or its.digest != need["digest"]:
                here = f"{its.name}, {its.digest}" if its else "of this project itself"
                said.append(
                    f"{_needs(need, kind, name)} The one here is another ({here}): answers may differ."
                )
                break
    return said


def lacking(wanted: Sequence[Need]) -> bool:
    """Whether something is missing here that hearing takes."""
    try:
        differing(wanted, hearing=True)
    except CheckpointError:
        return True
    return False


def _of_kind(kind: str) -> registry.Registry:
    return next(one for one in registry.EVERY if one.kind == kind)


def _needs(need: Need, kind: str, name: str) -> str:
    version = f"version {need['version']}" if need["version"] else need["digest"]
    of = f"the plugin {need['name']} ({need['given']}, {version})"
    return f"The checkpoint was trained with {of}, which adds the {kind} {name!r}."


def _how(need: Need) -> str:
    if need["version"]:
        return "It is not installed here: pip install it."
    return f"It is not loaded here: give it, as in --plugins {shlex.quote(need['given'])}"
