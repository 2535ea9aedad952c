"""Every command that README.md, CONTRIBUTING.md and docs/ tell people to type, read out of them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("python ", "make ", "torchrun ", "pip ", "cp ", "./", "clearml")


def commands() -> list[tuple[str, ...]]:
    """The words of each, once, in the order in which they are told."""
    return list(dict.fromkeys(words for text in texts() for words in within(text.read_text())))


def texts() -> list[Path]:
    """What people read."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def within(markdown: str) -> Iterator[tuple[str, ...]]:
    """The commands in a text: lines of its code blocks, and what stands between backquotes."""
    blocks = re.findall(r"^ *```([a-z]*)\n(.*?)^ *```", markdown, re.MULTILINE | re.DOTALL)
    fenced = "\n".join(block for language, block in blocks if language in ("", "sh"))
    rest = re.sub(r"^ *```.*?^ *```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}(\S.*)", rest, re.MULTILINE)
    inline = re.findall(r"`([^`]+)`", re.sub(r"\s*\n\s*", " ", rest))
    for line in [*fenced.splitlines(), *indented, *inline]:
        command = re.split(r"\s+# |\s{3,}|\s&&\s", line.strip())[0]
        if command.startswith(PROGRAMS):
            yield tuple(shlex.split(re.sub(r"\[[^]]*\]|…", "", command)))


def program(words: tuple[str, ...]) -> str:
    """What a command runs: a module, a script, or a target of the Makefile."""
    if words[0] == "make":
        return f"make {next(word for word in words[1:] if '=' not in word)}"
    if "-m" in words:
        return words[words.index("-m") + 1]
    return words[1] if words[0] == "python" else words[0]
