"""What a search tells of its trials: curves, tables, plots, its best values, and what is fixed for all of them."""

import json
from types import SimpleNamespace

import pytest

from tasks import search
from tasks.errors import BadParameter, NothingThere
from tasks.search import SearchParameters
from tasks.study import findings, plots
from tasks.study.repeats import Setting
from tasks.study.space import ranges
from tasks.study.trials import Trial

NAME, LOSS = "accuracy/validation", "loss/validation"


class Logger:
    """Notes what it is given to report."""

    def __init__(self):
        self.scalars, self.tables, self.values, self.plots = [], {}, {}, []

    def report_scalar(self, title, series, value, iteration):
        self.scalars.append((title, series, value, iteration))

    def report_table(self, title, series, iteration, table_plot):
        self.tables[title] = (series, table_plot)

    def report_single_value(self, name, value):
        self.values[name] = value

    def report_plotly(self, title, series, figure, iteration):
        self.plots.append((title, series))


class Task:
    """A task of the SDK, as far as a search writes on it."""

    def __init__(self):
        self.told = {}

    def __getattr__(self, method):
        return lambda *values, **named: self.told.setdefault(method, []).append((values, named))


@pytest.fixture
def run():
    line = SimpleNamespace(persist=lambda what, action: action())
    return SimpleNamespace(
        logger=Logger(),
        task=Task(),
        line=line,
        parameters=SearchParameters(space="dropout=0..0.5, model=cnn|crnn"),
    )


def setting(number, *figures, status="completed", dropout="0.1", ended=0.0, model="m"):
    runs = {
        at: Trial(
            f"t{number}-{at}", status, "é", {NAME: value, LOSS: 1 - value}, {"dropout": dropout, "model": "cnn"},
            f"{model}{number}-{at}", dates={"completed": ended},
        )
        for at, value in enumerate(figures)
    }  # fmt: skip
    return Setting(number, runs, len(figures))


def rounds_of(*settings, importance=()):
    told = []
    study = SimpleNamespace(
        tell=lambda one, names: told.append(one.number), importance=lambda: list(importance)
    )
    return SimpleNamespace(look=lambda: list(settings), study=study, told=told)


def test_the_best_so_far_is_drawn_in_the_order_of_the_ends_each_once(run):
    run.parameters = SearchParameters(objective=[NAME, LOSS], sign=["max", "min"], prune="none")
    curve = findings.Curve(run)
    first, second, third = (
        setting(n, value, ended=when) for n, value, when in ((0, 0.5, 2), (1, 0.25, 1), (2, 0.75, 3))
    )
    curve([first, second, setting(3, 0.9, status="in_progress")])
    assert run.logger.scalars == [
        *((NAME, "trial", 0.25, 1), (NAME, "best so far", 0.25, 1)),
        *((NAME, "trial", 0.5, 2), (NAME, "best so far", 0.5, 2)),
        *((LOSS, "trial", 0.75, 1), (LOSS, "best so far", 0.75, 1)),
        *((LOSS, "trial", 0.5, 2), (LOSS, "best so far", 0.5, 2)),
    ]
    run.logger.scalars.clear()
    curve([first, second])
    assert run.logger.scalars == []
    curve([first, second, third])
    assert [one[1:] for one in run.logger.scalars] == [
        *(("trial", 0.75, 3), ("best so far", 0.75, 3), ("trial", 0.25, 3), ("best so far", 0.25, 3)),
    ]


def test_the_best_trials_values_are_kept_with_what_its_figure_is_worth(run, capsys):
    best, other = setting(0, 0.75, dropout="0.2"), setting(1, 0.5, dropout="0.3")
    lost = setting(2, 0.9, status="failed")
    rounds = rounds_of(other, best, lost, importance=[{"dropout": 1.0}])
    findings.report(run, rounds)
    told = run.task.told
    values = {"dropout": "0.2", "model": "cnn"}
    assert told["set_configuration_object"] == [(("best",), {"config_dict": values})]
    assert told["set_parameters_as_dict"] == [(({"Best": values},), {})]
    assert told["set_user_properties"] == [((), {"best_task_id": "t0-0", "best_model_id": "m0-0"})]
    ((name, kept), options) = told["upload_artifact"][0]
    assert (name, kept["parameters"], kept["task"], kept["model"]) == (
        "best parameters",
        values,
        "t0-0",
        "m0-0",
    )
    assert kept["objective"] == {NAME: {"mean": 0.75, "values": [0.75]}}
    assert options == {"wait_on_upload": True, "preview": json.dumps(values)}
    assert run.logger.values == {f"{NAME}, best of 2": 0.75}
    assert list(run.logger.tables["trials, the best first"][1]["task"]) == ["t0-0", "t1-0"]
    assert list(run.logger.tables["trials, the best first"][1].columns) == [
        "trial",
        "task",
        NAME,
        "dropout",
        "model",
    ]
    (row,) = run.logger.tables["trials without a result"][1].to_dict("records")
    assert row == {"task": "t2-0", "status": "failed", "reason": "é"}
    assert run.logger.plots == [("parallel coordinates", NAME), ("importance", NAME)]
    assert rounds.told == [1, 0, 2] and told["set_comment"][0][0][0].startswith("The best of 2 trials has ")
    said = capsys.readouterr().out
    assert f"3 trials were started of {run.parameters.trials}" in said
    assert "1 of 3 trials have no result: 1 failed." in said and "model_id m0-0" in said
    assert "publish" not in said


