"""`queues.*`: lists of tasks that wait."""

import time

import pytest

from tests.contract.conftest import Api


@pytest.fixture
def queue(api: Api) -> str:
    return api("queues.create", name="work", tags=["a"])["id"]


def waiting(api: Api, queue: str, count: int) -> list[str]:
    """Tasks enqueued in this order."""
    tasks = [api.task(f"task {number}") for number in range(count)]
    for task in tasks:
        api("tasks.enqueue", task=task, queue=queue)
    return tasks


def order(api: Api, queue: str) -> list[str]:
    return [entry["task"] for entry in api("queues.get_by_id", queue=queue)["queue"]["entries"]]


def test_a_queue_is_found_by_its_id_only(api: Api, queue: str) -> None:
    assert api("queues.get_by_id", queue=queue)["queue"]["name"] == "work"
    api.fails("queues.get_by_id", 400, 701, queue="work")


def test_a_queue_name_is_unique(api: Api, queue: str) -> None:
    api.fails("queues.create", 400, 801, name="work")
    other = api("queues.create", name="other")["id"]
    api.fails("queues.update", 400, 801, queue=other, name="work")
    assert api("queues.update", queue=queue, name="work", tags=["b"])["updated"] == 1


def test_the_default_queue_is_created_when_it_is_missing(api: Api) -> None:
    first = api("queues.get_default")
    assert first["name"] == "default"
    assert api("queues.get_default") == first


def test_queues_are_filtered_by_name_id_and_tag(api: Api, queue: str) -> None:
    api("queues.create", name="other")
    assert api.names("queues.get_all", name="^wo") == ["work"]
    assert api.names("queues.get_all", id=[queue]) == ["work"]
    assert api.names("queues.get_all", tags=["-a"]) == ["other"]
    assert sorted(api.names("queues.get_all", id=[])) == ["other", "work"]
    assert api.names("queues.get_all", order_by=["-name"], page=0, page_size=1) == ["work"]


def test_tags_are_a_list_even_when_only_fields_names_them(api: Api) -> None:
    api("queues.create", name="plain")
    assert api("queues.get_all", name="plain", only_fields=["id", "tags"])["queues"][0]["tags"] == []


def test_a_hidden_queue_is_found_by_those_who_ask(api: Api) -> None:
    api("queues.create", name="glue", system_tags=["hidden"])
    assert api.names("queues.get_all", name="glue") == []
    assert api.names("queues.get_all", name="glue", search_hidden=True) == ["glue"]


def test_the_extended_list_names_entries_and_workers(api: Api, queue: str) -> None:
    (task,) = waiting(api, queue, 1)
    api("workers.register", worker="box:0", queues=[queue])
    (found,) = api("queues.get_all_ex", id=[queue], only_fields=["*", "entries.task.name"])["queues"]
    assert found["entries"][0]["task"] == {"id": task, "name": "task 0"}
    assert [worker["name"] for worker in found["workers"]] == ["box:0"]


def test_tasks_are_handed_out_in_order_each_once(api: Api, queue: str) -> None:
    tasks = waiting(api, queue, 3)
    got = [api("queues.get_next_task", queue=queue)["entry"]["task"] for _ in tasks]
    assert got == tasks
    assert api("queues.get_next_task", queue=queue) == {}


def test_the_next_task_of_an_unknown_queue_is_an_error(api: Api) -> None:
    api.fails("queues.get_next_task", 400, 701, queue="nothing")
    api.fails("queues.get_next_task", 400, 12)


def test_a_task_that_waits_no_longer_is_not_handed_out(api: Api, queue: str) -> None:
    first, second = waiting(api, queue, 2)
    api("tasks.stopped", task=first, force=True)
    assert api("queues.get_next_task", queue=queue)["entry"]["task"] == second


def test_the_owner_comes_with_the_task_for_agents_that_impersonate(api: Api, queue: str) -> None:
    waiting(api, queue, 1)
    info = api("queues.get_next_task", queue=queue, get_task_info=True)["task_info"]
    assert info["user"] == api("users.get_current_user")["user"]["id"]


def test_an_entry_moves_by_places_and_to_both_ends(api: Api, queue: str) -> None:
    a, b, c = waiting(api, queue, 3)
    assert api("queues.move_task_forward", queue=queue, task=c)["position"] == 1
    assert order(api, queue) == [a, c, b]
    assert api("queues.move_task_backward", queue=queue, task=a, count=5)["position"] == 2
    assert order(api, queue) == [c, b, a]
    assert api("queues.move_task_to_front", queue=queue, task=a)["position"] == 0
    assert api("queues.move_task_to_back", queue=queue, task=c)["position"] == 2
    assert order(api, queue) == [a, b, c]


def test_moving_a_task_that_does_not_wait_is_an_error(api: Api, queue: str) -> None:
    api.fails("queues.move_task_to_front", 400, 703, queue=queue, task=api.task())


