"""One way to add a data set, a model, a front end, an augmentation, a metric or a preset: under a name, from any file.

    from audio.registry import models

    @models.register("mine", about="two layers")
    def mine(plan, frontend): ...

What comes along is registered the same way in `audio.catalogue`, by where it is defined, so that its name is known
before anything heavy is imported. `audio.plugins` brings in files of the user's; installed packages are looked for in
the entry points `soundyard.plugins` as soon as a name is asked for. `docs/extending.md` has an example of each.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audio.errors import AudioError, ConfigError, DatasetError, PluginError

ENTRY_POINTS = "soundyard.plugins"  # the group in which installed packages name their modules
NAME = re.compile(r"[^\W_][\w.:-]*")
_NOTHING: Any = object()


@dataclass(frozen=True)
class Lazy:
    """Something by where it is defined, imported when it is needed: `Lazy("audio.features.logmel:LogMel")`."""

    place: str

    def load(self) -> Any:
        module, _, name = self.place.partition(":")
        return getattr(import_module(module), name)


@dataclass(frozen=True)
class Entry:
    """One thing that was registered."""

    name: str
    thing: Any  # or Lazy
    options: dict[str, Any]  # what was said of it
    file: str  # that registered it
    line: int
    module: str  # its name

    @property
    def loaded(self) -> Any:
        """The thing itself."""
        return self.thing.load() if isinstance(self.thing, Lazy) else self.thing

    @property
    def where(self) -> str:
        return f"{self.file}, line {self.line}"


EVERY: list["Registry"] = []


@dataclass
class Registry:
    """The things of one kind that there are, by name."""

    kind: str  # for messages: "model"
    variable: str  # that it is imported as: "models"
    options: tuple[str, ...]  # what may be said of one of them as it is registered
    catalogue: str = "audio.catalogue"  # module that registers what comes along
    error: type[AudioError] = ConfigError  # of an unknown name
    entries: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        EVERY.append(self)

    def register(self, name: str, thing: Any = _NOTHING, **options: Any) -> Any:
        """A decorator: `@models.register("mine")`; or at once: `presets.register("mine", Preset(…))`.

        Raises PluginError: a name that is taken, or none; an option that there is not.
        """
        frame = sys._getframe(1)
        file, line = frame.f_code.co_filename, frame.f_lineno
        module = str(frame.f_globals.get("__name__"))

        def add(one: Any) -> Any:
            self.add(Entry(name, one, options, file, line, module))
            return one

        return add if thing is _NOTHING else add(thing)

    def add(self, entry: Entry) -> None:
        """Raises PluginError, as `register`."""
        if not isinstance(entry.name, str) or not NAME.fullmatch(entry.name):
            raise PluginError(
                f"A {self.kind} is registered as {entry.name!r} in {entry.where}: a name is letters, digits and "
                f"- _ . :, and begins with a letter or a digit. As in @{self.variable}.register('mine')."
            )
        if unknown := sorted(set(entry.options) - set(self.options)):
            raise PluginError(
                f"The {self.kind} {entry.name!r} in {entry.where} is registered with {', '.join(unknown)}; "
                f"it takes {', '.join(self.options) or 'a name alone'}."
            )
        self._load_catalogue()
        other = self.entries.get(entry.name)
        if other and (other.file, other.line) != (entry.file, entry.line) and not _same(other, entry):
            raise PluginError(
                f"Two {self.kind}s are called {entry.name!r}: one is registered in {other.where}, one in {entry.where}."
                " Give one of them another name."
            )
        self.entries[entry.name] = entry

    def _load_catalogue(self) -> None:
        if self.catalogue not in sys.modules:
            import_module(self.catalogue)

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self.names_in_order())

    def names_in_order(self) -> list[str]:
        """All names, as they were registered."""
        self._load_catalogue()
        load_installed()
        return list(self.entries)

    def entry(self, name: str) -> Entry:
        """What is registered under a name. Raises `error`, which lists what there is."""
        self._load_catalogue()
        if name in self.entries:
            return self.entries[name]
        there = self.names()
        if name in self.entries:
            return self.entries[name]
        near = get_close_matches(name.lower(), there, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise self.error(
            f"There is no {self.kind} {name!r}.{hint} There are: {', '.join(there) or 'none'}. One of your own comes "
            f"with its file: plugins=FILE (--plugins FILE).{' '.join(['', *broken])}"
        )

    def find(self, name: str) -> Any:
        """The thing of that name. Raises `error`, which lists those that there are."""
        return self.entry(name).loaded


def _same(known: Entry, entry: Entry) -> bool:
    """Whether a file registers what the catalogue told of it, or the same file is imported from another place."""
    if isinstance(known.thing, Lazy):
        spec = find_spec(known.thing.place.partition(":")[0])
        return bool(spec and spec.origin == entry.file)
    return known.line == entry.line and _content(known.file) == _content(entry.file)


def _content(file: str) -> bytes | str:
    return Path(file).read_bytes() if Path(file).is_file() else file


ABOUT = "about"  # one line on what it is
datasets = Registry(
    "data set",
    "datasets",
    (ABOUT, "title", "layout", "licence", "homepage", "folds", "multi_label", "needs_data", "by_name"),
    error=DatasetError,
)
models = Registry("model", "models", (ABOUT, "head", "published", "brings_frontend", "encoder"))
features = Registry("front end", "features", (ABOUT,))
augmentations = Registry("augmentation", "augmentations", (ABOUT, "on", "mixes", "fills", "by"))
metrics = Registry("metric", "metrics", (ABOUT,))
presets = Registry("preset", "presets", (), "audio.presets")

broken: list[str] = []  # sentences on installed packages that could not be imported
_looked = False


def load_installed() -> None:
    """Import what installed packages name in the entry points `soundyard.plugins`, once in a process.

    One that can't be imported is told, and costs no more than its own names.
    """
    global _looked
    if _looked or not _some_installed(sys.path):
        _looked = True
        return
    _looked = True
    from importlib.metadata import entry_points  # takes longer than all of --help

    for point in entry_points(group=ENTRY_POINTS):
        try:
            point.load()
        except Exception as error:  # whatever somebody's module raises
            package = point.dist.name if point.dist else point.value
            said = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
            broken.append(f"The installed plugin {point.value} of {package} can't be used: {said}")
            print(f"note: {broken[-1]}", file=sys.stderr)


def _some_installed(folders: Sequence[str]) -> bool:
    """Whether a package here has such an entry point at all."""
    wanted = f"[{ENTRY_POINTS}]".encode()
    return any(
        wanted in file.read_bytes()
        for folder in folders
        for kind in ("dist-info", "egg-info")
        for file in Path(folder or ".").glob(f"*.{kind}/entry_points.txt")
    )
