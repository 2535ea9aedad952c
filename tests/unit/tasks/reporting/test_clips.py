"""Sounds of clips on their way to the server, and where the table says that they are."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tasks.reporting import clips
from tests.unit.audio.clip_stores import Sound, noise, write


class Logger:
    """Keeps the sounds, and how it was asked to send them."""

    def __init__(self):
        self.sounds, self.flushed = [], []

    def report_media(self, title, series, iteration, stream, file_extension):
        self.sounds.append((title, series))

    def flush(self, wait=False):
        self.flushed.append((wait, len(self.sounds)))


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A store of five short clips and their table; no pause lasts."""
    monkeypatch.setattr(clips, "PAUSES", (0, 0, 0))
    monkeypatch.setattr(clips, "AT_ONCE", 2)
    store = write(tmp_path, [Sound("a", noise(80, i)) for i in range(5)])
    return store, pd.DataFrame({"clip": list(store.index["clip"]), "label": "a"})


def test_the_sounds_that_arrived_are_in_the_table_beside_their_clip(made, monkeypatch, capsys):
    store, table = made
    logger, told = Logger(), []
    chosen = ["3.wav", "0.wav", "1.wav"]
    answers = iter([{}, {"3.wav": "u3", "0.wav": "u0"}, {one: f"u{one[0]}" for one in chosen}])
    monkeypatch.setattr(clips, "_addresses", lambda task, title: next(answers))
    placed = clips.with_sounds("t", logger, table, store, chosen, progress=lambda *now: told.append(now))
    assert list(placed.columns) == ["clip", "url", "label"] and list(placed["url"]) == [
        "u0",
        "u1",
        "",
        "u3",
        "",
    ]
    assert "url" not in table and told == [(1, 3), (2, 3), (3, 3)]
    assert logger.sounds == [("clips", one) for one in chosen]
    assert logger.flushed == [(True, 2), (True, 3), (True, 3), (True, 3)]
    assert capsys.readouterr().out == ""


def test_sounds_that_do_not_arrive_are_counted_and_have_no_address(made, monkeypatch, capsys):
    store, table = made
    monkeypatch.setattr(clips, "_addresses", lambda task, title: {"0.wav": "u0"})
    placed = clips.with_sounds("t", Logger(), table, store, ["0.wav", "1.wav"], progress=lambda *_: None)
    assert list(placed["url"]) == ["u0", "", "", "", ""]
    assert "1 of 2 sounds did not reach the file server" in capsys.readouterr().out
    none = clips.with_sounds("t", Logger(), table, store, [], progress=lambda *_: None)
    assert list(none["url"]) == [""] * 5


def test_a_long_clip_is_heard_from_its_beginning(made, monkeypatch, capsys):
    store, table = made
    long = dataclasses.replace(store, index=store.index.assign(duration=[301.0, 300.0, 1.0, 1.0, 1.0]))
    heard = []
    monkeypatch.setattr("tasks.reporting.reports.report_audio", lambda *given: heard.append(given))
    monkeypatch.setattr(clips, "_addresses", lambda task, title: {"0.wav": "u", "1.wav": "u"})
    clips.with_sounds("t", Logger(), table, long, ["0.wav", "1.wav"], progress=lambda *_: None)
    assert "note: 1 sounds are longer than 300 s" in capsys.readouterr().out
    assert [given[2] for given in heard] == ["0.wav", "1.wav"] and heard[0][4] == store.sample_rate
    assert np.array_equal(heard[0][3], store.waveform("0.wav"))


def test_addresses_are_those_that_the_server_has_of_that_title(client):
    task = client.call("tasks.create", name="t", type="training")["id"]
    for title, series, url, step in (
        ("clips", "a.wav", "http://f/old", 0),
        ("clips", "a.wav", "http://f/a", 1),
        ("clips", "b é.wav", "http://f/b", 1),
        ("other", "c.wav", "http://f/c", 1),
    ):
        point = {"type": "training_debug_image", "metric": title, "variant": series, "iter": step}
        client.call("events.add", task=task, url=url, key="k", **point)
    assert clips._addresses(task, "clips") == {"a.wav": "http://f/a", "b é.wav": "http://f/b"}
    assert clips._addresses(task, "other") == {"c.wav": "http://f/c"}
    assert clips._addresses(task, "none") == {}
