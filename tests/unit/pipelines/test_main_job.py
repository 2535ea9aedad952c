"""The main job's parameters, and what each step gets of them."""

from pathlib import Path

from pipelines.main_job import MainJobParameters


def test_a_step_gets_the_parameters_that_its_task_has():
    chosen = MainJobParameters(dataset="esc10", epochs=3, learning_rate=0.01)
    assert chosen.shared_with("preprocess") == {"Args/dataset": "esc10", "Args/data": "", "Args/seed": "0"}
    train = chosen.shared_with("train")
    assert (train["Args/epochs"], train["Args/learning_rate"]) == ("3", "0.01")
    assert "Args/dataset" not in train
    assert "Args/queue" not in train


def test_a_relative_folder_becomes_absolute_because_agents_work_elsewhere():
    assert Path(MainJobParameters(data="recordings").data).is_absolute()