def test_figures_of_several_trainings_are_told_with_their_spread(run):
    best, near = setting(0, 0.7, 0.8), setting(1, 0.74, 0.76)
    run.parameters = SearchParameters(space="dropout=0..0.5", trials=2)
    findings.report(run, rounds_of(best, near))
    table = run.logger.tables["trials, the best first"][1]
    assert list(table.columns) == ["trial", "task", NAME, f"{NAME}, std", "trainings", "dropout"]
    assert list(table["trainings"]) == [2, 2]
    comment = run.task.told["set_comment"][0][0][0]
    assert comment.endswith("1 other trials lie within its standard error of 0.05.")


def test_a_search_that_was_stopped_tells_of_what_has_finished(run, capsys):
    findings.report_finished(run, rounds_of(setting(0, 0.5, status="stopped")))
    assert capsys.readouterr().out.startswith("The search was stopped, and its trials with it.")
    assert run.task.told == {} and run.logger.tables == {}
    findings.report_finished(run, rounds_of(setting(0, 0.5)))
    assert "set_configuration_object" in run.task.told


def test_a_best_model_is_published_where_that_is_wanted_and_there_is_one(run, client, capsys):
    task = client.call("tasks.create", name="t", type="training")["id"]
    model = client.call("models.update_for_task", task=task, uri="s3://a/x", name="x", iteration=1)["id"]
    client.call("tasks.started", task=task)
    client.call("tasks.completed", task=task)
    run.parameters = SearchParameters(space="dropout=0..0.5", publish=True)
    none = Setting(0, {0: Trial("t", "completed", "", {NAME: 0.5}, {"dropout": "0.1"})}, 1)
    findings.report(run, rounds_of(none))
    assert "note: the best trial has no model, so that none is published." in capsys.readouterr().out
    one = Setting(0, {0: Trial("t", "completed", "", {NAME: 0.5}, {"dropout": "0.1"}, model)}, 1)
    findings.report(run, rounds_of(one))
    assert client.call("models.get_by_id", model=model)["model"]["ready"] is True
    assert f"The model {model} of the best trial is published." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("values", "axis"),
    [
        (["0.1", "0.2"], {"values": [0.1, 0.2]}),
        (["0.001", "0.1"], {"label": "x, log10", "values": [-3.0, -1.0]}),
        (["0.01", "0.3"], {"values": [0.01, 0.3]}),
        (["0", "9"], {"values": [0.0, 9.0]}),
        (["-1", "90"], {"values": [-1.0, 90.0]}),
        (
            ["b", "a", "b", ""],
            {"values": [2, 1, 2, 0], "tickvals": [0, 1, 2], "ticktext": ["none", "a", "b"]},
        ),
        (["c" * 30, "1"], {"values": [1, 0], "tickvals": [0, 1], "ticktext": ["1", "c" * 24]}),
        (
            list("hgfedcba"),
            {"values": [*range(7, -1, -1)], "tickvals": [*range(8)], "ticktext": [*"abcdefgh"]},
        ),
    ],
)
def test_an_axis_has_numbers_logarithms_or_words(values, axis):
    found = plots.axis("x", values)
    assert found == {"label": "x", **axis}


