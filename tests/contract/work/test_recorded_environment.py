"""A task that no worker of its queue would run in what it has recorded waits all the same, and that is said."""

from datetime import datetime, timezone
from typing import Any

import orjson
import pytest

from tests.contract.conftest import Api

PACKAGES = "numpy==2.1.0\ntorch==2.11.0+cpu\nPyYAML==6.0\n"
REUSED = "# The environment that was installed on the agent's machine, as it was:\n"


@pytest.fixture
def queue(api: Api) -> str:
    return str(api("queues.create", name="work")["id"])


def worker(api: Api, queue: str, name: str, said: Any = None, **more: Any) -> None:
    """One that listens; it says what its tasks run in, unless that is None."""
    with api.store.transaction():
        api.store.workers.touch(name, datetime.now(timezone.utc), {"queues": [queue], "tags": []})
    if said is None:
        return
    text = said if isinstance(said, str) else orjson.dumps({**said, **more}).decode()
    properties = [{"key": "environment", "value": text}]
    api("workers.set_runtime_properties", worker=name, runtime_properties=properties)


def installed(**more: Any) -> dict[str, Any]:
    told = {"mode": "installed", "python": "3.11.7", "pythons": ["3.11"], "fingerprint": "1a2b3c4d"}
    return {**told, "packages": PACKAGES, **more}


def note(api: Api, queue: str, pip: Any, forced: str = "", **script: Any) -> str:
    """What is said of a task that asks for these packages, alone and among others."""
    requirements = {"pip": pip} if isinstance(pip, (str, list)) else pip
    made = api.task(script={"entry_point": "a.py", "requirements": requirements, **script})
    if forced:
        item = {"section": "properties", "name": "environment", "value": forced}
        api("tasks.edit_hyper_params", task=made, hyperparams=[item])
    answer = api("tasks.enqueue", task=made, queue=queue)
    assert api.status(made) == "queued"
    api("tasks.dequeue", task=made)
    (among,) = api("tasks.enqueue_many", ids=[made], queue=queue)["succeeded"]
    assert among.get("note") == answer.get("note")
    return str(answer.get("note", ""))


def test_an_enqueue_says_when_the_queues_only_worker_has_something_else(api: Api, queue: str) -> None:
    worker(api, queue, "box:0", installed())
    assert note(api, queue, "numpy==1.26\nlibrosa>=0.10") == (
        "the queue's worker box:0 does not run it in what it has recorded: numpy==1.26 is recorded, 2.1.0 is "
        "installed; librosa is not installed"
    )
    many = "\n".join(f"nowhere{n}" for n in range(9))
    assert note(api, queue, many).endswith("nowhere2 is not installed, and 6 more")
    assert "Python 3.9 is recorded, 3.11 is installed" in note(api, queue, "", binary="/usr/bin/python3.9")


@pytest.mark.parametrize(
    "pip",
    [
        *("numpy>=2,<3\npyyaml", ["numpy>=2", "torch==2.11.*"], "", "# only a comment\n\n"),
        'numpy==1.0; python_version < "3.9"',
        "git+https://example.org/a.git\n-e .\n--hash=sha256:1\n./here\nx @ https://example.org/x.whl",
        {"pip": REUSED + "numpy==1.0\n", "org_pip": "numpy>=2"},
        {"conda": "numpy==1.0"},
    ],
)
def test_nothing_is_said_of_what_is_there_and_of_what_nobody_can_tell(
    api: Api, queue: str, pip: object
) -> None:
    worker(api, queue, "box:0", installed())
    assert note(api, queue, pip) == ""


@pytest.mark.parametrize(
    "other", [installed(mode="auto"), installed(packages="numpy==1.26"), None, "{", "[1]", ""]
)
def test_one_worker_that_can_or_may_be_able_to_is_enough(api: Api, queue: str, other: object) -> None:
    worker(api, queue, "box:0", installed())
    assert note(api, queue, "numpy==1.26") != ""
    worker(api, queue, "another:0", other)
    assert note(api, queue, "numpy==1.26") == ""


def test_the_tasks_own_wish_goes_before_the_workers(api: Api, queue: str) -> None:
    worker(api, queue, "box:0", installed())
    assert note(api, queue, "numpy==1.26", forced="own") == ""
    worker(api, queue, "box:0", installed(mode="auto"))
    assert note(api, queue, "numpy==1.26") == ""
    worker(api, queue, "box:1", installed(mode="own"))
    told = note(api, queue, "numpy==1.26", forced="installed")
    assert told.startswith(
        "none of the queue's 2 workers, box:0 for one, runs it in what it has recorded: numpy"
    )


def test_a_worker_is_listed_with_its_environment_and_without_the_list_of_its_packages(
    api: Api, queue: str
) -> None:
    for name, said in (("box:0", installed()), ("plain:0", None), ("odd:0", "{")):
        worker(api, queue, name, said)
    found = {one["id"]: one.get("environment") for one in api("workers.get_all")["workers"]}
    told = {"mode": "installed", "python": "3.11.7", "pythons": ["3.11"], "fingerprint": "1a2b3c4d"}
    assert found == {"box:0": {**told, "packages": 3}, "plain:0": None, "odd:0": None}


def test_an_enqueue_says_when_no_worker_takes_tasks_at_present(api: Api, queue: str) -> None:
    """Whatever the task has recorded; it waits all the same, until one does."""

    def hold(name: str, value: str) -> None:
        properties = [{"key": "force", "value": value, "expiry": 60}, {"key": "held", "value": "no way to é"}]
        api("workers.set_runtime_properties", worker=name, runtime_properties=properties)

    worker(api, queue, "box:0", installed())
    hold("box:0", "off")
    assert note(api, queue, "numpy==1.26") == "the queue's worker box:0 takes no task at present: no way to é"
    worker(api, queue, "box:1")
    assert note(api, queue, "") == ""
    hold("box:1", "off")
    assert note(api, queue, "").startswith(
        "none of the queue's 2 workers, box:0 for one, takes any task at present: no"
    )
    hold("box:0", "on")
    assert note(api, queue, "") == ""
