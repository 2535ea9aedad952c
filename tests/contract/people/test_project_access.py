"""Permissions by project: what an entry says, for whom, how far down, and what stays right around what is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import orjson
import pytest

from server.domain.users import access
from tests.contract import closed
from tests.contract.closed import HUSH, World, upload
from tests.contract.conftest import Api
from tests.contract.events import log, refused, send


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closed.world(tmp_path) as made:
        yield made


def seen(api: Api) -> set[str]:
    return {one["name"] for one in api("projects.get_all", search_hidden=True)["projects"]}


def test_entries_are_an_admins_to_see_and_to_set_and_are_in_the_audit_log(world: World) -> None:
    asked = {"project": world.own.project, "user": world.user_id, "level": "read"}
    assert world.user.post("projects.set_access", asked).status_code == 403
    assert world.user.post("projects.get_access", {}).status_code == 403
    world.admin("projects.set_access", **asked)
    found = world.admin("projects.get_access", project=world.own.project)["entries"]
    assert found == [
        {
            "project": world.own.project,
            "project_name": "own",
            "subject": world.user_id,
            "subject_name": "Una",
            "level": "read",
        }
    ]
    entry = world.admin("audit.get_all", kind="settings")["entries"][0]
    assert entry["action"] == "projects.set_access"
    assert entry["what"] == [{"id": world.own.project, "name": "own"}, {"id": world.user_id, "name": "Una"}]
    assert entry["details"]["level"] == "read"


def test_what_is_set_counts_at_once_and_unset_takes_it_back(world: World) -> None:
    assert not {HUSH, f"{HUSH}/{HUSH} below"} & seen(world.user)
    world.admin("projects.set_access", project=world.closed.project, user="*", level="unset")
    assert {HUSH, f"{HUSH}/{HUSH} below"} <= seen(world.user)
    world.user("tasks.edit", task=world.closed.tasks[0], name="changed")


def test_the_nearest_entry_counts_and_ones_own_before_everybodys(world: World) -> None:
    world.admin("projects.set_access", project=world.closed.below, user=world.user_id, level="read")
    assert HUSH not in seen(world.user) and f"{HUSH}/{HUSH} below" in seen(world.user)
    assert world.user.get(world.closed.tasks[4])["name"]
    world.user.fails("tasks.edit", 403, 21, task=world.closed.tasks[4], name="x")
    world.admin("projects.set_access", project=world.closed.project, user=world.user_id, level="write")
    world.user("tasks.edit", task=world.closed.tasks[0], name="own entry")
    world.user.fails("tasks.edit", 403, 21, task=world.closed.tasks[4], name="x")


def test_what_is_made_below_a_closed_project_is_closed_too(world: World) -> None:
    world.admin.project(f"{HUSH}/later/deep")
    assert not [name for name in seen(world.user) if HUSH in name]
    moved = world.admin.project("moved")
    world.admin("projects.move", project=moved, new_location=f"{HUSH}/later")
    world.user.fails("projects.get_by_id", 400, 401, project=moved)


def test_an_entry_never_gives_more_than_the_role(world: World) -> None:
    world.admin("users.update", user=world.user_id, role="viewer")
    world.admin("projects.set_access", project=world.own.project, user=world.user_id, level="write")
    world.user.fails("tasks.edit", 403, 20, task=world.own.tasks[0], name="x")


def test_an_admin_is_never_restricted(world: World) -> None:
    world.admin("users.update", user=world.user_id, role="admin")
    assert HUSH in seen(world.user)


def test_everybody_means_people_and_not_the_user_that_agents_are(world: World) -> None:
    store, now = world.admin.store, datetime.now(timezone.utc)
    with store.transaction():
        programs = access.ensure_programs(store, now)
        key = store.users.create_credentials(programs, "test", now)
    agent = Api(world.admin.client, key, store)
    assert HUSH in seen(agent)
    handed = [agent("queues.get_next_task", queue=world.queue)["entry"]["task"] for _ in range(3)]
    assert handed == [world.own.tasks[1], world.shared.tasks[1], world.closed.tasks[1]]
    world.admin("projects.set_access", project=world.closed.project, user=programs, level="none")
    assert HUSH not in seen(agent)


def test_a_user_gone_takes_the_entries_along_and_so_does_a_project(world: World) -> None:
    world.admin("users.delete", user=world.user_id)
    assert [one["subject"] for one in world.admin("projects.get_access")["entries"]] == ["*"]
    world.admin("projects.delete", project=world.closed.project, force=True, delete_contents=True)
    assert world.admin("projects.get_access")["entries"] == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"user": "nobody"}, 301), ({"project": "nobody"}, 401), ({"level": "all"}, 12)],
)
def test_an_entry_that_means_nothing_is_refused(world: World, fields: dict, code: int) -> None:
    asked = {"project": world.own.project, "user": "*", "level": "none", **fields}
    world.admin.fails("projects.set_access", 400, code, **asked)


# The names of what is closed, and places there


def test_the_name_of_a_closed_project_is_taken_and_none_is_made_below_it(world: World) -> None:
    for name in (HUSH, f"{HUSH}/new", "shared/new"):
        world.user.fails("projects.create", 403, 21, name=name)
        world.user.fails("tasks.move", 403, 21, ids=[world.own.tasks[0]], project_name=name)
        world.user.fails("tasks.clone", 403, 21, task=world.own.tasks[0], new_project_name=name)
    world.user.fails("projects.update", 403, 21, project=world.own.project, name=HUSH)
    world.user.fails("projects.move", 403, 21, project=world.own.below, new_location="shared")
    assert world.admin.get(world.own.tasks[0])["project"] == world.own.project


def test_a_task_is_not_moved_into_what_may_only_be_read_nor_out_of_it(world: World) -> None:
    world.user.fails("tasks.move", 403, 21, ids=[world.own.tasks[0]], project=world.shared.project)
    world.user.fails("tasks.move", 403, 21, ids=[world.shared.tasks[0]], project=world.own.project)
    clone = world.user("tasks.clone", task=world.shared.tasks[0], new_task_project=world.own.project)["id"]
    assert world.user.get(clone)["project"] == world.own.project


def test_a_project_with_something_closed_below_is_neither_deleted_nor_renamed(world: World) -> None:
    world.admin("projects.set_access", project=world.own.below, user=world.user_id, level="none")
    asked = {"project": world.own.project, "force": True, "delete_contents": True}
    world.user.fails("projects.delete", 403, 21, **asked)
    world.user.fails("projects.update", 403, 21, project=world.own.project, name="renamed")
    world.user.fails("projects.merge", 403, 21, project=world.own.project)
    assert world.admin("projects.get_by_id", project=world.own.below)["project"]["name"] == "own/own below"
    assert world.admin.get(world.own.tasks[0])["name"] == "own 0"


# Queues


def test_an_agent_of_somebody_gets_only_what_they_may_change(world: World) -> None:
    assert world.user("queues.get_num_entries", queue=world.queue)["num"] == 2
    assert world.user("queues.get_next_task", queue=world.queue)["entry"]["task"] == world.own.tasks[1]
    assert world.user("queues.get_next_task", queue=world.queue) == {}
    assert world.admin("queues.get_num_entries", queue=world.queue)["num"] == 2


def test_a_queue_is_ordered_around_what_is_closed(world: World) -> None:
    world.admin("queues.move_task_to_front", queue=world.queue, task=world.closed.tasks[1])
    more = [world.user.task(name, project=world.own.project) for name in ("b", "c")]
    for task in more:
        world.user("tasks.enqueue", task=task, queue=world.queue, force=True)
    world.user("queues.move_task_to_front", queue=world.queue, task=more[1])
    listed = [one["task"] for one in world.admin("queues.get_by_id", queue=world.queue)["queue"]["entries"]]
    assert listed == [world.closed.tasks[1], more[1], world.own.tasks[1], world.shared.tasks[1], more[0]]
    world.user.fails("queues.move_task_to_front", 403, 21, queue=world.queue, task=world.shared.tasks[1])


def test_clearing_a_queue_leaves_what_one_may_not_change_and_so_does_deleting_it(world: World) -> None:
    world.user.fails("queues.delete", 403, 21, queue=world.queue, force=True)
    assert world.user("queues.clear_queue", queue=world.queue)["removed_tasks"] == [world.own.tasks[1]]
    assert world.admin("queues.get_num_entries", queue=world.queue)["num"] == 2
    world.user.fails("queues.delete", 403, 21, queue=world.queue, force=True)


# Events and files


def test_events_of_a_closed_task_are_refused_as_those_of_none_and_of_one_to_read_as_forbidden(
    world: World,
) -> None:
    meta = [refused(world.user, log(task, "x", 1)) for task in (world.closed.tasks[0], "0" * 32)]
    assert [one["result_subcode"] for one in meta] == [131, 131]
    world.user.fails("events.add", 403, 21, **log(world.shared.tasks[0], "x", 1))
    assert world.admin("events.get_task_log", task=world.shared.tasks[0])["total"] == 1


def test_a_console_that_is_downloaded_in_pieces_stays_what_its_reader_may_see(world: World) -> None:
    send(world.admin, *(log(world.shared.tasks[0], f"line {number}", number) for number in range(1200)))
    text = world.user.post("events.download_task_log", {"task": world.shared.tasks[0]}).text
    assert text.count("\n") == 1201
    answer = world.user.post("events.download_task_log", {"task": world.closed.tasks[0]})
    assert answer.status_code == 400 and answer.json()["meta"]["result_subcode"] == 101


def test_a_file_of_a_closed_project_is_not_there_and_is_not_replaced(world: World) -> None:
    client, headers = world.user.client, world.user.headers
    for name in world.closed.files:
        assert client.get(f"/files/{name}", headers=headers).status_code == 404
        assert client.head(f"/files/{name}", headers=headers).status_code == 404
        assert client.delete(f"/files/{name}", headers=headers).status_code in (
            200,
            404,
        )  # as one gone with its task
        assert upload(world.user, name, "mine") == 403
        client.post("/files/delete_many", json={"files": [name]}, headers=headers)
        assert client.get(f"/files/{name}", headers=world.admin.headers).text == f"{HUSH} text"


def test_a_file_to_read_is_read_and_neither_replaced_nor_deleted(world: World) -> None:
    client, headers = world.user.client, world.user.headers
    for name in world.shared.files:
        assert client.get(f"/files/{name}", headers=headers).text == "shared text"
        assert client.delete(f"/files/{name}", headers=headers).status_code == 403
        assert upload(world.user, name, "mine") == 403
        answer = client.post("/files/delete_many", json={"files": [name]}, headers=headers).json()
        assert not answer["deleted"]
        assert client.get(f"/files/{name}", headers=world.admin.headers).text == "shared text"


def test_naming_a_closed_file_in_a_task_of_ones_own_opens_it_to_nobody(world: World) -> None:
    task = world.user.task("mine", project=world.own.project)
    for name in (*world.closed.files, *world.shared.files):
        artifact = {"key": name, "type": "x", "uri": f"http://127.0.0.1:8080/files/{name}"}
        world.user("tasks.add_or_update_artifacts", task=task, artifacts=[artifact])
    answer = world.user.client.get(f"/files/{world.closed.files[0]}", headers=world.user.headers)
    assert answer.status_code == 404
    for other in (world.closed, world.shared):  # nothing else names them from now on
        world.admin("tasks.delete_artifacts", task=other.tasks[0], artifacts=[{"key": f"{other.mark} 0"}])
        assert upload(world.admin, other.files[0], "again") == 200
    world.user("tasks.delete", task=task, force=True)
    for other in (world.closed, world.shared):
        answer = world.user.client.get(f"/files/{other.files[0]}", headers=world.admin.headers)
        assert answer.text == "again"


def test_a_file_stays_while_something_closed_names_it(world: World) -> None:
    name = f"own/own 0.{world.own.tasks[0]}/kept.txt"
    assert upload(world.user, name, "kept") == 200
    artifact = {"key": "kept", "type": "x", "uri": f"http://127.0.0.1:8080/files/{name}"}
    for api, task in ((world.user, world.own.tasks[0]), (world.admin, world.closed.tasks[0])):
        api("tasks.add_or_update_artifacts", task=task, artifacts=[artifact])
    answer = world.user.client.delete(f"/files/{name}", headers=world.user.headers)
    assert answer.status_code == 200 and HUSH not in answer.text and not answer.json()["deleted"]
    world.user("tasks.delete", task=world.own.tasks[0], force=True)
    answer = world.admin.client.get(f"/files/{name}", headers=world.admin.headers)
    assert answer.text == "kept"


# What refers across


def test_a_model_that_something_closed_reads_stays_and_marks_are_kept_everywhere(world: World) -> None:
    model, task = world.own.models[0], world.own.tasks[0]
    world.admin("tasks.add_or_update_model", task=world.closed.tasks[0], name="m", model=model, type="input")
    world.admin("tasks.edit", task=world.closed.tasks[5], parent=task, force=True)
    world.user.fails("models.delete", 400, 205, model=model)
    removed = world.user("tasks.delete", task=task, force=True)
    assert removed["updated_children"] == 2 and removed["deleted_models"] == 0
    assert world.admin.get(world.closed.tasks[5])["parent"] == f"__DELETED__{task}"
    world.user("models.delete", model=model, force=True)
    inputs = world.admin.get(world.closed.tasks[0])["models"]["input"]
    assert [one["model"] for one in inputs] == [f"__DELETED__{model}"]


def test_a_worker_is_shown_without_the_closed_task_that_it_runs(world: World) -> None:
    (worker,) = world.user("workers.get_all")["workers"]
    assert not worker.get("task") and HUSH not in str(worker)
    (worker,) = world.admin("workers.get_all")["workers"]
    assert worker["task"]["id"] == world.closed.tasks[2]


def test_an_admin_who_acts_for_somebody_is_shown_what_they_are_shown(world: World) -> None:
    headers = {**world.admin.headers, "X-Clearml-Impersonate-As": world.user_id}
    answer = world.admin.client.post("/api/projects.get_all", json={}, headers=headers)
    assert answer.status_code == 200 and HUSH not in answer.text


# What is asked for in other ways than by a JSON object's fields


def test_a_batch_of_events_or_of_changes_does_no_more_than_one(world: World) -> None:
    own, shared, shut = (of.tasks[0] for of in (world.own, world.shared, world.closed))
    data = send(world.user, log(own, "kept", 5), log(shut, "not kept", 5), log("0" * 32, "not kept", 5))
    assert (data["added"], data["errors"]) == (1, 2)
    batch = b"\n".join(orjson.dumps(log(task, "x", 6)) for task in (own, shared))
    assert world.user.post("events.add_batch", batch).json()["meta"]["result_subcode"] == 21
    for task, code in ((shared, 21), (shut, 101)):
        changes = b"\n".join(orjson.dumps({"task": one, "name": "changed"}) for one in (own, task))
        answer = world.user.post("tasks.update_batch", changes)
        assert code in (answer.json()["meta"]["result_subcode"], *_subcodes(answer.json())), answer.text
    assert world.admin.get(shared)["name"] == "shared 0" and world.admin.get(shut)["name"] == f"{HUSH} 0"
    assert [world.admin("events.get_task_log", task=one)["total"] for one in (own, shared, shut)] == [2, 1, 1]


def _subcodes(answer: dict) -> list[int]:
    errors = answer["data"].get("errors") or []
    return [one.get("result_subcode") or one.get("subcode") or 0 for one in errors if isinstance(one, dict)]


def test_a_place_in_a_list_that_somebody_else_was_given_leads_nowhere(world: World) -> None:
    task = world.closed.tasks[0]
    given = world.admin("events.get_debug_image_sample", task=task, metric=HUSH, variant=HUSH)["scroll_id"]
    answer = world.user.post("events.next_debug_image_sample", {"task": task, "scroll_id": given})
    assert answer.status_code == 400 and HUSH not in answer.text
    asked = {"project": [world.closed.project], "size": 1, "order_by": ["name"]}
    scrolled = world.admin("tasks.get_all_ex", **asked, scroll_id=None, refresh_scroll=True).get("scroll_id")
    answer = world.user.post("tasks.get_all_ex", {**asked, "scroll_id": scrolled})
    assert HUSH not in answer.text


def test_a_closed_place_is_answered_as_one_that_is_not_there(world: World) -> None:
    own, asked = world.own.tasks[0], []
    for project in (world.closed.project, "0" * 32):
        asked.append(
            [
                world.user.post(endpoint, {**body, "project": project}).json()["meta"]["result_subcode"]
                for endpoint, body in (
                    ("tasks.move", {"ids": [own]}),
                    ("models.move", {"ids": [world.own.models[0]]}),
                    ("tasks.create", {"name": "x", "type": "training"}),
                    ("models.create", {"name": "x", "uri": "u"}),
                    ("reports.create", {"name": "x"}),
                    ("tasks.clone", {"task": own, "new_task_project": project}),
                    ("tasks.edit", {"task": own}),
                    ("projects.merge", {"project": world.own.project, "destination_project": project}),
                )
            ]
        )
    assert asked[0] == asked[1] and 0 not in asked[0]