def test_peeking_and_counting_leave_the_queue_as_it_is(api: Api, queue: str) -> None:
    assert api("queues.peek_task", queue=queue) == {}
    first, _ = waiting(api, queue, 2)
    assert api("queues.peek_task", queue=queue)["task"] == first
    assert api("queues.get_num_entries", queue=queue)["num"] == 2


def test_a_task_added_by_hand_is_handed_out_too(api: Api, queue: str) -> None:
    task = api.task()
    assert api("queues.add_task", queue=queue, task=task)["added"] == 1
    api.fails("queues.add_task", 400, 706, queue=queue, task=task)
    api.fails("queues.add_task", 400, 101, queue=queue, task="nobody")
    assert api("queues.get_next_task", queue=queue)["entry"]["task"] == task


def test_a_removed_task_gets_its_status_back_when_that_is_asked(api: Api, queue: str) -> None:
    kept, back = waiting(api, queue, 2)
    assert api("queues.remove_task", queue=queue, task=kept)["removed"] == 1
    assert api("queues.remove_task", queue=queue, task=back, update_task_status=True)["removed"] == 1
    assert (api.status(kept), api.status(back)) == ("queued", "created")
    api.fails("queues.remove_task", 400, 703, queue=queue, task=kept)


def test_a_queue_with_entries_is_deleted_by_force_alone_and_its_tasks_are_drafts_again(
    api: Api, queue: str
) -> None:
    (task,) = waiting(api, queue, 1)
    api.fails("queues.delete", 400, 702, queue=queue)
    assert api("queues.delete", queue=queue, force=True)["deleted"] == 1
    assert api.status(task) == "created"
    api.fails("queues.delete", 400, 701, queue=queue)


def test_clearing_a_queue_dequeues_its_tasks(api: Api, queue: str) -> None:
    tasks = waiting(api, queue, 2)
    assert api("queues.clear_queue", queue=queue)["removed_tasks"] == tasks
    assert [api.status(task) for task in tasks] == ["created", "created"]


def test_metadata_is_merged_by_key_and_can_be_replaced(api: Api, queue: str) -> None:
    def items(*keys: str) -> list[dict]:
        return [{"key": key, "type": "str", "value": key.upper()} for key in keys]

    def keys() -> list[str]:
        return sorted(api("queues.get_by_id", queue=queue)["queue"]["metadata"])

    api("queues.add_or_update_metadata", queue=queue, metadata=items("a"))
    api("queues.add_or_update_metadata", queue=queue, metadata=items("b"))
    assert keys() == ["a", "b"]
    api("queues.add_or_update_metadata", queue=queue, metadata=items("c"), replace_metadata=True)
    assert keys() == ["c"]
    api("queues.delete_metadata", queue=queue, keys=["c", "unknown"])
    assert keys() == []


def test_metrics_show_length_and_waiting_time(api: Api, queue: str) -> None:
    waiting(api, queue, 2)
    now = time.time()
    asked = {"from_date": now - 60, "to_date": now + 60, "interval": 1, "refresh": True}
    (series,) = api("queues.get_queue_metrics", queue_ids=[queue], **asked)["queues"]
    assert series["queue"] == queue and series["queue_lengths"][-1] == 2
    assert 0 <= series["avg_waiting_times"][-1] < 60
    (together,) = api("queues.get_queue_metrics", **asked)["queues"]
    assert together["queue"] == "all"


def test_what_becomes_of_lost_work_is_the_queues_or_else_the_servers(api: Api, queue: str) -> None:
    def policy() -> dict[str, float]:
        return dict(api("queues.get_all_ex", id=[queue])["queues"][0]["lost_policy"])

    assert policy() == {"retries": 1, "seconds": 600.0}
    items = [{"key": "lost_seconds", "type": "float", "value": "1800"}, {"key": "lost_retries", "value": "3"}]
    api("queues.add_or_update_metadata", queue=queue, metadata=items)
    assert policy() == {"retries": 3, "seconds": 1800.0}
    api("queues.delete_metadata", queue=queue, keys=["lost_seconds"])
    assert policy() == {"retries": 3, "seconds": 600.0}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("lost_retries", value) for value in ("often", "-1", "1.5", "", "nan", "1e99")),
        *(("lost_seconds", value) for value in ("a while", "-0.1", "", "inf")),
    ],
)
def test_a_policy_that_nobody_could_follow_is_refused_and_the_old_one_stays(
    api: Api, queue: str, key: str, value: str
) -> None:
    good = {"key": key, "type": None, "value": "7"}
    api("queues.add_or_update_metadata", queue=queue, metadata=[good])
    bad = {"key": key, "value": value}
    api.fails("queues.add_or_update_metadata", 400, 12, queue=queue, metadata=[bad])
    api.fails("queues.update", 400, 12, queue=queue, metadata=[bad])
    api.fails("queues.create", 400, 12, name="another", metadata=[bad])
    assert api("queues.get_by_id", queue=queue)["queue"]["metadata"] == {key: good}
