"""What the page costs in a real Chromium: a large table, live charts, a large evaluation.

python -m benchmarks.web_pages                     # 10,000 tasks, 20 live charts, 8,732 clips; about two minutes
python -m benchmarks.web_pages --only charts
"""

from __future__ import annotations

import argparse
import threading

from playwright.sync_api import Page

from audio.command_line import CommandLine
from benchmarks import web_data
from benchmarks.browser import Meter, opened
from benchmarks.server_tables import METRIC, fill
from benchmarks.servers import Client, line, scratch, soundyard

SEEN = """selector => new Promise(done => {
  const look = () => document.querySelector(selector) ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""


def until_seen(page: Page, address: str, selector: str) -> float:
    """Milliseconds from the start of the navigation until something is in the document."""
    page.goto(address, wait_until="commit")
    return float(page.evaluate(SEEN, selector))


def tables(count: int) -> None:
    with scratch("page-table") as folder:
        project = fill(folder, count)
        with soundyard(folder) as process, opened() as page:
            url = f"http://127.0.0.1:{process.port}"
            page.goto(url)
            page.wait_for_selector(".table-body .table-row a")
            page.evaluate(
                "([name, ids]) => localStorage.setItem(name, JSON.stringify(ids))",
                [f"soundyard:columns:{project}", columns()],
            )
            page.goto("about:blank")
            meter = Meter(page)
            taken = until_seen(page, f"{url}/projects/{project}/tasks", ".table-body .table-row a")
            page.wait_for_load_state("networkidle")
            page.evaluate("() => new Promise(done => setTimeout(done, 300))")
            print(f"{count:,} tasks, {page.locator('[role=columnheader]').count() - 1} columns")
            line("first row", f"{taken / 1000:.2f} s", "under 0.7 s", taken < 700)
            megabytes = meter.bytes["api"] / 1e6
            line("answers on the wire", f"{megabytes:.3f} MB", "under 0.1 MB", megabytes < 0.1)
            rows = page.locator(".table-body .table-row").count()
            line("rows in the document", str(rows), "at most 60", rows <= 60)
            heap = meter.heap_mb()
            line("heap", f"{heap:.1f} MB", "under 10 MB", heap < 10)


def columns() -> list[str]:
    """Twenty: what every task has, a metric thrice, hyperparameters."""
    own = [
        "name",
        "status",
        "type",
        "tags",
        "project",
        "user",
        "started",
        "last_update",
        "last_iteration",
        "duration",
        "created",
        "id",
    ]
    metric = METRIC.removeprefix("last_metrics.")
    metrics = [
        f"m.{metric}.{field}|accuracy/validation|{which}"
        for which, field in (("last", "value"), ("min", "min_value"), ("max", "max_value"))
    ]
    params = [
        f"p.hyperparams.Args.{name}|Args/{name}"
        for name in ("learning_rate", "epochs", "model", "option_1", "option_2")
    ]
    return [*own, *metrics, *params]


def charts(count: int, seconds: float = 20) -> None:
    with scratch("page-charts") as folder, soundyard(folder) as process:
        client = Client(process, folder)
        task = client.call("tasks.create", name="live", type="training")["id"]
        client.call("tasks.started", task=task)
        web_data.report(client, task, count, range(2000))
        with opened() as page, writing(Client(process, folder), task, count):
            page.goto(f"http://127.0.0.1:{process.port}/projects/*/tasks/{task}/output/scalars")
            page.wait_for_selector(".chart-card canvas")
            page.wait_for_timeout(4000)
            meter = Meter(page)
            before = meter.busy()
            page.wait_for_timeout(seconds * 1000)
            share, kilobytes = (meter.busy() - before) / seconds, meter.bytes["api"] / 1000
            print(f"{page.locator('.chart-card').count()} live charts, {seconds:g} s")
            line("main thread", f"{share:.1%}", "under 5 %", share < 0.05)
            line("answers on the wire", f"{kilobytes:.1f} kB", "under 50 kB", kilobytes < 50)


class writing:
    """Reports a point of every curve each second, as a training would."""

    def __init__(self, client: Client, task: str, metrics: int) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(client, task, metrics))

    def _run(self, client: Client, task: str, metrics: int) -> None:
        step = 2000
        while not self._over.wait(1):
            web_data.report(client, task, metrics, range(step, step + 1))
            step += 1

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def clips(count: int) -> None:
    with scratch("page-clips") as folder, soundyard(folder) as process:
        task = web_data.evaluation(Client(process, folder), process.port, count)
        with opened() as page:
            audio = f"http://127.0.0.1:{process.port}/projects/*/tasks/{task}/output/audio"
            page.goto(f"http://127.0.0.1:{process.port}/kit")
            page.wait_for_load_state("networkidle")
            meter = Meter(page)
            taken = until_seen(page, audio, ".matrix + *, .table-body .table-row button")
            print(f"{count:,} clips")
            line("interactive", f"{taken / 1000:.2f} s", "under 1 s", taken < 1000)
            page.locator(".table-body .table-row button").first.click()
            page.wait_for_selector(".playhead")
            page.keyboard.press("Space")
            page.wait_for_timeout(300)
            heard = first_sound(page)
            line("first sound after the key", f"{heard:.0f} ms", "under 100 ms", heard < 100)
            line("heap", f"{meter.heap_mb():.1f} MB", "")


FIRST_SOUND = """() => new Promise(done => {
  const head = () => new DOMMatrix(getComputedStyle(document.querySelector('.playhead')).transform).m41;
  let pressed = 0, still = 0;
  const press = () => { pressed = performance.now(); still = head(); watch(); };
  addEventListener('keydown', press, { once: true, capture: true });
  const watch = () => head() !== still ? done(performance.now() - pressed) : requestAnimationFrame(watch);
  window.ready = true;
})"""


def first_sound(page: Page) -> float:
    """Milliseconds from Space until the playhead, which follows the audio clock, has moved."""
    page.evaluate(f"() => {{ window.waited = ({FIRST_SOUND})(); }}")
    page.keyboard.press("Space")
    return float(page.evaluate("() => window.waited"))


PARTS = {"tables": (tables, 10_000), "charts": (charts, 20), "clips": (clips, 8732)}


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(PARTS), help="one of the three")
    chosen = parser.parse_args().only
    for name, (run, count) in PARTS.items():
        if chosen in (None, name):
            run(count)


if __name__ == "__main__":
    main()