@pytest.mark.parametrize(("sign", "reversed_"), [("max", False), ("min", True)])
def test_a_line_for_each_trial_runs_over_what_differs(sign, reversed_):
    ranked = [setting(0, 0.75, dropout="0.2"), setting(1, 0.5, dropout="0.3")]
    figure = plots.parallel(ranked, [NAME, LOSS], [sign, "min"], ["dropout", "model"])
    (trace,) = figure["data"]
    assert [one["label"] for one in trace["dimensions"]] == ["dropout", NAME, LOSS]
    assert trace["line"] == {
        "color": [0.75, 0.5],
        "colorscale": "Viridis",
        "showscale": True,
        "reversescale": reversed_,
    }
    assert (trace["type"], trace["dimensions"][2]["values"]) == ("parcoords", [0.25, 0.5])
    assert figure["layout"]["margin"] == {"t": 60, "l": 60, "r": 60, "b": 30}


def test_the_parameter_that_matters_most_stands_on_top():
    figure = plots.importance({"a": 0.2, "b": 0.7, "c": 0.1}, NAME)
    (bar,) = figure["data"]
    assert (bar["type"], bar["orientation"], bar["y"], bar["x"]) == (
        "bar",
        "h",
        ["c", "a", "b"],
        [0.1, 0.2, 0.7],
    )
    axes = figure["layout"]
    assert axes["xaxis"] == {"title": {"text": f"share of the variance of {NAME}"}, "range": [0, 1]}
    assert axes["yaxis"] == {"automargin": True}


def test_of_a_single_trial_nothing_is_drawn():
    logger = Logger()
    plots.report(logger, [setting(0, 0.5)], [NAME], ["max"], ["dropout"], SimpleNamespace(importance=list))
    assert logger.plots == []


# What a search begins with


@pytest.fixture
def base(client):
    """Gives a function that makes a task of these arguments."""

    def make(kind="training", **arguments):
        args = {name: {"section": "Args", "name": name, "value": value} for name, value in arguments.items()}
        return client.call("tasks.create", name="é", type=kind, hyperparams={"Args": args} if args else {})[
            "id"
        ]

    return make


def test_a_base_is_a_training_of_this_project_and_of_nothing_else(base):
    assert search._base(f" {base(learning_rate='0.1')} ")["type"] == "training"
    for wrong in (base(), base(epochs="1"), base("testing", learning_rate="0.1")):
        with pytest.raises(NothingThere, match=r"is é, a task of type \w+ and not a training"):
            search._base(wrong)
    with pytest.raises(NothingThere, match="base_task_id 'nobody' is not the id of a train task"):
        search._base("nobody")


def test_all_trials_share_the_length_the_validation_and_the_dataset():
    wanted = SearchParameters(space="dropout=0..0.5", epochs=7, dataset_id="d")
    shared = {"epochs": 7, "validation": "development", "debug_samples_every": 0, "dataset_id": "d"}
    assert search._fixed(wanted, ranges(wanted.space)) == shared
    assert "epochs" not in search._fixed(wanted, ranges("epochs=1..5"))
    wanted.plugins = ["a.py"]
    assert search._fixed(wanted, ranges(wanted.space))["plugins"] == ["a.py"]


@pytest.mark.parametrize("objective", ["accuracy", "/validation", "accuracy/", "a/b/c"])
def test_an_objective_has_a_quantity_and_a_split(objective):
    with pytest.raises(BadParameter, match="it must be quantity/split"):
        search._refuse_objective(objective)
    search._refuse_objective(NAME)


def test_a_queue_that_nobody_listens_to_is_told_of(client, capsys):
    client.queue("unheard é")
    run = SimpleNamespace(parameters=SimpleNamespace(queue="unheard é"), task=SimpleNamespace(id="t"))
    search._say_what_waits(run)
    assert "no agent listens to the queue unheard é" in capsys.readouterr().out


class Looks:
    """Rounds that end after some steps, and what is told of them."""

    def __init__(self, steps):
        self.steps, self.told = steps, []

    def step(self, stopping):
        self.steps -= 1
        return self.steps >= 0

    def settings(self):
        return [setting(0, 0.5), setting(1, 0.5, status="in_progress")]


def test_rounds_go_on_until_nothing_is_left_or_the_time_is_over(run, capsys, monkeypatch):
    waited = []

    class Stop:
        def __call__(self):
            return False

        def wait(self, seconds):
            waited.append(seconds)

    search._wait(run, Looks(3), Stop())
    assert waited == [search.POLL] * 3 and capsys.readouterr().out == ""
    assert [one[1] for one in run.logger.scalars] == ["trial", "best so far"]
    run.parameters.hours = 0.0
    rounds = Looks(9)
    search._wait(run, rounds, Stop())
    assert rounds.steps == 8 and capsys.readouterr().out == "0 hours are over: trials that run are stopped.\n"
