"""Pre-training, probe, teacher and pruning as tasks: each takes the model of the one before by its id."""

import pytest

from tests.e2e.jobs.test_more_tasks import SMALL, newest, scalars


def made(server, *words):
    """Run a task here; the id of the model that it leaves."""
    done = server.run("-m", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("model ")[-1].split()[0], done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_model_is_pre_trained_probed_taught_and_pruned_by_ids(server, prepare):
    data = ("--dataset_id", prepare(server)["dataset"])
    start, _ = made(server, "tasks.pretrain", *data, "--epochs", "2", *SMALL)
    task = newest(server, "pretrain")
    assert task["status"] == "completed" and ("spread", "train") in scalars(server, task["id"])
    assert "without labels" in server.call("models.get_by_id", model=start)["model"]["name"]
    heard = server.run("-m", "tasks.evaluate", "--model_id", start)
    assert heard.returncode != 0 and "trained without labels" in heard.stdout + heard.stderr

    probed, said = made(server, "tasks.probe", *data, "--weights", start, "--shots", "5")
    assert "10 clips of 128 numbers each" in said and newest(server, "probe")["status"] == "completed"
    assert server.run("-m", "tasks.evaluate", "--model_id", probed, "--audio_limit", "0").returncode == 0

    taught, said = made(
        server, "tasks.train", *data, "--epochs", "1", "--weights", start, "--teacher", probed, *SMALL
    )
    assert "hears what is trained on, augmented" in said or "heard each clip once" in said
    plots = server.call("events.get_task_plots", task=newest(server, "train")["id"])["plots"]
    assert "gain" in {one["metric"] for one in plots}
    pruned, said = made(
        server, "tasks.train", *data, "--epochs", "1", "--weights", taught, "--prune", "0.5", *SMALL
    )
    assert "before pruning" in said and pruned != taught

    refused = server.run("-m", "tasks.train", *data, "--weights", "0" * 32)
    assert refused.returncode != 0 and "Traceback" not in refused.stderr
    assert "model_id" in refused.stdout + refused.stderr
