"""The console: pages both ways, downloads, clearing."""

import time

from tests.contract.conftest import Api
from tests.contract.events import log, send


def messages(page: dict) -> list[str]:
    return [event["msg"] for event in page["events"]]


def test_the_newest_lines_come_first_or_in_order_as_asked(api: Api) -> None:
    task = api.task()
    send(api, *(log(task, f"line {i}", 1000 + i) for i in range(6)))
    found = api("events.get_task_log", task=task, batch_size=2)
    assert messages(found) == ["line 5", "line 4"]
    assert (found["returned"], found["total"]) == (2, 6)
    found = api("events.get_task_log", task=task, batch_size=2, order="asc", navigate_earlier=True)
    assert messages(found) == ["line 4", "line 5"]
    found = api("events.get_task_log", task=task, batch_size=2, navigate_earlier=False)
    assert messages(found) == ["line 0", "line 1"]
    assert found["events"][0] == {
        "task": task, "timestamp": 1000, "level": "info", "worker": "host", "msg": "line 0", "type": "log"
    }  # fmt: skip


def test_paging_by_time_loses_no_line_of_a_shared_millisecond(api: Api) -> None:
    task = api.task()
    send(api, *(log(task, f"line {i}", 1000 + i // 4) for i in range(20)))
    for earlier in (True, False):
        seen: list[str] = []
        start = None
        while True:
            page = api(
                "events.get_task_log", task=task, batch_size=3, navigate_earlier=earlier, from_timestamp=start
            )
            if not page["events"]:
                break
            seen += messages(page)
            start = page["events"][-1]["timestamp"]
        expected = [f"line {i}" for i in range(20)]
        assert seen == (expected[::-1] if earlier else expected)


def test_the_older_form_with_from_and_scroll_id(api: Api) -> None:
    task = api.task()
    send(api, *(log(task, f"line {i}", 1000 + i) for i in range(5)))
    first = api("events.get_task_log", task=task, batch_size=3, **{"from": "head"})
    assert messages(first) == ["line 0", "line 1", "line 2"]
    more = {"from": "head", "scroll_id": first["scroll_id"]}
    assert messages(api("events.get_task_log", task=task, batch_size=3, **more)) == ["line 3", "line 4"]


def test_the_console_as_a_file(api: Api) -> None:
    task = api.task()
    send(api, log(task, "one\n", 0), log(task, "two {msg.__class__}", 1500))
    text = api.post("events.download_task_log", {"task": task, "line_type": "text"})
    assert text.headers["content-disposition"] == f'attachment; filename="task_{task}.log"'
    assert text.text == (
        "1970-01-01T00:00:00.000+00:00 host info one\n"
        "1970-01-01T00:00:01.500+00:00 host info two {msg.__class__}\n"
    )
    own = {"task": task, "line_type": "text", "line_format": "{level}|{msg.__class__}|{msg}"}
    assert api.post("events.download_task_log", own).text.startswith("info|{msg.__class__}|one\n")
    rows = api.post("events.download_task_log", {"task": task, "line_type": "json"}).text.splitlines()
    assert len(rows) == 2 and '"msg":"one\\n"' in rows[0]


def test_a_long_console_downloads_whole(api: Api) -> None:
    task = api.task()
    send(api, *(log(task, f"line {i}", i // 7) for i in range(3500)))
    found = api.post("events.download_task_log", {"task": task, "line_format": "{msg}"}).text.splitlines()
    assert found == [f"line {i}" for i in range(3500)]


def test_clearing_the_console_whole_or_in_part(api: Api) -> None:
    task, now = api.task(), int(time.time() * 1000)
    send(api, log(task, "old", now - 100_000), log(task, "new", now))
    assert api("events.clear_task_log", task=task, threshold_sec=50) == {"deleted": 1}
    assert messages(api("events.get_task_log", task=task)) == ["new"]
    assert api("events.clear_task_log", task=task) == {"deleted": 1}
    assert api("events.get_task_log", task=task)["total"] == 0
    api.fails("events.clear_task_log", 400, 101, task="nobody")
    assert api("events.clear_scroll", scroll_id="any") == {}
