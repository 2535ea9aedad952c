"""The command line of inference: a model's file and sound files, or folders of them, to labels and a table.

    python -m audio.predict model.pt siren.wav street.mp3
    python -m audio.predict model.pt recordings/ --hop 1 --csv heard.csv
    python -m audio.predict siren.wav --model model.onnx                    # without torch

The table has a row for each window, written as soon as its file was heard: what is done stays when the run is
interrupted. A file that can't be heard is a row with the reason in the column `error`, and not the end. Names that are
not UTF-8 are written with the bytes in question as `\\xff`.
"""

import argparse
import contextlib
import csv
import io
import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from audio import interruption
from audio.command_line import CommandLine
from audio.config import PRECISIONS
from audio.datasets.contract import audio_files
from audio.errors import AudioError, ConfigError, DatasetError
from audio.named import printable

if TYPE_CHECKING:
    from audio.inference.predictor import Prediction, Predictor

BROKEN = (AudioError, OSError, ValueError, RuntimeError)  # of one file; torch's and soundfile's among them


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; gives the exit status: 1 when a file could not be heard."""
    args = told(arguments)
    table = Table(args.csv) if args.csv else None
    try:
        if table:
            table.refuse_if_unwritable()
        files = list(sound_files(args.files))
        from audio.inference.predictor import Predictor

        if args.plugins:
            from audio import plugins

            plugins.load([str(one) for one in args.plugins])
        predictor = Predictor(args.model, args.device, args.hop, args.precision, args.calibrated)
        failed = sum(not hear(predictor, path, args.top, table, as_json=args.json) for path in files)
    except AudioError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        kept = f"; {table.files} files are in {table.path}" if table and table.files else ""
        print(f"interrupted{kept}", file=sys.stderr)
        return interruption.caught()
    finally:
        if table:
            table.close()
    if failed and len(files) > 1:
        print(f"{failed} of {len(files)} files could not be heard", file=sys.stderr)
    return 1 if failed else 0


def told(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line, read: its first word is the model where --model does not name one."""
    command = parser()
    args = command.parse_args(arguments)
    if args.model is None:
        args.model, *args.files = args.files
        if not args.files:
            command.error("give the model and sound files: MODEL FILE ..., or FILE ... --model MODEL")
    return args


def parser() -> argparse.ArgumentParser:
    found = CommandLine(
        prog="python -m audio.predict", description=str(__doc__).split("\n")[0], allow_abbrev=False
    )
    found.add_argument(
        "files",
        type=_named,
        nargs="+",
        help="sound files, or folders of them; without --model behind the model",
    )
    found.add_argument("--model", type=_named, help="checkpoint (model.pt) or exported file (model.onnx)")
    found.add_argument("--hop", type=_seconds, help="s between the windows of a long file (half a window)")
    found.add_argument("--top", type=_count, default=3, help="classes shown for a file (3)")
    found.add_argument("--csv", type=_named, help="file for the probabilities of every window")
    found.add_argument("--json", action="store_true", help="a line of JSON for each file, for scripts")
    found.add_argument("--device", default="auto", help="auto, cpu, cuda, …")
    found.add_argument(
        "--plugins",
        type=_named,
        action="append",
        default=[],
        help="file that adds the model; may be given again",
    )
    found.add_argument(
        "--calibrated",
        action="store_true",
        help="probabilities at the temperature that the training has fitted on its development clips",
    )
    found.add_argument("--precision", default="fp32", choices=PRECISIONS, help="that is computed in (fp32)")
    return found


def _named(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("expected the name of a file, got ''")
    return Path(text).expanduser()


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds above 0, got {text!r}")
    return number


def _count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def sound_files(given: Sequence[Path]) -> Iterator[Path]:
    """The files that were named, and every sound file below the folders among them; a folder there that cannot be read
    comes as itself, to be told. Raises DatasetError.
    """
    for path in given:
        if not path.is_dir():
            yield path
        elif found := audio_files(path, closed=True):
            yield from found
        else:
            raise DatasetError(f"There is no sound file in the folder {path}, nor in those in it.")


def hear(
    predictor: "Predictor", path: Path, top: int, table: "Table | None", *, as_json: bool = False
) -> bool:
    """Print one file's answer and write it down; False, with the reason printed and written, if there is none."""
    try:
        found = predictor.file(path)
    except BROKEN as error:
        reason = str(error).strip() or type(error).__name__
        named = reason if str(path) in reason else f"{path} can't be heard: {reason}"
        print(f"error: {printable(named)}", file=sys.stderr)
        if as_json:
            print(json.dumps({"file": printable(str(path)), "error": printable(reason)}), flush=True)
        if table:
            table.write_failure(path, predictor.classes, reason)
        return False
    notes = f"  ({'; '.join(found.notes)})" if found.notes else ""
    answers = "   ".join(f"{name} {probability:.1%}" for name, probability in found.top(top))
    windows = f"  ({len(found.starts)} windows)" if len(found.starts) > 1 else ""
    print(
        _as_json(path, found, top) if as_json else printable(f"{path}  {answers}{windows}{notes}"), flush=True
    )
    if table:
        table.write(path, found)
    return True


def _as_json(path: Path, found: "Prediction", top: int) -> str:
    """A file's answer as JSON."""
    classes = [{"label": name, "probability": float(chance)} for name, chance in found.top(top)]
    told = {
        "file": printable(str(path)),
        "top": classes,
        "windows": len(found.starts),
        "notes": [*found.notes],
    }
    return json.dumps(told, ensure_ascii=False)


class Table:
    """A CSV file that grows by each file that was heard. An earlier one stays until there is something to write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = 0  # that are written
        self._file: IO[str] | None = None

    def refuse_if_unwritable(self) -> None:
        """Make the folder, and find out before hours of work that the file can't be written. Raises ConfigError."""
        if self.path.is_dir():
            raise ConfigError(f"csv {self.path} is a folder; give the name of a file.")
        new = not self.path.exists()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.open("ab").close()
        except OSError as error:
            raise ConfigError(f"csv {self.path} can't be written: {error.strerror or error}.") from error
        if new:
            self.path.unlink()

    def write(self, path: Path, found: "Prediction") -> None:
        """A row for each window."""
        name = printable(str(path))
        rows = zip(found.times(), found.by_window, strict=True)
        self._add(found.classes, "".join(_line([name, *times, *chances, ""]) for times, chances in rows))

    def write_failure(self, path: Path, classes: Sequence[str], reason: str) -> None:
        """A row without answers, with the reason."""
        self._add(classes, _line([printable(str(path)), "", "", *[""] * len(classes), printable(reason)]))

    def _add(self, classes: Sequence[str], lines: str) -> None:
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                self._file.write(_line(["file", "start", "end", *classes, "error"]))
            self._file.write(lines)
            self._file.flush()
        except OSError as error:
            raise ConfigError(
                f"csv {self.path} can't be written: {error.strerror or error}. What was heard before is in it."
            ) from error
        self.files += 1

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # what could not be written was told when it was tried
                self._file.close()


def _line(cells: Sequence[object]) -> str:
    """One line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


if __name__ == "__main__":
    sys.exit(main())
