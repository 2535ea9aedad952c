"""axe finds nothing to complain of, on any page, in either theme."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import PLACES
from tests.conftest import ROOT, ServerProcess

AXE = Path(ROOT, "web", "node_modules", "axe-core", "axe.min.js")
RUN = """() => axe.run(document, { resultTypes: ['violations'] })
  .then(({ violations }) => violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 120)}`))"""
TABS = (
    "ending",
    "scalars",
    "general",
    "execution",
    "hyper-params",
    "artifacts",
    "log",
    "plots",
    "debugImages",
    "audio",
)
FIGURE = json.dumps(
    {
        "data": [{"type": "table", "header": {"values": ["a", ""]}, "cells": {"values": [[7], [8]]}}],
        "layout": {},
    }
)

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not AXE.is_file(), reason="axe-core is missing: npm install --prefix web"),
]


@pytest.fixture
def tasks(server: ServerProcess) -> list[str]:
    return [one(server, f"heard {number}") for number in range(2)]


def one(server: ServerProcess, name: str) -> str:
    args = {"Args": {"lr": {"section": "Args", "name": "lr", "value": str(len(name)), "type": "float"}}}
    task = str(server.call("tasks.create", name=name, type="testing", hyperparams=args)["id"])
    server.call("tasks.started", task=task)
    for step in range(1, 4):
        value = {"task": task, "metric": "loss", "variant": "train", "iter": step, "value": step}
        server.call("events.add", type="training_stats_scalar", **value)
    server.call("events.add", type="plot", task=task, metric="t", variant="p", iter=1, plot_str=FIGURE)
    server.call("events.add", type="log", task=task, msg="a line")
    server.call("tasks.failed", task=task, status_reason="no memory left")
    return task


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing(page: Page, server: ServerProcess, tasks: list[str], theme: str):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    compared = [
        f"projects/*/compare-tasks;ids={','.join(tasks)}/{tab}"
        for tab in ("details", "hyper-params", "scalars", "values", "plots")
    ]
    own = [f"projects/*/tasks/{tasks[0]}/output/{tab}" for tab in TABS]
    gone = [f"projects/*/tasks/{'0' * 32}", f"projects/*/models/{'0' * 32}", "nowhere"]
    found = {}
    for place in (*PLACES, *own, *compared, *gone):
        page.goto(f"{server.url}/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_timeout(250)
        page.evaluate(AXE.read_text())
        if wrong := page.evaluate(RUN):
            found[place] = wrong
    assert found == {}
