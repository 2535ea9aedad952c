"""Parts of the tasks that can be looked at alone: what is reported, said, kept and published of given results."""

import math
import uuid
from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from audio.metrics.paired import paired
from tasks import compare, crossvalidate, preprocess, publish, train
from tasks.client import decisions
from tasks.client.connection import Connection
from tasks.errors import NothingThere
from tasks.study.optimizer import Study
from tasks.study.repeats import Setting
from tasks.study.space import Range, points, ranges
from tasks.study.trials import Trial


class Logger:
    """Notes what it is given to report."""

    def __init__(self):
        self.values, self.scalars, self.tables = {}, [], {}

    def report_single_value(self, name, value):
        self.values[name] = value

    def report_scalar(self, title, series, value, iteration):
        self.scalars.append((title, series, value, iteration))

    def report_table(self, title, series, iteration, table_plot):
        self.tables[title] = (series, table_plot)


@pytest.fixture
def run():
    return SimpleNamespace(logger=Logger(), task=SimpleNamespace(id="t"), parameters=None)


# Comparing


def test_both_models_figures_are_reported_beside_each_other(run, capsys):
    result = SimpleNamespace(
        accuracy=0.75, macro_f1=0.7, loss=0.5, interval=(0.6, 0.9), note="few clips", text=lambda: "so it is"
    )
    compare._report_model(run, "new", result)
    assert run.logger.values == {
        "accuracy, new": 0.75,
        "macro_f1, new": 0.7,
        "loss, new": 0.5,
        "accuracy, 95 % from, new": 0.6,
        "accuracy, 95 % to, new": 0.9,
    }
    assert run.logger.scalars == [
        ("accuracy", "new", 0.75, 0),
        ("macro_f1", "new", 0.7, 0),
        ("loss", "new", 0.5, 0),
    ]
    assert capsys.readouterr().out == "new: so it is\nNOTE: new: few clips\n"
    compare._report_model(run, "new", SimpleNamespace(**{**vars(result), "note": ""}))
    assert "NOTE" not in capsys.readouterr().out


def test_who_is_right_where_the_other_is_wrong_is_reported_in_points(run):
    both = paired(np.arange(100) < 90, (np.arange(100) >= 10) & (np.arange(100) < 80), range(100))
    compare._report_both(run, both)
    values = run.logger.values
    assert (values["clips"], values["recordings"], values["gain, points"]) == (100, 100, 20.0)
    assert (values["right: only the new one"], values["right: only the published one"]) == (20, 0)
    assert values["gain, 95 % from"] == round(both.interval[0] * 100, 3) < 20
    assert values["gain, 95 % to"] == round(both.interval[1] * 100, 3) > 20
    assert values["p, McNemar (exact)"] == float(f"{both.p_mcnemar:.3g}") < 0.05
    assert values["p, bootstrap by recordings"] == float(f"{both.p_bootstrap:.3g}")
    series, table = run.logger.tables["comparison"]
    assert series == "on the same clips" and list(table["figure"]) == list(values)
    assert list(table["value"]) == list(values.values())


def test_a_decision_is_told_with_its_figures_and_the_interval_of_its_gain():
    both = paired(np.arange(100) < 90, np.arange(100) < 70, range(100))
    told = compare.decide(compare.CompareParameters(), 0.9, both, "old", "new").reason
    low, high = (100 * one for one in both.interval)
    assert f"(95 % interval {low:+.2f} to {high:+.2f}) on 100 clips of 100 recordings" in told
    assert "right where the other is wrong: 20 against 0; p = " in told


def test_clips_that_both_have_heard_are_compared_by_their_ids():
    new = pd.DataFrame({"right": [True, False], "recording": ["r1", "r2"]}, index=["a", "b"])
    old = pd.DataFrame({"right": [False, True], "recording": ["r2", "r3"]}, index=["b", "c"])
    common = compare._common(SimpleNamespace(judged=new), SimpleNamespace(judged=old))
    assert list(common.index) == ["b"] and common.loc["b", "recording"] == "r2"
    assert (common.loc["b", "right"], common.loc["b", "right_old"]) == (False, False)
    assert len(compare._common(SimpleNamespace(judged=new), None)) == 0


# Cross-validation


@pytest.mark.parametrize(("given", "stated"), [([], None), ([0], []), ([0, 2, 1], [2, 1])])
def test_which_folds_chose_the_settings_is_said_or_not(given, stated):
    assert crossvalidate.stated(given) == stated


def test_charts_say_which_training_they_are_of(run, tmp_path):
    written = []

    class Writer:
        def add_scalar(self, tag, value, step=None):
            written.append((tag, value, step))

        def flush(self):
            return "flushed"

    named = crossvalidate.Named(Writer(), "fold 3")
    named.add_scalar("loss/train", 1.0, step=2)
    assert written == [("loss/train, fold 3", 1.0, 2)] and named.flush() == "flushed"
    run.folder = tmp_path
    for seeds, name in (([0], "fold 2"), ([0, 1], "fold 2, seed 1")):
        run.parameters = SimpleNamespace(seeds=seeds)
        assert crossvalidate._writers(run)(1, 2)._name == name


