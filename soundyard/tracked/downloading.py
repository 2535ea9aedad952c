"""`soundyard tasks download`: artifacts and models of a task, as files."""

import argparse
import filecmp
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from audio.named import printable
from soundyard import completion
from soundyard.tracked.client import call, connect
from soundyard.tracked.finding import task, unknown
from soundyard.tracked.output import plain, print_json
from soundyard.tracked.showing import MADE, artifacts, models
from tasks.errors import NothingThere, SoundyardError

NAME, ABOUT = "download", "artifacts and models of a task, as files"
LONGEST = 100  # characters of a file's name


class NotDownloaded(SoundyardError):
    """Something was not fetched; the message says what, and why."""


@dataclass(frozen=True)
class Thing:
    """What can be downloaded."""

    name: str
    uri: str
    file: Path  # relative to the target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    completion.takes_tasks(parser, "id, the beginning of one, or a name")
    parser.add_argument("--artifact", action="append", metavar="NAME", help="this alone; may be given again")
    parser.add_argument("--models", action="store_true", help="the models alone")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="NAME-ID in the current folder")
    parser.add_argument("--overwrite", action="store_true", help="files that are there and differ")
    parser.add_argument("--json", action="store_true", help="what became of each, as JSON")


def run(args: argparse.Namespace) -> int:
    connect()
    found = task(args.task, ["id", "name", "status", *MADE])
    things = chosen(found, args.artifact or [], args.models)
    folder = (args.to or Path(f"{safe(found['name'])}-{found['id'][:8]}")).expanduser()
    told = []
    for thing in things:
        try:
            file = fetch(thing, folder, overwrite=args.overwrite)
            told.append({"name": thing.name, "file": str(file), "bytes": file.stat().st_size, "error": None})
        except (NotDownloaded, OSError) as fault:
            told.append({"name": thing.name, "file": None, "bytes": None, "error": str(fault)})
    if args.json:
        print_json(told)
    for one in told:
        if one["error"]:
            print(f"error: {plain(one['name'])}: {one['error']}", file=sys.stderr)
        elif not args.json:
            print(printable(str(one["file"])))
    return int(any(one["error"] for one in told))


def chosen(found: Mapping[str, Any], names: Sequence[str], models_alone: bool) -> list[Thing]:
    """What is asked for. Raises NothingThere."""
    kept = {one["name"]: one["uri"] or "" for one in artifacts(dict(found))}
    if wrong := [one for one in names if one not in kept]:
        raise NothingThere(unknown("artifact", wrong[0], kept))
    wanted = names if names or models_alone else list(kept)
    things = [Thing(name, kept[name], Path(safe(name) + _suffix(kept[name], name))) for name in wanted]
    if models_alone or not names:
        things += [_model(one) for one in models(dict(found))]
    if not things:
        raise NothingThere(
            f"{found['name']} ({found['id']}) has no {'models' if models_alone else 'artifacts and no models'}."
        )
    return _apart(things)


def _model(one: Mapping[str, Any]) -> Thing:
    uri = call("models.get_by_id", model=one["id"])["model"].get("uri") or ""
    return Thing(one["name"] or one["id"], uri, Path("models") / safe(_basename(uri) or one["id"]))


def _apart(things: Sequence[Thing]) -> list[Thing]:
    """Things whose files would have the same name get a number."""
    taken: dict[str, int] = {}
    made = []
    for thing in things:
        key = str(thing.file).lower()
        taken[key] = number = taken.get(key, 0) + 1
        file = (
            thing.file
            if number == 1
            else thing.file.with_name(f"{thing.file.stem}-{number}{thing.file.suffix}")
        )
        made.append(Thing(thing.name, thing.uri, file))
    return made


def fetch(thing: Thing, folder: Path, *, overwrite: bool) -> Path:
    """The file. Raises NotDownloaded, OSError."""
    from clearml import StorageManager

    target = folder / thing.file
    if not thing.uri:
        raise NotDownloaded("it has no address: it was never uploaded")
    try:
        copy = StorageManager.get_local_copy(thing.uri, extract_archive=False, force_download=True)
    except Exception as fault:  # the SDK raises whatever the storage's library does
        raise NotDownloaded(f"{thing.uri} can't be fetched: {fault}") from fault
    if not copy or not Path(copy).exists():
        raise NotDownloaded(f"{thing.uri} can't be fetched: it is not there, or not for these keys")
    if target.exists() and not overwrite and not filecmp.cmp(copy, target, shallow=False):
        raise NotDownloaded(
            f"{target} is there already, and differs; --overwrite replaces it, --to takes another folder"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    shutil.copyfile(copy, beside)
    beside.replace(target)
    return target


def safe(name: str) -> str:
    """A name as one file's: no folders, nothing hidden, nothing that a terminal acts on."""
    kept = re.sub(r'[/\\\x00-\x1f\x7f<>:"|?*]', "_", name).strip(" .")
    return kept[:LONGEST] or "_"


def _basename(uri: str) -> str:
    return PurePosixPath(unquote(urlsplit(uri).path)).name


def _suffix(uri: str, name: str) -> str:
    """`.csv.gz` of the address, unless the name ends so."""
    suffix = (
        "".join(PurePosixPath(_basename(uri).removeprefix(name)).suffixes[-2:])
        or PurePosixPath(_basename(uri)).suffix
    )
    suffix = suffix if re.fullmatch(r"(\.[A-Za-z0-9_]{1,12}){1,2}", suffix) else ""
    return "" if name.endswith(suffix) else suffix
