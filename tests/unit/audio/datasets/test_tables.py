"""Tables of recordings as people and programs write them."""

import csv
import os

import pytest

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig
from audio.datasets import find
from audio.errors import DatasetError
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio.conftest import ignore
from tests.unit.audio.layouts import sound


def read(path):
    return find("csv").read(path, 0)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_separator_and_encoding_is_read(tmp_path, separator, encoding):
    sound(tmp_path / "Hündin 1.wav")
    rows = [
        ["Filename", "Class", "Fold"],
        ["Hündin 1.wav", "Hündin", "2"],
        ["", "", ""],
        ["b.wav", "Kühe", "1"],
    ]
    (tmp_path / "m.csv").write_text("\r\n".join(separator.join(row) for row in rows), encoding=encoding)
    clips = read(tmp_path)
    assert [(c.path, c.labels, c.fold) for c in clips] == [
        (tmp_path / "Hündin 1.wav", ("Hündin",), 2), (tmp_path / "b.wav", ("Kühe",), 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "label"),
    [
        ("path,label", "dog"),
        ("file_name,class_name,x", "dog"),
        ("FilePath,Category", "dog"),
        ("target,fname,fold", "wav"),
        ("filename,target,category", "rain"),  # ESC-50 has both: the name, not the number
        ("slice_file_name,classID,class", "rain"),
    ],
)
def test_columns_go_by_their_usual_names(tmp_path, header, label):
    row = "wav,a.wav,1" if header.startswith("target") else "a.wav,dog,rain"
    (tmp_path / "m.csv").write_text(f"{header}\n{row}\n")
    (clip,) = read(tmp_path)
    assert clip.path.name == "a.wav" and clip.labels == (label,)


def test_a_table_without_a_header_is_files_and_labels(tmp_path):
    (tmp_path / "list.csv").write_text("a.wav,7\nb.flac,8\n")
    assert [(c.path.name, c.labels) for c in read(tmp_path / "list.csv")] == [
        ("a.wav", ("7",)),
        ("b.flac", ("8",)),
    ]


def test_quoted_fields_and_labels_with_commas_stay_whole(tmp_path):
    (tmp_path / "m.csv").write_text('path,label\n"a, b.wav","Dog, barking"\n"say ""hi"".wav",Cow\n')
    assert [(c.path.name, c.labels) for c in read(tmp_path)] == [
        ("a, b.wav", ("Dog, barking",)), ('say "hi".wav', ("Cow",)),
    ]  # fmt: skip


def test_several_labels_are_separated_by_bars_or_in_a_column_of_labels_by_commas(tmp_path):
    (tmp_path / "one.csv").write_text("path,label\na.wav,dog|rain\nb.wav,dog;dog\nc.wav,\n")
    (tmp_path / "two.csv").write_text('fname,labels\na,"dog,rain"\nb,dog\n')
    assert [c.labels for c in read(tmp_path / "one.csv")] == [("dog", "rain"), ("dog",), ()]
    assert [c.labels for c in read(tmp_path / "two.csv")] == [("dog", "rain"), ("dog",)]


def test_files_are_found_beside_the_table_in_audio_above_it_or_by_their_name_alone(tmp_path):
    paths = [
        sound(tmp_path / "meta" / "a.wav"),
        sound(tmp_path / "audio" / "b.wav"),
        sound(tmp_path / "deep" / "er" / "c.wav"),
        sound(tmp_path / "deep" / "d.wav"),
        sound(tmp_path / "far" / "e.wav"),
    ]
    names = ["a.wav", "b.wav", "c", "deep\\d.wav", str(paths[4])]
    (tmp_path / "meta" / "clips.csv").write_text("file,class\n" + "\n".join(f"{name},x" for name in names))
    assert [c.path for c in read(tmp_path)] == paths


def test_a_name_that_fits_two_files_is_left_to_the_list_of_skipped_ones(tmp_path):
    sound(tmp_path / "one" / "a.wav")
    sound(tmp_path / "two" / "a.wav")
    sound(tmp_path / "b.wav")
    (tmp_path / "m.csv").write_text("path,label\na.wav,x\nb.wav,y\nc.wav,y\n")
    config = PreprocessConfig(dataset="csv", data=str(tmp_path / "m.csv"))
    report = preprocess(config, tmp_path / "store", progress=ignore)
    reason = "cannot be read: there is no such file"
    assert report.clips == 1 and report.skipped == [("a.wav", reason), ("c.wav", reason)]


def test_tables_named_like_splits_are_read_together(tmp_path):
    for name in ("train", "valid", "test"):
        (tmp_path / f"{name}.csv").write_text(f"path,label\n{name}.wav,dog\n")
    assert sorted(c.split for c in read(tmp_path)) == ["test", "train", "validation"]


def test_among_several_tables_the_one_with_files_and_labels_is_read(tmp_path):
    (tmp_path / "licences.csv").write_text("author,licence\nme,CC0\n")
    (tmp_path / "all.csv").write_text("path,label\na.wav,dog\n")
    assert [c.path.name for c in read(tmp_path)] == ["a.wav"]


@pytest.mark.parametrize(
    ("folds", "expected"),
    [
        (["0", "1", "2"], [1, 2, 3]),
        (["1.0", "2.0"], [1, 2]),
        (["fold1", "fold10"], [1, 10]),
        (["0", "0"], [0, 0]),
        (["", ""], [0, 0]),
    ],
)
def test_folds_count_from_one_whatever_the_table_says(tmp_path, folds, expected):
    rows = "\n".join(f"{i}.wav,dog,{fold}" for i, fold in enumerate(folds))
    (tmp_path / "m.csv").write_text(f"path,label,fold\n{rows}\n")
    assert [c.fold for c in read(tmp_path)] == expected


