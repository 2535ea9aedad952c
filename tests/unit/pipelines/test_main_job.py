"""The main job's parameters, and what each step gets of them."""

import pytest

from audio.errors import AudioError
from pipelines.main_job import MainJobParameters
from tasks.errors import BadParameter


def test_a_step_gets_the_parameters_that_its_task_has():
    chosen = MainJobParameters(dataset="esc10", epochs=3, learning_rate=0.01)
    own = {"Args/dataset": "esc10", "Args/data": "", "Args/seed": "0", "Args/plugins": "[]"}
    assert chosen.shared_with("preprocess") == own
    train = chosen.shared_with("train")
    assert (train["Args/epochs"], train["Args/learning_rate"]) == ("3", "0.01")
    assert "Args/dataset" not in train
    assert "Args/queue" not in train


def test_a_relative_folder_becomes_absolute_because_agents_work_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "recordings").mkdir()
    monkeypatch.chdir(tmp_path)
    assert MainJobParameters(data="recordings").data == str(tmp_path / "recordings")


@pytest.mark.parametrize(
    "wrong", [{"model": "resnet"}, {"data": "/no/such", "dataset": "folder"}, {"epochs": 0}]
)
def test_what_a_step_would_not_start_with_is_said_before_there_is_a_task(wrong):
    with pytest.raises((AudioError, BadParameter)):
        MainJobParameters(**wrong).check_steps()
