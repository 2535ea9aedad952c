"""Clips taken by a column, and labels read out of file names, for every data set alike."""

import re
from pathlib import Path

import pytest
import soundfile

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig
from audio.datasets import find, names
from audio.datasets.choosing import chosen, relabelled, values_of
from audio.datasets.contract import Clip
from audio.errors import ConfigError, DatasetError
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio.conftest import ignore, tone
from tests.unit.audio.layouts import LAYOUTS

FASTAI = r"(\w+)_\w+_\d+-\d+-\d+"  # the pattern of the NSynth tutorial
OWN = {  # columns that the layouts of tests/unit/audio/layouts.py have, a value of each
    ("esc50", "table"): ("src_file", "1000"),
    ("urbansound8k", "table"): ("fsID", "101"),
    ("nsynth", "splits"): ("instrument_source", "acoustic"),
    ("fsdd", "recordings"): ("take", "4"),
    ("speechcommands", "lists"): ("speaker", "00000001"),
}


def notes():
    files = ("guitar_acoustic_001-060-100.wav", "synth_lead_synthetic_011-064-127.wav")
    return [Clip(Path(name), ("?",), columns={"instrument_source": name.split("_")[-2]}) for name in files]


def test_the_pattern_of_the_tutorial_finds_families_as_fastais_labeller_does():
    clips = relabelled(notes(), FASTAI)
    assert [clip.labels for clip in clips] == [("guitar",), ("synth_lead",)]
    # RegexLabeller: re.compile(pat).search(name).group(1)
    assert [clip.labels[0] for clip in clips] == [re.search(FASTAI, c.path.name)[1] for c in notes()]


def test_a_group_that_is_called_label_is_taken_of_several():
    (first, _) = relabelled(notes(), r"(\w+)_(?P<label>acoustic|synthetic)_")
    assert first.labels == ("acoustic",)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("(", "no regular expression"), (r"\w+", "no groups; it must have one"), (r"(a)(b)", "2 groups")],
)
def test_a_bad_pattern_is_refused_before_any_file_is_read(pattern, said):
    with pytest.raises(ConfigError, match=said):
        PreprocessConfig(label_pattern=pattern)


def test_a_pattern_that_finds_nothing_names_the_first_such_file():
    with pytest.raises(DatasetError, match=r"in 1 of 2 names, the first is guitar_acoustic_001"):
        relabelled(notes(), r"(synth)_")


@pytest.mark.parametrize(
    ("where", "taken"),
    [
        ("instrument_source=acoustic", 1),
        ("instrument_source = acoustic | synthetic", 2),
        ("instrument_source!=acoustic", 1),
        ("instrument_source=acoustic; file=guitar_acoustic_001-060-100.wav", 1),
        ("", 2),
    ],
)
def test_conditions_take_the_clips_that_meet_them(where, taken):
    assert len(chosen(notes(), where)) == taken


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (
            "instrument=acoustic",
            r"no column 'instrument'.*Did you mean 'instrument_source'.*There are: .*file.*fold",
        ),
        ("instrument_source=accoustic", r"no clip has 'accoustic'.*There are: 'acoustic', 'synthetic'"),
        ("instrument_source=acoustic;instrument_source=synthetic", "none of the 2 clips"),
    ],
)
def test_what_is_not_there_is_refused_with_what_there_is(where, said):
    with pytest.raises(DatasetError, match=said):
        chosen(notes(), where)


@pytest.mark.parametrize("where", ["acoustic", "=acoustic", "!=x"])
def test_what_is_no_condition_is_refused_at_once(where):
    with pytest.raises(ConfigError, match="it must be like instrument_source=acoustic"):
        PreprocessConfig(where=where)


@pytest.mark.parametrize(("name", "variant"), LAYOUTS)
def test_every_data_set_can_be_taken_in_part(name, variant, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    root = tmp_path / "data"
    root.mkdir()
    LAYOUTS[name, variant](root)
    clips = find(name).read(root, 0)
    there = [label for clip in clips for label in clip.labels]
    some = next(label for label in there if any(label not in clip.labels for clip in clips))
    for column, value in filter(None, (OWN.get((name, variant)), ("label", some))):
        part = chosen(clips, f"{column}={value}")
        assert 0 < len(part) < len(clips) and all(value in values_of(clip, column) for clip in part)
    assert {one for one, _ in LAYOUTS} == set(names())


def test_a_store_holds_the_chosen_clips_under_the_labels_of_the_pattern(tmp_path):
    folder = tmp_path / "nsynth é:%" / "nsynth-train" / "audio"
    folder.mkdir(parents=True)
    for family in ("guitar_acoustic", "brass_acoustic", "bass_synthetic"):
        for pitch in range(60, 64):
            soundfile.write(folder / f"{family}_011-0{pitch}-100.wav", tone(0.3, 8000), 8000)
    config = PreprocessConfig(
        dataset="nsynth",
        data=str(tmp_path / "nsynth é:%"),
        sample_rate=8000,
        where="instrument_source=acoustic; pitch!=63",
        label_pattern=r"\w+_011-(\d+)",
    )
    report = preprocess(config, tmp_path / "store", progress=ignore)
    store = ClipStore.open(tmp_path / "store")
    assert store.classes == ["060", "061", "062"] and len(store) == 6
    assert len(report.left_out) == 6 and "instrument_source=acoustic" in report.left_out[0][1]


def test_any_column_of_a_table_can_be_asked_for(tmp_path):
    rows = ["path,label,Country"] + [f"{i}.wav,{'ab'[i % 2]},{'nz' if i < 4 else 'de'}" for i in range(8)]
    (tmp_path / "m.csv").write_text("\n".join(rows))
    clips = find("csv").read(tmp_path / "m.csv", 0)
    assert [clip.path.name for clip in chosen(clips, "Country=nz")] == ["0.wav", "1.wav", "2.wav", "3.wav"]
