"""What tasks begin with: requests that were kept, recordings that are named, checkpoints and plugins that are there."""

import csv
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from audio.serving.watching.keeping import TABLE
from tasks import drift, events, lookup
from tasks.code import carried
from tasks.errors import NothingThere
from tasks.running.checkpoints import ARTIFACT, CheckpointKeeper, claim, restore, sha256
from tests.unit.tasks.running.test_checkpoints import Box, Clock, Line, Task, last

NOW = datetime.now(timezone.utc)


@pytest.fixture
def kept(tmp_path):
    """Gives a function that writes a folder of kept requests: (path, when); files but those called `gone` are there."""
    folder = tmp_path / "kept é"
    folder.mkdir()

    def write(*rows):
        with (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, ["at", "path"])
            table.writeheader()
            for name, when in rows:
                table.writerow({"at": when, "path": name})
                if name and not name.startswith("gone"):
                    (folder / name).touch()
        return str(folder)

    return write


def names(found):
    return [path.name for path in found]


def test_the_newest_requests_are_heard_the_oldest_first(kept):
    folder = kept(
        *((f"{number}.wav", NOW.isoformat()) for number in range(5)), ("gone.wav", NOW.isoformat()), ("", "")
    )
    assert names(drift.requests(folder, 0, 9)) == [f"{number}.wav" for number in range(5)]
    assert names(drift.requests(folder, 0, 2)) == ["3.wav", "4.wav"]


def test_requests_are_not_older_than_was_said(kept):
    ages = {"old": 3.0, "new": 1.9}
    rows = [(f"{name}.wav", (NOW - timedelta(days=days)).isoformat()) for name, days in ages.items()]
    naive = NOW.replace(tzinfo=None).isoformat()
    folder = kept(*rows, ("naive.wav", naive), ("odd.wav", "é"))
    assert names(drift.requests(folder, 2, 9)) == ["new.wav", "naive.wav"]
    assert len(drift.requests(folder, 0, 9)) == 4
    with pytest.raises(NothingThere, match=r"lists no sound of the last 0\.5 days\.$"):
        drift.requests(kept(("old.wav", (NOW - timedelta(days=1)).isoformat())), 0.5, 9)
    with pytest.raises(NothingThere, match=r"lists no sound\.$"):
        drift.requests(kept(("gone.wav", "")), 0, 9)


def test_a_folder_without_requests_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / TABLE).touch()
    for folder in ("", " ", str(tmp_path / "none")):
        with pytest.raises(
            NothingThere, match=r"has no manifest\.csv: give the folder of soundyard serve-model --keep"
        ):
            drift.requests(folder, 0, 9)


def test_recordings_are_the_files_of_a_folder_or_one_with_the_name_it_is_shown_by(tmp_path):
    (tmp_path / "a b").mkdir()
    for name in ("a b/é.wav", "z.flac", "note.txt"):
        (tmp_path / name).write_bytes(b"RIFF")
    assert [name for _, name in events.recordings(str(tmp_path))] == ["a b/é.wav", "z.flac"]
    (one,) = events.recordings(str(tmp_path / "z.flac"))
    assert one == (tmp_path / "z.flac", "z.flac")
    with pytest.raises(Exception, match="sound"):
        events.recordings(" ")


# Checkpoints


@pytest.fixture
def task(tmp_path):
    (tmp_path / "server").mkdir()
    return Task(tmp_path / "server")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def test_the_newest_is_gone_on_from_wherever_it_lies(task, folder, tmp_path):
    keeper = CheckpointKeeper(task, Box(), 0, Clock())
    for epoch in (1, 2, 3):
        keeper(last(folder, epoch), epoch)
    for path in folder.glob("*.pt"):
        path.unlink()
    last(folder, 1)  # of an earlier run on this machine
    assert restore(task, folder, Line()) == Path(task.artifacts[ARTIFACT].url)
    last(folder, 9)
    assert restore(task, folder, Line()) == folder / "last.pt"
    task.artifacts[ARTIFACT].metadata = None
    assert restore(task, folder, Line()) == folder / "last.pt"


def test_an_artifact_has_its_epoch_and_digest_and_no_copy_stays(task, folder):
    path = last(folder, 4)
    told = {}
    upload = task.upload_artifact

    def upload_artifact(name, artifact_object, metadata=None, **more):
        told.update(more, name=name, metadata=metadata, file=Path(artifact_object))
        assert Path(artifact_object).exists()
        upload(name, artifact_object, metadata)

    task.upload_artifact = upload_artifact
    CheckpointKeeper(task, Box(), 0, Clock())(path, 4)
    assert told["metadata"] == {"epoch": 4, "sha256": sha256(path)} and told["wait_on_upload"] is True
    assert told["name"] == "checkpoint" and told["file"].name == "checkpoint-a.pt"
    assert told["preview"] == "the whole state of the training after epoch 4"
    assert sorted(one.name for one in folder.iterdir()) == ["last.pt"]


def test_a_folder_is_of_one_training_until_its_task_is_reset(task, folder):
    (folder / "old").mkdir()
    (folder / "file").touch()
    claim(task, folder)
    (owner,) = folder.iterdir()
    assert owner.name == "training" and owner.read_text() == task.runtime["training"]
    (folder / "last.pt").touch()
    claim(task, folder)
    assert (folder / "last.pt").exists(), "the same training"
    owner.write_text("another's")
    known = task.runtime["training"]
    claim(task, folder)
    assert not (folder / "last.pt").exists() and task.runtime["training"] == known == owner.read_text()
    (folder / "last.pt").touch()
    task.runtime.clear()
    claim(task, folder)
    assert not (folder / "last.pt").exists() and task.runtime["training"] not in ("", known)


# Plugins of a model


def test_a_model_that_needs_no_plugin_brings_none(folder, capsys):
    path = last(folder, 1)
    carried.for_model(SimpleNamespace(task="nobody"), path)
    assert capsys.readouterr().out == ""


def test_what_travels_is_text_that_a_person_can_read():
    assert carried.text_of([]) == "" and carried.configuration([]) == {}
    named = SimpleNamespace(given="é.py", name="é.py", digest="d", files={"é.py": "a\nb"})
    installed = SimpleNamespace(given="pip", name="pip", digest="", files={})
    assert carried.text_of([installed]) == ""
    (one,) = json.loads(carried.text_of([named, installed]))
    assert one == {"given": "é.py", "name": "é.py", "digest": "d", "files": {"é.py": ["a", "b"]}}
    assert "é" in carried.text_of([named]) and carried._kept(None) == carried._kept("") == []


# Models


def test_a_model_to_hear_may_be_an_exported_one_that_was_published(client, monkeypatch):
    asked = []
    monkeypatch.setattr("tasks.client.connection.use", lambda: None)
    monkeypatch.setattr(
        lookup, "published_model", lambda project, exported=False: asked.append(exported) or "m"
    )
    monkeypatch.setattr(
        lookup, "model", lambda given, project, exported=False: asked.append((given, exported))
    )
    monkeypatch.setattr(lookup, "weights", lambda found: Path("/w"))
    assert lookup.file_to_hear(" ") == Path("/w") and asked == [True, ("m", True)]
    asked.clear()
    assert lookup.file_to_hear(" x ") == Path("/w") and asked == [("x", True)]
    monkeypatch.setattr(lookup, "published_model", lambda project, exported=False: "")
    with pytest.raises(NothingThere, match="has no published model"):
        lookup.file_to_hear("")
