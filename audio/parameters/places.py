"""Files and folders that parameters name: made absolute, so that they mean the same in every process."""

import os
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from audio.errors import ConfigError

Place = Annotated[str, "place"]  # of a file or folder


def settle(record: Any) -> None:
    """Make every `Place` of a record absolute, so that workers, agents and other folders find what was meant here.

    What is neither here nor written as a path (`ashraq/esc50`, an address) is a name, and stays. Links are kept.
    Raises ConfigError for a path that is not UTF-8: parameters are text.
    """
    for name, hint in get_type_hints(type(record), include_extras=True).items():
        written = getattr(record, name)
        if hint == Place and isinstance(written, str) and written:
            setattr(record, name, absolute(name, written))
        elif hint == list[Place] and isinstance(written, list):
            setattr(record, name, [absolute(name, one) if isinstance(one, str) else one for one in written])


def absolute(name: str, written: str) -> str:
    """One such place; `name` is the parameter's. Raises ConfigError."""
    try:
        written.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{name} is {os.fsencode(written)!r}, which is not UTF-8: rename it, or make a link to it with such a name."
        ) from None
    path = Path(written).expanduser()
    is_path = written.startswith(("~", "./", "../")) or written in (".", "..") or os.path.lexists(path)
    return os.path.abspath(path) if is_path else written  # noqa: PTH100  resolve() would follow links
