"""What other tasks left on the server: datasets and models; by id, or the newest finished one."""

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from tasks.arguments import parameters
from tasks.client import identify, names
from tasks.errors import NothingThere
from tasks.running.session import Run

if TYPE_CHECKING:
    from audio.config import TrainConfig

P = TypeVar("P", bound="TrainConfig")
FINISHED = ["completed", "published", "closed"]
TIMEOUT = 10.0  # s that a file's server has to answer
MODEL_ID = re.compile("[0-9a-f]{32}")
EXPORTED = ("ONNX",)  # frameworks whose files this project writes and does not read


def here() -> str:
    """The project that `newest` means: that of the task that runs, before there is one that of this checkout."""
    from clearml import Task

    task: Any = Task.current_task()
    return str(task.get_project_name()) if task else names.project()


def dataset(dataset_id: str, project: str) -> str:
    """The id of a finished dataset version; an empty one means the newest of the project.

    Raises:
        NothingThere: there is none, it is unfinished, or it is the id of something else; says what to do.
    """
    dataset_id = dataset_id.strip()
    if not dataset_id:
        return newest_dataset(project)
    found = identify.task(dataset_id)
    if not found or "dataset" not in (found.get("system_tags") or []):
        raise NothingThere(
            f"dataset_id {dataset_id!r} {identify.what_instead(dataset_id, 'dataset')}. Give the id that a preprocess "
            f"task printed, or leave it empty for the newest dataset of project {project}."
        )
    if found["status"] not in FINISHED:
        raise NothingThere(
            f"dataset_id {dataset_id!r} is unfinished ({found['name']}, {found['status']}): its files are not all "
            "there. Run its preprocess task again, or take another version."
        )
    return dataset_id


def dataset_folder(dataset_id: str, project: str) -> tuple[str, Path]:
    """The id and a local copy of a dataset version; an empty id means the newest finished one of the project.

    Raises:
        NothingThere: as `dataset`, or its files can't be fetched.
    """
    from clearml import Dataset

    dataset_id = dataset(dataset_id, project)
    try:
        copy = Dataset.get(dataset_id=dataset_id, alias="clips").get_local_copy()
    except OSError:
        raise  # no room on this disk, say: its message names the file
    except Exception as fault:  # the SDK raises what its storage drivers do
        raise NothingThere(f"dataset_id {dataset_id}: its files can't be fetched: {fault}") from fault
    if not copy:
        raise NothingThere(
            f"dataset_id {dataset_id}: its files can't be fetched; they are not on the file server any more, or it "
            "does not answer. Run the preprocess task again: python -m tasks.preprocess"
        )
    return dataset_id, Path(copy)


def pinned_dataset(run: Run[Any], resumed: bool = False) -> tuple[str, Path]:
    """The dataset version of a run, which stays its own: a later version changes nothing for it.

    At first use the id is written to the parameter `dataset_id` and to the task's properties; a run that goes on
    (`resumed`) keeps the one it began with also where only the properties name it. A fresh clone with an empty
    parameter takes the newest. Raises NothingThere.
    """
    wanted = run.parameters.dataset_id
    if resumed and not wanted:
        wanted = str(run.task.get_user_properties(value_only=True).get("dataset_id") or "")
    dataset_id, folder = run.line.persist(
        "fetching the dataset", lambda: dataset_folder(wanted, run.task.get_project_name())
    )
    if run.parameters.dataset_id != dataset_id:
        run.parameters.dataset_id = dataset_id
        parameters.write_to(run.task, run.parameters)
    run.task.set_user_properties(dataset_id=dataset_id)
    return dataset_id, folder


def newest_dataset(project: str, name: str = "") -> str:
    """The id of the newest finished dataset version of a project, of that name if one is given. Raises NothingThere."""
    from clearml import Dataset

    found: Any = Dataset.list_datasets(dataset_project=project, only_completed=True, include_archived=False)
    # The SDK counts stopped ones, whose upload broke off, among the completed.
    found = [one for one in found if str(one["status"]) in FINISHED and (not name or one["name"] == name)]
    if not found:
        raise NothingThere(
            f"Project {project} has no finished dataset. Run the preprocess task first: python -m tasks.preprocess"
        )
    return str(max(found, key=lambda one: str(one["created"]))["id"])


