"""`agents.slurm` as a program: its options, its queue's lock, what the server knows of it, how it waits and ends."""

import os
import signal
import sys
import threading
import uuid

import pytest

from agents.environments import environment
from agents.slurm import __main__ as program
from audio import interruption
from tests.conftest import until


@pytest.fixture
def here(client, commands, tmp_path, monkeypatch):
    """The program may be run in this process: what it sets is put back."""
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "é"))
    monkeypatch.setattr(interruption._State, "said", False)
    monkeypatch.setattr(interruption._State, "ended", False)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield commands
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def name():
    return f"é {uuid.uuid4().hex[:6]}"


def run(*arguments, until_then, how=signal.SIGINT):
    """The program's status; it is interrupted once something has become true."""
    missed, ended = [], threading.Event()

    def interrupt():
        try:
            until(until_then, 20, "what is waited for")
        except BaseException as fault:
            missed.append(fault)
        while True:  # again, where it struck something that drops it
            os.kill(os.getpid(), how)
            if ended.wait(5):
                return

    asking = threading.Thread(target=interrupt)
    asking.start()
    try:
        status = program.main(["--poll", "0.05", *arguments])
    finally:
        ended.set()
        asking.join()
    assert not missed, missed
    return status


def known(client, name):
    return [one for one in client.call("workers.get_all")["workers"] if f":slurm-{name}:" in one["id"]]


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ([], []),
        (["--partition", "gpu"], ["--partition=gpu"]),
        (["--gpus", "a100:2", "--time", "1-12:00:00"], ["--gpus=a100:2", "--time=1-12:00:00"]),
        (["--gres", "gpu:1", "--sbatch=--mem=16G", "--sbatch=-n1"], ["--gres=gpu:1", "--mem=16G", "-n1"]),
    ],
)
def test_options_are_handed_on_to_sbatch_in_their_order(given, options):
    assert program.sbatch_options(program.parser().parse_args(given)) == options


def test_what_is_left_open_is_the_usual_queue_in_any_environment_every_other_second():
    usual = program.parser().parse_args([])
    assert (usual.queue, usual.jobs, usual.poll, usual.environment) == ("audio", 1000, 2.0, "auto")
    assert program.parser().parse_args(["--jobs", "1", "--environment", "own"]).jobs == 1


