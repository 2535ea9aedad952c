"""Plugins: files, folders and modules of the user's that add models, data sets, front ends, …

A plugin is named by a parameter, `plugins`, and imported before anything is looked up. Its source travels with the task
(`Plugin.state`) and with it the files beside it that it imports, so that an agent on another machine has them; a
checkpoint names those it needs. What a plugin adds, it registers itself: see `audio.registry`.
"""

import hashlib
import importlib
import importlib.util
import json
import keyword
import shlex
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from audio import registry
from audio.errors import CheckpointError, PluginError
from audio.named import names_in
from audio.places import absolute
from audio.plugin_source import OURS, beside, source_of

Need = dict[str, Any]  # one plugin that a checkpoint needs, as it travels in it
PREFIX = "soundyard_plugin_"  # of modules whose file's name can't be theirs


@dataclass(frozen=True)
class Plugin:
    """One plugin that is loaded."""

    given: str  # as the parameter names it
    name: str  # of its file, folder or module
    files: dict[str, str]  # its source, by the path below the folder it lies in; none of an installed module
    version: str = ""  # of an installed module's package

    @property
    def digest(self) -> str:
        """By which one can tell whether it was changed; moved or renamed it is the same."""
        content = json.dumps([self.version, *sorted(self.files.values())])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


_loaded: dict[str, Plugin] = {}  # by what the parameter names
_places: dict[str, str] = {}  # where each lies on this machine, likewise


def load(given: Sequence[str], places: Mapping[str, str] | None = None) -> list[Plugin]:
    """Import plugins, each once in a process; gives them.

    `places`: where those lie on this machine that are named by their place on another. Raises PluginError: it is not
    there, can't be imported, adds nothing, or uses a name that is taken.
    """
    found = []
    for one in dict.fromkeys(map(named, given)):
        if one not in _loaded:
            place = (places or {}).get(one, one)
            _places[one] = place
            _loaded[one] = _import(one, place)
        found.append(_loaded[one])
    return found


def named(given: str) -> str:
    """A plugin as its parameter keeps it: an absolute path, or a module's name."""
    return absolute("plugins", given.strip())


def places() -> dict[str, str]:
    """Where the loaded plugins lie on this machine, for the other processes of a training."""
    return dict(_places)


def needs(config: Any) -> list[Need]:
    """What a training with that configuration takes from plugins, by plugin."""
    used = [(registry.models, config.model)]
    used += [(registry.features, name) for name in names_in(config.frontend)]
    used += [(registry.augmentations, name) for name in config.augmentations]
    used += [(registry.metrics, name) for name in config.metrics]
    found: dict[str, Need] = {}
    for kind, name in used:
        entry = kind.entries.get(name)
        if entry is None or (its := origin(entry)) is None:
            continue
        need = {"name": its.name, "given": its.given, "digest": its.digest, "version": its.version}
        found.setdefault(its.given, {**need, "adds": []})["adds"].append([kind.kind, name])
    return list(found.values())


def differing(wanted: Sequence[Need], hearing: bool = False) -> list[str]:
    """Sentences on plugins that are not what a checkpoint was trained with.

    `hearing`: only what hearing a sound takes, the model and its front end, has to be there. Raises CheckpointError:
    one that is missing.
    """
    said = []
    for need in wanted:
        for kind, name in need["adds"]:
            if hearing and kind not in (registry.models.kind, registry.features.kind):
                continue
            if name not in _of_kind(kind).names():
                raise CheckpointError(f"{_needs(need, kind, name)} {_how(need)}")
            its = origin(_of_kind(kind).entry(name))
            if its is None or its.digest != need["digest"]:
                here = f"{its.name}, {its.digest}" if its else "of this project itself"
                said.append(
                    f"{_needs(need, kind, name)} The one here is another ({here}): answers may differ."
                )
                break
    return said


def lacking(wanted: Sequence[Need]) -> bool:
    """Whether something is missing here that hearing takes."""
    try:
        differing(wanted, hearing=True)
    except CheckpointError:
        return True
    return False


def _of_kind(kind: str) -> registry.Registry:
    return next(one for one in registry.EVERY if one.kind == kind)


def _needs(need: Need, kind: str, name: str) -> str:
    version = f"version {need['version']}" if need["version"] else need["digest"]
    of = f"the plugin {need['name']} ({need['given']}, {version})"
    return f"The checkpoint was trained with {of}, which adds the {kind} {name!r}."


