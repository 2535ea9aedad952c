"""What an agent is called, and when an id is somebody else's."""

from datetime import datetime, timedelta, timezone

import pytest

from agents import naming


def reported(seconds: float, worker: str = "machine:audio-cpu:abc") -> list[dict]:
    then = datetime.now(timezone.utc) - timedelta(seconds=seconds)
    return [{"id": worker, "last_activity_time": then.isoformat()}]


def test_an_id_by_which_an_agent_reports_is_refused():
    with pytest.raises(naming.NameTaken, match=r"machine:audio-cpu:abc that reported 1\d s ago.*--name"):
        naming.require_unused("machine:audio-cpu:abc", reported(12))


@pytest.mark.parametrize(
    "workers",
    [[], reported(200), reported(1, "other"), [{"id": "machine:audio-cpu:abc", "last_activity_time": None}]],
)
def test_an_id_that_nobody_uses_is_free(workers):
    naming.require_unused("machine:audio-cpu:abc", workers)


def test_a_queue_may_be_called_anything(tmp_path):
    assert naming.free_name(None, "é:/% queue-cpu", tmp_path) == "é_queue-cpu"
