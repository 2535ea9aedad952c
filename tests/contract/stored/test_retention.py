"""Retention, on data that came in through the API: the old goes, what is needed stays, nothing without being set."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest

from server.api.errors import ValidationFailed
from server.domain.projects import retention, retention_forecast, retention_policy
from server.domain.projects.retention_policy import EVERYWHERE, RULES
from tests.contract.conftest import Api
from tests.contract.stored.test_file_lifetimes import Stored

LATER = datetime.now(timezone.utc) + timedelta(days=40)
STEPS = 5000


@pytest.fixture
def stored(api: Api) -> Stored:
    return Stored(api)


def report(api: Api, task: str, events: list[dict]) -> None:
    body = "\n".join(json.dumps({"task": task, **one}) for one in events)
    assert api.post("events.add_batch", body.encode()).json()["data"]["added"] == len(events)


def run(stored: Stored, project: str, ended: str = "completed", **fields: object) -> str:
    """A task with a curve, console lines, a debug sample with its file, checkpoints and a model, that has ended."""
    api = stored.api
    task = api.task("run", project=project, **fields)
    api("tasks.started", task=task)
    curve = [
        {
            "type": "training_stats_scalar",
            "metric": "loss",
            "variant": "train",
            "iter": step,
            "value": shape(step),
        }
        for step in range(STEPS)
    ]
    lines = [{"type": "log", "msg": f"line {number}"} for number in range(30)]
    sample = stored.file(task, "metrics/sound/owl_1.wav", b"sound" * 100)
    image = {"type": "training_debug_image", "metric": "sound", "variant": "owl", "iter": 1}
    report(api, task, [*curve, *lines, {**image, "url": f"/files/{sample}", "key": "owl_1.wav"}])
    for key in ("checkpoint", "checkpoint-before", "table"):
        stored.artifact(task, f"/files/{stored.file(task, f'artifacts/{key}/{key}.pt', b'state' * 100)}", key)
    for name in ("ckpt_1.pt", "ckpt_2.pt", "final.pt"):
        uri = f"/files/{stored.file(task, f'models/{name}')}"
        model = api("models.create", name=name, uri=uri, task=task, ready=False)["id"]
        api("tasks.add_or_update_model", task=task, name=name, model=model, type="output")
    if ended:
        api(f"tasks.{ended}", task=task, force=True)
    return task


def shape(step: int) -> float:
    """A curve whose lowest and highest values are at no even distance."""
    return {1237: -9.0, 3891: 9.0}.get(step, step % 7 / 7)


def carry_out(api: Api, now: datetime = LATER, **pace: Callable[[float], object]) -> retention.Round:
    done = retention.Round(api.store, now, **pace)
    done.run()
    return done


def settings(api: Api, project: str = EVERYWHERE, **rules: float | None) -> None:
    retention_policy.change(api.store, project, rules)


def told(api: Api, task: str) -> dict[str, object]:
    """What the API still has of a task."""
    found = api.get(task)
    curve = api("events.scalar_metrics_iter_histogram", task=task, samples=0)
    samples = api("events.debug_images", metrics=[{"task": task}], iters=5)["metrics"]
    return {
        "lines": api("events.get_task_log", task=task, batch_size=500)["total"],
        "points": len(curve.get("loss", {}).get("train", {}).get("x", [])),
        "samples": sum(len(one["events"]) for metric in samples for one in metric["iterations"]),
        "artifacts": sorted(one["key"] for one in found["execution"].get("artifacts") or []),
        "models": sorted(api.names("models.get_all", task=[task])),
    }


WHOLE = {
    "lines": 30,
    "points": STEPS,
    "samples": 1,
    "artifacts": ["checkpoint", "checkpoint-before", "table"],
    "models": ["ckpt_1.pt", "ckpt_2.pt", "final.pt"],
}


def test_nothing_goes_until_something_is_set(stored: Stored) -> None:
    task = run(stored, stored.api.project())
    assert retention_forecast.foreseen(stored.api.store, LATER) == []
    done = carry_out(stored.api)
    assert (done.rows, done.files, told(stored.api, task)) == (0, 0, WHOLE)


def test_what_is_old_goes_as_foreseen_and_the_rest_stays(stored: Stored) -> None:
    api = stored.api
    project = api.project()
    task = run(stored, project)
    settings(api, console=30, scalars=30, samples=30, checkpoints=30)
    assert retention_forecast.foreseen(api.store, LATER - timedelta(days=15)) == [], "it is too young"
    assert told(api, task) == WHOLE
    foreseen = {one.rule: one for one in retention_forecast.foreseen(api.store, LATER)}
    assert {one.project for one in foreseen.values()} == {project}
    assert {rule: one.rows for rule, one in foreseen.items()} == {
        "console": 30, "scalars": STEPS - retention.POINTS, "samples": 1, "checkpoints": 4,
    }  # fmt: skip
    assert foreseen["samples"].bytes > 500 and foreseen["checkpoints"].bytes == 1000 + 2 * len(b"weights")

    carry_out(api)
    left = told(api, task)
    assert retention.POINTS <= int(str(left.pop("points"))) <= retention.POINTS + 4
    assert left == {"lines": 0, "samples": 0, "artifacts": ["table"], "models": ["final.pt"]}
    curve = api("events.scalar_metrics_iter_histogram", task=task, samples=0)["loss"]["train"]
    assert (curve["x"][0], curve["x"][-1], min(curve["y"]), max(curve["y"])) == (0, STEPS - 1, -9.0, 9.0)
    assert all(value == shape(step) for step, value in zip(curve["x"], curve["y"], strict=True))
    gaps = [after - before for before, after in zip(curve["x"], curve["x"][1:], strict=False)]
    assert max(gaps) <= 2 * STEPS / retention.POINTS, "what stays is at no even distance"
    drawn = api("events.scalar_metrics_iter_histogram", task=task, samples=100)["loss"]["train"]["y"]
    assert (min(drawn), max(drawn)) == (-9.0, 9.0)
    (metric,) = api.get(task)["last_metrics"].values()
    assert next(iter(metric.values()))["count"] == STEPS, "what the table says of the curve has changed"
    names = sorted(path.name for path in api.store.files.root.rglob("*") if path.is_file())
    assert names == ["final.pt", "table.pt"]
    assert retention_forecast.foreseen(api.store, LATER) == []
    assert carry_out(api).rows == 0


@pytest.mark.parametrize("reason", ["published", "in_progress", "kept", "never here"])
def test_what_somebody_needs_never_goes(stored: Stored, reason: str) -> None:
    api = stored.api
    project = api.project("above")
    below = api.project("above/below")
    settings(api, **dict.fromkeys(RULES, 1.0))
    fields = {"tags": ["keep"]} if reason == "kept" else {}
    task = run(stored, below, "" if reason == "in_progress" else "completed", **fields)
    if reason == "published":
        api("tasks.publish", task=task)
    if reason == "never here":
        settings(api, project, **{rule: 0.0 for rule in RULES if rule != "unnamed"})
    carry_out(api)
    assert told(api, task) == WHOLE


def test_a_project_has_rules_of_its_own_and_what_lies_below_follows(stored: Stored) -> None:
    api = stored.api
    above, below, other = api.project("above"), api.project("above/below"), api.project("other")
    tasks = {project: run(stored, project) for project in (above, below, other)}
    settings(api, console=300)
    settings(api, above, console=30)
    carry_out(api)
    assert [told(api, tasks[one])["lines"] for one in (above, below, other)] == [0, 0, 30]
    settings(api, above, console=None)
    assert retention_policy.policy(api.store) == {EVERYWHERE: {"console": 300}}


def test_models_that_somebody_names_stay(stored: Stored) -> None:
    api = stored.api
    task = run(stored, api.project())
    models = {one["name"]: one["id"] for one in api("models.get_all", task=[task])["models"]}
    reader = api.task("reader")
    api("tasks.add_or_update_model", task=reader, name="start", model=models["ckpt_1.pt"], type="input")
    api("models.set_ready", publish_task=False, model=models["ckpt_2.pt"])
    name = f"some project/train: 50%.{task}/artifacts/checkpoint/checkpoint.pt"
    text = f"see http://127.0.0.1:8080/files/{quote(name)}"
    api(
        "tasks.edit_hyper_params",
        task=reader,
        hyperparams=[{"section": "Args", "name": "from", "value": text}],
    )
    settings(api, checkpoints=30)
    carry_out(api)
    assert told(api, task)["models"] == ["ckpt_1.pt", "ckpt_2.pt", "final.pt"]
    assert stored.lies(name), "a parameter names it"
    assert not stored.lies(name.replace("checkpoint/checkpoint", "checkpoint-before/checkpoint-before"))


def test_checkpoints_of_what_could_go_on_stay(stored: Stored) -> None:
    task = run(stored, stored.api.project(), "stopped")
    settings(stored.api, checkpoints=1)
    carry_out(stored.api)
    assert told(stored.api, task) == WHOLE


def test_archived_tasks_go_with_all_that_is_theirs_and_others_stay(stored: Stored) -> None:
    api = stored.api
    project = api.project()
    gone, used, shown = run(stored, project), run(stored, project), run(stored, project)
    model = api("models.get_all", task=[used])["models"][0]["id"]
    api("models.set_ready", publish_task=False, model=model)
    api("tasks.archive_many", ids=[gone, used])
    settings(api, archived=30)
    (foreseen,) = retention_forecast.foreseen(api.store, LATER)
    assert (foreseen.rule, foreseen.tasks, foreseen.rows) == ("archived", 1, STEPS + 32)
    carry_out(api)
    api.fails("tasks.get_by_id", 400, 101, task=gone)
    assert told(api, shown) == told(api, used) == WHOLE, (
        "one has a published model, the other is not archived"
    )
    assert not [path for path in api.store.files.root.rglob("*") if gone in str(path)]
    assert api.store.db.value("SELECT count(*) FROM series WHERE task = ?", (gone,)) == 0


def test_files_that_nothing_names_go_after_their_time_and_no_upload_in_progress(stored: Stored) -> None:
    api = stored.api
    task = run(stored, api.project())
    named = {path for path in api.store.files.root.rglob("*") if path.is_file()}
    lost = stored.file("0" * 32, "lost é:%#.bin")
    running = run(stored, api.project("other"), "")
    not_yet = stored.file(running, "artifacts/not yet/named.bin")
    by_hand = api.store.files.root / "by hand.bin"
    by_hand.write_bytes(b"x")
    coming = api.store.files.receive()
    coming.write(b"half")
    settings(api, unnamed=7)
    carry_out(api, datetime.now(timezone.utc) + timedelta(days=6))
    assert stored.lies(lost) and by_hand.exists()
    foreseen = retention_forecast.foreseen(api.store, LATER)
    assert sum(one.rows for one in foreseen) == 2
    carry_out(api)
    assert not stored.lies(lost) and not by_hand.exists() and stored.lies(not_yet)
    assert all(path.exists() for path in named) and told(api, task) == WHOLE
    api.store.files.keep([("came.bin", coming)], "me", LATER)
    assert stored.lies("came.bin")


def test_a_round_that_is_broken_off_goes_on_and_leaves_the_same(stored: Stored) -> None:
    api = stored.api
    project = api.project()
    whole, broken = run(stored, project), run(stored, project)
    api(
        "tasks.add_or_update_model",
        task=whole,
        name="x",
        model=api("models.create", name="x", uri="/x")["id"],
        type="output",
    )
    settings(api, console=30, scalars=30, samples=30)
    steps = 0

    def stop(took: float) -> None:
        nonlocal steps
        steps += 1
        if steps % 3 == 0:
            raise retention.Interrupted

    rounds = 0
    while True:
        rounds += 1
        try:
            carry_out(api, pause=stop)
            break
        except retention.Interrupted:
            assert api.store.db.value("PRAGMA quick_check") == "ok" and rounds < 200
    assert rounds > 3
    curves = [
        api("events.scalar_metrics_iter_histogram", task=one, samples=0)["loss"]["train"]
        for one in (whole, broken)
    ]
    assert sorted(set(curves[0]["x"]) ^ set(curves[1]["x"])) == []
    assert [told(api, one)["lines"] for one in (whole, broken)] == [0, 0]


def test_the_database_shrinks(stored: Stored) -> None:
    api = stored.api
    run(stored, api.project())
    lines = [{"type": "log", "msg": "x" * 1000} for _ in range(4000)]
    task = api.task("talks", project=api.project("talk"))
    report(api, task, lines)
    api("tasks.completed", task=task, force=True)
    api.store.space.shorten()
    before = api.store.db.path.stat().st_size
    settings(api, console=30)
    carry_out(api)
    assert api.store.space.free_bytes() == 0
    assert api.store.db.path.stat().st_size < before - 3_500_000


@pytest.mark.parametrize("rules", [{"consol": 3}, {"console": -1}, {"unnamed": 0.01}, {"console": 1e9}])
def test_what_makes_no_sense_is_refused(stored: Stored, rules: dict[str, float]) -> None:
    with pytest.raises(ValidationFailed):
        settings(stored.api, **rules)
    assert retention_policy.policy(stored.api.store) == {}


def test_what_would_go_is_told_before_it_is_set_and_nothing_goes(api: Api, stored: Stored) -> None:
    birds, bats = api.project("birds"), api.project("bats")
    for project in (birds, bats):
        run(stored, project)
    with api.store.transaction():
        api.store.db.execute("UPDATE tasks SET last_update = '2020-01-01T00:00:00.000000+00:00'")
    rules = {"console": 30, "checkpoints": 0}
    told = api("storage.get_retention", project=birds, rules=rules)
    assert [(one["rule"], one["project"], one["tasks"], one["rows"]) for one in told["foreseen"]] == [
        ("console", {"id": birds, "name": "birds"}, 1, 30)
    ]
    assert told["set"] == [] and [one["name"] for one in told["rules"]] == list(RULES)
    assert api("storage.get_retention")["foreseen"] == []
    assert api("storage.set_retention", project=birds, rules=rules) == {"updated": 1}
    kept = api("storage.get_retention")
    assert kept["set"] == [{"project": {"id": birds, "name": "birds"}, "rules": rules}]
    assert kept["foreseen"] == told["foreseen"]
    without = api("storage.get_retention", project=birds, rules={"console": None})
    assert without["foreseen"] == [] and without["set"] == kept["set"]
    retention.Round(api.store, datetime.now(timezone.utc)).run()
    assert api("storage.get_retention")["foreseen"] == []


@pytest.mark.parametrize(
    "body",
    [{"rules": {"console": -1}}, {"rules": {"nothing": 1}}, {"project": "nobody", "rules": {"console": 1}},
     {"rules": {"console": 1e9}}, {"rules": {"unnamed": 0.1}}, {"rules": [1]}, {"rules": {"console": "x"}}],
)  # fmt: skip
def test_a_rule_that_means_nothing_is_refused_and_told_of_nothing(api: Api, body: dict) -> None:
    for endpoint in ("storage.get_retention", "storage.set_retention"):
        assert api.post(endpoint, body).status_code == 400
    assert api("storage.get_retention")["set"] == []
