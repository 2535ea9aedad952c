"""The main job's steps: which there are, what one hands to the next, and which may come from the cache."""

from pipelines.main_job import MainJobParameters
from pipelines.steps import chain


def steps(**chosen):
    return {one.name: one for one in chain(MainJobParameters(**chosen))}


def test_without_options_it_is_the_three_steps_in_a_row():
    found = steps()
    assert {name: one.parents for name, one in found.items()} == {
        "preprocess": [],
        "train": ["preprocess"],
        "evaluate": ["train"],
    }
    assert found["train"].handed == {"Args/dataset_id": "${preprocess.parameters.properties/dataset_id}"}
    assert found["evaluate"].handed["Args/model_id"] == "${train.models.output.-1.id}"


def test_a_dataset_that_is_there_needs_no_preprocessing():
    found = steps(dataset_id="abc", publish=True)
    assert "preprocess" not in found and found["train"].parents == []
    for name in ("train", "evaluate", "compare", "export"):
        assert found[name].handed["Args/dataset_id"] == "abc", name


def test_publishing_stands_behind_comparing_and_is_never_from_the_cache():
    found = steps(publish=True, level=0.2, crossvalidate=[1, 2])
    assert list(found)[-3:] == ["compare", "export", "publish"]
    assert found["compare"].parents == ["evaluate", "crossvalidate fold 1", "crossvalidate fold 2"]
    assert found["compare"].handed["Args/level"] == "0.2"
    assert [found[name].repeatable for name in ("compare", "export", "publish")] == [False, True, False]
    assert found["export"].before is not None and found["publish"].before is not None


def test_a_folder_of_recordings_may_hold_others_by_now_and_is_read_again(tmp_path):
    assert not steps(dataset="folder", data=str(tmp_path))["preprocess"].repeatable
    assert steps(dataset="synthetic")["preprocess"].repeatable


def test_a_search_comes_before_what_trains_and_each_fold_is_a_step_beside_the_training():
    found = steps(search_trials=5, crossvalidate=[1, 3])
    assert found["search"].handed["Args/trials"] == "5"
    assert found["search"].queue == "services"  # its trials need the agents of the other queue
    for name in ("train", "crossvalidate fold 1", "crossvalidate fold 3"):
        assert found[name].parents == ["search"] and found[name].before is not None, name
    assert found["crossvalidate fold 3"].handed["Args/folds"] == "[3]"
