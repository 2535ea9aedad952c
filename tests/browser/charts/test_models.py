"""A model's page: what it reported itself, what the task that made it did, and by what it is chosen."""

import json
from typing import Any

from playwright.sync_api import Page, expect

from audio.export.card import Card, Data, Evaluated, Figure
from tests.conftest import ServerProcess
from tests.contract.files import FileClient

FIGURE = json.dumps({"data": [{"type": "table", "header": {"values": ["a"]}, "cells": {"values": [[7]]}}]})


def scalar(server: ServerProcess, owner: str, metric: str, **more: Any) -> None:
    for step in (1, 2):
        server.call(
            "events.add",
            type="training_stats_scalar",
            task=owner,
            metric=metric,
            variant="validation",
            iter=step,
            value=step / 4,
            **more,
        )


def model_made_by_a_task(server: ServerProcess, name: str) -> tuple[str, str]:
    task = str(server.call("tasks.create", name=f"maker of {name}", type="training")["id"])
    server.call("tasks.started", task=task)
    scalar(server, task, "accuracy")
    made = server.call("models.create", uri="http://127.0.0.1/files/m.pt", name=name, task=task, ready=False)
    server.call("tasks.completed", task=task)
    return str(made["id"]), task


def test_a_models_own_curves_and_plots_are_on_its_page(page: Page, server: ServerProcess):
    model, _ = model_made_by_a_task(server, "with its own")
    scalar(server, model, "drift", model_event=True)
    server.call(
        "events.add",
        type="plot",
        task=model,
        metric="weights",
        variant="layers",
        iter=1,
        plot_str=FIGURE,
        model_event=True,
    )
    page.goto(f"{server.url}/projects/*/models/{model}")
    page.get_by_role("link", name="Scalars").click()
    expect(page.get_by_role("heading", name="drift")).to_be_visible()
    expect(page.get_by_role("heading", name="accuracy")).to_have_count(0)
    page.get_by_role("link", name="Plots").click()
    expect(page.get_by_role("heading", name="weights / layers")).to_be_visible()
    expect(page.get_by_role("rowheader", name="7")).to_be_visible()


def test_a_models_card_is_on_its_page(page: Page, server: ServerProcess):
    rows = [Evaluated("ESC-10, fold 1", [Figure("accuracy", 0.8125, 0.7, 0.9)], [Figure("a|b*", 0.5)])]
    state = {
        "config": {"model": "cnn", "frontend": "logmel", "seed": 1}, "classes": ["a|b*", "<b>é</b>"],
        "multi_label": False, "sample_rate": 16000, "clip_frames": 16000, "epoch": 3, "weights": {},
    }  # fmt: skip
    files = FileClient(server)
    card = Card("with a card", state, Data("ESC-10", "CC BY 3.0"), "id", rows).markdown()
    assert files.upload("cards/é/model_card.md", card.encode()).ok
    model, _ = model_made_by_a_task(server, "with a card")
    item = {"key": "model_card", "type": "str", "value": files.url("cards/é/model_card.md")}
    server.call("models.add_or_update_metadata", model=model, metadata=[item])
    page.goto(f"{server.url}/projects/*/models/{model}")
    shown = page.locator(".model-card-text")
    expect(shown.get_by_role("heading", name="Robustness")).to_be_visible()
    expect(shown.get_by_role("row").filter(has_text="accuracy")).to_contain_text("0.812 (0.700 to 0.900)")
    expect(shown.get_by_text("2 classes, one label a clip: a|b*, <b>é</b>")).to_be_visible()
    expect(shown.locator("pre")).to_contain_text('soundyard.Predictor("model.pt")')
    expect(shown.get_by_text("Licence of the data: CC BY 3.0")).to_be_visible()


def test_a_model_without_curves_shows_those_of_its_training(page: Page, server: ServerProcess):
    model, task = model_made_by_a_task(server, "without its own")
    page.goto(f"{server.url}/projects/*/models/{model}")
    figures = page.locator(".card", has=page.get_by_role("heading", name="Metrics of its training"))
    expect(figures).to_contain_text("accuracy/validation")
    expect(figures).to_contain_text("0.5")
    page.get_by_role("link", name="Scalars").click()
    expect(page.get_by_role("link", name="maker of without its own")).to_have_attribute(
        "href", f"/projects/*/tasks/{task}/output/scalars"
    )
    expect(page.get_by_role("heading", name="accuracy")).to_be_visible()
    page.get_by_role("link", name="Plots").click()
    expect(page.get_by_text("No plots yet")).to_be_visible()


def test_a_training_leads_to_what_its_model_got_wrong(page: Page, server: ServerProcess):
    model, task = model_made_by_a_task(server, "to be judged")
    server.call("tasks.add_or_update_model", task=task, name="m", model=model, type="output")
    judge = server.call("tasks.create", name="judge of it", type="testing")["id"]
    server.call("tasks.add_or_update_model", task=judge, name="m", model=model, type="input")
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/audio")
    link = page.get_by_role("link", name="judge of it")
    expect(link).to_have_attribute("href", f"/projects/*/tasks/{judge}/output/audio")