def _how(need: Need) -> str:
    if need["version"]:
        return "It is not installed here: pip install it."
    return f"It is not loaded here: give it, as in --plugins {shlex.quote(need['given'])}"


def origin(entry: registry.Entry) -> Plugin | None:
    """The plugin that registered something; None for what comes along."""
    own = [one for one in _loaded.values() if entry.file in _paths(one)]
    if own:
        return min(own, key=lambda one: Path(_places[one.given]) != Path(entry.file))
    top = entry.module.partition(".")[0]
    if top in OURS:
        return None
    return next((one for one in _loaded.values() if one.name == entry.module), None) or Plugin(
        entry.module, entry.module, {}, version_of(top)
    )


def _paths(plugin: Plugin) -> set[str]:
    folder = Path(_places[plugin.given]).parent
    return {str(folder / name) for name in plugin.files}


def version_of(top: str) -> str:
    """Version of the package that has a module; `?` when that is not known."""
    from importlib.metadata import PackageNotFoundError, packages_distributions, version

    for package in packages_distributions().get(top, [top]):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "?"


def _import(given: str, place: str) -> Plugin:
    path = Path(place)
    if not path.is_absolute():
        return _import_module(given)
    if not path.exists():
        raise PluginError(
            f"plugins names {given}, and there is no such file or folder{_elsewhere(given, place)}. Give the "
            "file's path; a module's name works where it is installed."
        )
    if path.is_file() and path.suffix != ".py":
        raise PluginError(f"plugins names {given}, which is no Python file: its name must end in .py.")
    plugin = Plugin(given, path.name, source_of(path))
    before = {id(entry) for entry in _entries()}
    for file in _mains(path):
        _run(file, plugin, path.parent)
    if not any(id(entry) not in before or entry.file in _paths(plugin) for entry in _entries()):
        raise PluginError(_adds_nothing(given))
    return plugin


def _elsewhere(given: str, place: str) -> str:
    return "" if given == place else f" at {place}"


def _adds_nothing(given: str) -> str:
    return (
        f"The plugin {given} adds nothing: let it register what it has, as in @models.register('mine') with "
        "`from audio.registry import models`; or leave it out of plugins."
    )


def _entries() -> Iterator[registry.Entry]:
    for one in registry.EVERY:
        yield from one.entries.values()


def _mains(path: Path) -> list[Path]:
    """The files that are imported: a file itself, a package's first one, or every file of a plain folder."""
    if path.is_file():
        return [path]
    if (path / "__init__.py").is_file():
        return [path / "__init__.py"]
    found = sorted(one for one in path.glob("*.py") if not one.name.startswith("."))
    if not found:
        raise PluginError(f"There is no Python file in the folder {path}, which plugins names.")
    return found


def _import_module(given: str) -> Plugin:
    """An installed module, by its name."""
    try:
        there = all(part.isidentifier() for part in given.split(".")) and importlib.util.find_spec(given)
    except (ImportError, ValueError):
        there = None
    if not there:
        raise PluginError(
            f"plugins names {given!r}: there is no such file or folder here ({Path.cwd()}), and no module of that name "
            "is installed."
        )
    before = len(list(_entries()))
    try:
        module = importlib.import_module(given)
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(_failed(given, error, Path(there.origin or given).parent)) from error
    own = [entry for entry in _entries() if entry.file == getattr(module, "__file__", None)]
    if len(list(_entries())) == before and not own:
        raise PluginError(_adds_nothing(given))
    return Plugin(given, given, {}, version_of(given.partition(".")[0]))


def _run(file: Path, plugin: Plugin, folder: Path) -> None:
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
        raise PluginError(_failed(plugin.given, error, folder)) from error
    _refuse_others(file, plugin)


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


def _refuse_others(file: Path, plugin: Plugin) -> None:
    """Raises PluginError when the plugin imported something else than the file beside it."""
    for name, sibling in beside(file).items():
        module = sys.modules.get(name)
        if isinstance(module, ModuleType) and not _is(module, sibling):
            raise PluginError(
                f"The plugin {plugin.given} imports {name}, and gets {module.__file__ or name} instead of {sibling} "
                "beside it: rename that file, or make the plugin a package (a folder with __init__.py) and use "
                f"`from . import {name}`."
            )


def _failed(given: str, error: BaseException, folder: Path) -> str:
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
