"""docs/tree.md: a line for each file, made from its first sentence.

    python -m tests.tree      writes it (`make tree`)

`tests/unit/test_readme.py` holds it against the files.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "tree.md"
INTRODUCTION = """# The tree

A line for each file, made from the files' own first sentences by `tests/tree.py`; not to be edited here.

"""

ROOMS = {  # folders, in the order in which they are told; a folder that is not here is part of the one above it
    "audio": "sound → logits. Knows torch, knows nothing of ClearML",
    "tasks": "what an agent runs: parameters, one Task.init, one call into audio/, artifacts",
    "pipelines": "chains of tasks, and the demo",
    "agents": "what starts workers",
    "soundyard": "the command `soundyard`, over the programs of all other rooms",
    "server": "the embedded server: the ClearML API on SQLite and a folder",
    "web": "the browser's side: plain ES modules that talk to the API and to nothing else",
    "benchmarks": "what is measured, against what, and how to run it again",
    "docs": "longer texts",
    "tests": "unit, contract (the SDK's own schemas), e2e (real SDK and agents), browser",
}
PLAIN = {  # files whose line can't be read off them
    "README.md": "the front page",
    "CHANGELOG.md": "what has changed for people who use it",
    "CONTRIBUTING.md": "set up, test, where things go, style",
    "Makefile": "make demo, make test, and the rest: make help",
    "pyproject.toml": "the package: dependencies, extras, what a wheel holds; settings of ruff, mypy and pytest",
    ".gitignore": "what is not kept",
    "web/package.json": "the page's libraries",
    "web/package-lock.json": "their exact versions",
    "web/jsconfig.json": "what the JavaScript type checker reads",
    "tests/web/jsconfig.json": "what it reads for the page's tests, whose parameters need no types",
    "web/.npmrc": "npm's settings",
    "web/index.html": "the page: import map and entry module",
}
SUFFIXES = {
    ".py",
    ".js",
    ".mjs",
    ".css",
    ".html",
    ".sql",
    ".sh",
    ".txt",
    ".md",
    ".toml",
    ".yml",
    ".json",
    ".example",
    "",
}


def listed() -> list[Path]:
    """Every file of the project that is told of: tracked, and a text that somebody wrote."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = (Path(name) for name in names.splitlines())
    return sorted(
        path
        for path in paths
        if (ROOT / path).exists()
        and path.suffix in SUFFIXES
        and not {"results", "fixtures", "data"} & set(path.parts[:-1])
        and path.name != "__init__.py"
    )


def line_of(path: Path) -> str:
    """The first sentence of a file: of its docstring, or of the comment that it begins with."""
    if str(path) in PLAIN:
        return PLAIN[str(path)]
    if path.parts[:2] == ("web", "strings"):
        return f"texts of the page, {path.parts[2] if len(path.parts) > 3 else path.stem}"
    text = (ROOT / path).read_text()
    if path.suffix == ".py":
        said = ast.get_docstring(ast.parse(text)) or ""
    elif path.suffix == ".md":
        said = text.lstrip("# ")
    else:
        said = _first_comment(text)
    sentence = re.split(r"(?<=\.)\s", " ".join(said.split("\n\n")[0].split()))[0]
    return sentence.rstrip(".:")


def _first_comment(text: str) -> str:
    text = re.sub(r"^#!.*\n", "", text)
    block = re.match(r"\s*(?:/\*\*?|<!--)(.*?)(?:\*/|-->)", text, re.DOTALL)
    if block:
        return re.sub(r"^\s*\*\s?", "", block[1].strip(), flags=re.MULTILINE)
    lines = re.match(r"(?:\s*(?:#|//|--)[^\n]*\n)+", text)
    return re.sub(r"^\s*(?:#|//|--)\s?", "", lines[0].strip(), flags=re.MULTILINE) if lines else ""


def room_of(path: Path) -> str:
    return path.parts[0] if path.parts[0] in ROOMS else ""


def tree() -> str:
    """The whole page."""
    order = ["", *ROOMS]
    files = sorted(listed(), key=lambda path: (order.index(room_of(path)), path.parts[:-1], path.name))
    rooms = (part for room, inside in groupby(files, room_of) for part in _room(room, list(inside)))
    return INTRODUCTION + "\n".join(rooms)


def _room(room: str, files: list[Path]) -> Iterator[str]:
    yield f"## {room}/\n\n{ROOMS[room]}\n" if room else "## The root\n"
    yield "```"
    for folder, inside in groupby(files, lambda path: path.parts[:-1]):
        within = "/".join(folder[1:])
        if within:
            yield f"{within}/"
        for path in inside:
            name = path.name if room else str(path)
            yield f"{'    ' if within else ''}{name:<{24 - 4 * bool(within)}}  {line_of(path)}".rstrip()
    yield "```\n"


if __name__ == "__main__":
    FILE.write_text(tree())
