"""Every page with answers that come late, in another order, or fail once: it shows what is the address's own, whole."""

import difflib
import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(1500)

TABS = ("execution", "hyper-params", "artifacts", "general", "log", "scalars", "plots", "debugImages")
VIEWS = ("details", "hyper-params", "scalars", "values", "plots", "debugImages")
SETTINGS = ("keys", "account", "users", "audit", "appearance", "server", "storage")
WHO = "users.get_current_user"  # without it there is no page: the whole of it says so
SUBJECTS = {
    "tasks.get_by_id",
    "tasks.get_by_id_ex",
    "models.get_all_ex",
    "projects.get_by_id",
}  # what a page is about
GO = "to => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }"
READ = """() => {
  const main = document.querySelector('main');
  const busy = main.querySelector('.loading:not(.plot-box .loading), .table-row.waiting, [aria-busy=true]');
  if (busy || !main.querySelector('h1')) return null;
  const drawn = [...main.querySelectorAll('.plot-box')].map(one => one.innerText).filter(Boolean);
  return drawn.reduce((said, one) => said.replace(one, ''), main.innerText);
}"""
WAYS = {  # in which a call fails, and what a page says to it
    "refused": lambda route: route.fulfill(status=500, body="not even JSON"),
    "unreachable": lambda route: route.abort("connectionreset"),
    "cut": lambda route: route.fulfill(status=200, body='{"meta": {"result_code": 200}, "data": {"ta'),
}
CHANGES = re.compile(
    r"[\w ]*\bago\b|just now|[\d.,:]+\s?(ms|s|m|min|h|%|[kMG]?i?B)?\b"
)  # times, shares, sizes


@pytest.fixture(scope="module")
def places(server: ServerProcess, job: dict[str, Any]) -> list[str]:
    """Addresses of every page; neighbours are drawn by the same component where there is one."""
    train, evaluation, controller = job["train"], job["evaluate"], job["controller"]
    dataset = train["hyperparams"]["Args"]["dataset_id"]["value"]
    both = f"{train['id']},{evaluation['id']}"
    queues = [one["id"] for one in server.call("queues.get_all")["queues"]]
    models = server.call("models.get_all", page=0, page_size=2, order_by=["created"])["models"]
    return [
        *("/", f"/projects/{train['project']}/tasks", "/?q=train", "/projects", "/pipelines"),
        *(f"/projects/*/tasks/{train['id']}/output/{tab}" for tab in TABS),
        f"/projects/*/tasks/{evaluation['id']}/output/audio",
        *(f"/projects/*/tasks/{evaluation['id']}/output/{tab}" for tab in TABS),
        *(f"/projects/*/compare-tasks;ids={both}/{view}" for view in VIEWS),
        f"/pipelines/{controller['project']}/tasks/{controller['id']}",
        "/datasets",
        *(f"/datasets/simple/*/tasks/{dataset}?tab={tab}" for tab in ("files", "lineage", "sound")),
        "/models",
        *(f"/projects/*/models/{one['id']}" for one in models),
        *("/queues", *(f"/queues/{one}" for one in queues[:2]), "/workers"),
        *(f"/settings/{section}" for section in SETTINGS),
    ]


def said(page: Page) -> str | None:
    """What the page says, without what time alone changes; None while some of it is on its way."""
    text = page.evaluate(READ)
    return None if text is None else CHANGES.sub("#", text)


def settled(page: Page, seconds: float = 10) -> str:
    """What the page says once it stays the same."""
    before, now = None, said(page)
    for _ in range(int(seconds * 5)):
        if now is not None and now == before:
            break
        page.wait_for_timeout(200)
        before, now = now, said(page)
    assert now is not None, f"still on its way: {page.url}: {page.locator('main').inner_text()[:300]}"
    return now


class Answers:
    """What comes between the page and the server: holds answers back, turns their order round, lets calls fail once."""

    def __init__(self, page: Page) -> None:
        self.holding = False
        self.failing: set[str] = set()
        self.way = "refused"
        self.asked: set[str] = set()
        self._held: list[tuple[Route, Any]] = []
        page.route("**/api/**", self._come)

    def _come(self, route: Route) -> None:
        endpoint = route.request.url.partition("/api/")[2].split("/")[-1]
        self.asked.add(endpoint)
        if endpoint in self.failing:
            self.failing.discard(endpoint)
            WAYS[self.way](route)
        elif self.holding:
            self._held.append((route, route.fetch()))
        else:
            route.continue_()

    def release(self) -> None:
        """All that were held back, the newest first."""
        self.holding = False
        while self._held:
            route, answer = self._held.pop()
            route.fulfill(response=answer)


