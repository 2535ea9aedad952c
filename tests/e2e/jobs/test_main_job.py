"""The main job from templates to results, through the queues, with the real SDK and real agents."""

import io
import json
from typing import Any

import pandas as pd
import pytest
import requests
import soundfile

from tests.conftest import ServerProcess
from tests.main_job import EPOCHS, STEPS, finished_main_job


@pytest.fixture(scope="module")
def job(server: ServerProcess, agents: None) -> dict[str, Any]:
    return finished_main_job(server)


@pytest.mark.timeout(600)
def test_every_step_was_taken_from_the_queue_by_an_agent_and_completed(server, job):
    for name in (*STEPS, "controller"):
        task = job[name]
        assert task["status"] == "completed", name
        assert task["last_worker"], name
        assert task["execution"]["queue"], name
        assert not task.get("tags"), name
        assert "pulled from" in server.console(task["id"]) or name == "controller"


def test_the_display_tells_of_every_step(job):
    for name in STEPS:
        assert f"{name}: completed" in job["printed"]


def test_the_curves_have_a_point_for_every_epoch(server, job):
    curves = server.scalars(job["train"]["id"])
    for metric, variant in (("loss", "train"), ("accuracy", "validation"), ("learning_rate", "train")):
        assert curves[metric][variant]["x"] == list(range(1, EPOCHS + 1)), metric


def samples(server: ServerProcess, task: str) -> list[dict[str, Any]]:
    """Every debug sample of a task."""
    answer = server.call(
        "events.get_task_events", task=task, event_type="training_debug_image", batch_size=2000
    )
    return list(answer["events"])


def fetched(server: ServerProcess, url: str) -> bytes:
    answer = requests.get(url, headers=server.authorization(), timeout=30)
    assert answer.ok, (url, answer.status_code)
    return answer.content


def clips_of(server: ServerProcess, task: dict[str, Any]) -> pd.DataFrame:
    """The table of clips that a task has uploaded."""
    artifact = next(one for one in task["execution"]["artifacts"] if one["key"] == "clips")
    content = io.BytesIO(fetched(server, artifact["uri"]))
    return pd.read_csv(content, compression="gzip", keep_default_na=False, index_col=0)


def test_sounds_and_spectrograms_of_real_clips_can_be_heard_and_seen(server, job):
    found = [sample["url"] for name in STEPS for sample in samples(server, job[name]["id"])]
    audio = [url for url in found if url.rsplit(".", 1)[-1] in ("wav", "flac")]
    pictures = [url for url in found if url.rsplit(".", 1)[-1] in ("png", "jpeg", "jpg")]
    assert len(audio) >= 8
    assert len(pictures) >= 8
    sound, rate = soundfile.read(io.BytesIO(fetched(server, audio[0])))
    assert rate > 0
    assert sound.any()
    assert fetched(server, pictures[0])[:3] in (b"\xff\xd8\xff", b"\x89PN")


def test_training_shows_what_the_model_hears(server, job):
    kinds = {sample["url"].rsplit(".", 1)[-1] for sample in samples(server, job["train"]["id"])}
    assert kinds & {"wav", "flac"}
    assert kinds & {"png", "jpeg", "jpg"}


def test_a_confusion_matrix_and_a_table_of_classes_are_there(server, job):
    plots = server.call("events.get_task_plots", task=job["evaluate"]["id"])["plots"]
    assert {plot["metric"] for plot in plots} >= {"confusion matrix", "classes"}


def test_a_dataset_version_is_there_and_the_steps_hand_it_on(server, job):
    made = job["preprocess"]["hyperparams"]["properties"]["dataset_id"]["value"]
    dataset = server.task(made)
    assert "dataset" in dataset["system_tags"]
    assert dataset["status"] == "completed"
    assert dataset["runtime"]["version"]
    for step in ("train", "evaluate"):
        assert job[step]["hyperparams"]["Args"]["dataset_id"]["value"] == made


def test_the_dataset_version_lists_every_clip_with_a_sound_to_listen_to(server, job):
    dataset = server.task(job["preprocess"]["hyperparams"]["properties"]["dataset_id"]["value"])
    table = clips_of(server, dataset)
    sound = ["duration", "sample_rate", "loudness", "peaks"]
    assert list(table) == ["clip", "url", "split", "fold", "label", *sound]
    values = server.call("events.get_task_single_value_metrics", tasks=[job["preprocess"]["id"]])["tasks"]
    counted = next(one["value"] for one in values[0]["values"] if one["variant"] == "clips")
    assert len(table) == table["clip"].nunique() == counted
    assert (table["url"] != "").sum() == min(len(table), 500)  # the usual audio_limit
    assert {one["task"] for one in samples(server, dataset["id"])} == {dataset["id"]}
    heard, rate = soundfile.read(io.BytesIO(fetched(server, table["url"].iloc[-1])))
    assert len(heard) / rate == pytest.approx(table["duration"].iloc[-1], abs=0.01)
    held_out = clips_of(server, job["evaluate"]).set_index("clip")
    same = table.set_index("clip").loc[held_out.index, sound]
    pd.testing.assert_frame_equal(same, held_out[sound])


def test_a_model_is_there_and_was_the_one_evaluated(server, job):
    model = job["train"]["models"]["output"][-1]["model"]
    found = server.call("models.get_by_id", model=model)["model"]
    assert len(fetched(server, found["uri"])) > 10_000
    assert found["labels"]
    assert job["evaluate"]["hyperparams"]["Args"]["model_id"]["value"] == model
    assert job["evaluate"]["models"]["input"][0]["model"] == model


def test_the_front_end_is_stored_with_the_training_and_the_evaluation(job):
    for step in ("train", "evaluate"):
        assert "sample_rate" in job[step]["configuration"]["frontend"]["value"]


def test_the_controller_and_its_steps_say_what_their_parameters_may_be(job):
    for task, title in (
        ("controller", "MainJobParameters"),
        *((one, f"{one.title()}Parameters") for one in STEPS),
    ):
        told = json.loads(job[task]["configuration"]["parameters_schema"]["value"])
        assert told["title"] == title and set(told["properties"]) == set(job[task]["hyperparams"]["Args"])
        assert all(one["type"] and one["description"] for one in job[task]["hyperparams"]["Args"].values())


def test_the_clips_table_points_to_a_sound_for_every_held_out_clip(server, job):
    table = clips_of(server, job["evaluate"])
    judged = ["prediction", "confidence", "top", "loss"]
    expected = ["clip", "url", "split", "fold", "label", *judged]
    assert list(table) == [*expected, "duration", "sample_rate", "loudness", "peaks"]
    assert (table["url"] != "").all()
    sound, rate = soundfile.read(io.BytesIO(fetched(server, table["url"][0])))
    assert len(sound) / rate == pytest.approx(table["duration"][0], abs=0.01)
