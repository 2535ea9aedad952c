"""The watchdog: silence is measured, evidence is weighed, and time is passed in."""

from datetime import datetime, timedelta, timezone

import pytest

from server.api.change import Change
from server.domain.tasks import lost, queueing, transitions, watchdog
from server.domain.tasks.lost_policy import Policy
from server.domain.tasks.watchdog import Watchdog
from server.domain.workers import workers
from server.store import Store
from server.store.database import times

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
    found = store.tasks.get("t")
    assert found["status"] == "failed"  # it came out of no queue
    assert found["status_reason"] == "worker lost: box:0, which does not run it any more"


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


@pytest.mark.parametrize("local", [True, False])
def test_a_worker_that_falls_silent_with_its_task_is_gone_after_ten_minutes(store, dog, local):
    task(store)
    report(store, "box:0", 1, "t", local=local)
    assert run_until(dog, 11) == []
    assert run_until(dog, 12, start=11.5) == ["t"]


def test_a_network_that_is_away_for_a_while_costs_a_task_nothing(store, dog):
    task(store)
    for minute in (1, 10, 19, 28):
        report(store, "far:0", minute, "t", local=False)
        assert run_until(dog, minute + 8.5, start=minute) == []


def test_a_task_that_speaks_while_its_worker_does_not_is_left_alone(store, dog):
    task(store)
    report(store, "far:0", 1, "t", local=False)
    for minute in range(2, 60):
        ping(store, "t", minute)
        assert dog.run(at(minute)) == []


def waiting(store: Store, **metadata: str) -> str:
    """Tasks `t` and `next`, of one queue; `t` runs on `far:0`."""
    with store.transaction():
        items = {key: {"key": key, "type": None, "value": value} for key, value in metadata.items()}
        queue = store.queues.create("work", None, "", START, metadata=items)
        store.queues.add(queue, task(store, "next", "queued"), START)
    task(store, execution={"queue": queue})
    report(store, "far:0", 1, "t")
    return queue


def entries(store: Store, queue: str) -> list[str]:
    return [one["task"] for one in store.queues.entries(queue)]


def test_lost_work_waits_at_the_front_of_its_queue_and_fails_when_it_is_lost_again(store, dog):
    queue = waiting(store)
    assert run_until(dog, 12) == ["t"] and entries(store, queue) == ["t", "next"]
    found = store.tasks.get("t")
    assert found["status"] == "queued" and found["runtime"]["lost_workers"] == "1"
    assert found["status_reason"].startswith("worker lost: far:0, of which nothing was heard for 6")
    assert found["status_reason"].endswith("back at the front of its queue, retry 1 of 1")
    with store.transaction():
        assert store.queues.pop(queue, at(13))["task"] == "t"
        transitions.change(store, "t", "in_progress", Change(at(13)))
    report(store, "other:0", 13, "t")
    assert run_until(dog, 25, start=13.5) == ["t"] and entries(store, queue) == ["next"]
    found = store.tasks.get("t")
    assert found["status"] == "failed" and found["status_reason"].endswith("for the second time")


def test_a_queue_says_how_often_and_after_what_silence(store, dog):
    queue = waiting(store, lost_retries="0", lost_seconds="90")
    assert run_until(dog, 2.5) == [] and run_until(dog, 3, start=2.6) == ["t"]
    assert store.tasks.get("t")["status"] == "failed" and entries(store, queue) == ["next"]


@pytest.mark.parametrize("nonsense", ["", "often", "-1", "nan", "1e99"])
def test_a_policy_that_cannot_be_read_is_the_servers(store, dog, nonsense):
    queue = waiting(store, lost_retries=nonsense, lost_seconds=nonsense)
    assert run_until(dog, 11) == [] and run_until(dog, 12, start=11.5) == ["t"]
    assert entries(store, queue) == ["t", "next"]


def test_a_task_whose_agent_died_before_it_ever_reported_is_handed_on_as_well(store, dog):
    with store.transaction():
        queue = store.queues.create("work", None, "", START)
    task(store, execution={"queue": queue})
    task(store, "by hand", execution={"queue": queue}, system_tags=["development"])
    assert run_until(dog, 11) == ["t"] and entries(store, queue) == ["t"]


def test_a_task_that_was_asked_to_stop_is_not_handed_on_when_its_worker_is_lost(store, dog):
    queue = waiting(store, lost_seconds="60")
    with store.transaction():
        store.tasks.update("t", {"status_message": "stopping"})
    run_until(dog, 12)
    assert store.tasks.get("t")["status"] == "stopped" and entries(store, queue) == ["next"]


def test_losses_are_counted_anew_when_a_person_enqueues_the_task(store, dog):
    queue = waiting(store)
    run_until(dog, 12)
    with store.transaction():
        queueing.enqueue(store, "t", queue, Change(at(12)))
        store.queues.remove("t")
        transitions.change(store, "t", "in_progress", Change(at(12)))
        assert lost.hand_on(store, "t", Policy(1, 600), at(13), "far:0", "it says") == "queued"


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
