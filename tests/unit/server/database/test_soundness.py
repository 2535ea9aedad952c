"""Looking whether the database is damaged: found while it is in use, said once, and no more work than that is worth."""

import logging
from datetime import datetime, timedelta, timezone

import pytest

from server.domain.soundness import Soundness
from server.store import Store
from tests.unit.server.database.test_backup import break_pages

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "server")
    yield opened
    opened.close()


def test_damage_is_found_though_the_server_has_the_pages_in_memory(store, caplog):
    clock = Clock()
    soundness = Soundness(clock)
    clock.now = 10
    soundness.run(store.folder, 30, NOW)
    assert (soundness.damage, soundness.looked) == ([], NOW)
    assert store.projects.count() == 0
    break_pages(store.folder)
    clock.now = 41
    with caplog.at_level(logging.ERROR):
        soundness.run(store.folder, 30, NOW)
        assert soundness.damage and "is damaged" in caplog.text
        caplog.clear()
        clock.now = 90
        soundness.run(store.folder, 30, NOW + timedelta(minutes=1))
        assert soundness.damage and not caplog.text, "the same is said every time"
        clock.now = 5000
        soundness.run(store.folder, 30, NOW + timedelta(hours=2))
        assert "is damaged" in caplog.text


def test_a_file_that_is_no_database_any_more_is_damage(store):
    (store.folder / "soundyard.db").write_bytes(b"something else" * 1000)
    clock = Clock()
    soundness = Soundness(clock)
    clock.now = 10
    soundness.run(store.folder, 30, NOW)
    assert soundness.damage


def test_what_takes_long_is_done_more_rarely(store):
    class Slow(Clock):
        def __call__(self) -> float:
            self.now += 20  # each look takes 20 s
            return self.now

    clock = Slow()
    soundness = Soundness(clock)
    moments = [NOW + timedelta(seconds=step) for step in range(12)]
    looked = []
    for moment in moments:
        soundness.run(store.folder, 30, moment)
        looked.append(soundness.looked)
    assert len(set(looked)) <= 3
