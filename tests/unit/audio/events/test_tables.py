"""Tables of events: what is written is read again, and what other programs write is read, too."""

from pathlib import Path

import pytest

from audio.errors import DatasetError
from audio.events.hearing import Found
from audio.events.reference import read
from audio.events.tables import WRITERS, table_beside
from audio.events.tracking import Event

NAMES = ("a.wav", "b é %:.flac", "silent.wav")


@pytest.fixture
def found() -> list[Found]:
    events = [Event(0.25, 1.5, "dog", 0.9, 0.8), Event(1.0, 2.0, 'a "big", cat', 0.7, 0.6)]
    return [
        Found(Path("in") / NAMES[0], 3.0, events, ["clipped: 2.0% of the samples"]),
        Found(Path("in") / "more" / NAMES[1], 3.0, events[:1]),
        Found(Path("in") / NAMES[2], 3.0),
    ]


def times(events: list[Event]) -> list[tuple[float, float, str]]:
    return [(one.onset, one.offset, one.label) for one in events]


def test_csv_and_json_of_all_recordings_are_read_again(found, tmp_path):
    for kind in ("csv", "json"):
        table = tmp_path / f"table.{kind}"
        table.write_text("".join(WRITERS[kind](found)))
        marked = read(table, [one.path for one in found])
        named = found if kind == "json" else found[:2]  # a row of CSV is an event
        assert {path: times(events) for path, events in marked.items()} == {
            one.path: times(one.events) for one in named
        }


def test_labels_of_audacity_and_selections_of_raven_lie_as_the_recordings_do(found, tmp_path):
    for kind in ("audacity", "raven"):
        for one in found:
            place = tmp_path / kind / table_beside(one.path, Path("in"), kind)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("".join(WRITERS[kind]([one])))
        assert (tmp_path / kind / "more").is_dir()
        marked = read(tmp_path / kind, [one.path for one in found])
        assert {path: times(events) for path, events in marked.items()} == {
            one.path: times(one.events) for one in found
        }


def test_what_cannot_be_heard_is_a_row_with_the_reason(tmp_path):
    broken = [Found(Path("x.wav"), 0.0, error="x.wav can't be heard: no, not\nsound")]
    assert 'x.wav,,,,,,"x.wav can\'t be heard: no, not\nsound"' in "".join(WRITERS["csv"](broken))
    assert '"error": "x.wav can\'t be heard' in "".join(WRITERS["json"](broken))
    assert "".join(WRITERS["json"]([])) == "[]\n"


@pytest.mark.parametrize(
    "text",
    [
        "filename\tonset\toffset\tevent_label\na.wav\t0.5\t1\tdog\n",  # DCASE
        "a.wav\t0.5\t1\tdog\n",  # the same without a header
        "file;start;end;label\r\n./in/a.wav;0.5;1;dog\r\n",  # a spreadsheet
        "\ufeffFile,Start,End,Label\na.wav,0.5,1,dog\n",
        "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tBegin File\tAnnotation\n"
        "1\tSpectrogram 1\t1\t0.5\t1\t0\ta.wav\tdog\n",
    ],
)
def test_tables_of_others_are_read(text, tmp_path):
    (tmp_path / "marked.txt").write_text(text)
    recordings = [Path("/data/in/a.wav"), Path("/data/in/b.wav")]
    marked = read(tmp_path / "marked.txt", recordings)
    assert {path: times(events) for path, events in marked.items()} == {recordings[0]: [(0.5, 1.0, "dog")]}


def test_labels_of_audacity_alone_belong_to_the_only_recording(tmp_path):
    table = tmp_path / "labels.txt"
    table.write_text("0.5\t1.0\tdog\n\\\t100.0\t900.0\n")
    assert times(read(table, [Path("a.wav")])[Path("a.wav")]) == [(0.5, 1.0, "dog")]
    with pytest.raises(DatasetError, match="does not say of which recording"):
        read(table, [Path("a.wav"), Path("b.wav")])


def test_a_name_that_two_recordings_have_needs_its_folder(tmp_path):
    table = tmp_path / "marked.csv"
    recordings = [Path("x/a.wav"), Path("y/a.wav")]
    table.write_text("file,onset,offset,label\ny/a.wav,0,1,dog\n")
    assert list(read(table, recordings)) == recordings[1:]
    table.write_text("file,onset,offset,label\na.wav,0,1,dog\n")
    with pytest.raises(DatasetError, match="names no recording that was heard"):
        read(table, recordings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,onset,offset,label\na.wav,one,2,dog\n", "line 2: onset 'one'"),
        ("file,onset,offset,label\na.wav,2,1,dog\n", "the second not before the first"),
        ("file,onset,label\na.wav,2,dog\n", "no column for offset"),
        ("just some text\n", "is no table of events"),
        ("\x00\x01,\xff\n", "is no table of events"),
    ],
)
def test_what_is_no_table_of_events_is_refused_for_what_is_wrong(text, said, tmp_path):
    (tmp_path / "marked.csv").write_text(text)
    with pytest.raises(DatasetError, match=said):
        read(tmp_path / "marked.csv", [Path("a.wav")])
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(DatasetError, match="no JSON of events"):
        read(tmp_path / "broken.json", [Path("a.wav")])
    with pytest.raises(DatasetError, match="can't be read: No such file"):
        read(tmp_path / "gone.csv", [Path("a.wav")])
