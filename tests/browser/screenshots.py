"""Pictures of every page, to be looked at: `make screenshots`, or

    python -m tests.browser.screenshots [--server LINK] [--out .soundyard/screenshots] [--quick]

Without `--server` a server, agents and a small main job are started first and ended afterwards. Every page is taken
at 1280 and 1920 pixels, light and dark, and once in Chinese; `--quick` takes 1280 light alone. `--readme` takes the
three of docs/images instead.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from playwright.sync_api import Page, sync_playwright

from tests.chromium import CHROMIUM, FLAGS
from tests.conftest import ROOT, ServerProcess
from tests.main_job import finished_main_job, start_agents

IMAGES = ROOT / "docs" / "images"
WIDTHS = {1280: 860, 1920: 1080}
TABS = ("execution", "hyper-params", "artifacts", "general", "log", "scalars", "plots", "debugImages")
ROW = ".table-body .table-row"
FIRST_CLIP = f"{ROW} button"

Shot = tuple[str, str, tuple[str, ...]]  # name, address, what to click there, one after the other


class Api:
    """The open server's API, as a browser that a link has let in calls it."""

    def __init__(self, link: str) -> None:
        self.url = link.partition("/link?")[0]
        self._session = requests.Session()
        self._session.get(link, timeout=30).raise_for_status()

    def __call__(self, endpoint: str, **body: Any) -> Any:
        answer = self._session.post(f"{self.url}/api/{endpoint}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()["data"]

    def cookies(self) -> list[Any]:
        """For a browser."""
        return [{"name": one.name, "value": one.value, "url": self.url} for one in self._session.cookies]


def pages(api: Api) -> Iterator[Shot]:
    """Every page, with the newest objects that this server holds, and the dialogs that matter most."""
    places = ("projects", "pipelines", "datasets", "models", "queues", "workers", "kit")
    yield "tasks", "/", ()
    yield "tasks-columns", "/", ("button[title=Columns]",)
    yield "tasks-chosen", "/", (".table-body input >> nth=0", ".table-body input >> nth=1")
    yield from ((place, f"/{place}", ()) for place in places)
    for section in ("keys", "account", "users", "audit", "appearance", "server", "storage", "alerts"):
        yield f"settings-{section}", f"/settings/{section}", ()
    yield from of_tasks(api)
    models = api("models.get_all", order_by=["-created"], page=0, page_size=1)["models"]
    yield from (("model", f"/projects/{model['project']}/models/{model['id']}", ()) for model in models)
    yield "no-such-task", f"/projects/*/tasks/{'0' * 32}/output/scalars", ()
    yield "no-such-page", "/nowhere", ()


def of_tasks(api: Api) -> Iterator[Shot]:
    tasks = api("tasks.get_all", search_hidden=True, order_by=["-created"], page=0, page_size=500)["tasks"]
    done = [task for task in tasks if task["status"] in ("completed", "published")]
    train, evaluate = (_newest(done, kind) for kind in ("training", "testing"))
    if train:
        yield from ((f"task-{tab}", _task(train, tab), ()) for tab in TABS)
        yield "task-clone", _task(train, "general"), ("text=Clone",)
        yield "task-actions", _task(train, "general"), ("button[title='More actions']",)
        yield "task-closely", _task(train, "debugImages"), ("button[title^='Listen closely']",)
        yield "project", f"/projects/{train['project']}/tasks", ()
    if evaluate:
        yield "audio", _task(evaluate, "audio"), ()
        artifacts = [one["key"] for one in evaluate["execution"]["artifacts"]]
        if "clips" in artifacts:
            yield "audio-clip", _task(evaluate, "audio"), (FIRST_CLIP,)
    compared = ",".join(task["id"] for task in done if task["type"] == "training")
    for view in ("details", "hyper-params", "scalars", "values", "plots", "debugImages"):
        yield f"compare-{view}", f"/projects/*/compare-tasks;ids={compared}/{view}", ()
    for kind, name in (("controller", "pipeline"), ("data_processing", "dataset")):
        run = next((t for t in done if t["type"] == kind and name in t["system_tags"]), None)
        if run:
            at = (
                f"/pipelines/{run['project']}/tasks/"
                if name == "pipeline"
                else f"/datasets/simple/{run['project']}/tasks/"
            )
            yield f"{name}-run", at + run["id"], ()
            if name == "dataset":
                sound = at + run["id"] + "?tab=sound"
                yield "dataset-sound", sound, ()
                if "clips" in [one["key"] for one in run["execution"].get("artifacts", [])]:
                    yield "dataset-clip", sound + "&kept=yes", (".matrix td button", FIRST_CLIP)
            if name == "pipeline":
                yield "pipeline-step", at + run["id"], (".step-box >> nth=1",)


def for_readme(api: Api) -> Iterator[Shot]:
    """The table with a few columns, the workbench with two runs, the trainings side by side."""
    done = api("tasks.get_all", status=["completed"], order_by=["-created"], page=0, page_size=500)["tasks"]
    evaluations = [task for task in done if task["type"] == "testing"]
    trainings = [task for task in done if task["type"] == "training"]
    found = api("projects.get_unique_metric_variants")["metrics"]
    ids = {
        f"{one['metric']}/{one['variant']}": f"m.{one['metric_hash']}.{one['variant_hash']}" for one in found
    }
    metrics = [f"{ids[name]}.value|{name}|last" for name in ("accuracy/test", "accuracy/validation")]
    rate = "p.hyperparams.Args.learning_rate|Args/learning_rate"
    columns = ["name", "status", *metrics, rate, "tags", "duration"]
    shown = quote(",".join(quote(column, safe="") for column in columns))
    yield "tasks", f"/projects/{trainings[0]['project']}/tasks?tags=-template&columns={shown}", ()
    right = _task(evaluations[1], "audio") + f"?with={evaluations[0]['id']}"
    yield "audio", right, (f"{ROW}:has-text('Rooster') button",)
    swept = [task for task in trainings if "sweep" in task.get("tags", [])] or trainings
    compared = ",".join(task["id"] for task in swept[:5])
    yield "compare", f"/projects/*/compare-tasks;ids={compared}/scalars", ()


def _newest(tasks: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    return next((task for task in tasks if task["type"] == kind), None)


def _task(task: dict[str, Any], tab: str) -> str:
    return f"/projects/{task['project']}/tasks/{task['id']}/output/{tab}"


def take(page: Page, url: str, address: str, clicks: Sequence[str], file: Path) -> None:
    page.goto(url + address)
    page.wait_for_load_state("networkidle")
    for selector in clicks:
        page.locator(selector).first.click()
    if any(selector.startswith(ROW) for selector in clicks):
        page.wait_for_selector(".playhead")
        page.wait_for_timeout(900)  # it plays by itself
        page.keyboard.press("Space")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    page.screenshot(path=file)


def take_all(api: Api, found: Sequence[Shot], out: Path, quick: bool) -> int:
    out.mkdir(parents=True, exist_ok=True)
    looks = (
        [(1280, "light", "en")]
        if quick
        else [*product(WIDTHS, ("light", "dark"), ("en",)), (1280, "light", "zh-CN")]
    )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        browser = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS)
        browser.add_cookies(api.cookies())
        page = browser.new_page()
        for width, theme, language in looks:
            page.set_viewport_size({"width": width, "height": 800 if out == IMAGES else WIDTHS[width]})
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.goto(api.url)
            page.evaluate(
                "language => localStorage.setItem('soundyard:language', JSON.stringify(language))", language
            )
            for name, address, clicks in found:
                end = "" if out == IMAGES else f"-{width}-{theme}-{language}"
                take(page, api.url, address, clicks, out / f"{name}{end}.png")
                print(f"{name} {width} {theme} {language}", flush=True)
        browser.close()
    return len(found) * len(looks)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", help="what `python -m server link` prints; without it one is started")
    parser.add_argument("--out", type=Path, default=ROOT / ".soundyard" / "screenshots")
    parser.add_argument("--quick", action="store_true", help="1280 pixels, light, English only")
    parser.add_argument("--readme", action="store_true", help="the README's three, into docs/images")
    parser.add_argument("--only", default="", help="pages with this in their name")
    options = parser.parse_args()
    with ExitStack() as opened:
        link = options.server
        if not link:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            server = ServerProcess(folder)
            opened.callback(server.stop)
            start_agents(server, folder, opened)
            finished_main_job(server)
            link = server.link()
        api = Api(link)
        found = [one for one in (for_readme(api) if options.readme else pages(api)) if options.only in one[0]]
        out = IMAGES if options.readme else options.out
        count = take_all(api, found, out, options.quick or options.readme)
    print(f"{count} pictures in {out}")


if __name__ == "__main__":
    main()
