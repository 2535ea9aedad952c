"""What a comparison has decided about a model, as its task keeps it: a word, a reason, the model's id."""

from dataclasses import dataclass
from typing import Any

from tasks.client import identify
from tasks.errors import NothingThere
from tasks.running.session import Run

PUBLISH, KEEP = "publish", "keep"
NONE = "none"  # of a parameter: no model at all


@dataclass(frozen=True)
class Decision:
    """Whether a new model is to be published."""

    word: str
    reason: str


def publish(reason: str) -> Decision:
    return Decision(PUBLISH, reason)


def keep(reason: str) -> Decision:
    """The published model stays what it is."""
    return Decision(KEEP, reason)


def write(run: Run[Any], decision: Decision) -> None:
    """Keep it on the task, where a pipeline, `tasks.publish` and the page find it."""
    run.task.set_user_properties(decision=decision.word, decision_reason=decision.reason)
    run.task.set_comment(f"{decision.word}: {decision.reason}")


def read(compare_id: str) -> tuple[Decision, str]:
    """The decision of a compare task, and the id of the model that it is about. Raises NothingThere."""
    found = identify.task(compare_id)
    written = ((found or {}).get("hyperparams") or {}).get("properties") or {}
    if "decision" not in written:
        said = identify.what_instead(compare_id, "task") if not found else "has decided nothing"
        raise NothingThere(
            f"compare_id {compare_id!r} {said}. Give the id of a finished compare task: python -m tasks.compare"
        )
    word, reason, model = (
        str(written[name].get("value") or "") for name in ("decision", "decision_reason", "model_id")
    )
    return Decision(word, reason), model