def test_each_fold_that_is_done_is_told(run, capsys):
    tell = crossvalidate._progress(run)
    tell(2, 5, {"fold": 3, "seed": 1, "accuracy": 0.5, "macro_f1": 0.25, "seconds": 12.4})
    assert run.logger.scalars == [("accuracy", "seed 1", 0.5, 3), ("macro_f1", "seed 1", 0.25, 3)]
    assert capsys.readouterr().out == "2/5  fold 3, seed 1: accuracy 50.00%, 12 s\n"


# Publishing


@pytest.fixture
def compared(client):
    """Gives a function that makes a compare task with a decision on a new model; gives the task and the model."""

    def make(word):
        task = client.call("tasks.create", name="compare", type="qc")["id"]
        model = client.call("models.update_for_task", task=task, uri="s3://a/x", name="x", iteration=1)["id"]
        values = {"decision": word, "decision_reason": "é it is", "model_id": model}
        items = [{"section": "properties", "name": name, "value": text} for name, text in values.items()]
        client.call("tasks.edit_hyper_params", task=task, hyperparams=items, force=True)
        return task, model

    return make


def test_a_model_is_published_once_with_its_time(client, compared):
    _, model = compared(decisions.PUBLISH)
    publish._publish(model)
    found = client.call("models.get_by_id", model=model)["model"]
    when = found["metadata"]["published_at"]["value"]
    assert found["ready"] is True and when.endswith("+00:00")
    publish._publish(model)
    again = client.call("models.get_by_id", model=model)["model"]
    assert again["metadata"]["published_at"]["value"] == when


def test_what_was_decided_to_be_kept_is_not_published_and_an_export_has_to_be_there(client, compared):
    task, _ = compared(decisions.KEEP)
    with pytest.raises(publish.NotBetter, match="not published: é it is"):
        publish.PublishParameters(task).check_inputs()
    task, model = compared(decisions.PUBLISH)
    publish.PublishParameters(task).check_inputs()
    publish.PublishParameters(task, export_id=task).check_inputs()
    with pytest.raises(NothingThere, match="export_id 'nobody' is not the id of a task"):
        publish.PublishParameters(task, export_id="nobody").check_inputs()
    with pytest.raises(NothingThere, match="compare_id 'nobody'"):
        publish.PublishParameters("nobody").check_inputs()
    assert publish._exported("") == [] and publish._exported(task) == [model]


# Preprocessing


def report(**more):
    usual = {"clips": 3, "seconds": 90.0, "sample_rate": 16000, "classes": ["a", "b"], "elapsed": 1.26}
    usual |= {
        "reused": 0,
        "drawn": None,
        "flatters": "",
        "skipped": [],
        "noted": [],
        "left_out": [],
        "others": {},
    }
    return SimpleNamespace(**{**usual, **more})


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ({}, []),
        ({"reused": 2}, ["2 of them were taken over: their files have not changed"]),
        ({"drawn": {"count": 5, "kept": 0}}, ["the data set has no folds: 5 were drawn"]),
        (
            {"drawn": {"count": 5, "kept": 2}},
            ["the data set has no folds: 5 were drawn; 2 clips keep that of an earlier version"],
        ),
        ({"flatters": "é"}, ["note: é"]),
        ({"skipped": [("a\nb", "why")]}, ["1 files were skipped:", "  a\\nb: why"]),
        ({"noted": [("a", "é")]}, ["1 recordings are to be looked at:", "  a: é"]),
        ({"left_out": [("a", "é")]}, ["1 files of sound are no clip of this data set:", "  a: é"]),
        ({"others": {"txt": 2, "csv": 1}}, ["files in the folder that are not sound: 1 csv, 2 txt"]),
    ],
)
def test_what_became_of_recordings_is_said(capsys, more, lines):
    preprocess._say(report(**more))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "3 clips, 1.5 minutes at 16000 Hz, 2 classes, in 1.3 s"
    assert [one.replace("a b:", "a\\nb:") for one in said[1:]] == lines


