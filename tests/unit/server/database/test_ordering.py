"""Sorting and paging over many documents, against the same done in plain Python."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.api.errors import InvalidScrollId
from server.store import Store
from server.store.documents import pages
from server.store.tasks import Tasks

M, V = "a" * 32, "b" * 32
METRIC = f"last_metrics.{M}.{V}"
COUNT = 300


def made(number: int, chance: random.Random) -> dict[str, Any]:
    """A task, with `metric` and `lr` beside it for the comparison. One in five has none."""
    return {
        "id": f"{chance.randrange(10**9):09d}",
        "name": f"task {number}",
        "project": chance.choice("pq"),
        "tags": chance.sample("abc", chance.randrange(3)),
        "metric": None if chance.random() < 0.2 else chance.choice((0.1, 0.2, 0.3, chance.random())),
        "lr": None if chance.random() < 0.2 else chance.choice(("0.1", "1e-2", "10", "9", "auto")),
    }


@pytest.fixture(scope="module")
def everything() -> list[dict[str, Any]]:
    chance = random.Random(7)
    return [made(number, chance) for number in range(COUNT)]


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory, everything: list[dict[str, Any]]) -> Iterator[Tasks]:
    store = Store(Path(tmp_path_factory.mktemp("store")), synchronous="NORMAL")
    with store.transaction():
        for one in everything:
            fields = {name: one[name] for name in ("id", "name", "project", "tags")}
            params = {"Args": {"lr": {"value": one["lr"]}}} if one["lr"] else {}
            store.tasks.insert({"type": "training", "status": "created", "hyperparams": params, **fields})
            if one["metric"] is not None:
                store.db.execute(
                    "INSERT INTO last_metrics(task, metric_hash, variant_hash, metric, variant, value, max_value)"
                    " VALUES (?, ?, ?, 'm', 'v', ?, ?)",
                    (one["id"], M, V, one["metric"], one["metric"]),
                )
    yield store.tasks
    store.close()


def rank(value: str | None) -> tuple:
    """Numbers by their size, then words."""
    try:
        return (0, float(value or ""), "")
    except ValueError:
        return (1, 0.0, value or "")


KEYS = {
    f"{METRIC}.value": lambda one: one["metric"],
    f"{METRIC}.max_value": lambda one: one["metric"],
    "hyperparams.Args.lr.value": lambda one: one["lr"] and rank(one["lr"]),
    "name": lambda one: one["name"],
}
FILTERS = {
    "all": ({}, lambda one: True),
    "half": ({"project": ["p"]}, lambda one: one["project"] == "p"),
    "few": ({"tags": ["__$all", "a", "b"]}, lambda one: {"a", "b"} <= set(one["tags"])),
    "parameter": ({"hyperparams.Args.lr.value": ["0.1"]}, lambda one: one["lr"] == "0.1"),
}


def expected(everything: list[dict], key: str, down: bool, keep: Any) -> list[str]:
    kept = sorted((one for one in everything if keep(one)), key=lambda one: one["id"], reverse=down)
    valued = sorted((one for one in kept if KEYS[key](one) is not None), key=KEYS[key], reverse=down)
    return [one["id"] for one in [*valued, *(one for one in kept if KEYS[key](one) is None)]]


@pytest.mark.parametrize("reach", [5, 3000])
@pytest.mark.parametrize("key", list(KEYS))
@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("which", list(FILTERS))
def test_pages_follow_each_other_as_one_sorted_list(
    tasks: Tasks,
    everything: list,
    reach: int,
    key: str,
    down: bool,
    which: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "_REACH", reach)
    query, keep = FILTERS[which]
    found: list[str] = []
    for page in range(COUNT):
        part = {**query, "order_by": [f"-{key}" if down else key], "page": page, "page_size": 17}
        ids = [one["id"] for one in tasks.find({**part, "only_fields": ["name"]})]
        found += ids
        if len(ids) < 17:
            break
    assert found == expected(everything, key, down, keep)


def test_a_second_key_breaks_ties(tasks: Tasks, everything: list) -> None:
    order = [f"-{METRIC}.value", "hyperparams.Args.lr.value", "name"]
    found = tasks.find({"order_by": order, "page_size": 50})
    by_id = {one["id"]: one for one in everything}
    keys = [
        (-by_id[one["id"]]["metric"], rank(by_id[one["id"]]["lr"])) for one in found if by_id[one["id"]]["lr"]
    ]
    groups = {metric: [lr for other, lr in keys if other == metric] for metric, _ in keys}
    assert all(ranks == sorted(ranks) for ranks in groups.values())
    assert [metric for metric, _ in keys] == sorted(metric for metric, _ in keys)


@pytest.mark.parametrize("key", list(KEYS))
@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("which", list(FILTERS))
def test_a_scroll_is_the_same_list(tasks: Tasks, everything: list, key: str, down: bool, which: str) -> None:
    query, keep = FILTERS[which]
    found: list[str] = []
    scroll = None
    while True:
        order = {} if scroll else {"order_by": [f"-{key}" if down else key]}  # the id knows it
        part, scroll = tasks.page(
            {**query, **order, "size": 17, "scroll_id": scroll, "only_fields": ["name"]}
        )
        if not part:
            break
        found += [one["id"] for one in part]
    assert found == expected(everything, key, down, keep)


def test_who_deletes_while_scrolling_meets_every_document(tmp_path: Path) -> None:
    store = Store(tmp_path, synchronous="NORMAL")
    with store.transaction():
        for number in range(50):
            store.tasks.insert({"id": f"{number:02}", "name": f"{number % 7}", "type": "training"})
    met: list[str] = []
    scroll = None
    while True:
        part, scroll = store.tasks.page({"order_by": ["-name"], "size": 7, "scroll_id": scroll})
        if not part:
            break
        met += [one["id"] for one in part]
        with store.transaction():
            store.tasks.delete(one["id"] for one in part)
    assert len(met) == len(set(met)) == 50 and store.tasks.count() == 0
    store.close()


def test_a_scroll_id_of_another_order_is_refused(tasks: Tasks) -> None:
    _, scroll = tasks.page({"order_by": ["name"], "size": 5})
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(scroll).replace(b'"name"', b'"name","id"'))
    with pytest.raises(InvalidScrollId):
        tasks.page({"size": 5, "scroll_id": forged.decode()})