def own(page: Page, server: ServerProcess, place: str) -> str:
    page.goto(server.url + place)
    return settled(page)


def lines(text: str) -> set[str]:
    return {line.strip() for line in text.split("\n") if len(line.strip()) > 2}


def differs(page: Page, wanted: str) -> list[str]:
    """Lines that are not as they are wanted, when the page has had the time to ask once more."""
    for _ in range(5):
        if (now := settled(page)) == wanted:
            return []
        page.wait_for_timeout(1500)
    return list(difflib.unified_diff(wanted.split("\n"), now.split("\n"), lineterm="", n=0))


def late(page: Page, server: ServerProcess, answers: Answers, way: list[str]) -> list[str]:
    """Go the way while nothing is answered, then let the answers come, the newest first. What is wrong then."""
    before = own(page, server, way[0])
    wanted = own(page, server, way[-1])
    page.evaluate(GO, way[0])
    settled(page)
    answers.holding = True
    for place in way[1:]:
        page.evaluate(GO, place)
        page.wait_for_timeout(40)
    page.wait_for_timeout(100)
    shown = lines(CHANGES.sub("#", page.locator("main").inner_text()))
    another = sorted((shown - lines(wanted)) & lines(before))
    answers.release()
    return [f"of another page: {line}" for line in another] + differs(page, wanted)


def failing(
    page: Page, server: ServerProcess, answers: Answers, place: str, endpoints: set[str], wanted: str
) -> list[str]:
    """Let calls of a page fail. The page stays, says so, and is whole after another try. What is wrong."""
    heading = page.get_by_role("heading", level=1)
    name = heading.inner_text()
    answers.failing = set(endpoints)
    page.goto(server.url + place)
    settled(page)
    wrong = []
    if not endpoints & SUBJECTS and heading.inner_text() != name:
        wrong.append(f"the page has become “{heading.inner_text()}”")
    again = page.locator("main").get_by_role("button", name="Try again")
    if not again.count() and differs(page, wanted):
        wrong.append("nothing is said, and no other try offered")
    for _ in range(5):
        if again.count():
            again.first.click()
            page.wait_for_timeout(150)
    return wrong + differs(page, wanted)


def test_the_page_of_the_address_is_shown_when_answers_come_late_and_the_other_way_round(
    page: Page, server: ServerProcess, job: dict[str, Any]
):
    answers = Answers(page)
    task, other = (f"/projects/*/tasks/{job[name]['id']}/output/scalars" for name in ("train", "evaluate"))
    lists = f"/projects/{job['train']['project']}/tasks", "/?kind=all"
    wrong = [
        late(page, server, answers, way) for way in ([other, lists[1], task], [lists[1], "/models", lists[0]])
    ]
    assert not any(wrong), json.dumps(wrong, indent=1)


@pytest.mark.parametrize("way", WAYS)
def test_a_page_whose_calls_fail_says_so_and_is_whole_after_another_try(
    page: Page, server: ServerProcess, places: list[str], way: str
):
    answers = Answers(page)
    answers.way = way
    wrong = {}
    model = next(one for one in places if "/models/" in one)
    for place in (places[1], model):
        wanted = own(page, server, place)
        wrong[place] = failing(page, server, answers, place, answers.asked - SUBJECTS - {WHO}, wanted)
        answers.asked.clear()
    assert not any(wrong.values()), json.dumps({k: v for k, v in wrong.items() if v}, indent=1)


@pytest.mark.slow
def test_every_page_is_its_own_when_answers_come_late_and_the_other_way_round(
    page: Page, server: ServerProcess, places: list[str]
):
    """Between neighbours, of which many are drawn by the same component."""
    answers = Answers(page)
    wrong = {}
    for at, place in enumerate(places):
        wrong[place] = late(page, server, answers, [places[at - 3], places[at - 2], places[at - 1], place])
    assert not any(wrong.values()), json.dumps({k: v for k, v in wrong.items() if v}, indent=1)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_call_of_every_page_may_fail_once(
    page: Page, server: ServerProcess, places: list[str], way: str
):
    answers = Answers(page)
    answers.way = way
    wrong = {}
    for place in places:
        answers.asked.clear()
        wanted = own(page, server, place)
        for endpoint in sorted(answers.asked - {WHO}):
            wrong[f"{place} {endpoint}"] = failing(page, server, answers, place, {endpoint}, wanted)
    assert not any(wrong.values()), json.dumps({k: v for k, v in wrong.items() if v}, indent=1)
