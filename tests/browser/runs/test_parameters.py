"""The form of a task that brings its schema, of an older clone without one, and of somebody else's task."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ROOT, ServerProcess

pytestmark = pytest.mark.timeout(240)
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def templates(server: ServerProcess) -> dict[str, str]:
    """Ids of the templates that this checkout puts on the server."""
    done = server.run("-m", "tasks.register", timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(
        line.split(": ") for line in done.stdout.splitlines() if re.fullmatch(r"\w+: [0-9a-f]{32}", line)
    )


@pytest.fixture
def copies(server: ServerProcess) -> Iterator[list[str]]:
    """Ids of tasks that are deleted afterwards."""
    made: list[str] = []
    yield made
    for task in made:
        server.call("tasks.delete", task=task, force=True)


def clone_dialog(page: Page, server: ServerProcess, task: str) -> Locator:
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/hyper-params")
    page.get_by_role("button", name="Clone", exact=True).click()
    dialog = page.get_by_role("dialog", name="Clone")
    expect(dialog.locator(".param").first).to_be_visible()
    return dialog


def field(dialog: Locator, name: str) -> Locator:
    return dialog.locator(".param").filter(has=dialog.page.locator(f".param-name > span:text-is('{name}')"))


def newest(server: ServerProcess, copies: list[str]) -> dict[str, Any]:
    task: dict[str, Any] = server.call("tasks.get_all", order_by=["-created"], page=0, page_size=1)["tasks"][
        0
    ]
    copies.append(task["id"])
    return server.task(task["id"])


def test_each_parameter_has_the_control_range_unit_and_help_of_its_declaration(page: Page, server, templates):
    dialog = clone_dialog(page, server, templates["train"])
    headings = dialog.locator("fieldset.params > legend").all_inner_texts()
    assert headings == [
        *("Model", "Clips", "Training", "Teacher", "Features", "Length of clips", "Augmentation", "Running"),
        *("Plugins", "Inputs"),
    ]
    expect(field(dialog, "augment").get_by_role("switch")).to_be_checked()
    options = field(dialog, "schedule").get_by_role("option")
    assert options.all_inner_texts() == ["cosine", "linear", "step", "one-cycle", "constant"]
    expect(field(dialog, "f_max").locator(".param-name small")).to_have_text("Hz · 0 to 192000")
    expect(field(dialog, "epochs").locator(".param-name small")).to_have_text("at least 1")
    expect(field(dialog, "epochs").get_by_role("textbox")).to_have_accessible_description(
        "passes over the training clips"
    )
    expect(dialog.locator(".param .dot")).to_have_count(0)
    assert dialog.locator(".param").count() == len(server.task(templates["train"])["hyperparams"]["Args"])


def test_the_form_tells_what_parameters_are_in_the_language_of_the_page(page: Page, server, templates):
    page.goto(server.url)
    page.evaluate("() => localStorage.setItem('soundyard:language', JSON.stringify('zh-CN'))")
    page.goto(f"{server.url}/projects/*/tasks/{templates['train']}/output/execution")
    page.get_by_role("button", name="克隆", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("fieldset.params > legend").first).to_have_text("模型")
    expect(field(dialog, "epochs").get_by_role("textbox")).to_have_accessible_description(
        "遍历训练片段的次数"
    )
    assert [text for text in dialog.locator(".param-help").all_inner_texts() if text.isascii()] == []


def test_a_value_that_is_not_the_default_is_marked_and_put_back(page: Page, server, templates, copies):
    dialog = clone_dialog(page, server, templates["train"])
    epochs = field(dialog, "epochs")
    epochs.get_by_role("textbox").fill("7")
    expect(epochs.locator(".dot")).to_be_visible()
    field(dialog, "optimizer").get_by_role("combobox").select_option("sgd")
    expect(dialog.locator(".param .dot")).to_have_count(2)
    dialog.get_by_role("button", name="Set optimizer to its default, adamw").click()
    expect(dialog.locator(".param .dot")).to_have_count(1)
    dialog.get_by_role("button", name="Clone", exact=True).click()
    expect(page.get_by_text("Cloned")).to_be_visible()
    made = newest(server, copies)
    assert made["hyperparams"]["Args"]["epochs"]["value"] == "7"
    assert "rule" not in made["hyperparams"]["Args"]["epochs"]
    assert json.loads(made["configuration"]["parameters_schema"]["value"])["title"] == "TrainParameters"
    dialog = clone_dialog(page, server, made["id"])  # a clone of a clone knows the default still
    dialog.get_by_role("button", name="Set epochs to its default, 100").click()
    expect(field(dialog, "epochs").get_by_role("textbox")).to_have_value("100")


def test_a_form_can_be_filled_from_the_keyboard(page: Page, server, templates):
    dialog = clone_dialog(page, server, templates["train"])
    field(dialog, "members").get_by_role("textbox").focus()
    page.keyboard.press("ArrowUp")
    expect(field(dialog, "members").get_by_role("textbox")).to_have_value("2")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(field(dialog, "members").get_by_role("textbox")).to_have_value("1")
    model = field(dialog, "model").get_by_role("combobox", name="model")
    model.focus()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("option", name="resnet18")).to_be_visible()
    page.keyboard.type("crn")
    page.keyboard.press("Enter")
    expect(model).to_have_value("crnn")
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    expect(dialog).to_be_visible()
    field(dialog, "deltas").get_by_role("switch").focus()
    page.keyboard.press("Space")
    expect(field(dialog, "deltas").get_by_role("switch")).to_be_checked()


def test_several_of_a_lists_choices_are_ticked_and_none_is_refused(page: Page, server, templates, copies):
    dialog = clone_dialog(page, server, templates["export"])
    formats = field(dialog, "formats").get_by_role("group", name="formats")
    for name in ("torchscript", "onnx", "onnx-int8"):
        formats.get_by_role("checkbox", name=name, exact=True).uncheck()
    expect(field(dialog, "formats")).to_contain_text("It must not be empty")
    formats.get_by_role("checkbox", name="onnx", exact=True).check()
    dialog.get_by_role("button", name="Clone", exact=True).click()
    expect(page.get_by_text("Cloned")).to_be_visible()
    assert newest(server, copies)["hyperparams"]["Args"]["formats"]["value"] == '["onnx"]'


def test_names_that_are_proposed_are_not_all_that_may_be_given(page: Page, server, templates, copies):
    dialog = clone_dialog(page, server, templates["train"])
    field(dialog, "device").get_by_role("combobox").fill("cuda:1")
    page.keyboard.press("Enter")
    field(dialog, "model").get_by_role("combobox").fill("cnn, crnn")
    page.keyboard.press("Tab")
    expect(dialog).to_contain_text("A sweep: 2 tasks")
    dialog.get_by_role("button", name="Clone 2", exact=True).click()
    expect(page.get_by_text("2 clones made")).to_be_visible()
    tasks = server.call("tasks.get_all", order_by=["-created"], page=0, page_size=2)["tasks"]
    copies += [one["id"] for one in tasks]
    made = [server.task(one["id"])["hyperparams"]["Args"] for one in tasks]
    assert {one["model"]["value"] for one in made} == {"cnn", "crnn"}
    assert {one["device"]["value"] for one in made} == {"cuda:1"}


def test_a_clone_of_an_older_version_is_held_to_its_descriptions(page: Page, server, templates, copies):
    """As such clones lie on servers: what they know stands behind the descriptions, and nothing of a schema."""
    kept = json.loads((Path(__file__).parents[2] / "fixtures" / "old_clone.json").read_text())
    made = server.call("tasks.create", name="of an older version", type="training", hyperparams=kept)["id"]
    copies.append(made)
    dialog = clone_dialog(page, server, made)
    expect(dialog.get_by_role("group", name="Training")).to_be_visible()
    expect(field(dialog, "augment").get_by_role("switch")).to_be_visible()
    field(dialog, "epochs").get_by_role("textbox").fill("0")
    expect(field(dialog, "epochs")).to_contain_text("It must be at least 1")
    expect(dialog.locator(".param .dot")).to_have_count(0)


def test_a_foreign_tasks_parameters_are_text_boxes(page: Page, server, copies):
    values = {
        "General": {"alpha": "0.5", "layers/0": "64", "é:%#?": "x", "flag": "yes"},
        "Args": {"model": "theirs"},
    }
    hyperparams = {
        section: {name: {"section": section, "name": name, "value": value} for name, value in own.items()}
        for section, own in values.items()
    }
    broken = {"parameters_schema": {"name": "parameters_schema", "value": "not = json"}}
    made = server.call(
        "tasks.create", name="foreign", type="training", hyperparams=hyperparams, configuration=broken
    )["id"]
    copies.append(made)
    dialog = clone_dialog(page, server, made)
    expect(dialog.locator(".param")).to_have_count(5)
    expect(dialog.locator(".param").get_by_role("textbox")).to_have_count(5)
    field(dialog, "é:%#?").get_by_role("textbox").fill("y")
    dialog.get_by_role("button", name="Clone", exact=True).click()
    expect(page.get_by_text("Cloned")).to_be_visible()
    assert newest(server, copies)["hyperparams"]["General"]["é:%#?"]["value"] == "y"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_form_fits_and_axe_finds_nothing_in_it(page: Page, server, templates, width):
    page.set_viewport_size({"width": width, "height": 800})
    dialog = clone_dialog(page, server, templates["train"])
    field(dialog, "epochs").get_by_role("textbox").fill("0")
    assert dialog.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    if AXE.is_file():
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            """async () => (await axe.run(document.querySelector('dialog,[role=dialog]')))
                .violations.map(one => [one.id, one.nodes[0].html])"""
        )
        assert found == []