@pytest.mark.parametrize(
    "wrong", [["--jobs", "0"], ["--jobs", "x"], ["--environment", "mine"], ["--poll", "x"]]
)
def test_what_can_not_be_meant_is_refused(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        program.parser().parse_args(wrong)
    assert ended.value.code == 2 and wrong[0] in capsys.readouterr().err


def test_a_queue_is_found_by_name_or_id_and_made_if_it_is_missing(here, client, name):
    server = program.connection.use()
    made = program._queue(server, name)
    assert client.call("queues.get_by_id", queue=made)["queue"]["name"] == name
    assert program._queue(server, name) == program._queue(server, made) == made


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_submits_until_it_is_ended_and_leaves_the_jobs(here, client, name, capsys, how):
    queue = client.queue(name)
    task = client.call("tasks.create", name="t", type="training", script={"entry_point": "a.py"})["id"]
    client.enqueue(task, name)
    served = []

    def submitted():
        served.extend(known(client, name))
        return served and here.looks() >= 3 and len(here.submitted) >= 2

    assert run("--queue", name, "--gpus", "1", "--environment", "own", until_then=submitted, how=how) == 130
    worker = served[0]
    assert worker["id"].split(":")[:2] == [os.uname().nodename, f"slurm-{name}"]
    assert [one["id"] for one in worker["queues"]] == [queue]
    assert worker["tags"][0] == "slurm" and f"python3.{sys.version_info.minor}" in worker["tags"]
    assert known(client, name) == [], "the server is told that nobody serves the queue any more"
    assert "--test-only" in here.arguments(101) and "--gpus=1" in here.arguments(102)
    assert here.environment(102)["SOUNDYARD_ENVIRONMENT"] == "own" and here.cancelled == []
    told = capsys.readouterr()
    assert (
        f"queue {name}: each task is submitted to Slurm" in told.out and f"task {task} is job 102" in told.out
    )
    assert told.err.endswith("ended; the jobs that were submitted go on\n")


def test_no_more_jobs_are_submitted_than_were_said(here, client, name):
    for _ in range(2):
        task = client.call("tasks.create", name="t", type="training", script={"entry_point": "a.py"})["id"]
        client.enqueue(task, name)
    run("--queue", name, "--jobs", "1", until_then=lambda: here.looks() >= 3)
    assert here.submitted == [101, 102], "the try, and one job"


def test_a_server_hears_of_it_again_and_again(here, client, name, monkeypatch):
    monkeypatch.setattr(program.pythons, "installed", lambda: ["3.9"])
    monkeypatch.setattr(program, "REPORT_SECONDS", 0.0)
    moments = set()

    def reported():
        moments.update(one["last_activity_time"] for one in known(client, name))
        return len(moments) >= 2

    assert run("--queue", name, until_then=reported) == 130
    monkeypatch.setattr(program, "REPORT_SECONDS", 30.0)
    asked = []
    call = program.connection.call
    monkeypatch.setattr(
        program.connection, "call", lambda *one, **body: asked.append(one[1]) or call(*one, **body)
    )
    run("--queue", name, until_then=lambda: asked.count("queues.get_by_id") >= 4)
    assert (asked.count("workers.status_report"), asked.count("workers.register")) == (1, 1)


def test_slurm_that_is_away_is_waited_for_and_said_once_each_time(here, name, capsys):
    said = []

    def waited():
        said.append(capsys.readouterr().out)
        return "waiting: " in "".join(said)

    def away_and_back_and_away():
        here.fail("squeue", "squeue: error: Unable to contact slurm controller")
        until(waited, 20, "it waits")
        looks = here.looks()
        until(lambda: here.looks() >= looks + 3, 20, "it has looked again")
        here.work("squeue")
        until(lambda: here.looks() >= looks + 6, 20, "it looks")
        said.append(capsys.readouterr().out)
        assert "".join(said).count("waiting: squeue: Unable to contact slurm controller") == 1
        here.fail("squeue", "squeue: error: Unable to contact slurm controller")
        said.clear()
        until(waited, 20, "it says so again")
        return True

    assert run("--queue", name, until_then=away_and_back_and_away) == 130


def test_a_queue_is_kept_by_one_program_alone_and_another_queue_by_another(here, client, name, capsys):
    queue = program._queue(program.connection.use(), name)
    with program._alone(queue, name), program._alone(f"{queue}2", "other"):
        assert (environment.folder() / "slurm" / f"{queue}.lock").exists()
        assert program.main(["--queue", name]) == 1
    assert f"The tasks of queue {name} are submitted already" in capsys.readouterr().err
    with program._alone(queue, name):
        pass


def test_what_can_not_be_done_is_an_error_before_anything_begins(here, client, name, capsys, monkeypatch):
    here.fail("sbatch", "sbatch: error: invalid partition specified: é")
    assert program.main(["--queue", name, "--partition", "é"]) == 1
    assert capsys.readouterr().err == "error: sbatch: invalid partition specified: é\n"
    assert known(client, name) == [] and here.looks() == 0
    monkeypatch.setenv("CLEARML_API_HOST", "http://127.0.0.1:9/api")
    assert program.main(["--queue", name]) == 1
    assert "error: No ClearML server answers" in capsys.readouterr().err


def test_a_server_that_is_away_when_it_ends_is_no_error(here, name, monkeypatch):
    call = program.connection.call

    def away(server, endpoint, **body):
        if endpoint == "workers.unregister":
            server = program.connection.Connection("test", None, "http://127.0.0.1:9/api")
        return call(server, endpoint, **body)

    monkeypatch.setattr(program.connection, "call", away)
    assert run("--queue", name, until_then=here.looks) == 130
