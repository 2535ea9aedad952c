"""Tables that list recordings, as people write them: any of the usual separators, encodings and column names.

Spreadsheets write `;` and a byte-order mark, annotation tools write tabs and `onset`, published sets say `filename` and
`category`. What a column means is told by its name; the first name of a list that is there counts.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from audio.errors import DatasetError
from audio.io.sniffing import is_called_sound

SEPARATORS = (",", ";", "\t", "|")
COLUMNS = {
    "path": (
        "path", "file", "filename", "file_name", "filepath", "file_path", "audio", "audio_path", "audio_file",
        "audio_filename", "audio_filepath", "wav", "wav_file", "wav_path", "fname", "slice_file_name", "clip",
        "recording",
    ),
    "label": (
        "label", "labels", "class", "class_name", "classname", "category", "genre", "tag", "tags", "word", "emotion",
        "species", "target", "label_id", "class_id", "classid", "y",
    ),
    "fold": ("fold", "fold_id", "cv_fold"),
    "split": ("split", "subset", "partition", "set"),
    "source": ("source", "source_id", "src_file", "fsid", "recording_id", "group"),
    "start": ("start", "start_time", "start_seconds", "onset", "begin", "begin_time_(s)"),
    "end": ("end", "end_time", "end_seconds", "offset", "stop", "end_time_(s)"),
}  # fmt: skip
PLURAL = ("labels", "tags")  # these hold several labels, with commas between


@dataclass
class Table:
    """A table's rows, under this project's names of the columns."""

    path: Path
    plural: bool  # the column of labels holds several, with commas between
    rows: list[tuple[int, dict[str, str]]]  # line number and values
    cells: list[dict[str, str]]  # of the same rows: all that stands there, under the table's own names


def read_table(path: Path) -> Table:
    """Read a table. Raises DatasetError when it has no column of files or none of labels."""
    try:
        return _table(path, _text(path))
    except csv.Error as error:
        raise DatasetError(f"{path} is no table that can be read: {error}.") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error


def _table(path: Path, text: str) -> Table:
    separator = _separator(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = next(lines, [])
    if _is_a_row(header):
        found, plural, names = {"path": 0, "label": 1}, False, []
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    else:
        found, names = _places(header), header
        if missing := [name for name in ("path", "label") if name not in found]:
            also = " or ".join(", ".join(COLUMNS[name][1:6]) for name in missing)
            raise DatasetError(
                f"{path} lacks the column {', '.join(missing)}; it has: {', '.join(header)}. Usual other names, like "
                f"{also}, are understood as well."
            )
        plural = _plain(header[found["label"]]) in PLURAL
    rows, cells = [], []
    for row in lines:
        if any(cell.strip() for cell in row):
            values = {name: _cell(name, row[i]) if i < len(row) else "" for name, i in found.items()}
            rows.append((lines.line_num, values))
            cells.append({name.strip(): row[i].strip() for i, name in enumerate(names) if i < len(row)})
    return Table(path, plural, rows, cells)


def _cell(column: str, text: str) -> str:
    """Without the blanks around it, but of a path, where they may belong to the name."""
    return text if column == "path" and text.strip() else text.strip()


def is_table(path: Path) -> bool:
    """Whether a table lists files with labels."""
    try:
        read_table(path)
    except DatasetError:
        return False
    return True


def _text(path: Path) -> str:
    """The text of a file in UTF-16 with its mark, or line by line in UTF-8 or else Western Europe's old encoding.

    Names of files are bytes: a list of them may well hold both.
    """
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    return "".join(map(_line, content.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)))


def _line(content: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            pass
    return content.decode("latin-1")  # which has a sign for every byte


def _separator(text: str) -> str:
    """The separator that makes the most columns with a meaning of the first line, else the most columns."""
    first = text.split("\n", 1)[0]

    def worth(separator: str) -> tuple[int, int]:
        header = next(csv.reader([first], delimiter=separator), [])
        return len(_places(header)), len(header)

    return max(SEPARATORS, key=worth)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _places(header: list[str]) -> dict[str, int]:
    """Where each column is, by this project's name of it."""
    places = {_plain(name): i for i, name in reversed(list(enumerate(header)))}
    found = {}
    for name, others in COLUMNS.items():
        if known := [other for other in others if other in places]:
            found[name] = places[known[0]]
    return found


def _is_a_row(first: list[str]) -> bool:
    """Whether a table begins without a header: with a file and its label."""
    return len(first) == 2 and is_called_sound(Path(first[0].strip()))
