"""Triggers: one that would start itself again and again is told from those that would not."""

import pytest
from clearml.automation.trigger import TaskTrigger

from pipelines.schedules.events import starts_itself


@pytest.mark.parametrize(
    ("tags", "of_the_run", "starts"),
    [
        ([], ["gold"], False),
        (None, ["gold"], False),
        (["gold"], ["gold", "é"], True),
        (["gold", "é"], ["gold"], False),
        (["gold"], [], False),
    ],
)
def test_a_trigger_whose_runs_have_the_tags_that_start_it_starts_itself(tags, of_the_run, starts) -> None:
    job = TaskTrigger(name="a", base_task_id="b", queue="c", tags=tags, task_overrides={"tags": of_the_run})
    assert starts_itself(job) is starts
    assert not starts_itself(TaskTrigger(name="a", base_task_id="b", queue="c", tags=tags))
