"""Bad input says what is wrong and what to do, in one message, and ends with a status that tells."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT, ServerProcess, free_port


def preprocess(server: ServerProcess, *options: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return server.run("-m", "tasks.preprocess", "--examples", "0", "--workers", "1", *options, **more)


def message(done: "subprocess.CompletedProcess[str]") -> str:
    """The error that a person sees; a traceback is none."""
    assert done.returncode not in (0, None), done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    found = re.findall(r"error: (.*)", done.stderr)
    assert found, done.stderr
    return str(found[-1])


def test_an_unknown_dataset_is_answered_with_those_that_exist(server):
    said = message(preprocess(server, "--dataset", "esc11"))
    assert "esc11" in said
    assert "esc10" in said


@pytest.mark.parametrize(
    "words, expected",
    [
        (["tasks.preprocess", "--dataset", "esc11"], "There is no data set 'esc11'. Did you mean 'esc10'?"),
        (["tasks.preprocess", "--dataset", "folder", "--data", "nowhere"], "There is no folder nowhere"),
        (["tasks.preprocess", "--data", "x", "--datset", "folder"], "did you mean --dataset?"),
        (["tasks.preprocess", "--preset", "esc-10"], "Did you mean 'esc10'?"),
        (["tasks.train", "--model", "resnet"], "There is no model 'resnet'"),
        (["tasks.train", "--frontend", "logmell"], "Did you mean 'logmel'?"),
        (["tasks.train", "--weights", "no.pt"], "There is no file of weights at no.pt"),
        (["tasks.train", "--epoch", "3"], "did you mean --epochs?"),
    ],
)
def test_a_typing_mistake_leaves_no_task_on_the_server(server, words, expected):
    def tasks() -> int:
        return len(server.call("tasks.get_all", only_fields=["id"], page=0, page_size=500)["tasks"])

    before = tasks()
    assert expected in message(server.run("-m", *words))
    assert tasks() == before


def test_a_failed_run_from_a_shell_keeps_the_reason_on_the_server(server, tmp_path):
    done = preprocess(server, "--dataset", "folder", "--data", str(tmp_path))
    task = server.task(re.findall(r"task id=(\w+)", done.stdout)[0])
    assert task["status"] == "failed"
    assert str(tmp_path) in task["status_reason"]


def test_an_empty_folder_is_named_with_the_layout_that_was_expected(server, tmp_path):
    said = message(preprocess(server, "--dataset", "folder", "--data", str(tmp_path)))
    assert str(tmp_path) in said
    assert "folder a class" in said


def test_a_folder_that_is_not_there_is_named(server, tmp_path):
    assert "nowhere" in message(preprocess(server, "--dataset", "esc10", "--data", str(tmp_path / "nowhere")))


def test_a_corrupt_and_an_empty_file_are_listed_and_skipped(server, sounds, tmp_path):
    data = shutil.copytree(sounds, tmp_path / "data")
    (data / "high" / "corrupt.wav").write_bytes(b"RIFF\x00\x00\x00\x00 this is no sound")
    (data / "low" / "empty.wav").write_bytes(b"")
    done = preprocess(server, "--dataset", "folder", "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert "2 files were skipped" in done.stdout
    task = re.findall(r"task id=(\w+)", done.stdout)[0]
    plots = server.call("events.get_task_plots", task=task)["plots"]
    table = next(plot["plot_str"] for plot in plots if plot["metric"] == "skipped files")
    assert "corrupt.wav" in table
    assert "empty.wav" in table
    values = server.call("events.get_task_single_value_metrics", tasks=[task])["tasks"][0]["values"]
    assert {one["variant"]: one["value"] for one in values}["skipped files"] == 2


def test_training_without_a_dataset_says_what_to_run_first(server):
    said = message(server.run("-m", "tasks.train", SOUNDYARD_PROJECT="Empty"))
    assert "python -m tasks.preprocess" in said


def test_evaluating_without_a_model_says_what_to_run_first(server):
    said = message(server.run("-m", "tasks.evaluate", SOUNDYARD_PROJECT="Empty"))
    assert "python -m tasks.train" in said


def test_an_unknown_dataset_id_is_named(server):
    assert "0123456789abcdef" in message(
        server.run("-m", "tasks.train", "--dataset_id", "0123456789abcdef" * 2)
    )


def test_a_missing_server_is_said_at_once(server, tmp_path):
    conf = tmp_path / "clearml.conf"
    conf.write_text(server.conf.read_text().replace(f":{server.port}", f":{free_port()}"))
    for command in (["-m", "tasks.train"], ["-m", "agents.start", "--cpu-only"], ["pipelines/main_job.py"]):
        said = message(server.run(*command, timeout=60, CLEARML_CONFIG_FILE=str(conf)))
        assert "No ClearML server answers at" in said
        assert "make serve" in said


def test_wrong_keys_are_said_with_the_file_they_come_from(server, tmp_path):
    conf = tmp_path / "clearml.conf"
    conf.write_text(re.sub(r'secret_key: "[^"]*"', 'secret_key: "wrong"', server.conf.read_text()))
    said = message(server.run("-m", "agents.start", "--cpu-only", timeout=60, CLEARML_CONFIG_FILE=str(conf)))
    assert "refuses the access key" in said
    assert str(conf) in said


def test_a_gpu_that_does_not_exist_is_refused(server):
    said = message(server.run("-m", "agents.start", "--gpus", "77", timeout=60))
    assert "77" in said


def test_the_demo_says_when_its_port_is_taken(server, tmp_path):
    environment = {
        name: value
        for name, value in server.environment(
            HOME=str(tmp_path), SOUNDYARD_STATE=str(tmp_path / "state")
        ).items()
        if name != "CLEARML_CONFIG_FILE"
    }
    done = subprocess.run(
        ["make", "--no-print-directory", "demo", f"PORT={server.port}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    assert str(server.port) in done.stdout
    assert "choose another port" in done.stdout.replace("\n", " ")


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can only be mounted by root")
def test_a_full_disk_is_said_with_the_folder_and_the_room_left(server, sounds, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(small)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a file system")
    try:
        said = message(
            preprocess(server, "--dataset", "folder", "--data", str(sounds), CLEARML_CACHE_DIR=str(small))
        )
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert str(small) in said
    assert "No space left" in said


def test_a_checkout_that_agents_cannot_fetch_is_refused_before_anything_is_enqueued(server, tmp_path):
    """A copy without git: templates can't be registered from it, and it says how to make it a checkout."""
    copy = tmp_path / "copy"
    for room in ("tasks", "audio", "pipelines", "agents"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", copy)
    done = subprocess.run(
        [sys.executable, "-m", "tasks.register"],
        cwd=copy,
        env=server.environment(GIT_CEILING_DIRECTORIES=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "not a git checkout" in message(done)
