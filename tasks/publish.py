"""Publish the model that a comparison has found better, and what was exported from it; no other.

    python -m tasks.publish --compare_id ID
    python -m tasks.publish --compare_id ID --export_id ID

A published model can't be changed any more, and is what later models are compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from audio.config import Group, hold
from tasks.client import decisions, identify
from tasks.errors import NothingThere, SoundyardError
from tasks.running.session import job, session

INPUTS = Group("Inputs")


class NotBetter(SoundyardError):
    """The comparison has decided that the published model stays."""


@dataclass
class PublishParameters:
    """The model that a comparison has found better, published."""

    compare_id: str = INPUTS("", "compare task whose decision this is")
    export_id: str = INPUTS("", "export task whose files are published, too; empty: none")

    def __post_init__(self) -> None:
        hold(self)

    def check_inputs(self) -> None:
        """Raises NothingThere, NotBetter."""
        decision, _ = decisions.read(self.compare_id)
        if decision.word != decisions.PUBLISH:
            raise NotBetter(
                f"not published: {decision.reason}. To publish it all the same, use the Models page."
            )
        if self.export_id and not identify.task(self.export_id):
            said = identify.what_instead(self.export_id, "task")
            raise NothingThere(
                f"export_id {self.export_id!r} {said}. Give the id of an export task, or leave it empty."
            )


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("publish"), PublishParameters, arguments, __doc__) as run:
        decision, model = decisions.read(run.parameters.compare_id)
        for one in [
            *_exported(run.parameters.export_id),
            model,
        ]:  # the model last: it is what others look for
            _publish(one)
            print(f"published {one}")
        run.task.set_user_properties(model_id=model)
        run.task.set_comment(decision.reason)


def _exported(export_id: str) -> list[str]:
    """Ids of the models that an export task has made."""
    from clearml import Task

    task: Any = Task.get_task(task_id=export_id) if export_id else None
    return [str(one.id) for one in task.models["output"]] if task else []


def _publish(model_id: str) -> None:
    """One model, with the time written on it. A second call changes nothing."""
    from clearml import InputModel

    model: Any = InputModel(model_id=model_id)
    if not model.published:
        model.set_metadata("published_at", datetime.now(timezone.utc).isoformat(timespec="seconds"), "str")
        model.publish()


if __name__ == "__main__":
    main()
