"""Recorded command lines: `-m tasks.train --epochs 3` becomes `-m tasks.train` where a person may edit `Args/epochs`.

The SDK writes a module's command line into the entry point (words joined by blanks, quotes lost), and what stands there
beats the parameters. So whatever the parameters hold is cut off before they are edited; an agent's run reads it from
them. What they don't hold stays: options that the script reads by itself, and all positional arguments unless every one
of them is a parameter, or their order would change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_MODULE = re.compile(r"^\s*(-m\s+[\w.]+)\s+(\S.*)$", re.DOTALL)
_NUMBER = re.compile(r"^-?(\d|\.\d)")
_BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "1", "0"})


def without(script: Mapping[str, Any], hyperparams: Mapping[str, Any]) -> dict[str, Any]:
    """A task's `script` section without the arguments that its parameters hold."""
    matched = _MODULE.match(script.get("entry_point") or "")
    args = {name: str(item.get("value") or "") for name, item in (hyperparams.get("Args") or {}).items()}
    if not matched or not args:
        return dict(script)
    return {**script, "entry_point": " ".join([matched[1], *_left(matched[2].split(), args)])}


def recorded(hyperparams: Mapping[str, Any]) -> bool:
    """Whether a parser's arguments were recorded, types and all, and not only typed in by a person."""
    return any(item.get("type") for item in (hyperparams.get("Args") or {}).values())


def _left(words: Sequence[str], args: Mapping[str, str]) -> list[str]:
    kept: list[tuple[str, bool]] = []
    """Words, and whether they are positional arguments."""
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        if not _is_option(word):
            kept.append((word, True))
            continue
        following = _values(words[at:])
        name, given, _ = word.partition("=")
        argument = _argument(name, args, following)
        if argument is None:  # not a parameter: it stays with what follows it
            kept += [(one, False) for one in (word, *following)]
            at += len(following)
        elif not given:
            at += _taken(following, args[argument])
    positional = [word for word, is_positional in kept if is_positional]
    drop = _all_held(positional, list(args.values()))
    return [word for word, is_positional in kept if not (is_positional and drop)]


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not _NUMBER.match(word)


def _values(words: Sequence[str]) -> list[str]:
    """The words up to the next option."""
    end = next((place for place, word in enumerate(words) if _is_option(word)), len(words))
    return list(words[:end])


def _argument(option: str, args: Mapping[str, str], following: Sequence[str]) -> str | None:
    """The parameter that an option sets: by its name or its beginning, as `--no-…`, or as `-e` for `epochs`."""
    name = option.lstrip("-").replace("-", "_")
    for candidate in (name, name.removeprefix("no_")):
        if candidate in args:
            return candidate
    if option.startswith("--"):
        found = [one for one in args if name and one.startswith(name)]
    else:
        found = [
            one
            for one in args
            if one.startswith(name[:1].lower()) and _taken(following, args[one], sure=True)
        ]
    return found[0] if len(found) == 1 else None


def _taken(words: Sequence[str], value: str, sure: bool = False) -> int:
    """How many of these words an option with this value took. `sure`: none unless they are the value."""
    for number in range(len(words), 0, -1):
        if _same(" ".join(words[:number]), value):
            return number
    if sure or not words:
        return 0
    if value.lower() in _BOOLEANS:  # a flag, or one whose value has been edited
        return int(words[0].lower() in _BOOLEANS)
    return len(words) if value.startswith(("[", "(")) else 1


def _all_held(words: Sequence[str], values: Sequence[str]) -> bool:
    at = 0
    while at < len(words):
        number = max((_taken(words[at:], value, sure=True) for value in values), default=0)
        if not number:
            return False
        at += number
    return True


def _same(words: str, value: str) -> bool:
    """Whether words are a value, whatever its quotes and blanks: `0.9 1.1` is `[0.9, 1.1]`, `1e-3` is `0.001`."""
    try:
        return float(words) == float(value)
    except ValueError:
        pass
    plain = [re.sub(r"[\s,'\"\[\]()]+", " ", one).strip() for one in (words, value)]
    return words == value or (bool(plain[0]) and plain[0] == plain[1])