@pytest.mark.parametrize(
    ("count", "shown", "more"), [(20, 20, None), (21, 20, "  and 1 more, in the task's tables")]
)
def test_a_long_list_is_cut(capsys, count, shown, more):
    preprocess._list("x", [(f"f{n}", "why") for n in range(count)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{count} x:" and lines[shown] == f"  f{shown - 1}: why"
    assert lines[shown + 1 :] == ([more] if more else [])


def test_a_store_is_made_in_a_folder_of_its_settings(tmp_path, monkeypatch):
    import clearml.config

    monkeypatch.setattr(clearml.config, "get_cache_dir", lambda: str(tmp_path))
    one = preprocess.PreprocessParameters(dataset="synthetic")
    folder = preprocess._folder(one)
    assert folder.parent == tmp_path / "stores" and len(folder.name) == 16
    assert preprocess._folder(preprocess.PreprocessParameters(dataset="synthetic")) == folder
    assert preprocess._folder(replace(one, sample_rate=one.sample_rate // 2)) != folder
    assert preprocess._name(one) == "synthetic"
    assert preprocess._name(replace(one, dataset_name="é")) == "é"


def test_nothing_is_taken_over_where_that_is_not_wanted_or_not_there(client, capsys):
    task = SimpleNamespace(get_project_name=lambda: f"none {uuid.uuid4().hex}")
    for reuse in (False, True):
        parameters = preprocess.PreprocessParameters(dataset="synthetic", reuse=reuse)
        assert preprocess._earlier(SimpleNamespace(parameters=parameters, task=task)) is None
    assert capsys.readouterr().out == ""


# Training


def test_a_model_is_named_by_what_it_is_and_was_trained_on(client):
    dataset = client.call("tasks.create", name="esc é", type="data_processing")["id"]
    one = train.TrainParameters(fold=3)
    assert train._name(one, dataset) == f"{one.model} on {one.frontend}, esc é fold 3"


@pytest.mark.parametrize(
    ("epoch", "fault", "there", "said"),
    [
        (3, ValueError(), True, "Epoch 3 is kept. Enqueue the task again to go on from there.\n"),
        (3, KeyboardInterrupt(), True, ""),
        (0, ValueError(), False, ""),
    ],
)
def test_what_is_trained_is_kept_as_long_as_the_server_answers(capsys, epoch, fault, there, said):
    waited = []
    keeper = SimpleNamespace(keep=lambda seconds: waited.append(seconds) or epoch)
    train._keep(SimpleNamespace(line=SimpleNamespace(there=lambda: there)), keeper, fault)
    assert waited == [90.0 if there else 0] and capsys.readouterr().out == said


# Searching


def test_values_are_known_whatever_the_order_they_are_given_in():
    space = ranges("mixup=0|0.5, model=cnn|crnn")
    own = Study(space, ["max"], "grid", "none", 2, 1)
    for number, values in enumerate(reversed(list(points(space)))):
        texts = dict(reversed([(name, str(value)) for name, value in values.items()]))
        own.recall(Setting(number, {0: Trial(str(number), "completed", "", {}, texts)}, 1), {})
    assert own.propose(9) is None


def test_figures_of_a_pruned_a_lost_and_a_running_trial_are_told_once():
    own = Study(ranges("dropout=0..0.5"), ["max"], "random", "median", 0, 1)
    for number in range(4):
        own.propose(number)
    own.poor(1, {1: 0.5})
    name = "accuracy/validation"
    ends = {
        0: Trial("0", "completed", "", {name: 0.5}),
        1: Trial("1", "stopped", "others were better at this epoch", {}),
        2: Trial("2", "failed", "é", {}),
        3: Trial("3", "in_progress", "", {}),
    }
    told = [own.tell(Setting(number, {0: one}, 1), [name]) for number, one in ends.items()]
    again = [own.tell(Setting(number, {0: one}, 1), [name]) for number, one in ends.items()]
    assert told == [True, True, True, False] and again == [False] * 4
    assert [one.state.name for one in own._optuna.trials] == ["COMPLETE", "PRUNED", "FAIL", "RUNNING"]
    assert own._optuna.trials[0].value == 0.5
    assert own.tell(Setting(9, {0: ends[0]}, 1), [name]) is True, "of another space: it is news all the same"


def test_a_whole_number_a_logarithm_and_a_list_are_proposed_as_what_they_are():
    own = Study(
        ranges("batch_size=4..6, learning_rate=log:0.0001..1, mixup=0|0.5"), ["max"], "random", "none", 2, 3
    )
    found = [own.propose(number) for number in range(40)]
    assert {one["batch_size"] for one in found} == {4, 5, 6}
    assert {one["mixup"] for one in found} == {"0.0", "0.5"}
    small = sum(one["learning_rate"] < 0.01 for one in found)
    assert 10 < small < 30, "half of a logarithmic range lies below its middle"
    same = Study(
        ranges("batch_size=4..6, learning_rate=log:0.0001..1, mixup=0|0.5"), ["max"], "random", "none", 2, 3
    )
    assert same.propose(0) == found[0], "the seed says it all"


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (Trial("a", "created", "", {}), "status"),
        (Setting(0, {}, 1), "wanted"),
        (Range("a"), "low"),
        (decisions.keep(""), "word"),
        (Connection("", None, ""), "api_server"),
    ],
)
def test_what_was_found_out_is_not_changed(one, name):
    with pytest.raises(FrozenInstanceError):
        setattr(one, name, "other")


def test_the_spread_of_settings_is_of_their_trainings():
    runs = {
        n: Trial(str(n), "completed", "", {"a": float(n)}, dates={"completed": 10.0 - n}) for n in range(3)
    }
    one = Setting(0, runs, 3)
    assert (one.mean("a"), one.std("a"), one.ended, one.first.id) == (1.0, 1.0, 10.0, "0")
    assert one.whole and not one.running and not one.lost and one.missing == [] and one.has(["a"])
    assert not one.has(["a", "b"]) and one.told("a") == "1 ± 1 over 3 trainings"
    assert math.isnan(Setting(0, {0: runs[1]}, 1).std("a")) and Setting(0, {0: runs[1]}, 1).told("a") == "1"
