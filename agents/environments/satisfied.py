"""Whether the installed environment is what a task's recorded requirements ask for, requirement by requirement.

Only what can be told for certain counts as satisfied. Links, paths, editable installs, hashes and options of pip say
where a package comes from, and no installed package tells that about itself.
"""

import re
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

REUSED = "# The environment that was installed on the agent's machine, as it was:"
"""First line of the packages that are written to a task that ran in the installed environment."""

ITSELF = "."
"""The requirement that installs the repository itself."""


def asked(requirements: object) -> str:
    """The requirements as text, of a task's `script.requirements`: what was asked for, or what it was resolved to.

    A run in the installed environment leaves a list of everything installed; what such a task asks for is kept beside.
    One that installed its own repository leaves that among packages, by a name that no registry has.
    """
    if not isinstance(requirements, dict):
        return ""
    pip, before = _text(requirements.get("pip")), _text(requirements.get("org_pip"))
    if pip.strip() == ITSELF or before.strip() == ITSELF:
        return ""
    return before if pip.startswith(REUSED) else pip


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


def lines(text: str) -> Iterator[str]:
    """Requirements without comments, continued lines joined."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = re.sub(r"(^|\s)#.*$", "", line).strip()
        if bare:
            yield bare


def is_local(text: str) -> bool:
    """Whether a requirement lies in the repository: the agent keeps built environments by the requirements' text."""
    return any(line.startswith(("-", ".", "/", "~", "file:")) or "file:" in line for line in lines(text))


def unmet(text: str) -> list[str]:
    """What the environment of this process lacks, in words; empty when it satisfies every requirement."""
    return [why for line in lines(text) if (why := _unmet_line(line))]


def _unmet_line(line: str) -> str:
    if line.startswith("-") or " --" in line:
        return f"{line!r} is an option of pip"
    if "://" in line or line.startswith((".", "/", "~")) or " @ " in line:
        return f"{line!r} is taken from a place of its own"
    try:
        return _unmet(Requirement(line), frozenset())
    except InvalidRequirement:
        return f"{line!r} can't be read"


def _unmet(wanted: Requirement, seen: frozenset[tuple[str, str]], extra: str = "") -> str:
    if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
        return ""
    if wanted.url:
        return f"{wanted.name} is taken from a place of its own"
    try:
        found = metadata.distribution(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is not installed"
    if not wanted.specifier.contains(found.version, prereleases=True):
        return f"{wanted.name}{wanted.specifier} is recorded, {found.version} is installed"
    return next(filter(None, (_unmet_extra(found, one, seen) for one in sorted(wanted.extras))), "")


def _unmet_extra(found: metadata.Distribution, extra: str, seen: frozenset[tuple[str, str]]) -> str:
    name = canonicalize_name(found.metadata["Name"])
    offered = {canonicalize_name(one) for one in found.metadata.get_all("Provides-Extra") or []}
    if canonicalize_name(extra) not in offered:
        return f"{name} {found.version} has no extra {extra!r}"
    if (name, extra) in seen:
        return ""
    needed = [
        one for one in map(Requirement, found.requires or []) if one.marker and "extra" in str(one.marker)
    ]
    missing = (_unmet(one, seen | {(name, extra)}, extra) for one in needed)
    return next((f"{name}[{extra}]: {why}" for why in missing if why), "")


def freeze() -> str:
    """Every installed distribution with its version, as `pip freeze` writes them."""
    found = {
        canonicalize_name(one.metadata["Name"]): one
        for one in metadata.distributions()
        if one.metadata["Name"]
    }
    return "\n".join(f"{one.metadata['Name']}=={one.version}" for _, one in sorted(found.items()))
