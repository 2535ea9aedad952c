"""Importing one plugin: which files, under which names, with what lies beside; and what is said when it fails."""

import hashlib
import importlib.util
import keyword
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from audio.errors import PluginError
from audio.plugins.source import OURS, beside

PREFIX = "soundyard_plugin_"  # of modules whose file's name can't be theirs


def main_files(path: Path) -> list[Path]:
    """The files that are imported: a file itself, a package's first one, or every file of a plain folder."""
    if path.is_file():
        return [path]
    if (path / "__init__.py").is_file():
        return [path / "__init__.py"]
    found = sorted(one for one in path.glob("*.py") if not one.name.startswith("."))
    if not found:
        raise PluginError(f"There is no Python file in the folder {path}, which plugins names.")
    return found


def run(file: Path, given: str, folder: Path) -> None:
    """Import one file, with what lies beside it importable. Raises PluginError."""
    package = file.name == "__init__.py"
    name = _module_name(file.parent if package else file)
    beside_it = str(folder if package else file.parent)
    if _is(sys.modules.get(name), file):
        return
    if beside_it not in sys.path:
        sys.path.append(beside_it)  # last: it must not stand in for anything that is installed
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(file.parent)] if package else None
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except PluginError:
        del sys.modules[name]
        raise
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(failed(given, error, folder)) from error
    _refuse_others(file, given)


def _module_name(file: Path) -> str:
    """That of the file, where it is free; so that files beside it that import it get the same module."""
    name = file.stem if file.suffix == ".py" else file.name
    if name.isidentifier() and not keyword.iskeyword(name) and name not in (*OURS, *sys.stdlib_module_names):
        there = sys.modules.get(name) or importlib.util.find_spec(name)
        own = file if file.suffix == ".py" else file / "__init__.py"
        if there is None or _is(there, own):
            return name
    mark = hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{PREFIX}{''.join(sign if sign.isalnum() else '_' for sign in name)}_{mark}"


def _is(module: Any, file: Path) -> bool:
    """Whether a module, or its specification, is that file, or one with the same content."""
    found = (
        getattr(module, "__file__", None)
        if isinstance(module, ModuleType)
        else getattr(module, "origin", None)
    )
    if not found or not Path(found).is_file():
        return False
    return Path(found) == file or Path(found).read_bytes() == file.read_bytes()


def _refuse_others(file: Path, given: str) -> None:
    """Raises PluginError when the plugin imported something else than the file beside it."""
    for name, sibling in beside(file).items():
        module = sys.modules.get(name)
        if isinstance(module, ModuleType) and not _is(module, sibling):
            raise PluginError(
                f"The plugin {given} imports {name}, and gets {module.__file__ or name} instead of {sibling} "
                "beside it: rename that file, or make the plugin a package (a folder with __init__.py) and use "
                f"`from . import {name}`."
            )


def failed(given: str, error: BaseException, folder: Path) -> str:
    """A sentence on what a plugin raised, with the line."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    where = f"{own[-1].filename}, line {own[-1].lineno}" if own else given
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{error.filename}, line {error.lineno}"
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    said = f"{type(error).__name__}: {' '.join(words.split())}".rstrip(": ")
    todo = "Mend it there, or leave it out of plugins."
    if isinstance(error, ModuleNotFoundError):
        todo = f"Install {error.name} where the task runs, or put the file beside the plugin."
    return f"The plugin {given} can't be imported: {said} ({where}). {todo}"
