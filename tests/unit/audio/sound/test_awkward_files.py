"""Every file of an awkward folder is read, skipped or left out with a reason, or counted: none is lost in silence."""

import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from audio.clips.store import ClipStore
from audio.clips.table import clip_table
from audio.config import PreprocessConfig
from audio.inspection.inspect import inspect
from audio.named import printable
from audio.preprocessing.preprocess import PreprocessReport, preprocess
from tests.unit.audio.awkward import EVERY
from tests.unit.audio.awkward.contract import Awkward
from tests.unit.audio.conftest import ignore


def config(folder: Path) -> PreprocessConfig:
    return PreprocessConfig(dataset="folder", data=str(folder), sample_rate=8000)


@pytest.fixture(scope="module")
def awkward(tmp_path_factory) -> tuple[Path, Path, PreprocessReport]:
    """The folder, its store, and what preprocessing in two processes told of it."""
    folder = tmp_path_factory.mktemp("awkward")
    for one in EVERY:
        one.write(folder / "in")
    report = preprocess(config(folder / "in"), folder / "out", progress=ignore, workers=2)
    yield folder / "in", folder / "out", report
    shutil.rmtree(folder)


def name_of(one: Awkward) -> str:
    return printable(os.fsdecode(one.name))


def files_of(folder: Path) -> list[str]:
    """Every file below a folder by what the system says, apart from all that is tested."""
    found = []
    for above, _, names in os.walk(os.fsencode(folder)):
        for name in names:
            path = os.path.join(above, name)  # noqa: PTH118
            found.append(printable(os.fsdecode(os.path.relpath(path, os.fsencode(folder)))))
    return found


def test_every_file_is_accounted_for(awkward):
    folder, out, report = awkward
    read, skipped, left = set(ClipStore.open(out).index["clip"]), dict(report.skipped), dict(report.left_out)
    assert len(EVERY) > 200
    assert not read & skipped.keys() and not (read | skipped.keys()) & left.keys()
    files = files_of(folder)
    unnamed = set(files) - read - skipped.keys() - left.keys()
    assert read | skipped.keys() | left.keys() <= set(files)
    assert (
        len(files) == len(set(files)) == report.clips + len(skipped) + len(left) + sum(report.others.values())
    )
    assert unnamed == {name_of(one) for one in EVERY if one.fate == "no sound"}
    assert all(reason.strip() for reason in [*skipped.values(), *left.values()])


@pytest.mark.parametrize("one", EVERY, ids=lambda one: ascii(name_of(one))[1:60])
def test_its_fate_is_what_it_should_be(awkward, one):
    _, out, report = awkward
    skipped, left, noted = dict(report.skipped), dict(report.left_out), dict(report.noted)
    name = name_of(one)
    read = name in ClipStore.open(out).index.index
    if one.fate in ("read", "cut"):
        assert read, skipped.get(name)
        assert one.says in noted.get(name, "")
        assert ("truncated" in noted.get(name, "")) is (one.fate == "cut"), noted.get(name)
    elif one.fate == "either":
        assert read or skipped[name]
    elif one.fate in ("skipped", "left out"):
        assert one.says in (skipped if one.fate == "skipped" else left)[name]
    else:
        assert not read and name not in skipped and name not in left


def test_what_was_read_is_heard_and_listed_and_inspected(awkward):
    store = ClipStore.open(awkward[1])
    assert all(np.isfinite(store.waveform(clip)).all() for clip in store.index["clip"])
    table = clip_table(store, store.index, progress=ignore)
    assert len(table) == len(store) and table["clip"].is_unique
    kinds = Counter(inspect(store, progress=ignore).findings["kind"])
    assert kinds["truncated"] >= 10 and kinds["channels cancel"] == 1 and kinds["DC offset"] == 2


def test_one_process_that_is_stopped_and_goes_on_gives_the_same(awkward, tmp_path):
    folder, out, report = awkward
    asked = iter(range(10**6))
    with pytest.raises(InterruptedError):
        preprocess(
            config(folder), tmp_path / "out", progress=ignore, workers=1, should_stop=lambda: next(asked) > 90
        )
    again = preprocess(config(folder), tmp_path / "out", progress=ignore, workers=2)
    assert (again.skipped, again.noted, again.left_out) == (report.skipped, report.noted, report.left_out)
    assert again.reused > 90 and ClipStore.open(tmp_path / "out").index.equals(ClipStore.open(out).index)
    assert (tmp_path / "out" / "audio.i16").read_bytes() == (out / "audio.i16").read_bytes()


def test_a_second_version_takes_all_of_it_over(awkward, tmp_path):
    folder, out, report = awkward
    again = preprocess(config(folder), tmp_path / "out", progress=ignore, workers=1, reuse_from=out)
    assert again.reused == report.clips and again.noted == report.noted


def test_a_class_called_with_a_bar_is_one_class(awkward):
    _, out, report = awkward
    store = ClipStore.open(out)
    assert "a|b" in report.classes and not store.multi_label
    assert store.targets(store.index).sum() == len(store)
