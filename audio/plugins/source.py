"""The source of a plugin: its file with those beside it that it imports, or all of its folder.

It travels as text: from what it is made of one can tell what an agent will run, and whether it was changed.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from audio.errors import PluginError

OURS = ("audio", "tasks", "pipelines", "agents", "server", "soundyard")  # that a plugin always means
TEXTS = (".py", ".json", ".toml", ".yaml", ".yml", ".txt", ".csv")  # files of a folder that go along
MOST = 400_000  # characters; the servers keep it with every task


def source_of(path: Path) -> dict[str, str]:
    """The text of each file, by its path below the folder that the plugin lies in. Raises PluginError."""
    files = dict.fromkeys(_folder(path) if path.is_dir() else _with_siblings(path))
    found = {one.relative_to(path.parent).as_posix(): _text(one) for one in files}
    if (size := sum(map(len, found.values()))) > MOST:
        raise PluginError(
            f"The plugin {path} is {size // 1000} kB of text in {len(found)} files, too much to travel with a task "
            f"({MOST // 1000} kB). Name the file in it that is needed, or install it as a package."
        )
    return found


def _folder(path: Path) -> Iterator[Path]:
    """Sources and small texts of a folder, hidden and compiled ones left out."""
    for one in sorted(path.iterdir()):
        if one.name.startswith(".") or one.name == "__pycache__":
            continue
        if one.is_dir():
            yield from _folder(one)
        elif one.suffix in TEXTS:
            yield one


def _with_siblings(path: Path) -> list[Path]:
    """A file, and all files beside it that it imports, those that they import, and so on."""
    found = [path]
    for one in found:
        for sibling in beside(one).values():
            more = _folder(sibling.parent) if sibling.name == "__init__.py" else [sibling]
            found += [file for file in more if file not in found]
    return found


def beside(file: Path) -> dict[str, Path]:
    """What a file imports that lies beside it, inside functions too: files, and packages by their `__init__.py`.

    Modules of Python and of this project are never meant.
    """
    try:
        tree = ast.parse(_text(file))
    except (SyntaxError, ValueError):
        return {}  # importing it says it, with the line
    names = {name.partition(".")[0] for node in ast.walk(tree) for name in _imported(node)}
    found: dict[str, Path] = {}
    for name in sorted(names - sys.stdlib_module_names - set(OURS)):
        places = (file.parent / f"{name}.py", file.parent / name / "__init__.py")
        there = next((place for place in places if place.is_file() and place != file), None)
        if there:
            found[name] = there
    return found


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise PluginError(f"The plugin's file {path} is not UTF-8 text: save it as such.") from error
    except OSError as error:
        raise PluginError(f"The plugin's file {path} can't be read: {error.strerror or error}.") from error


def unpack(files: Mapping[str, str], folder: Path) -> None:
    """Write a plugin's source below a folder. Raises PluginError for a path that leads out of it."""
    for name, text in files.items():
        path = folder / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise PluginError(f"A plugin's file is called {name!r}, which leads out of its folder.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))


def lines(files: Mapping[str, str]) -> dict[str, list[str]]:
    """As it travels: lists of lines, which a person can read in the browser."""
    return {name: text.split("\n") for name, text in files.items()}


def joined(files: Mapping[str, list[str]]) -> dict[str, str]:
    """The same back."""
    return {name: "\n".join(text) for name, text in files.items()}
