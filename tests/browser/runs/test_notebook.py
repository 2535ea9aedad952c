"""The tutorial's notebook in the page: run by hand, cloned with another rate and batch size, finished by an agent."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose_queue
from tests.conftest import DATA, ServerProcess
from tests.main_job import start_agents
from tests.notebook import run_by_hand, settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA} (SOUNDYARD_DATA)"),
]


def test_a_clone_of_the_notebook_edited_in_the_page_is_finished_by_an_agent(
    page: Page,
    server: ServerProcess,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    opened: ExitStack,
) -> None:
    pytest.importorskip("jupyter_server")
    task, _ = run_by_hand(server, tmp_path)
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/hyper-params")
    page.get_by_role("button", name="Clone", exact=True).click()
    dialog = page.get_by_role("dialog", name="Clone")
    dialog.get_by_label("Name", exact=True).fill("notebook, slower")
    dialog.get_by_label(re.compile("^base_lr")).fill("0.003")
    dialog.get_by_label(re.compile("^batch_size")).fill("8")
    expect(dialog.locator(".param.changed")).to_have_count(2)
    choose_queue(page, dialog, "audio")
    dialog.get_by_role("button", name="Clone and enqueue").click()
    start_agents(server, tmp_path_factory.mktemp("agents"), opened)
    (made,) = server.call("tasks.get_all", name="^notebook, slower$")["tasks"]
    server.wait_for(made["id"], "completed", seconds=600)
    assert settings(server, made["id"]) == {**settings(server, task), "base_lr": "0.003", "batch_size": "8"}
    page.goto(f"{server.url}/projects/*/tasks/{made['id']}/debugImages")
    expect(page.locator("audio[aria-label*='heard as']").first).to_be_attached(timeout=30_000)
    assert server.scalars(made["id"])["loss"]["test"]["x"] == [12]  # batches of eight
