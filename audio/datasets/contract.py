"""What a data set is: clips with labels and its authors' own folds; and what several modules need to
read one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audio.errors import DatasetError
from audio.io.sniffing import is_called_sound, looks_like_sound

VERSIONS = (".git", ".hg", ".svn")


@dataclass(frozen=True)
class Clip:
    """One labelled stretch of sound."""

    path: Path  # file that holds it
    labels: tuple[str, ...]  # one name, or several for a multi-label set
    fold: int = 0  # official fold, counted from 1; 0: none
    split: str = ""  # official split (train, validation, test); empty: none
    source: str = ""  # recording it was cut from: clips of one source never go to both sides
    start: float = 0.0  # s into the file
    end: float | None = None  # s into the file; None: to its end
    columns: Mapping[str, str] = field(default_factory=dict, compare=False)  # what else its authors say of it


@dataclass(frozen=True)
class Archive:
    """A file to download and unpack."""

    url: str
    checksum: str  # algorithm:hex as published; empty: none is published
    folder: str  # top folder inside that holds the data set; empty: none, it unpacks flat


@dataclass(frozen=True)
class DataSet:
    """A data set's description and the function that lists its clips."""

    name: str  # in the registry
    title: str  # as its authors call it
    read: Callable[[Path, int], list[Clip]]  # (folder, seed) → clips; raises DatasetError on another layout
    layout: str  # what the folder looks like, for messages and docs
    licence: str = ""
    homepage: str = ""
    folds: int = 0  # official folds; 0: none
    clips: int = 0  # published number of clips; 0: not known
    classes: int = 0  # published number of labels; 0: not known
    multi_label: bool = False
    needs_data: bool = True  # False: makes its own into the folder
    by_name: bool = False  # True: `data` may be a name elsewhere instead of a path
    archives: tuple[Archive, ...] = ()  # where it can be downloaded; empty: not publicly


def is_audio(path: Path) -> bool:
    """A file that is called sound, readable or not, or begins as sound does; hidden ones (`._x.wav`) are not."""
    if path.name.startswith(".") or path.is_dir():
        return False
    return is_called_sound(path) or looks_like_sound(path)


def audio_files(folder: Path, closed: bool = False) -> list[Path]:
    """Every audio file below a folder, sorted by its path's text so that the order is the same everywhere.

    With `closed` also the folders there that can't be read.
    """
    wanted = (path for path in files_below(folder) if is_audio(path) or (closed and path.is_dir()))
    return sorted(wanted, key=lambda path: path.relative_to(folder).as_posix())


def files_below(
    folder: Path, hidden: bool = False, above: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[Path]:
    """Every file below a folder, links to folders followed once; with `hidden` also those that are hidden.

    Hidden is what lies in a folder with a dot before its name, or in the one that archives made on a Mac add. The
    folders of version control are never looked into. A folder below that can't be read, as `lost+found` on a disk of
    its own, comes as itself. Raises DatasetError where `folder` can't be read.
    """
    try:
        facts = folder.stat()
        here = (facts.st_dev, facts.st_ino)
        entries = [] if here in above else sorted(folder.iterdir())  # a link may lead up again
    except FileNotFoundError:
        return
    except OSError as error:
        if above:
            yield folder
            return
        raise DatasetError(f"The folder {folder} can't be read: {error.strerror or error}.") from error
    for entry in entries:
        if is_hidden(entry.name) and not hidden:
            continue
        if not entry.is_dir():
            yield entry
        elif entry.name not in VERSIONS:
            yield from files_below(entry, hidden, above | {here})


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is hidden."""
    return name.startswith(".") or name == "__MACOSX"


def unlike(root: Path, title: str, layout: str) -> DatasetError:
    """The error for a folder that is not laid out as expected; names what was found instead."""
    return DatasetError(
        f"{root} does not look like {title}. Expected: {layout}. Found: {_listing(root.iterdir())}."
    )


def columns(table: Path, found: Sequence[str] | None, needed: Iterable[str]) -> None:
    """Refuse a table that lacks a column, naming those it has."""
    missing = [name for name in needed if name not in (found or ())]
    if missing:
        raise DatasetError(
            f"{table} lacks the column {', '.join(missing)}; it has: {', '.join(found or ())}."
        )


def in_words(row: Mapping[str | None, object]) -> dict[str, str]:
    """A row of a table as a clip's `columns`; what stands behind the last column's name is nobody's."""
    return {name: str(value).strip() for name, value in row.items() if name and value is not None}


def _listing(paths: Iterable[Path], limit: int = 6) -> str:
    found = sorted(p.name + "/" * p.is_dir() for p in paths)
    more = f" and {len(found) - limit} more" if len(found) > limit else ""
    return (", ".join(found[:limit]) + more) if found else "nothing, the folder is empty"
