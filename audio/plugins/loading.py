"""Loading plugins: each once in a process, by what the parameter names; and which plugin something comes from."""

import hashlib
import importlib
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audio import registry
from audio.errors import PluginError
from audio.parameters.places import absolute
from audio.plugins.importing import failed, main_files, run
from audio.plugins.source import OURS, source_of


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
    for file in main_files(path):
        run(file, given, path.parent)
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
        raise PluginError(failed(given, error, Path(there.origin or given).parent)) from error
    own = [entry for entry in _entries() if entry.file == getattr(module, "__file__", None)]
    if len(list(_entries())) == before and not own:
        raise PluginError(_adds_nothing(given))
    return Plugin(given, given, {}, version_of(given.partition(".")[0]))
