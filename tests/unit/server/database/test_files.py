"""The tree of files: what a killed process left, what came by hand, names that are taken."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from server.api.errors import BadFileName
from server.store import Store

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
TASK = "0123456789abcdef" * 2


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path, synchronous="NORMAL")
    yield opened
    opened.close()


def keep(store: Store, name: str, content: bytes = b"x") -> None:
    incoming = store.files.receive()
    incoming.write(content)
    store.files.keep([(name, incoming)], "user", NOW)


def test_what_a_killed_process_had_not_finished_is_removed_by_the_next_server(store, tmp_path):
    store.files.receive().write(b"half")
    assert len(list((tmp_path / "incoming").iterdir())) == 1
    second = Store(
        tmp_path, synchronous="NORMAL"
    )  # a command beside the server must not take its uploads away
    second.close()
    assert len(list((tmp_path / "incoming").iterdir())) == 1
    store.files.discard_unfinished()
    assert list((tmp_path / "incoming").iterdir()) == []


def test_files_copied_or_removed_by_hand_are_found_and_counted(store, tmp_path):
    keep(store, "there.txt")
    keep(store, "gone.txt")
    (tmp_path / "files" / "gone.txt").unlink()
    by_hand = tmp_path / "files" / f"p/t.{TASK}" / "a.bin"
    by_hand.parent.mkdir(parents=True)
    by_hand.write_bytes(b"1234")
    assert store.files.audit() == (["gone.txt"], [f"p/t.{TASK}/a.bin"])
    store.files.reconcile(NOW)
    assert store.files.audit() == ([], [])
    assert store.files.of_task(TASK) == [f"p/t.{TASK}/a.bin"]
    assert store.usage.files() == {"files": 2, "bytes": 5}


def test_a_bad_name_among_several_keeps_none_of_them(store, tmp_path):
    pairs = [(name, store.files.receive()) for name in ("good.txt", "../bad.txt")]
    with pytest.raises(BadFileName):
        store.files.keep(pairs, "user", NOW)
    assert store.files.find("good.txt") is None


def test_deleting_removes_the_folders_it_empties_and_no_others(store, tmp_path):
    for name in ("a/b/c/one", "a/two"):
        keep(store, name)
    assert store.files.delete(["a/b/c/one", "a/none"]) == ["a/b/c/one"]
    assert [path.name for path in (tmp_path / "files" / "a").iterdir()] == ["two"]


def test_the_task_of_a_file_is_the_innermost_folder_with_an_id(store):
    keep(store, f"p.{'f' * 32}/t.{TASK}/metrics/m/v/x.png")
    assert store.files.of_task(TASK) and not store.files.of_task("f" * 32)
    keep(store, f"t.{'e' * 31}/x.png")
    assert store.usage.ownerless()["files"] == 2
