"""What Slurm's commands are asked, how their answers are read, and what counts as away rather than refused."""

import os
import time

import pytest

from agents.slurm import cluster


def submit(folder, **more):
    return cluster.submit(
        "t1", "#!/bin/sh\ntrue\n", folder / "50% é.log", ["--gres=gpu:1"], os.environ, **more
    )


def test_a_job_is_submitted_with_its_script_options_and_environment(commands, tmp_path):
    assert submit(tmp_path) == 101 and submit(tmp_path) == 102
    assert commands.arguments(101) == [
        *("--parsable", "--no-requeue", "--job-name=clearml-t1", f"--output={tmp_path}/50%% é.log"),
        *("--open-mode=append", "--export=ALL", "--gres=gpu:1"),
    ]
    assert commands.script(101) == "#!/bin/sh\ntrue\n"


@pytest.fixture
def path_given(commands):
    """The variables that are handed over are all that a command gets."""
    return {"PATH": os.environ["PATH"], "ONLY": "é"}


def test_a_command_gets_the_variables_that_are_given_and_else_those_of_this_process(
    commands, tmp_path, path_given, monkeypatch
):
    monkeypatch.setenv("OURS", "1")
    cluster.submit("t", "", tmp_path / "log", [], path_given)
    found = commands.environment(101)
    assert found["ONLY"] == "é" and "OURS" not in found
    commands.install("squeue", f"env > '{tmp_path}/squeue.environment'")
    assert cluster.jobs() == []
    assert "OURS=1" in (tmp_path / "squeue.environment").read_text().splitlines()


def test_a_try_is_no_job(commands, tmp_path):
    commands.install("sbatch", f"printf '%s\\n' \"$@\" > '{commands.folder}/101.arguments'")
    assert submit(tmp_path, only_try=True) == 0
    assert commands.arguments(101)[-2:] == ["--gres=gpu:1", "--test-only"]


def test_our_jobs_are_listed_with_their_state_and_everybody_elses_are_left_out(commands):
    commands.jobs("7|RUNNING|None|clearml-a|b", "8|PENDING|Priority|other", " 9|TIMEOUT|TimeLimit|clearml-c ")
    assert cluster.jobs() == [
        cluster.Job(7, "RUNNING", "None", "a|b"),
        cluster.Job(9, "TIMEOUT", "TimeLimit", "c"),
    ]
    asked = (commands.folder / "squeue.arguments").read_text().split()
    assert asked == ["--me", "--noheader", "--states=all", "--format=%A|%T|%r|%j"]


@pytest.mark.parametrize(
    ("states", "waits", "over"),
    [
        ("PENDING CONFIGURING REQUEUED REQUEUE_HOLD REQUEUE_FED SPECIAL_EXIT RESV_DEL_HOLD", True, False),
        ("RUNNING COMPLETING SUSPENDED STOPPED SIGNALING STAGE_OUT RESIZING", False, False),
        ("COMPLETED FAILED TIMEOUT CANCELLED NODE_FAIL BOOT_FAIL PREEMPTED REVOKED", False, True),
    ],
)
def test_each_of_slurms_states_waits_runs_or_is_over(states, waits, over):
    for state in states.split():
        job = cluster.Job(1, state, "", "t")
        assert (job.waits, job.over) == (waits, over), state
    assert sorted(cluster.NOT_THE_TASKS_FAULT) == ["BOOT_FAIL", "NODE_FAIL", "PREEMPTED", "REVOKED"]


@pytest.mark.parametrize(
    ("why", "told"), [("TimeLimit", "TIMEOUT, TimeLimit"), ("None", "TIMEOUT"), ("", "TIMEOUT")]
)
def test_an_end_is_told_with_its_reason_if_there_is_one(why, told):
    assert cluster.Job(1, "TIMEOUT", why, "t").told == told


def test_a_job_is_cancelled_and_one_that_has_ended_is_no_error(commands):
    cluster.cancel(7)
    assert commands.cancelled == ["7"]
    for said in ("Invalid job id specified", "Job/step already completing or already completed"):
        commands.fail("scancel", f"scancel: error: Kill job error on job id 7: {said}")
        cluster.cancel(7)
    commands.fail("scancel", "scancel: error: Access denied")
    with pytest.raises(cluster.NoSlurm, match=r"^scancel: Access denied$"):
        cluster.cancel(7)


def test_a_list_that_slurm_refuses_is_asked_for_again_later(commands):
    commands.fail("squeue", "squeue: error: Invalid user")
    with pytest.raises(cluster.NoSlurm, match=r"^squeue: Invalid user$"):
        cluster.jobs()


@pytest.mark.parametrize(
    ("says", "status", "told"),
    [
        ("sbatch: error: invalid partition\n  specified: é\n", 1, "sbatch: invalid partition specified: é"),
        ("sbatch: fatal\n", 1, "sbatch: fatal"),
        ("", 3, "sbatch: status 3"),
    ],
)
def test_what_slurm_refuses_for_good_is_told_in_its_words(commands, tmp_path, says, status, told):
    commands.fail("sbatch", says, status)
    with pytest.raises(cluster.Refused) as caught:
        submit(tmp_path)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    "says",
    [
        *("Unable to contact slurm controller", "Connection refused", "Socket timed out on send/recv"),
        *(
            "Resource temporarily unavailable",
            "Communication connection failure",
            "Zero Bytes were transmitted",
        ),
        *("Reached MaxSubmitJobs limit", "Job violates accounting/QOS policy", "slurm_load_jobs error"),
        *("Protocol authentication error", "the controller is not responding"),
    ],
)
def test_what_passes_is_no_refusal(commands, tmp_path, says):
    commands.fail("sbatch", f"sbatch: error: {says}")
    with pytest.raises(cluster.NoSlurm, match=f"^sbatch: {says}$"):
        submit(tmp_path)


def test_commands_that_are_missing_or_never_answer_are_slurm_that_is_away(commands, tmp_path, monkeypatch):
    commands.install("sbatch", "exec sleep 60")
    monkeypatch.setattr(cluster, "COMMAND_SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(cluster.NoSlurm, match=r"^sbatch has not answered for 0 s"):
        cluster.submit("t", "", tmp_path / "log", [], os.environ)
    assert time.monotonic() - began < 30
    commands.remove("sbatch")
    with pytest.raises(cluster.NoSlurm, match=r"^sbatch is not installed here"):
        submit(tmp_path)
