"""What a deletion says, before and after: totals beside lists that are cut, addresses that are missing."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Api
from tests.contract.stored.test_file_lifetimes import SPELLINGS, Stored

WEB = SPELLINGS["the web port"]


@pytest.fixture
def stored(api: Api) -> Stored:
    return Stored(api)


def test_all_who_keep_a_file_are_counted_and_twenty_are_named(stored: Stored) -> None:
    api, task = stored.api, stored.api.task("owner")
    kept, lost = stored.file(task, "artifacts/kept"), stored.file(task, "artifacts/lost")
    for one in (kept, lost):
        stored.artifact(task, WEB(one), one)
    made = api("models.create", name="m", uri="s3://a/b", task=task, ready=False)["id"]
    for number in range(23):
        api("models.create", name=f"keeper {number}", uri=WEB(kept))
    told = api("tasks.validate_delete", ids=[task])
    assert (told["tasks"], told["models"], told["kept_models"]) == (1, 1, 0)
    assert (told["files"], told["bytes"], told["kept_files"]) == (1, 7, 1)
    assert (told["kept_by_total"], len(told["kept_by"])) == (23, 20)
    assert (told["losers_total"], told["losers"]) == (0, [])
    project = api.project("all of it")
    api("tasks.move", ids=[task], project=project)
    api("models.move", ids=[made], project=project)
    told = api("projects.validate_delete", project=project)["release"]
    assert (told["tasks"], told["models"], told["kept_models"], told["kept_by_total"]) == (1, 1, 0, 23)


def test_all_who_lose_a_model_are_counted_and_twenty_are_named(stored: Stored) -> None:
    api = stored.api
    name = stored.file(api.task("owner"))
    models = [api("models.create", name=f"m {n}", uri=WEB(name))["id"] for n in range(3)]
    for number in range(22):
        reader = api.task(f"reader {number}")
        api("tasks.add_or_update_model", task=reader, name="base", model=models[0], type="input")
    told = api("models.validate_delete", ids=models[:2])
    assert (told["tasks"], told["models"], told["files"], told["kept_files"]) == (0, 2, 0, 1)
    assert (told["losers_total"], len(told["losers"]), told["kept_by_total"]) == (22, 20, 1)
    told = api("models.validate_delete", ids=models)
    assert (told["models"], told["files"], told["bytes"], told["kept_by_total"]) == (3, 1, 7, 0)
    api.fails("models.validate_delete", 400, 201, ids=[*models, "nobody"])


@pytest.mark.parametrize("deed", ["delete", "reset"])
def test_a_task_whose_artifact_and_model_have_no_address_can_go(api: Api, deed: str) -> None:
    task = api.task()
    artifacts = [
        {"key": "bare", "type": "custom", "mode": "output"},
        {"key": "empty", "type": "custom", "mode": "output", "uri": ""},
        {"key": "there", "type": "custom", "mode": "output", "uri": "s3://a/there"},
        {"key": "given", "type": "custom", "mode": "input", "uri": "s3://a/given"},
    ]
    api("tasks.add_or_update_artifacts", task=task, artifacts=artifacts)
    for name, uri in (("no address", ""), ("net", "s3://a/net")):
        api("models.create", name=name, uri=uri, task=task, ready=False)
    answer = api(f"tasks.{deed}", task=task, force=True, return_file_urls=True)
    assert answer["urls"] == {
        "event_urls": [],
        "model_urls": ["s3://a/net"],
        "artifact_urls": ["s3://a/there"],
    }
    assert answer["deleted_models"] == 2 and api.names("models.get_all") == []
    if deed == "delete":
        api.fails("tasks.get_by_id", 400, 101, task=task)
    else:
        assert [one["key"] for one in api.get(task)["execution"]["artifacts"]] == ["given"]
