"""Pictures of every page, to be looked at: `make screenshots`, or

    python -m tests.browser.screenshots [--server http://127.0.0.1:8080] [--out .soundyard/screenshots] [--quick]

Without `--server` a server, agents and a small main job are started first and ended afterwards. Every page is taken
at 1280 and 1920 pixels, light and dark, and once in Chinese; `--quick` takes 1280 light alone.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.conftest import ROOT, ServerProcess
from tests.main_job import finished_main_job, start_agents

WIDTHS = {1280: 860, 1920: 1080}
TABS = ("execution", "hyper-params", "artifacts", "general", "log", "scalars", "plots", "debugImages")


class Api:
    """The open server's API, as a browser without a password calls it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self("auth.login")

    def __call__(self, endpoint: str, **body: Any) -> Any:
        answer = self._session.post(f"{self._url}/api/{endpoint}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()["data"]


def pages(api: Api) -> Iterator[tuple[str, str]]:
    """Name and address of every page, with the newest objects that this server holds."""
    places = ("projects", "pipelines", "datasets", "models", "queues", "workers", "kit")
    yield "tasks", "/"
    yield from ((place, f"/{place}") for place in places)
    for section in ("keys", "account", "users", "appearance", "server", "storage"):
        yield f"settings-{section}", f"/settings/{section}"
    tasks = api("tasks.get_all", search_hidden=True, order_by=["-created"], page=0, page_size=500)["tasks"]
    done = [task for task in tasks if task["status"] in ("completed", "published")]
    train, evaluate = (_newest(done, kind) for kind in ("training", "testing"))
    if train:
        yield from ((f"task-{tab}", _task(train, tab)) for tab in TABS)
        yield "project", f"/projects/{train['project']}/tasks"
    if evaluate:
        yield "audio", _task(evaluate, "audio")
        artifacts = [one["key"] for one in evaluate["execution"]["artifacts"]]
        if "clips" in artifacts:
            yield "audio-clip", _task(evaluate, "audio") + "?open=first"
    compared = ",".join(task["id"] for task in done if task["type"] == "training")
    for view in ("details", "hyper-params", "scalars", "values", "plots", "debugImages"):
        yield f"compare-{view}", f"/projects/*/compare-tasks;ids={compared}/{view}"
    for kind, name in (("controller", "pipeline"), ("data_processing", "dataset")):
        run = next((t for t in done if t["type"] == kind and name in t["system_tags"]), None)
        if run:
            at = (
                f"/pipelines/{run['project']}/tasks/"
                if name == "pipeline"
                else f"/datasets/simple/{run['project']}/tasks/"
            )
            yield f"{name}-run", at + run["id"]
    models = api("models.get_all", order_by=["-created"], page=0, page_size=1)["models"]
    yield from (("model", f"/projects/{model['project']}/models/{model['id']}") for model in models)
    yield "no-such-task", f"/projects/*/tasks/{'0' * 32}/output/scalars"
    yield "no-such-page", "/nowhere"


def _newest(tasks: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    return next((task for task in tasks if task["type"] == kind), None)


def _task(task: dict[str, Any], tab: str) -> str:
    return f"/projects/{task['project']}/tasks/{task['id']}/output/{tab}"


def take(page: Page, url: str, address: str, file: Path) -> None:
    page.goto(url + address.removesuffix("?open=first"))
    page.wait_for_load_state("networkidle")
    if address.endswith("?open=first"):
        page.locator(".table-body .table-row button").first.click()
        page.wait_for_selector(".playhead")
        page.keyboard.press("Space")
    page.wait_for_timeout(400)
    page.screenshot(path=file)


def take_all(url: str, out: Path, quick: bool, only: str) -> int:
    out.mkdir(parents=True, exist_ok=True)
    found = [one for one in pages(Api(url)) if only in one[0]]
    looks = (
        [(1280, "light", "en")]
        if quick
        else [*product(WIDTHS, ("light", "dark"), ("en",)), (1280, "light", "zh-CN")]
    )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        browser = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        for width, theme, language in looks:
            page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.goto(url)
            page.evaluate(
                "language => localStorage.setItem('soundyard:language', JSON.stringify(language))", language
            )
            for name, address in found:
                take(page, url, address, out / f"{name}-{width}-{theme}-{language}.png")
                print(f"{name} {width} {theme} {language}", flush=True)
        browser.close()
    return len(found) * len(looks)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", help="address of a running server; without it one is started")
    parser.add_argument("--out", type=Path, default=ROOT / ".soundyard" / "screenshots")
    parser.add_argument("--quick", action="store_true", help="1280 pixels, light, English only")
    parser.add_argument("--only", default="", help="pages with this in their name")
    options = parser.parse_args()
    with ExitStack() as opened:
        url = options.server
        if not url:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            server = ServerProcess(folder)
            opened.callback(server.stop)
            start_agents(server, folder, opened)
            finished_main_job(server)
            url = server.url
        count = take_all(url.rstrip("/"), options.out, options.quick, options.only)
    print(f"{count} pictures in {options.out}")


if __name__ == "__main__":
    main()
