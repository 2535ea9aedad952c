"""A server with a little of everything that is kept, and every answer that must stay the same.

    python -m tests.e2e.kept tests/fixtures/version_1     # writes what this version writes, for later ones to open

A folder of `tests/fixtures` is what one version left behind: its database as SQL, its files, its client
configuration, and the answers it gave. A released schema gets one; it is never written again.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import requests

from server.domain.users.access import PROGRAMS_ID
from tests.conftest import ROOT, ServerProcess

FIXTURES = ROOT / "tests" / "fixtures"
FILE = "sounds/birds/train.{task}/artifacts/x/x.bin"
CONTENT = b"abc" * 1000
_AT = 1_700_000_000_000
_MANY = {"search_hidden": True, "order_by": ["name"]}
READS: dict[str, dict[str, Any]] = {
    "projects.get_all_ex": {**_MANY, "check_own_contents": True},
    "tasks.get_all_ex": {**_MANY, "type": ["training", "testing", "controller", "data_processing"]},
    "models.get_all_ex": {"order_by": ["name"], "include_stats": True},
    "queues.get_all_ex": {},
    "reports.get_all_ex": {},
    "users.get_all": {},
    "users.get_preferences": {},
    "storage.get_settings": {},
    "organization.get_tags": {"include_system": True},
    "projects.get_hyper_parameters": {"project": "*"},
    "projects.get_unique_metric_variants": {},
    "projects.get_model_metadata_keys": {},
    "auth.get_credentials": {},
}
_OF_TASK = (
    "events.get_scalar_metrics_and_variants",
    "events.get_vector_metrics_and_variants",
    "events.get_task_log",
    "events.get_task_plots",
    "events.get_task_events",
)


def fill(server: ServerProcess) -> str:
    """A task with every kind of data, and what goes with it. Returns: its id."""
    call = server.call
    project = call("projects.create", name="sounds/birds", tags=["field"], description="dawn")["id"]
    parent = call("tasks.create", name="prepare", type="data_processing", project=project)["id"]
    task = _trained(server, project, parent)
    waiting = call("tasks.create", name="waits", type="testing", project=project)["id"]
    queue = call("queues.get_default")["id"]
    call("tasks.enqueue", task=waiting, queue=queue)
    item = {"key": "room", "type": "str", "value": "attic"}
    call("queues.add_or_update_metadata", queue=queue, metadata=[item])
    hidden = call("projects.create", name="sounds/.pipelines/nightly", system_tags=["hidden", "pipeline"])
    system_tags = ["pipeline", "hidden", "archived"]
    fields = {"type": "controller", "project": hidden["id"], "system_tags": system_tags}
    call("tasks.create", name="nightly", **fields)
    call("reports.create", name="what birds say", project=project, report="# Dawn\n", tags=["draft"])
    server.admin("users.create", name="Ada", password="a long password", role="viewer")
    server.admin("users.set_preferences", preferences={"table": {"columns": ["name", "accuracy"]}})
    server.admin("storage.set_settings", aws={"buckets": [{"bucket": "sounds", "key": "k", "secret": "s"}]})
    return task


def _trained(server: ServerProcess, project: str, parent: str) -> str:
    call = server.call
    fields = {"type": "training", "project": project, "parent": parent, "tags": ["a", "ä/b.c"]}
    configuration = {"frontend": {"name": "frontend", "type": "dict", "value": "n_mels = 64"}}
    script = {"entry_point": "-m tasks.train", "repository": "https://example.com/a.git", "binary": "python"}
    task = call("tasks.create", name="train", configuration=configuration, script=script, **fields)["id"]
    values = {"lr": "0.001", "a/b.c $d": "1", "empty": ""}
    parameters = [{"section": "Args", "name": name, "value": one} for name, one in values.items()]
    call("tasks.edit_hyper_params", task=task, hyperparams=parameters)
    call("tasks.started", task=task)
    _report(server, task)
    name = FILE.format(task=task)
    sent = requests.post(
        f"{server.url}/files", files={name: (name, CONTENT)}, headers=server.authorization(), timeout=30
    )
    assert sent.ok, sent.text
    artifact = {
        "key": "x",
        "type": "custom",
        "uri": f"{server.url}/files/{name}",
        "content_size": len(CONTENT),
    }
    call("tasks.add_or_update_artifacts", task=task, artifacts=[artifact])
    details = {"task": task, "project": project, "labels": {"owl": 1}, "framework": "PyTorch"}
    model = call("models.create", name="net", uri=f"{server.url}/files/{name}", **details)["id"]
    call("tasks.add_or_update_model", task=task, name="net", model=model, type="output")
    mark = {"key": "accuracy", "type": "float", "value": "0.9"}
    call("models.add_or_update_metadata", model=model, metadata=[mark])
    call("tasks.completed", task=task, publish=True)
    return task


def _report(server: ServerProcess, task: str) -> None:
    scalar = {"type": "training_stats_scalar", "task": task, "metric": "loss", "variant": "train"}
    events: list[dict[str, Any]] = [
        {**scalar, "iter": step, "value": 1 / (step + 1), "timestamp": _AT + step} for step in range(50)
    ]
    summary = {**scalar, "metric": "Summary", "variant": "best", "iter": -(2**31), "value": 0.5}
    curve = {"type": "training_stats_vector", "task": task, "metric": "roc", "variant": "owl", "iter": 3}
    plot = {"type": "plot", "task": task, "metric": "confusion", "variant": "matrix", "iter": 3}
    image = {
        "type": "training_debug_image",
        "task": task,
        "metric": "spectrogram",
        "variant": "owl",
        "iter": 3,
    }
    url = f"{server.url}/files/{FILE.format(task=task)}"
    events += [
        {**summary, "timestamp": _AT + 60},
        {**curve, "values": [0.0, 0.5, 1.0], "timestamp": _AT + 61},
        {**plot, "plot_str": '{"data": [{"z": [[1, 0], [0, 1]]}], "layout": {}}', "timestamp": _AT + 62},
        {**image, "url": url, "key": "x.bin", "timestamp": _AT + 63},
        {"type": "log", "task": task, "msg": "hello, ähm", "level": "info", "timestamp": _AT + 64},
    ]
    for event in events:
        server.call("events.add", **event)


def answers(server: ServerProcess, task: str) -> dict[str, Any]:
    """Everything that was kept, as the API tells it."""
    found = {endpoint: server.admin(endpoint, **body) for endpoint, body in READS.items()}
    found["users.get_all"]["users"] = [
        one for one in found["users.get_all"]["users"] if one["id"] != PROGRAMS_ID
    ]
    of_admin = [one for one in found["auth.get_credentials"]["credentials"] if one["label"] != "command line"]
    found["auth.get_credentials"]["credentials"] = [
        *server.call("auth.get_credentials")["credentials"],
        *of_admin,
    ]
    for one in found["auth.get_credentials"]["credentials"]:
        one.pop("last_used"), one.pop("last_used_from")
    found |= {endpoint: server.call(endpoint, task=task) for endpoint in _OF_TASK}
    for one in found.values():
        one.pop("scroll_id", None)
    return {
        **found,
        "task": server.task(task),
        "curve": server.scalars(task),
        "samples": server.call("events.debug_images", metrics=[{"task": task}], iters=5)["metrics"],
        "single": server.call("events.get_task_single_value_metrics", tasks=[task]),
        "latest": server.call("events.get_task_latest_scalar_values", task=task)["metrics"],
    }


def opened(fixture: Path, folder: Path) -> str:
    """Put what a version left behind into a folder of its own. Returns: the task's id."""
    shutil.copytree(fixture / "server", folder / "server")
    shutil.copy(fixture / "clearml.conf", folder / "clearml.conf")
    with closing(sqlite3.connect(folder / "server" / "soundyard.db")) as database:
        database.executescript((fixture / "database.sql").read_text())
    return str(orjson.loads((fixture / "answers.json").read_bytes())["task"]["id"])


def write(fixture: Path) -> None:
    """Have this version leave something behind."""
    with tempfile.TemporaryDirectory() as temporary:
        server = ServerProcess(Path(temporary))
        try:
            task = fill(server)
            told = answers(server, task)
        finally:
            server.stop()
        fixture.mkdir(parents=True)
        shutil.copytree(server.folder / "server" / "files", fixture / "server" / "files")
        shutil.copy(server.conf, fixture / "clearml.conf")
        text = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        (fixture / "answers.json").write_bytes(text + b"\n")
        with closing(sqlite3.connect(server.folder / "server" / "soundyard.db")) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            lines = [*database.iterdump(), f"PRAGMA user_version = {version};", ""]
        (fixture / "database.sql").write_text("\n".join(lines))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
