"""`tasks.*`: creating, reading, changing."""

from tests.contract.conftest import Api


def test_a_new_task_is_a_draft_with_the_fields_clients_index_into(api: Api) -> None:
    task = api.get(api.task("first"))
    assert task["status"] == "created"
    assert task["execution"] == {"artifacts": []}
    assert task["script"] == task["hyperparams"] == task["runtime"] == task["last_metrics"] == {}
    assert task["tags"] == [] and task["last_iteration"] == 0


def test_an_unknown_task_is_error_400_101(api: Api) -> None:
    assert "nobody" in api.fails("tasks.get_by_id", 400, 101, task="nobody")
