"""The pages of docs/tutorials/, read: their commands, the settings that stand before them, their figures and tabs."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "tutorials"
CHINESE = ".zh-CN.md"
ENGLISH = [path for path in sorted(FOLDER.glob("*.md")) if not path.name.endswith(CHINESE)]


def chinese(page: Path) -> Path:
    """The same page in 简体中文."""
    return page.with_name(page.stem + CHINESE)


def blocks(page: Path) -> list[str]:
    """The shell blocks, in order."""
    return re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def lines(page: Path) -> list[list[str]]:
    """The words of every line of the blocks, without comments."""
    split = (shlex.split(line, comments=True) for block in blocks(page) for line in block.splitlines())
    return [words for words in split if words]


def settings(page: Path) -> dict[str, str]:
    """`DATA=…` and the like, by name."""
    assigned = [words for words in lines(page) if all("=" in word and word[0].isupper() for word in words)]
    return {name: value for words in assigned for name, _, value in (one.partition("=") for one in words)}


def commands(page: Path) -> list[list[str]]:
    """What is run, word by word."""
    return [words for words in lines(page) if words[0] == "soundyard"]


def script(page: Path, given: dict[str, str]) -> str:
    """All blocks as one script, with other values of its settings. Raises KeyError: the page has none of that name."""
    text = "\n".join(blocks(page))
    for name, value in given.items():
        changed = re.sub(
            rf"(?m)(^| ){name}=\S+", lambda at, n=name, v=value: f"{at[1]}{n}={shlex.quote(v)}", text, count=1
        )
        if changed == text and settings(page)[name] != value:
            raise KeyError(name)
        text = changed
    return text


def rows(page: Path) -> list[list[str]]:
    """The cells of the tables of figures, whose first is a preset."""
    found = re.findall(r"^\| (`[\w-]+`.*) \|$", page.read_text(), re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in found]


def places(page: Path) -> list[tuple[str, str]]:
    """`**train → Scalars**`: the task and the tab."""
    return re.findall(r"\*\*([\w]+) → ([^*]+)\*\*", page.read_text())
