"""`soundyard events`: long recordings to tables of what is heard in them, and when.

    soundyard events recordings/ --model model.onnx --out events.csv --jobs 2
    soundyard events night.flac --model model.pt --threshold 0.7 --shortest 0.5 --format audacity
    soundyard events recordings/ --model model.onnx --out events.csv --reference marked.csv

With `--out` a run that was interrupted or killed goes on where it was when it is started again.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from audio import interruption
from audio.errors import AudioError
from audio.events.config import EventConfig
from audio.events.hearing import Found
from audio.events.run import Model, Output, run, streamed
from audio.events.tables import FORMATS
from audio.named import printable
from audio.predict import sound_files
from soundyard.hearing import options as common
from soundyard.hearing.agreement import told
from tasks.errors import SoundyardError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; gives the exit status: 1 when a recording could not be heard."""
    of = parser()
    args, config = common.parse(of, sys.argv[1:] if arguments is None else arguments, EventConfig)
    if args.reference and not args.out:
        of.error("--reference needs --out: the figures stand where the events otherwise would")
    try:
        files = list(dict.fromkeys(sound_files(args.files)))
        model = common.model_of(args)
        if args.out is None:
            return _print(model, config, files, args.format)
        return _write(model, config, files, args)
    except (AudioError, SoundyardError) as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        kept = f"; what was heard is in {args.out}, start again to go on" if args.out else ""
        print(f"interrupted{printable(kept)}", file=sys.stderr)
        return interruption.caught()


def parser() -> argparse.ArgumentParser:
    found = common.parser(
        "events", str(__doc__).split("\n")[0].partition(": ")[2], "FILE|FOLDER ... --model MODEL [options]"
    )
    found.add_argument("files", type=common.place, nargs="+", help="sound files, or folders of them")
    common.add_model(found)
    heading = found.add_argument_group("Output")
    heading.add_argument(
        "--out",
        type=common.place,
        help="file for the table, a folder for several of audacity and raven; without it the table is printed",
    )
    heading.add_argument(
        "--format",
        choices=FORMATS,
        default="csv",
        help="csv, json, labels of Audacity, selections of Raven (csv)",
    )
    heading.add_argument(
        "--jobs", type=common.count, default=1, help="processes that hear; 0: one for each core (1)"
    )
    heading.add_argument(
        "--reference",
        type=common.place,
        help="marked events, as a table or a folder with one for each recording; the agreement is printed",
    )
    return found


def _print(model: Model, config: EventConfig, files: Sequence[Path], kind: str) -> int:
    detector = model.detector(config)
    failed: list[Found] = []
    for part in streamed(detector, files, kind, failed):
        sys.stdout.write(part)
        sys.stdout.flush()
    return 1 if failed else 0


def _write(model: Model, config: EventConfig, files: Sequence[Path], args: argparse.Namespace) -> int:
    whole = len(files) == 1 and not args.files[0].is_dir()
    output = Output(args.out, args.format, whole)
    jobs = args.jobs or os.cpu_count() or 1
    reference = args.reference

    def compare(found: Iterator[Found], classes: list[str]) -> None:
        if reference:
            print(told(reference, list(found), classes))

    failed = run(model, config, files, output, jobs, _above(args.files, files), compare)
    print(f"{len(files) - failed} recordings are in {printable(str(args.out))}", file=sys.stderr)
    if failed:
        print(
            f"{failed} of {len(files)} recordings can't be heard; start again to try them once more",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _above(given: Sequence[Path], files: Sequence[Path]) -> Path:
    """The folder below which the tables of a folder lie as the recordings do."""
    if len(given) == 1 and given[0].is_dir():
        return given[0]
    folders = [path.parent for path in files]
    try:
        return Path(os.path.commonpath(folders)) if folders else Path()
    except ValueError:  # of some the whole path was given, of others not
        return Path()


if __name__ == "__main__":
    sys.exit(main())
