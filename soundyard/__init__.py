"""The front door: the command `soundyard`, over the programs of all other rooms.

It imports them only once they are needed: `soundyard --help` answers at once.

    import soundyard
    runs = soundyard.runs(project="Soundyard")      # a pandas DataFrame
    soundyard.Predictor("model.onnx")("siren.wav")  # what a model hears
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from soundyard.predictor import Predictor as Predictor

__version__ = "0.1.0"
__all__ = ["Predictor", "runs"]


def __getattr__(name: str) -> Any:
    """`Predictor`, once it is asked for: numpy and libsndfile take their time."""
    if name == "Predictor":
        from soundyard.predictor import Predictor

        return Predictor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def runs(
    project: str | None = None,
    *,
    status: str | Sequence[str] | None = None,
    tags: Sequence[str] = (),
    search: str = "",
    kind: str = "runs",
    archived: bool = False,
    limit: int | None = None,
) -> "DataFrame":
    """The tasks of a project and of those below it, of all projects if None, newest first: a row each.

    The columns are `id`, `name`, `project`, `type`, `status`, `user`, `tags`, `archived`, `parent`, `queue`, `worker`,
    `url`; the dates `created`, `started`, `completed`, `updated`, in UTC; `iteration`; `params.Args/lr` for each
    parameter, in the type that it has in all rows; `metrics.loss/train` for the last value of each figure. What a task
    does not have is missing. `kind` is `runs`, `templates` or `all`; a tag with a leading `-` leaves out who has it.

    Raises:
        SoundyardError: no server is configured or answers, there is no such project, a status is not known.
    """
    from soundyard.frame import frame

    statuses = [status] if isinstance(status, str) else list(status or [])
    return frame(
        project, status=statuses, tags=list(tags), search=search, kind=kind, archived=archived, limit=limit
    )