def file_to_hear(model_id: str) -> Path:
    """A local copy of the file of a model, exported ones too; an empty id means the one that was published last.

    Raises NothingThere; and NotConfigured, Unreachable, WrongCredentials.
    """
    from tasks.client import connection

    connection.use()
    model_id = model_id.strip() or published_model(here(), exported=True)
    if not model_id:
        raise NothingThere(f"Project {here()} has no published model: python -m tasks.publish publishes one.")
    return weights(model(model_id, here(), exported=True))


def model(model_id: str, project: str, exported: bool = False) -> Any:
    """The model of that id; an empty one means that of the project's newest finished training.

    With `exported` it may be a file of another program's. Raises NothingThere.
    """
    from clearml import InputModel

    model_id = model_id.strip() or newest_model(project)
    found = identify.model(model_id)
    advice = (
        f"Give the id of a train task's output model, or leave it empty for the newest of project {project}."
    )
    if not found:
        raise NothingThere(f"model_id {model_id!r} {identify.what_instead(model_id, 'model')}. {advice}")
    if not (found.get("uri") or "").strip():
        raise NothingThere(f"model_id {model_id!r} ({found['name']}) has no weights. {advice}")
    if found.get("framework") in EXPORTED and not exported:
        raise NothingThere(
            f"model_id {model_id!r} ({found['name']}) is an exported one ({found['framework']}), which runs without "
            f"this project. {advice}"
        )
    return InputModel(model_id=model_id)


def dataset_of(model: Any, dataset_id: str, project: str) -> str:
    """The dataset to hear a model with: the given one, else the one it was trained on. Raises NothingThere."""
    trained_on = model.get_metadata("dataset_id") or ""
    if dataset_id.strip() or not trained_on:
        return dataset(dataset_id, project)
    try:
        return dataset(trained_on, project)
    except NothingThere as fault:
        raise NothingThere(
            f"Model {model.id} was trained on dataset {trained_on}, which can't be used any more: {fault} "
            "Or give another one of the same classes: dataset_id=ID."
        ) from fault


def weights(model: Any) -> Path:
    """A local copy of a model's file. Raises NothingThere: it is gone, on another machine, or can't be fetched."""
    address = str(model.url)
    try:
        refuse_unreachable(address)
        copy = model.get_weights()
        if copy and Path(copy).is_file() and is_cut_short(Path(copy), address):
            copy = model.get_weights(force_download=True)
            if copy and is_cut_short(Path(copy), address):
                raise NothingThere(f"model_id {model.id}: the transfer of {address} breaks off. Try again.")
    except NothingThere:
        raise
    except Exception as fault:  # the SDK raises what its storage drivers do
        raise NothingThere(
            f"model_id {model.id}: its file {address} can't be fetched: {' '.join(str(fault).split())[:200]}"
        ) from fault
    if not copy or not Path(copy).exists():
        raise NothingThere(f"model_id {model.id}: its file {address} {_why_absent(address)}")
    return Path(copy)


def is_id(named: str) -> bool:
    """Whether a place is no file but the id of a model."""
    return bool(MODEL_ID.fullmatch(named)) and not Path(named).exists()


def without_ids(parameters: P) -> P:
    """The same training without the models that its `weights` and `teacher` name by id."""
    bare = replace(parameters, prune=0.0, teacher=[one for one in parameters.teacher if not is_id(one)])
    bare.weights = "" if is_id(parameters.weights) else parameters.weights
    return bare


def with_files(parameters: P) -> P:
    """The same training with a local copy of each model that its `weights` and `teacher` name by id.

    Raises NothingThere.
    """

    teacher = [file_named(one) for one in parameters.teacher]
    return replace(parameters, weights=file_named(parameters.weights), teacher=teacher)


def file_named(named: str) -> str:
    """A local copy of the model of that id; what is no id is a file as it is. Raises NothingThere."""
    return str(weights(model(named, here()))) if is_id(named) else named


def heard_with(run: Any, model: Any) -> Path:
    """A model's file, ready to be heard. Raises NothingThere, CheckpointError, PluginError."""
    path = Path(run.line.persist("fetching the model", lambda: weights(model)))
    _bring_plugins(model, path)
    return path


