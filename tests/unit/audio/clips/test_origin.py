"""Which clips weights come from: the same store however it is copied, another one whatever was changed in it."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.checkpoints.origin import Origin
from audio.clips.identity import fingerprint, marks
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig
from audio.errors import CheckpointError, ConfigError, StoreError
from audio.evaluation.crossvalidation import crossvalidate, refuse_start
from audio.evaluation.crossvalidation import fingerprint as fingerprint_of_a_fold
from audio.evaluation.evaluate import evaluate
from audio.training.train import train
from tests.unit.audio.conftest import ignore


def changed(store, **columns):
    return dataclasses.replace(store, index=store.index.assign(**columns))


def shifted(store):
    """The same clips, drawn into other folds."""
    return changed(store, fold=store.index["fold"] % 5 + 1)


def some_in_another_fold(store, count):
    """The same clips, of which some of fold 2 lie in fold 1."""
    fold = store.index["fold"].to_numpy().copy()
    fold[np.flatnonzero(fold == 2)[:count]] = 1
    return changed(store, fold=fold)


def test_the_fingerprint_changes_with_each_thing_that_makes_another_result(store):
    index = store.index
    others = [
        index.assign(fold=index["fold"] % 5 + 1),
        index.assign(label=list(index["label"])[::-1]),
        index.assign(split="train"),
        index.assign(content=["another", *index["content"][1:]]),
        index.assign(clip=["renamed.wav", *index["clip"][1:]]),
        index.iloc[1:],
        index.iloc[::-1],
    ]
    assert len({fingerprint(one) for one in [index, *others]}) == 1 + len(others)


def test_a_store_that_was_copied_elsewhere_is_the_same_and_a_changed_index_is_refused(store, tmp_path):
    folder = tmp_path / "elsewhere"
    shutil.copytree(store.folder, folder)
    again = ClipStore.open(folder)
    assert again.manifest["fingerprint"] == fingerprint(again.index) == fingerprint(store.index)
    table = pd.read_parquet(folder / "index.parquet")
    table.assign(fold=table["fold"] % 5 + 1).to_parquet(folder / "index.parquet", index=False)
    with pytest.raises(StoreError, match="behind the store's back"):
        ClipStore.open(folder)


def test_a_mark_is_of_the_sound_whatever_the_clip_is_called(store):
    rows = store.index.iloc[:6]
    assert len(set(marks(rows))) == 6
    renamed = rows.assign(clip=[f"other/{n}.wav" for n in range(6)])
    assert (marks(renamed) == marks(rows)).all()
    parts = rows.iloc[[0, 0]].assign(clip=["a.wav#0-1", "a.wav#1-2"])
    assert len(set(marks(parts))) == 2


def test_a_part_of_a_recording_that_was_trained_on_in_other_parts_is_known(store):
    """A set that is cut into other segments holds the same sound under other names."""
    rows = store.index.iloc[:4].assign(
        content="one", start=[0.0, 10.0, 20.0, 30.0], end=[10.0, 20.0, 30.0, np.inf]
    )
    rows["clip"] = [f"a.wav#{s:g}-" for s in rows["start"]]
    origin = Origin.of(store, rows.iloc[[1]])
    assert list(origin.heard(rows)) == [False, True, False, False]
    others = rows.assign(start=[0.0, 5.0, 19.5, 20.0], end=[10.0, 11.0, 21.0, 40.0], clip=list("abcd"))
    assert list(origin.heard(others)) == [False, True, True, False]
    again = Origin.in_checkpoint({"origin": origin.state()})
    assert again is not None and list(again.heard(others)) == [False, True, True, False]
    old = Origin.in_checkpoint(
        {"origin": {k: origin.state()[k] for k in ("clips", "trained_on", "complete")}}
    )
    assert old is not None and list(old.heard(rows)) == [False, True, False, False]


def test_a_training_is_not_resumed_on_other_clips_and_both_are_named(store, tiny, tmp_path):
    kept = train(tiny, store, checkpoint_dir=tmp_path, progress=ignore).last_path
    other = shifted(store)
    longer = dataclasses.replace(tiny, epochs=3)
    with pytest.raises(CheckpointError) as caught:
        train(longer, other, checkpoint_dir=tmp_path / "b", resume_from=kept, progress=ignore)
    assert fingerprint(store.index) in str(caught.value) and fingerprint(other.index) in str(caught.value)
    with pytest.raises(CheckpointError, match="Set fold"):
        train(
            dataclasses.replace(longer, fold=2),
            store,
            checkpoint_dir=tmp_path / "b",
            resume_from=kept,
            progress=ignore,
        )
    assert train(longer, store, checkpoint_dir=tmp_path, resume_from=kept, progress=ignore).epochs == 3


def test_clips_that_the_model_was_trained_on_are_refused_or_told_apart(store, tiny, tmp_path):
    model = train(tiny, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    with pytest.raises(ConfigError, match="trained on"):
        evaluate(model, store, EvaluateConfig(fold=2))
    with pytest.raises(ConfigError, match=r"trained on.*apart would leave none.*Use the fold.*dataset_id"):
        evaluate(model, shifted(store), EvaluateConfig(overlap="apart"))  # every one of them
    moved = np.flatnonzero(store.index["fold"] == 2)[:5]
    mixed = some_in_another_fold(store, 5)
    with pytest.raises(ConfigError, match=r"5 of the.*or overlap=apart, which leaves them out"):
        evaluate(model, mixed, EvaluateConfig())
    found, clean = (
        evaluate(model, mixed, EvaluateConfig(overlap="apart")),
        evaluate(model, store, EvaluateConfig()),
    )
    assert found.apart is not None and set(found.apart.clips["clip"]) == set(store.index["clip"].iloc[moved])
    assert found.accuracy == clean.accuracy and len(found.clips) == len(clean.clips)
    assert "5 of the" in found.note and not clean.note


def test_a_sound_that_the_set_holds_twice_is_left_out_of_the_figures_with_a_word(store, tiny, tmp_path):
    content = store.index["content"].to_numpy().copy()
    first, second = (int(np.flatnonzero(store.index["fold"] == fold)[0]) for fold in (1, 2))
    content[first] = content[second]
    twice = changed(store, content=content)
    model = train(tiny, twice, checkpoint_dir=tmp_path, progress=ignore).model_path
    found = evaluate(model, twice, EvaluateConfig())
    assert found.apart is not None and list(found.apart.clips["clip"]) == [twice.index["clip"].iloc[first]]
    assert twice.index["clip"].iloc[first] not in set(found.clips["clip"]) and "1 of the" in found.note


def test_weights_that_were_trained_on_the_held_out_clips_are_no_start(store, tiny, tmp_path):
    first = train(tiny, store, checkpoint_dir=tmp_path / "a", progress=ignore).model_path
    again = dataclasses.replace(tiny, weights=str(first))
    result = train(again, store, checkpoint_dir=tmp_path / "b", progress=ignore)  # the same fold is held out
    assert not evaluate(result.model_path, store, EvaluateConfig()).note
    other = dataclasses.replace(again, fold=2)
    with pytest.raises(ConfigError, match="`weights`"):
        train(other, store, checkpoint_dir=tmp_path / "c", progress=ignore)
    with pytest.raises(ConfigError, match=r"`weights`.*fold 2: 32 of 32; fold 3: 32 of 32"):
        crossvalidate(again, store, tmp_path / "d", folds=[1, 2, 3])
    assert not any((tmp_path / "d").glob("seed*")), "before anything was trained"
    allowed = train(
        dataclasses.replace(other, overlap="apart"), store, checkpoint_dir=tmp_path / "e", progress=ignore
    )
    with pytest.raises(ConfigError, match="trained on"):
        evaluate(allowed.model_path, store, EvaluateConfig())


def test_results_of_folds_started_from_weights_belong_to_what_is_in_their_file(store, tiny, tmp_path):
    def known_as(content, name):
        (tmp_path / name).write_bytes(content)
        return fingerprint_of_a_fold(dataclasses.replace(tiny, weights=str(tmp_path / name)), store, [1.0])

    first = known_as(b"one", "a.pt")
    assert known_as(b"one", "b.pt") == first != known_as(b"two", "a.pt")
    assert first != fingerprint_of_a_fold(tiny, store, [1.0])


def test_folds_that_start_from_weights_of_held_out_clips_are_told_when_they_are_left_out(
    store, tiny, tmp_path, capsys
):
    first = train(tiny, store, checkpoint_dir=tmp_path / "a", progress=ignore).model_path
    capsys.readouterr()  # a training says its precision on some processors
    refuse_start(dataclasses.replace(tiny, weights=str(first)), store, [1])
    assert not capsys.readouterr().out
    apart = dataclasses.replace(tiny, weights=str(first), overlap="apart", epochs=1)
    with pytest.raises(
        ConfigError, match=r"fold 4: 32 of 32.*of fold 4 no other clip is left. Hold out other folds"
    ):
        crossvalidate(apart, store, tmp_path / "b", folds=[1, 4])
    assert not any((tmp_path / "b").glob("seed*")), "before anything was trained"
    mixed = some_in_another_fold(store, 5)
    found = crossvalidate(apart, mixed, tmp_path / "c", folds=[1])
    clean = crossvalidate(apart, store, tmp_path / "d", folds=[1])
    assert found is not None and clean is not None and found.clips == clean.clips == 32
    assert "left out of the figures: fold 1: 5 of 37" in capsys.readouterr().out
    state = checkpoints.load(first)
    torch.save({**state, "origin": None}, first)
    refuse_start(dataclasses.replace(tiny, weights=str(first)), store, [1, 4])
    assert "nothing proves" in capsys.readouterr().out


def test_results_of_folds_are_not_taken_over_from_a_store_with_other_folds(store, tiny):
    assert fingerprint_of_a_fold(tiny, store, [1.0]) == fingerprint_of_a_fold(tiny, store, [1.0])
    assert fingerprint_of_a_fold(tiny, store, [1.0]) != fingerprint_of_a_fold(tiny, shifted(store), [1.0])


def test_a_checkpoint_and_a_store_of_before_still_open_and_say_what_they_cannot_prove(
    store, tiny, tmp_path, capsys
):
    folder = tmp_path / "old"
    shutil.copytree(store.folder, folder)
    manifest = json.loads((folder / "store.json").read_text())
    del manifest["fingerprint"]
    (folder / "store.json").write_text(json.dumps(manifest))
    pd.read_parquet(folder / "index.parquet").drop(columns="content").to_parquet(
        folder / "index.parquet", index=False
    )
    result = train(tiny, ClipStore.open(folder), checkpoint_dir=tmp_path, progress=ignore)
    assert "nothing proves" in evaluate(result.model_path, ClipStore.open(folder), EvaluateConfig()).note
    for path in (result.last_path, result.model_path):
        state = checkpoints.load(path)
        del state["origin"]
        torch.save(state, path)
    assert "nothing proves" in evaluate(result.model_path, store, EvaluateConfig()).note
    longer = dataclasses.replace(tiny, epochs=3)
    train(longer, store, checkpoint_dir=tmp_path, resume_from=result.last_path, progress=ignore)
    assert "not known" in capsys.readouterr().out


def test_a_resumed_choice_of_the_best_ends_with_its_weights_and_its_own_figures(store, tiny, tmp_path):
    chosen = {"validation": "development", "select": "best"}
    rising = {"learning_rate": 0.1, "warmup": 0.9, "ema": 0.0}  # the first epoch is the best
    config = dataclasses.replace(tiny, epochs=6, threads=1, **chosen, **rising)
    whole = train(config, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    losses = [epoch["loss/validation"] for epoch in whole.history]
    best = losses.index(min(losses)) + 1
    assert best < 5
    epochs = iter(range(1000))
    first = train(
        config,
        store,
        checkpoint_dir=tmp_path / "part",
        progress=ignore,
        should_stop=lambda: next(epochs) == 4 * 5 - 1,  # in the fifth epoch
    )
    assert first.stopped and first.epochs >= best
    last = shutil.copy(first.last_path, tmp_path / "last.pt")
    second = train(config, store, checkpoint_dir=tmp_path / "elsewhere", resume_from=last, progress=ignore)
    kept, again = (checkpoints.load(one.model_path) for one in (whole, second))
    assert kept["epoch"] == again["epoch"] == best == whole.chosen_epoch == second.chosen_epoch
    for name, tensor in kept["weights"].items():
        assert torch.equal(tensor, again["weights"][name]), name
    for metrics in (kept["metrics"], again["metrics"], whole.metrics, second.metrics):
        assert metrics["loss/validation"] == losses[best - 1]
        assert metrics["loss/train"] == whole.history[best - 1]["loss/train"]
