"""Where this project lies, and the folder of everything that it writes on a machine.

In a checkout that is `.soundyard/` in it. Installed (`pip install .`) it is `.soundyard/` in the current folder, where
there is one, else `~/.soundyard`: nothing is written into the packages' own folder. `SOUNDYARD_STATE` comes first.
"""

import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = ".soundyard"


@cache
def installed(root: Path = ROOT) -> bool:
    """Whether the packages were installed from a wheel, which leaves its metadata beside them; False in a checkout."""
    return any(root.glob("soundyard-*.dist-info"))


def state() -> Path:
    """The folder of everything that is written here: absolute, and there only once something was written."""
    return Path(os.environ.get("SOUNDYARD_STATE") or _usual()).expanduser().resolve()


def _usual() -> Path:
    here = Path(NAME)
    if not installed():
        return ROOT / NAME
    return here if here.is_dir() else Path("~") / NAME
