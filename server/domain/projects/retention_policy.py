"""What is set of retention: rules, in days, everywhere or for a project and all below it; none until somebody does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.api.errors import ValidationFailed
from server.store import Store

RULES = {
    "console": "console lines of ended tasks",
    "scalars": "curves of ended tasks are thinned to some 500 points: the first, the last, the lowest, the highest"
    " and others at even distances stay",
    "samples": "debug samples of ended tasks, with their files",
    "checkpoints": "artifacts named checkpoint… of completed tasks, and their output models whose file is named so, but"
    " for the newest",
    "archived": "archived tasks with all that is theirs",
    "unnamed": "files that nothing names, counted from their upload",
}
EVERYWHERE = "*"
_SETTING = "retention"
Policy = dict[str, dict[str, float]]
"""By project's id, or `*`: rule → days; 0 means never."""


def policy(store: Store) -> Policy:
    """By project's id, or `*`: rule → days; 0 means never."""
    return store.settings.get(_SETTING) or {}


def change(store: Store, project: str, rules: Mapping[str, float | None]) -> None:
    """Set days for a project and all below it, or everywhere (`*`). 0: never; None: as above it.

    Raises: ValidationFailed.
    """
    with store.transaction():
        store.settings.set(_SETTING, changed(policy(store), project, rules))


def changed(now: Policy, project: str, rules: Mapping[str, float | None]) -> Policy:
    """What is set, after a change. Raises: ValidationFailed."""
    for rule, days in rules.items():
        if rule not in RULES:
            raise ValidationFailed(f"there is no rule {rule!r}; there are {', '.join(RULES)}")
        if days is not None and (not 0 <= days < 36500 or (0 < days < 1 and rule == "unnamed")):
            raise ValidationFailed(
                f"{rule}: a number of days is expected, 1 or more for files; 0 means never"
            )
    if project != EVERYWHERE and "unnamed" in rules:
        raise ValidationFailed("unnamed: a file that nothing names is in no project; set it everywhere")
    mine = {**now.get(project, {}), **rules}
    then = {**now, project: {rule: days for rule, days in mine.items() if days is not None}}
    return {of: one for of, one in then.items() if one}


def by_days(store: Store, rule: str, set_to: Policy | None = None) -> Iterator[tuple[float, list[str]]]:
    """Days, and the projects for which that is the rule; "" stands for none. `set_to`: as if that were set."""
    set_to = policy(store) if set_to is None else set_to
    everywhere = set_to.get(EVERYWHERE, {}).get(rule, 0)
    found: dict[float, list[str]] = {everywhere: [""]}
    for project in store.projects.all({"only_fields": ["path"]}):
        above = reversed([*(project.get("path") or []), project["id"]])
        days = next((set_to[one][rule] for one in above if rule in set_to.get(one, {})), everywhere)
        found.setdefault(days, []).append(project["id"])
    yield from ((days, projects) for days, projects in found.items() if days)
