"""Backups that the server makes by itself: on time, each in a process, and never a damaged one for a good one."""

import logging
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from server.app.jobs.backups import Backups, listed
from server.commands.doctoring import backups as doctor_backups
from server.settings import Settings
from server.store import Store
from server.store.upkeep import backup
from tests.unit.server.database.test_backup import break_pages

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    Store(tmp_path / "server").close()
    folder = str(tmp_path / "elsewhere" / "é:%#? backups")
    return Settings(data=tmp_path / "server", backup_every=6, backup_keep=2, backup_folder=folder)


def names(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.backups.iterdir())


def test_they_are_made_on_time_and_the_oldest_go(settings):
    backups = Backups(settings)
    for hours in range(20):
        backups.run(NOW + hours * HOUR)
    assert names(settings) == ["soundyard-20260302-000000.tar", "soundyard-20260302-060000.tar"]
    for _, made in listed(settings.backups):
        assert backup.check(made)["checksums"].keys() == {"soundyard.db"}
        assert made.stat().st_mode & 0o077 == 0


def test_a_restarted_server_goes_on_with_what_there_is_and_touches_no_other_file(settings):
    Backups(settings).run(NOW)
    (settings.backups / "mine.tar").write_text("by hand")
    (settings.backups / "soundyard-20260301-120000.tar.partial").write_text("of one that was killed")
    Backups(settings).run(NOW + HOUR)
    assert names(settings) == [
        "mine.tar",
        "soundyard-20260301-120000.tar",
        "soundyard-20260301-120000.tar.partial",
    ]
    for hours in (7, 14, 21):
        Backups(settings).run(NOW + hours * HOUR)
    assert names(settings) == ["mine.tar", "soundyard-20260302-020000.tar", "soundyard-20260302-090000.tar"]


def test_of_a_damaged_database_none_is_made_and_the_good_ones_stay(settings, caplog):
    backups = Backups(settings)
    backups.run(NOW)
    break_pages(settings.data)
    with caplog.at_level(logging.ERROR):
        backups.run(NOW + 6 * HOUR)
    assert "is damaged, and nothing was backed up" in caplog.text
    assert names(settings) == ["soundyard-20260301-120000.tar"]
    caplog.clear()
    backups.run(NOW + 6 * HOUR + timedelta(minutes=1))
    assert not caplog.text, "it is tried again at once"
    backups.run(NOW + 7 * HOUR)
    assert "is damaged" in caplog.text and len(names(settings)) == 1


def test_none_is_made_of_another_database_that_lies_in_its_place(settings, caplog):
    damage: list[str] = []
    backups = Backups(settings, lambda: damage)
    backups.run(NOW)
    damage.append("another file was put in the place of soundyard.db")
    backups.run(NOW + 6 * HOUR)
    assert "nothing was backed up: another file" in caplog.text
    assert names(settings) == ["soundyard-20260301-120000.tar"]
    damage.clear()
    backups.run(NOW + 7 * HOUR)
    assert len(names(settings)) == 2


def test_a_clock_that_was_put_back_stops_none(settings):
    backups = Backups(settings)
    backups.run(NOW)
    backups.run(NOW - 48 * HOUR)
    assert len(names(settings)) == 2


def test_the_doctor_says_when_the_newest_is_old(settings):
    assert [one.level for one in doctor_backups.findings(settings, NOW)] == ["problem"]
    Backups(settings).run(NOW)
    assert [one.level for one in doctor_backups.findings(settings, NOW + 6 * HOUR)] == ["ok"]
    (late,) = doctor_backups.findings(settings, NOW + 13 * HOUR)
    assert late.level == "problem" and "2026-03-01 12:00" in late.what


def test_what_was_written_to_the_database_is_in_the_next_one(settings, tmp_path):
    store = Store(settings.data)
    with store.transaction():
        store.settings.set("x", "kept")
    Backups(settings).run(NOW)
    store.close()
    (tmp_path / "new").mkdir()
    backup.restore(listed(settings.backups)[0][1], tmp_path / "new", NOW)
    with closing(sqlite3.connect(tmp_path / "new" / "soundyard.db")) as database:
        assert database.execute("SELECT value FROM settings WHERE name = 'x'").fetchone() == ('"kept"',)
