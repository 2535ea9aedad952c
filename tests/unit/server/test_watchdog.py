"""The watchdog: silence is measured, evidence is weighed, and time is passed in."""

from datetime import datetime, timedelta, timezone

import pytest

from server.domain.tasks import watchdog
from server.domain.tasks.watchdog import Watchdog
from server.domain.workers import workers
from server.store import Store, times

START = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "data", synchronous="NORMAL")
    yield opened
    opened.close()


@pytest.fixture
def dog(store):
    return Watchdog(
        store,
        listening_since=START,
        watchdog=timedelta(minutes=120),
        lost_task=timedelta(minutes=5),
        worker_timeout=timedelta(minutes=10),
    )


def run_until(dog: Watchdog, minutes: float, start: float = 0) -> list[str]:
    """Run the watchdog twice a minute, as a server that stays up would. Returns: whom it stopped."""
    stopped, minute = [], start
    while minute <= minutes:
        stopped += dog.run(at(minute))
        minute += 0.5
    return stopped


def task(store: Store, id: str = "t", status: str = "in_progress", **fields) -> str:
    moment = times.text(START)
    document = {"id": id, "name": id, "type": "training", "status": status, "created": moment}
    with store.transaction():
        store.tasks.insert({**document, "last_update": moment, "started": moment, **fields})
    return id


def report(store: Store, worker: str, minutes: float, task: str | None = None, **fields) -> None:
    with store.transaction():
        store.workers.touch(worker, at(minutes), {"task": task, **fields})
        if task:
            store.workers.note_task(task, worker, at(minutes))


def ping(store: Store, task: str, minutes: float) -> None:
    with store.transaction():
        store.tasks.update(task, {"last_update": times.text(at(minutes))})


def test_a_silent_task_runs_for_119_minutes_and_is_stopped_after_121(store, dog):
    task(store)
    assert run_until(dog, 119) == []
    assert run_until(dog, 121, start=119.5) == ["t"]
    stopped = store.tasks.get("t")
    assert stopped["status"] == "stopped" and stopped["status_reason"] == watchdog.SILENT


def test_a_sign_of_life_starts_the_time_anew(store, dog):
    task(store)
    run_until(dog, 100)
    ping(store, "t", 100)
    assert run_until(dog, 219, start=100.5) == []


def test_a_task_that_does_not_run_is_never_stopped(store, dog):
    task(store, "queued", "queued")
    task(store, "draft", "created")
    assert run_until(dog, 130) == []


def test_zero_minutes_switch_the_watchdog_off(store, dog):
    dog.watchdog = dog.lost_task = timedelta(0)
    task(store)
    report(store, "box:0", 0, "t")
    report(store, "box:0", 1)
    assert run_until(dog, 300) == []


def test_a_worker_that_came_back_without_its_task_is_proof(store, dog):
    task(store)
    report(store, "box:0", 1, "t")
    for minute in range(2, 8):
        report(store, "box:0", minute)
        assert dog.run(at(minute)) == ([] if minute <= 6 else ["t"])
    assert store.tasks.get("t")["status_reason"] == watchdog.LOST


def test_a_task_that_still_speaks_is_left_alone_whatever_its_worker_says(store, dog):
    task(store)
    report(store, "box:0", 1, "t")
    for minute in range(2, 40):
        report(store, "box:0", minute)
        ping(store, "t", minute)
        assert dog.run(at(minute)) == []


def test_a_worker_that_signed_off_is_proof(store, dog):
    task(store)
    report(store, "box:0", 1, "t")
    with store.transaction():
        store.workers.sign_off("box:0", at(2))
    assert run_until(dog, 6) == []
    assert run_until(dog, 7, start=6.5) == ["t"]


def test_a_remote_worker_that_falls_silent_with_its_task_proves_nothing(store, dog):
    task(store)
    report(store, "far:0", 1, "t", local=False)
    assert run_until(dog, 100) == []


def test_a_worker_on_this_machine_that_falls_silent_with_its_task_is_proof(store, dog):
    task(store)
    report(store, "here:0", 1, "t", local=True)
    assert run_until(dog, 10.5) == []
    assert run_until(dog, 12, start=11) == ["t"]


def test_only_loopback_under_our_own_host_name_is_this_machine():
    import socket

    assert workers.is_local("127.0.0.1", socket.gethostname())
    assert not workers.is_local("127.0.0.1", "tunnelled-from-elsewhere")
    assert not workers.is_local("192.0.2.7", socket.gethostname())
    assert not workers.is_local("", socket.gethostname())


def test_a_request_to_stop_that_no_agent_answers_ends_after_two_minutes(store, dog):
    task(store, status_message="stopping")
    assert run_until(dog, 2) == []
    assert run_until(dog, 3, start=2.5) == ["t"]


def test_silence_while_the_server_was_down_does_not_count(store, dog):
    task(store)
    dog.listening_since = at(1000)
    assert run_until(dog, 1119, start=1000) == []
    assert run_until(dog, 1121, start=1119.5) == ["t"]


@pytest.mark.parametrize("jump", [500, -500])
def test_a_machine_that_slept_or_set_its_clock_gives_everybody_the_full_time_again(store, dog, jump):
    task(store)
    run_until(dog, 10)
    assert dog.run(at(10 + jump)) == []
    assert run_until(dog, 10 + jump + 100, start=10 + jump + 0.5) == []


def test_a_task_handed_out_and_never_started_goes_back_to_the_front(store, dog):
    with store.transaction():
        queue = store.queues.create("work", None, "", START)
    for name in ("first", "second"):
        task(store, name, "queued")
        with store.transaction():
            store.queues.add(queue, name, START)
    with store.transaction():
        assert store.queues.pop(queue, START)["task"] == "first"
    run_until(dog, 5)
    assert [one["task"] for one in store.queues.entries(queue)] == ["second"]
    run_until(dog, 6, start=5.5)
    assert [one["task"] for one in store.queues.entries(queue)] == ["first", "second"]


def test_a_task_that_started_after_its_hand_out_stays_with_its_agent(store, dog):
    with store.transaction():
        queue = store.queues.create("work", None, "", START)
    task(store, "t", "queued")
    with store.transaction():
        store.queues.add(queue, "t", START)
        store.queues.pop(queue, START)
        store.tasks.update("t", {"status": "in_progress"})
    run_until(dog, 20)
    assert store.queues.length(queue) == 0


def test_old_statistics_are_dropped(store, dog):
    with store.transaction():
        store.queues.create("work", None, "", START)
        store.workers.add_stats("box:0", None, int(START.timestamp() * 1000), [("cpu_usage", "0", 1.0)])
    dog.sample(START)
    dog.sample(START + timedelta(days=8))
    assert store.workers.metric_keys([]) == []
    assert len(store.queues.samples(0, 4e9, [])) == 1
