"""Fetch a public data set, check it, unpack it.

    python -m audio.datasets.download                      # which data sets can be fetched
    python -m audio.datasets.download urbansound8k FOLDER

An archive is written under another name until its checksum was right, and a second call continues a broken transfer.
Nothing else in the project downloads recordings.
"""

import argparse
import hashlib
import shutil
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from audio.command_line import CommandLine
from audio.datasets import DataSet, find, names
from audio.datasets.contract import Archive
from audio.errors import DatasetError

BLOCK = 1 << 20  # bytes
TIMEOUT = 60  # s without an answer


def download(dataset: DataSet, folder: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """Fetch and unpack all archives of `dataset` below `folder`; gives the folder to preprocess.

    `progress(bytes, all bytes)`; None draws a bar on stderr. Raises DatasetError: not public, no connection, another
    checksum than the published one, a damaged archive.
    """
    if not dataset.archives:
        public = ", ".join(name for name in names() if find(name).archives)
        raise DatasetError(f"{dataset.title} cannot be fetched; those that can: {public}.")
    folder.mkdir(parents=True, exist_ok=True)
    for archive in dataset.archives:
        packed = fetch(archive, folder, progress)
        unpack(packed, folder)
        packed.unlink()
    only = dataset.archives[0].folder if len(dataset.archives) == 1 else ""
    return folder / only if only else folder


def fetch(archive: Archive, folder: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """Fetch one archive into `folder`, or what is missing of it, and check it."""
    packed = folder / archive.url.rsplit("/", 1)[-1]
    half = packed.with_name(packed.name + ".part")
    have = half.stat().st_size if half.exists() else 0
    request = urllib.request.Request(archive.url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            continued = answer.status == 206
            total = int(answer.headers.get("Content-Length", 0)) + (have if continued else 0)
            with half.open("ab" if continued else "wb") as file:
                _copy(answer, file, have if continued else 0, total, progress)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # 416: all of it is there already
            raise DatasetError(f"{archive.url} answered {error.code} {error.reason}.") from error
    except OSError as error:
        raise DatasetError(f"{archive.url} could not be fetched: {error}. Call again to continue.") from error
    verify(half, archive)
    return half.replace(packed)


def _copy(
    answer: Any, file: IO[bytes], done: int, total: int, progress: Callable[[int, int], None] | None
) -> None:
    with tqdm(total=total, initial=done, unit="B", unit_scale=True, disable=progress is not None) as bar:
        while block := answer.read(BLOCK):
            file.write(block)
            done += len(block)
            bar.update(len(block))
            if progress:
                progress(done, total)


def verify(path: Path, archive: Archive) -> None:
    """Compare with the published checksum, if there is one; a wrong file is removed."""
    if not archive.checksum:
        return
    algorithm, expected = archive.checksum.split(":")
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    if digest.hexdigest() != expected:
        path.unlink()
        raise DatasetError(
            f"{archive.url} has the {algorithm} checksum {digest.hexdigest()}, published is {expected}. "
            "The file was removed: fetch it again, or from another place."
        )


def unpack(packed: Path, folder: Path) -> None:
    """Unpack a tar or zip archive below `folder`; nothing can land outside it."""
    try:
        if zipfile.is_zipfile(packed):
            with zipfile.ZipFile(packed) as archive:
                archive.extractall(folder)
        else:
            with tarfile.open(packed) as archive:
                archive.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise DatasetError(f"{packed} is damaged: {error}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    parser = CommandLine(
        prog="python -m audio.datasets.download",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "dataset", nargs="?", help="name in the registry; none: list those that can be fetched"
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("recordings"))
    args = parser.parse_args(arguments)
    if not args.dataset:
        for dataset in (find(name) for name in names()):
            if dataset.archives:
                print(f"{dataset.name:16} {dataset.title:28} {dataset.licence:16} {dataset.homepage}")
        return 0
    try:
        where = download(find(args.dataset), args.folder)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    free = shutil.disk_usage(where).free / 2**30
    print(
        f"{where} is ready for preprocessing: dataset={args.dataset} data={where} ({free:.1f} GiB left there)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
