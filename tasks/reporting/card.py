"""Model cards on the server: made of what evaluations have recorded, kept with the task, named by the model's metadata.

The page of a model shows the card that its metadata `model_card` names.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audio.clips.store import ClipStore
    from audio.export.card import Card, Condition, Evaluated, Figure
    from audio.export.check import Exported

KEY = "model_card"
NEWEST = 20  # evaluations that are looked at
UNDISTURBED = "undisturbed"  # what a table of robustness begins with
FINISHED = ["completed", "published", "closed"]


def card_of(
    model: Any,
    path: Path,
    store: "ClipStore | None",
    evaluations: "Sequence[Evaluated]",
    exports: "Sequence[Exported]" = (),
) -> "Card":
    """The card of a model whose checkpoint lies at `path`; `store`: what it was trained on, None: not at hand."""
    from audio.checkpoints import checkpoint as checkpoints
    from audio.clips.splits import divide
    from audio.export.card import Card, Data

    state, data = checkpoints.load(path), Data()
    if store is not None:
        trained = len(divide(checkpoints.config_of(state), store)[0])
        data = Data.of(store.manifest, store.index["duration"].tolist(), trained)
    return Card(model.name, state, data, model.id, evaluations, exports)


def evaluated(report: dict[str, Any]) -> "Evaluated":
    """What a report (`tasks.reporting.report`) says, as far as a card tells it."""
    from audio.export.card import Evaluated

    parts = {part["title"]: part for part in report.get("sections", [])}
    about = dict(
        line.split(": ", 1) for line in parts.get("How it was made", {}).get("text", []) if ": " in line
    )
    what = ", ".join(f"{name} {about[name]}" for name in ("data set", "split", "fold") if name in about)
    said = [line for line in parts.get("What was found", {}).get("text", []) if line.startswith("Note: ")]
    return Evaluated(
        what or "clips that were not named",
        [_figure(row) for row in _rows(parts.get("What was found")) if row["value"] is not None],
        _classes(parts.get("Classes")),
        [_condition(row) for row in _rows(parts.get("Robustness")) if row.get("kind") != UNDISTURBED],
        said + parts.get("Calibration", {}).get("text", []),
    )


def newest(model_id: str) -> "list[Evaluated]":
    """What the newest finished evaluation of a model on the server has found; with none, nothing."""
    from clearml import Task
    from clearml.backend_api.session.client import APIClient

    wanted = {
        "models.input.model": [model_id],  # a filter that the SDK's own classes don't know
        "type": ["testing"],
        "status": FINISHED,
        "search_hidden": True,
        "order_by": ["-last_update"],
        "page": 0,
        "page_size": NEWEST,
        "only_fields": ["id"],
    }
    session: Any = APIClient().session
    answer = session.send_request("tasks", "get_all_ex", json=wanted)
    for one in answer.json().get("data", {}).get("tasks", []) if answer.ok else []:
        task: Any = Task.get_task(task_id=one["id"])
        artifact = task.artifacts.get("report")
        copy = artifact.get_local_copy() if artifact else None
        if copy:
            return [evaluated(json.loads(Path(copy).read_text("utf-8", "surrogateescape")))]
    return []


def keep(task: Any, folder: Path, card: "Card", models: Sequence[Any]) -> None:
    """The card as an artifact, and named in the metadata of models; published ones stay as they are."""
    from audio.export.card import FILE

    path = folder / FILE
    path.write_text(card.markdown(), "utf-8", "surrogateescape")
    task.upload_artifact(FILE, path, wait_on_upload=True)
    task.reload()
    address = task.artifacts[FILE].url
    for model in models:
        if getattr(model, "published", False):
            print(f"note: model {model.id} is published and keeps the card that it has")
        else:
            model.set_metadata(KEY, address, "str")


def _rows(part: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [dict(zip(part["head"], row, strict=False)) for row in part["rows"]] if part else []


def _figure(row: dict[str, Any]) -> "Figure":
    from audio.export.card import Figure

    return Figure(str(row["figure"]), float(row["value"]), row.get("from"), row.get("to"))


def _classes(part: dict[str, Any] | None) -> "list[Figure]":
    """F1 of each class that has clips: "0.81 (0.70 to 0.90)", or a number."""
    from audio.export.card import Figure

    told = [(str(row.get("class")), str(row.get("f1") or "").partition(" ")[0]) for row in _rows(part)]
    return [Figure(name, float(value)) for name, value in told if value]


def _condition(row: dict[str, Any]) -> "Condition":
    from audio.export.card import Condition

    degree = "" if row.get("degree") is None else f"{row['degree']:g}"
    name = f"{row['series']} {degree} {row.get('unit') or ''}".strip()
    return Condition(name, float(row["accuracy"]), float(row["lost"] or 0.0))
