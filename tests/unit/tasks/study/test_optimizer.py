"""The study of a search, with the real Optuna: what it proposes, prunes, and takes in again after a restart."""

import pytest

from tasks.errors import BadParameter
from tasks.study.optimizer import Study, refuse_absent
from tasks.study.repeats import Setting
from tasks.study.space import points, ranges
from tasks.study.trials import Trial

NAME = "accuracy/validation"
SPACE = "learning_rate=log:0.001..0.1, model=cnn|crnn, mixup=0|0.5 if model=crnn"


def study(space: str = SPACE, sampler: str = "tpe", prune: str = "none", seed: int = 1) -> Study:
    return Study(ranges(space), ["max"], sampler, prune, 2, seed)


def ended(number: int, values: dict, figure: float, status: str = "completed") -> Setting:
    texts = {name: str(value) for name, value in values.items()}
    return Setting(number, {0: Trial(str(number), status, "", {NAME: figure}, texts)}, 1)


def test_a_conditional_parameter_is_proposed_where_its_condition_holds_and_nowhere_else():
    own, models = study(sampler="random"), set()
    for number in range(20):
        values = own.propose(number)
        assert values and ("mixup" in values) == (values["model"] == "crnn")
        assert 0.001 <= values["learning_rate"] <= 0.1
        models.add(values["model"])
    assert models == {"cnn", "crnn"}


def test_a_grid_is_tried_whole_each_point_once_also_over_a_restart():
    space = "model=cnn|crnn, mixup=0|0.5 if model=crnn, batch_size=8..9"
    first, proposed = study(space, "grid"), []
    proposed = [first.propose(number) for number in range(2)]
    second = study(space, "grid", seed=2)
    for number, values in enumerate(proposed):
        second.recall(ended(number, values, 0.5), {})
    rest = [second.propose(number) for number in range(2, 7)]
    assert rest[-1] is None and [*proposed, *rest[:-1]] == list(points(ranges(space)))


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_space_that_is_used_up_ends_the_search(sampler):
    own = study("mixup=0|0.5, model=cnn|crnn", sampler)
    found = [own.propose(number) for number in range(5)]
    assert found[-1] is None and len({str(one) for one in found[:-1]}) == 4


def test_tpe_comes_closer_to_what_was_good_and_remembers_it_after_a_restart():
    first = study("dropout=0..0.9")
    known = []
    for number in range(25):
        values = first.propose(number)
        known.append(ended(number, values, -abs(values["dropout"] - 0.3)))
        assert first.tell(known[-1], [NAME]) and not first.tell(known[-1], [NAME])
    again = study("dropout=0..0.9", seed=77)
    for one in known:
        again.recall(one, {})
        again.tell(one, [NAME])
    far = []
    for number in range(25, 37):
        found = again.propose(number)
        far.append(abs(found["dropout"] - 0.3))
        again.tell(ended(number, found, -far[-1]), [NAME])
    assert sum(far) / len(far) < 0.15, far  # of values drawn at random 0.25


@pytest.mark.parametrize("prune", ["median", "asha"])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_curve_below_the_others_is_pruned_and_one_above_is_not(prune, restarted):
    curves = [{epoch: 0.5 + 0.01 * own + 0.01 * epoch for epoch in range(1, 9)} for own in range(8)]
    own = study("dropout=0..0.9", "random", prune)
    known = [ended(number, own.propose(number), 0.6) for number in range(8)]
    if restarted:
        own = study("dropout=0..0.9", "random", prune, seed=9)
    for setting, curve in zip(known, curves, strict=True):
        if restarted:
            own.recall(setting, curve)
        own.poor(setting.number, curve)
        own.tell(setting, [NAME])
    own.propose(8), own.propose(9)
    assert not own.poor(8, {1: 0.1})  # too early to tell
    assert own.poor(8, dict.fromkeys(range(1, 9), 0.1))
    assert not own.poor(9, dict.fromkeys(range(1, 9), 0.9))


def test_values_that_an_edited_space_no_longer_has_are_left_out_of_the_study():
    own = study("dropout=0..0.2, model=cnn|crnn")
    own.recall(ended(0, {"dropout": 0.8, "model": "cnn"}, 0.5), {})
    own.recall(ended(1, {"dropout": 0.1, "model": "cnn"}, 0.5), {})
    assert not own.knows(0) and own.knows(1) and own.propose(2)


def test_importance_names_the_parameter_that_matters():
    own = study("dropout=0..0.9, learning_rate=0.001..0.1", "random")
    for number in range(30):
        values = own.propose(number)
        own.tell(ended(number, values, values["dropout"]), [NAME])
    (shares,) = own.importance()
    assert shares["dropout"] > 0.8 and sum(shares.values()) == pytest.approx(1)
    assert study().importance() == []


def test_a_sampler_whose_package_is_missing_is_refused_with_what_installs_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadParameter, match="needs optuna and cmaes: pip install -r requirements-extra"):
        refuse_absent("cmaes")


def test_cmaes_proposes_within_its_ranges_and_goes_on_after_a_restart():
    pytest.importorskip("cmaes")
    own = study("dropout=0..0.9, learning_rate=log:0.001..0.1, epochs=3", "cmaes")
    for number in range(12):
        values = own.propose(number)
        assert 0 <= values["dropout"] <= 0.9 and values["epochs"] == "3"
        own.tell(ended(number, values, -abs(values["dropout"] - 0.3)), [NAME])
    again = study("dropout=0..0.9, learning_rate=log:0.001..0.1, epochs=3", "cmaes", seed=5)
    again.recall(ended(0, values, 0.1), {})
    assert again.propose(1)