def test_segments_of_one_recording_share_it_as_their_source(tmp_path):
    (tmp_path / "m.tsv").write_text("file\tonset\toffset\tlabel\na.wav\t0.5\t2\tx\na.wav\t3\t\ty\n")
    one, two = read(tmp_path)
    assert (one.start, one.end, two.start, two.end) == (0.5, 2.0, 3.0, None)
    assert one.source == two.source == "a.wav"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a.wav,dog,x,,,", "line 3: fold, start and end must be numbers"),
        ("a.wav,dog,1.5,,,", "no whole number"),
        ("a.wav,dog,1,3,2,", "line 3: fold and start must not be negative, end must be after start"),
        ("a.wav,dog,1,nan,,", "line 3: .*'nan' is no time"),
        ("a.wav,dog,1,1,NaN,", "line 3: .*'NaN' is no time; leave it empty"),
        ("a.wav,dog,1,,inf,", "line 3: .*'inf' is no time"),
        ("a.wav,dog,1,1e999,,", "line 3: .*'1e999' is no time"),
        ("a.wav,dog,inf,,,", "line 3: .*'inf' is no whole number"),
        ("a.wav,dog,1,2,2,", "line 3: .*end must be after start"),
        ("a.wav,dog,1,-1,2,", "line 3: .*must not be negative"),
        (",dog,1,,,", "line 3: the path is empty"),
        ("a.wav,dog,1,,,later", "line 3: split is 'later'; it can be test, train, validation"),
        ("a.wav,dog,,,,", "1 of 2 clips have no fold"),
        ("a.wav,,1,,,", "1 clips have no label, the first is a.wav"),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_line(tmp_path, row, words):
    (tmp_path / "m.csv").write_text(f"path,label,fold,start,end,split\nb.wav,cat,1,,,\n{row}\n")
    with pytest.raises(DatasetError, match=words):
        read(tmp_path)


def test_a_table_without_its_columns_names_those_it_has(tmp_path):
    (tmp_path / "m.csv").write_text("what,class\na,b\n")
    with pytest.raises(DatasetError, match=r"lacks the column path; it has: what, class.*filename"):
        read(tmp_path)
    (tmp_path / "m.csv").write_text("path,label\n")
    with pytest.raises(DatasetError, match="no rows below the header"):
        read(tmp_path)


def test_a_clip_that_is_listed_twice_gets_a_name_of_its_own(tmp_path):
    sound(tmp_path / "a.wav")
    (tmp_path / "m.csv").write_text("path,label\na.wav,x\na.wav,y\n")
    preprocess(PreprocessConfig(dataset="csv", data=str(tmp_path)), tmp_path / "store", progress=ignore)
    assert list(ClipStore.open(tmp_path / "store").index["clip"]) == ["a.wav", "a.wav~2"]


def test_files_elsewhere_keep_their_whole_path_as_their_name(tmp_path):
    there = [sound(tmp_path / place / "a.wav") for place in ("one", "two")]
    table = tmp_path / "tables" / "m.csv"
    table.parent.mkdir()
    table.write_text("path,label\n" + "".join(f"{path},x\n" for path in there))
    preprocess(PreprocessConfig(dataset="csv", data=str(table)), tmp_path / "store", progress=ignore)
    assert list(ClipStore.open(tmp_path / "store").index["clip"]) == [str(path).lstrip("/") for path in there]


@pytest.mark.parametrize("listed", ["as it is", "in one sign", "in two signs"])
@pytest.mark.parametrize("name", [b"caf\xe9.wav", "caf\u00e9.wav".encode(), "cafe\u0301.wav".encode()])
def test_a_name_with_an_accent_is_found_however_table_and_folder_write_it(tmp_path, name, listed):
    path = sound(tmp_path / "a.wav").rename(tmp_path / os.fsdecode(name))
    text = {
        "as it is": name,
        "in one sign": "caf\u00e9.wav".encode(),
        "in two signs": "cafe\u0301.wav".encode(),
    }
    rows = [b"path,label", text[listed] + b",x", b"b.wav,B\xe4r", "c.wav,Kühe".encode()]
    (tmp_path / "m.csv").write_bytes(b"\n".join(rows))
    clips = read(tmp_path)
    assert clips[0].path == path and [c.labels for c in clips] == [("x",), ("Bär",), ("Kühe",)]


def test_blanks_around_a_name_may_belong_to_it(tmp_path):
    names = [" a.wav", "b.wav ", "c.wav"]
    paths = [sound(tmp_path / "x.wav").rename(tmp_path / name) for name in names]
    (tmp_path / "m.csv").write_text('path,label\n" a.wav",x\n"b.wav ",x\n c.wav ,x\n')
    assert [c.path for c in read(tmp_path)] == paths


def test_names_with_signs_of_tables_are_found(tmp_path):
    names = ["new\nline.wav", "a,b;c|d.wav", 'say "hi".wav', "tab\t.wav", "-r.wav", "\U0001f415.wav"]
    paths = [sound(tmp_path / name) for name in names]
    with (tmp_path / "m.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "label"], *([name, "x"] for name in names)])
    assert [c.path for c in read(tmp_path)] == paths


def test_what_is_no_table_is_refused_with_a_reason(tmp_path):
    (tmp_path / "m.csv").write_text("path,label\n" + "a" * 200_000 + ",x\n")
    with pytest.raises(DatasetError, match=r"m\.csv is no table that can be read: field larger"):
        read(tmp_path / "m.csv")