def _bring_plugins(model: Any, path: Path) -> None:
    """Where an agent runs, what hearing a model takes of its training's plugins. Raises PluginError."""
    from tasks.code import carried
    from tasks.running.session import under_an_agent

    if under_an_agent() and model.framework not in EXPORTED:
        carried.for_model(model, path)


def refuse_unusable(model_id: str, dataset_id: str | None, project: str, exported: bool = False) -> None:
    """Hold a model, and the dataset to hear it with, against what is there, before there is a task to fail.

    With `exported` it may be an ONNX file. Raises NothingThere, CheckpointError, PluginError.
    """
    from audio.checkpoints import checkpoint

    found = model(model_id, project, exported)
    if dataset_id is not None:
        dataset_of(found, dataset_id, project)
    path = weights(found)
    if found.framework in EXPORTED:
        return
    _bring_plugins(found, path)
    checkpoint.refuse_missing_plugins(checkpoint.load(path))


def is_cut_short(copy: Path, address: str) -> bool:
    """Whether the server has more of a file than the copy: an earlier transfer broke off."""
    if not address.startswith(("http://", "https://")):
        return False
    from clearml import StorageManager

    whole = StorageManager.get_file_size_bytes(address, silence_errors=True)  # None: the server does not tell
    return bool(whole) and copy.stat().st_size < int(whole or 0)


def refuse_unreachable(address: str) -> None:
    """Raise NothingThere when no server answers at a web address, which the SDK would ask for half a minute."""
    if not address.startswith(("http://", "https://")):
        return
    import requests

    logging.getLogger("clearml.storage").setLevel(
        logging.CRITICAL
    )  # what it says there is said in our errors
    try:
        requests.head(address, timeout=TIMEOUT)
    except requests.exceptions.SSLError:
        return  # the SDK may be told to trust it
    except requests.RequestException as fault:
        host = urlsplit(address).netloc
        raise NothingThere(
            f"{address} can't be fetched: {host or 'a server'} does not answer from here"
        ) from fault


def _why_absent(address: str) -> str:
    if address.startswith("file://") or "://" not in address:
        return (
            "is not on this machine. It was left where the training ran: run there, or upload it "
            "(Task.output_uri=True keeps models on the file server)."
        )
    if address.startswith(("http://", "https://")):
        return (
            "can't be fetched: it was deleted from the file server, or that does not answer from here. "
            "Take another model, or train again: python -m tasks.train"
        )
    return "can't be fetched: check the storage's keys in clearml.conf, and that its package is installed."


def newest_model(project: str) -> str:
    """The id of the output model of the newest finished training of a project. Raises NothingThere."""
    from clearml import Task

    trained: Any = Task.get_tasks(
        project_name=project,
        task_filter={"type": ["training"], "status": FINISHED, "order_by": ["-last_update"]},
    )
    for task in trained:
        if task.models["output"]:
            return str(task.models["output"][-1].id)
    raise NothingThere(
        f"Project {project} has no finished training with a model. Run the train task first: python -m tasks.train"
    )


def published_model(project: str, exported: bool = False) -> str:
    """The id of the model of a project that was published last; empty where there is none.

    Exported files are left out, but for ONNX with `exported`.
    """
    from clearml.backend_api.session.client import APIClient

    client: Any = APIClient()
    projects = client.projects.get_all(name=f"^{re.escape(project)}$", only_fields=["id"])
    if not projects:
        return ""
    found = client.models.get_all(
        project=[one.id for one in projects],
        ready=True,
        system_tags=["-archived"],
        only_fields=["id", "framework", "metadata", "last_update", "parent", "name"],
    )
    ours = [one.data.to_dict() for one in found]
    ours = [one for one in ours if not _is_exported(one) or (exported and one.get("framework") in EXPORTED)]
    return str(max(ours, key=_published_at)["id"]) if ours else ""


def _is_exported(model: dict[str, Any]) -> bool:
    """Whether `tasks.export` made it: a file of another format, named behind the model's name."""
    return model.get("framework") in EXPORTED or str(model.get("name")).endswith(", torchscript")


def _published_at(model: dict[str, Any]) -> str:
    """When `tasks.publish` did, else when the model was changed last, as the page's button does it."""
    told = (model.get("metadata") or {}).get("published_at") or {}
    return str(told.get("value") or model.get("last_update") or "").replace(" ", "T")
