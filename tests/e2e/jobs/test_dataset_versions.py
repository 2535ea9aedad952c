"""Versions of a dataset that preprocess makes: their clips, those that broke off, and what the SDK makes of them."""

import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import requests

from tests.conftest import ROOT, ServerProcess, until
from tests.e2e.conftest import write_sounds

PREPROCESS = ("-m", "tasks.preprocess", "--dataset", "folder", "--sample_rate", "16000", "--examples", "0")


def preprocess(server: ServerProcess, data: Path, *options: str) -> tuple[dict, str]:
    """The dataset's task, and what was printed."""
    done = server.run(*PREPROCESS, "--data", str(data), "--workers", "1", "--inspect", "false", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return server.task(done.stdout.split("dataset ")[-1].split()[0]), done.stdout


def clips(server: ServerProcess, dataset: dict) -> pd.DataFrame:
    address = next(one["uri"] for one in dataset["execution"]["artifacts"] if one["key"] == "clips")
    answer = requests.get(address, headers=server.authorization(), timeout=30)
    return pd.read_csv(io.BytesIO(answer.content), compression="gzip", keep_default_na=False, index_col=0)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_sounds_are_uploaded_up_to_the_limit_as_many_of_each_class(new_server, sounds: Path, tmp_path: Path):
    server = new_server()
    dataset, _ = preprocess(server, sounds, "--audio_limit", "6", "--dataset_name", "few")
    table = clips(server, dataset)
    assert len(table) == 20
    assert dict(table[table["url"] != ""]["label"].value_counts()) == {"high": 3, "low": 3}
    program = ROOT / "tests" / "e2e" / "programs" / "dataset_of_clips.py"
    done = server.run(str(program), dataset["id"], "Soundyard", str(tmp_path), PYTHONPATH=str(ROOT))
    assert done.returncode == 0 and "all is well" in done.stdout, done.stdout + done.stderr
    again, printed = preprocess(server, sounds, "--audio_limit", "0", "--dataset_name", "few")
    assert "20 of them were taken over" in printed
    assert (clips(server, again)["url"] == "").all()


@contextmanager
def stopped(server: ServerProcess) -> Iterator[None]:
    """The server answers nobody for a while."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@pytest.mark.timeout(600)
def test_a_version_whose_upload_breaks_off_is_not_taken_for_the_newest_one(new_server, tmp_path: Path):
    server = new_server()
    data = write_sounds(tmp_path / "many", each=800)
    process = subprocess.Popen(
        [sys.executable, *PREPROCESS, "--data", str(data), "--inspect", "false", "--audio_limit", "1600"],
        cwd=ROOT,
        env=server.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def versions() -> list[dict]:
        asked = {"system_tags": ["dataset"], "search_hidden": True}
        return list(server.call("tasks.get_all", **asked, order_by=["created"])["tasks"])

    def begun() -> bool:
        """The version has its files, and now gets its sounds."""
        there = [artifact["key"] for one in versions() for artifact in one["execution"].get("artifacts", [])]
        return process.poll() is not None or "data" in there

    until(begun, 240, "the version's files have arrived")
    with stopped(server):  # so that the sounds cannot all be there before the interrupt is
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
    printed, _ = process.communicate(timeout=180)
    assert "interrupted" in printed and process.returncode != 0, printed
    (broken,) = versions()
    assert (broken["status"], broken["status_message"]) == ("failed", "the upload broke off")
    server.call("tasks.stopped", task=broken["id"], force=True)  # as it were with an SDK that was killed
    whole, printed = preprocess(server, data)
    assert "nothing is taken over" not in printed and "taken over" not in printed
    newest = "from tasks import lookup; print('newest', lookup.newest_dataset('Soundyard'))"
    assert f"newest {whole['id']}" in server.run("-c", newest).stdout
