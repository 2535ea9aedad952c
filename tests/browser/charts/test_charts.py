"""Charts and comparisons as they are read: names, values reported once, hidden lines; addresses that run nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess


@pytest.fixture(scope="module")
def evaluation(server: ServerProcess) -> Iterator[str]:
    """A task with a curve of two lines, and values that were reported once."""
    task = server.call("tasks.create", name="one of many", type="testing")["id"]
    events: list[dict[str, Any]] = [
        {"metric": "loss", "variant": name, "iter": i, "value": 1 / (i + 1)}
        for name in ("train, first", "held out")
        for i in range(5)
    ]
    events += [
        {"metric": "recall", "variant": name, "iter": 0, "value": value}
        for name, value in (("Rain", 0.5), ("Dog", 1.0))
    ]
    for event in events:
        server.call("events.add", type="training_stats_scalar", task=task, **event)
    yield task
    server.call("tasks.delete", task=task, force=True)


def card(page: Page, name: str) -> Any:
    return page.locator(".chart-card", has=page.get_by_role("heading", name=name, exact=True))


def test_values_that_were_reported_once_are_bars(page: Page, server: ServerProcess, evaluation: str):
    page.goto(f"{server.url}/projects/*/tasks/{evaluation}/output/scalars")
    recall = card(page, "recall")
    expect(recall.locator(".bar > span")).to_have_count(2)
    expect(recall.locator("canvas")).to_have_count(0)
    widths = recall.locator(".bar > span").evaluate_all("all => all.map(one => one.style.width)")
    assert sorted(widths) == ["100%", "50%"]
    expect(recall).to_contain_text("0.5")
    expect(card(page, "loss").locator("canvas").first).to_be_visible()


def test_hidden_lines_are_in_the_address(page: Page, server: ServerProcess, evaluation: str):
    page.goto(f"{server.url}/projects/*/tasks/{evaluation}/output/scalars")
    legend = card(page, "loss").locator(".chart-legend")
    legend.get_by_role("button", name="train, first").click()
    expect(legend.get_by_role("button", name="train, first")).to_have_attribute("aria-pressed", "false")
    assert "hidden=" in page.url
    page.reload()
    expect(legend.get_by_role("button", name="train, first")).to_have_attribute("aria-pressed", "false")
    expect(legend.get_by_role("button", name="held out")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("count", [6, 12, 40])
def test_the_names_of_values_stay_readable_beside_many_tasks(
    page: Page, server: ServerProcess, evaluation: str, count: int
):
    made = [
        server.call("tasks.clone", task=evaluation, new_task_name=f"run {i}")["id"] for i in range(count - 1)
    ]
    try:
        page.goto(f"{server.url}/projects/*/compare-tasks;ids={','.join([evaluation, *made])}/values")
        name = page.locator(".compare-table tbody th").first
        expect(name).to_have_text("loss/held out")
        box = name.bounding_box()
        assert box and box["width"] > 100 and box["height"] < 60
        page.locator(".plain-table-frame").evaluate("frame => { frame.scrollLeft = 1e5; }")
        after = name.bounding_box()
        assert after and abs(after["x"] - box["x"]) < 3, "the names went out of sight"
    finally:
        server.call("tasks.delete_many", ids=made, force=True)


def test_a_curve_becomes_a_picture_for_a_paper(page: Page, server: ServerProcess, evaluation: str):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{server.url}/projects/*/tasks/{evaluation}/output/scalars")
    expect(card(page, "loss").locator("canvas").first).to_be_visible()
    saved = {}
    for kind in ("SVG", "PNG"):
        card(page, "loss").get_by_role("button", name="Download loss").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=f"Download as {kind}").click()
        saved[kind] = download.value.path().read_bytes()
    page.emulate_media(color_scheme="light")
    text = saved["SVG"].decode()
    for word in ("loss", "iteration", "train, first", "held out"):
        assert f">{word}</text>" in text
    assert text.count("<path") == 2 and 'fill="#ffffff"' in text
    assert int.from_bytes(saved["PNG"][16:20]) == 1440  # twice the 720 of the SVG


def test_no_address_that_would_run_something_is_followed(page: Page, server: ServerProcess):
    """With the Content-Security-Policy switched off: the page itself is to leave such addresses out."""

    def without_policy(route: Any) -> None:
        answer = route.fetch()
        kept = {name: value for name, value in answer.headers.items() if "security-policy" not in name}
        route.fulfill(response=answer, headers=kept)

    page.route("**/*", without_policy)
    task = server.call("tasks.create", name="hostile", type="testing")["id"]
    bad = ["javascript:window.ran=1", "data:text/html,<script>1</script>", " JavaScript:window.ran=1"]
    artifacts = [{"key": f"a{i}", "type": "custom", "uri": uri} for i, uri in enumerate(bad)]
    server.call("tasks.add_or_update_artifacts", task=task, artifacts=artifacts)
    model = server.call("models.create", name="hostile", uri=bad[0], labels={"a": 0})["id"]
    for address in (f"tasks/{task}/output/artifacts", f"models/{model}"):
        page.goto(f"{server.url}/projects/*/{address}")
        expect(page.get_by_role("heading", level=1, name="hostile")).to_be_visible()
        page.wait_for_load_state("networkidle")
        found = page.evaluate(
            "() => [...document.querySelectorAll('[href], [src]')].map(one => one.getAttribute('href') ?? one.src)"
        )
        assert not [one for one in found if one.strip().lower().startswith(("javascript:", "data:"))]
    server.call("tasks.delete", task=task, force=True)
    server.call("models.delete", model=model, force=True)


def test_the_microphone_shows_its_level_and_ends_with_its_page(page: Page, server: ServerProcess):
    model = server.call("models.create", name="heard", uri=f"{server.url}/files/x.pt", labels={"a": 0})["id"]
    page.add_init_script("""
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => (window.stream = await ask(wanted));
    """)
    page.goto(f"{server.url}/projects/*/models/{model}")
    page.get_by_role("button", name="Record", exact=True).click()
    level = page.get_by_role("meter", name="Level")
    expect(level).to_be_visible()
    page.wait_for_function(
        "() => Number(document.querySelector('.try [role=meter]').getAttribute('aria-valuenow')) > 20"
    )
    assert page.evaluate("() => stream.getTracks().map(one => one.readyState)") == ["live"]
    page.get_by_role("link", name="Queues", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Queues")).to_be_visible()
    assert page.evaluate("() => stream.getTracks().map(one => one.readyState)") == ["ended"]
    server.call("models.delete", model=model, force=True)


def test_runs_that_repeat_one_another_are_one_line_with_a_band(page: Page, server: ServerProcess):
    made = []
    for seed in range(3):
        args = {"Args": {"seed": {"section": "Args", "name": "seed", "value": str(seed), "type": "int"}}}
        task = server.call("tasks.create", name=f"repeat {seed}", type="training", hyperparams=args)["id"]
        server.call("tasks.started", task=task)
        for step in (1, 2):
            server.call(
                "events.add",
                type="training_stats_scalar",
                task=task,
                metric="m",
                variant="v",
                iter=step,
                value=seed + step,
            )
        made.append(task)
    page.goto(f"{server.url}/projects/*/compare-tasks;ids={','.join(made)}/scalars")
    legend = page.locator(".chart-legend button")
    expect(legend).to_have_count(3)
    page.get_by_label("Mean ± standard deviation").select_option(label="of all runs")
    expect(legend).to_have_text(["v (3)3"])
    page.reload()
    expect(legend).to_have_text(["v (3)3"])
    legend.click()
    expect(legend).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Mean ± standard deviation").select_option(label="for each Args/seed")
    expect(legend).to_have_count(3)
