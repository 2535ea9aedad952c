"""A folder of one's own recordings as a dataset: what is wrong with it is told, a new version decodes what is new."""

import io
import os
import shutil

import pandas as pd
import requests
import soundfile

from tests.conftest import ServerProcess
from tests.e2e.conftest import write_sounds


def preprocess(server: ServerProcess, data: str) -> tuple[dict, str]:
    """The finished task and what it printed."""
    options = ("--dataset_name", "own", "--sample_rate", "16000", "--examples", "0", "--workers", "1")
    command = ("-m", "tasks.preprocess", "--dataset", "folder", "--data", data, *options)
    done = server.run(*command, PYTHONIOENCODING="ascii")  # a terminal that can't show the names
    assert done.returncode == 0, done.stdout + done.stderr
    made = done.stdout.split("id=")[1].split()[0]
    return server.task(made), done.stdout


def test_faults_are_listed_and_a_new_version_takes_over_what_did_not_change(server, tmp_path):
    tree = write_sounds(tmp_path / "Aufnahmen 1", each=4, classes=("hoch ü", "tief 低"))
    shutil.copy(tree / "hoch ü" / "0.wav", tree / "tief 低" / "copy.wav")
    (tree / "tief 低" / "bad.mp3").write_bytes(b"no sound")
    (tree / "tief 低" / "no sound.txt").write_text("notes")
    (tree / "top.wav").write_bytes((tree / "hoch ü" / "0.wav").read_bytes())
    (tree / "hoch ü" / "3.wav").rename(tree / "hoch ü" / os.fsdecode(b"caf\xe9\n.wav"))
    first, printed = preprocess(server, str(tree))
    assert "tief \\u4f4e/bad.mp3: cannot be decoded" in printed and "were taken over" not in printed
    assert "top.wav: lies in no folder of a class" in printed and "not sound: 1 .txt" in printed
    artifact = next(one for one in first["execution"]["artifacts"] if one["key"] == "findings")
    answer = requests.get(artifact["uri"], headers=server.authorization(), timeout=30)
    findings = pd.read_csv(io.BytesIO(answer.content), compression="gzip")
    planted = findings[findings["clip"].eq("hoch ü/0.wav") | findings["other"].eq("hoch ü/0.wav")]
    assert set(planted["kind"]) <= {"leak", "same sound, other label"} and len(planted) == 1

    sound, rate = soundfile.read(tree / "hoch ü" / "1.wav")
    soundfile.write(tree / "hoch ü" / "9.wav", sound[::-1], rate)  # nothing that was heard before
    second, printed = preprocess(server, str(tree))
    assert "9 of them were taken over" in printed
    earlier = first["hyperparams"]["properties"]["dataset_id"]["value"]
    assert second["hyperparams"]["properties"]["earlier_dataset_id"]["value"] == earlier
