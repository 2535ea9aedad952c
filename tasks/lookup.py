"""What other tasks left on the server: datasets, models and checkpoints; by id, or the newest finished one."""

from pathlib import Path
from typing import Any

from tasks import parameters
from tasks.errors import NothingThere
from tasks.session import Run

FINISHED = ["completed", "published", "closed"]


def dataset_folder(dataset_id: str, project: str) -> tuple[str, Path]:
    """The id and a local copy of a dataset version; an empty id means the newest finished one of the project.

    Raises:
        NothingThere: there is no such dataset; the message says what to run first.
    """
    from clearml import Dataset

    if not dataset_id:
        dataset_id = newest_dataset(project)
    try:
        dataset = Dataset.get(dataset_id=dataset_id, alias="clips")
        return dataset_id, Path(dataset.get_local_copy())
    except ValueError as fault:
        raise NothingThere(
            f"dataset_id {dataset_id}: {fault}. Give the id that a preprocess task printed, or leave it empty "
            f"for the newest dataset of project {project}."
        ) from fault


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


def model(model_id: str, project: str) -> Any:
    """The model of that id; an empty id means that of the project's newest finished training. Raises NothingThere."""
    from clearml import InputModel

    if not model_id:
        model_id = newest_model(project)
    try:
        found = InputModel(model_id=model_id)
        if not found.url:
            raise ValueError("it has no weights")
    except ValueError as fault:
        raise NothingThere(
            f"model_id {model_id}: {fault}. Give the id of a train task's output model, or leave it empty for the "
            f"newest one of project {project}."
        ) from fault
    return found


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
