"""The parts of a task that are edited by themselves: hyperparameters, configurations, artifacts, models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from server.api.call import Call
from server.api.registry import endpoint
from server.api.request import Request
from server.domain.tasks import recorded_arguments, task_fields, transitions
from server.services.tasks.edit import require_editable
from server.services.tasks.read import OfTask


class EditPart(OfTask):
    force: bool | None = False


class OfTasks(Request):
    tasks: list[str]


def _save(call: Call, task: str, **fields: Any) -> int:
    return call.store.tasks.update(task, {**fields, **transitions.changed_by(call.change())})


# Hyperparameters


@endpoint("tasks.get_hyper_params", OfTasks, role="viewer")
def get_hyper_params(call: Call, request: OfTasks) -> dict[str, Any]:
    """The hyperparameters of tasks, as flat lists."""
    found = _listed(call, request.tasks, "hyperparams")
    return {
        "params": [
            {"task": id, "hyperparams": [item for section in params.values() for item in section.values()]}
            for id, params in found.items()
        ]
    }


def _listed(call: Call, tasks: list[str], field: str) -> dict[str, Any]:
    if not tasks:
        return {}
    for id in tasks:  # before they become a filter, where `-x` means all but x
        transitions.existing(call.store, id, ("id",))
    found = {one["id"]: one[field] for one in call.store.tasks.all({"id": tasks, "only_fields": [field]})}
    return {id: found[id] for id in dict.fromkeys(tasks)}


class Param(Request):
    section: str
    name: str
    value: str | None = None
    type: str | None = None
    description: str | None = None


class EditHyperParams(EditPart):
    hyperparams: list[Param]
    replace_hyperparams: Literal["none", "section", "all"] | None = "none"


@endpoint("tasks.edit_hyper_params", EditHyperParams)
def edit_hyper_params(call: Call, request: EditHyperParams) -> dict[str, Any]:
    """Add parameters or change those of the same name; user properties may change in any status."""
    new: dict[str, dict[str, dict[str, Any]]] = {}
    for param in request.hyperparams:
        new.setdefault(param.section, {})[param.name] = param.given()
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("status", "hyperparams", "script"))
        if set(new) - {"properties"} or request.replace_hyperparams == "all":
            require_editable(before, bool(request.force))
        kept = {} if request.replace_hyperparams == "all" else before["hyperparams"]
        merged = dict(kept)
        for section, params in new.items():
            old = {} if request.replace_hyperparams == "section" else merged.get(section, {})
            merged[section] = {**old, **params}
        fields = {"hyperparams": task_fields.sections(merged)}
        if before["status"] == "created":  # what is edited is what runs
            fields["script"] = recorded_arguments.without(before["script"], before["hyperparams"])
        return {"updated": _save(call, request.task, **fields)}


class ParamKey(Request):
    section: str | None = None
    name: str | None = None


class DeleteHyperParams(EditPart):
    hyperparams: list[ParamKey]


@endpoint("tasks.delete_hyper_params", DeleteHyperParams)
def delete_hyper_params(call: Call, request: DeleteHyperParams) -> dict[str, Any]:
    """Remove parameters; without a name, the whole section."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("status", "hyperparams"))
        if {key.section for key in request.hyperparams} - {"properties"}:
            require_editable(before, bool(request.force))
        kept = {section: dict(params) for section, params in before["hyperparams"].items()}
        for key in request.hyperparams:
            if key.name is None:
                kept.pop(key.section or "", None)
            else:
                kept.get(key.section or "", {}).pop(key.name, None)
        kept = {section: params for section, params in kept.items() if params}
        return {"deleted": _save(call, request.task, hyperparams=kept)}


# Configurations


class GetConfigurations(OfTasks):
    names: list[str] | None = None


@endpoint("tasks.get_configurations", GetConfigurations, role="viewer")
def get_configurations(call: Call, request: GetConfigurations) -> dict[str, Any]:
    """The configurations of tasks, all or those named."""
    found = _listed(call, request.tasks, "configuration")
    return {
        "configurations": [
            {
                "task": id,
                "configuration": [
                    item for name, item in items.items() if not request.names or name in request.names
                ],
            }
            for id, items in found.items()
        ]
    }


class GetConfigurationNames(OfTasks):
    skip_empty: bool | None = True


@endpoint("tasks.get_configuration_names", GetConfigurationNames, role="viewer")
def get_configuration_names(call: Call, request: GetConfigurationNames) -> dict[str, Any]:
    """Which configurations tasks have."""
    found = _listed(call, request.tasks, "configuration")
    return {
        "configurations": [
            {
                "task": id,
                "names": sorted(
                    name
                    for name, item in items.items()
                    if request.skip_empty is False or item.get("value") not in (None, "")
                ),
            }
            for id, items in found.items()
        ]
    }


class ConfigurationItem(Request):
    name: str
    value: str | None = None
    type: str | None = None
    description: str | None = None


class EditConfiguration(EditPart):
    configuration: list[ConfigurationItem]
    replace_configuration: bool | None = False


@endpoint("tasks.edit_configuration", EditConfiguration)
def edit_configuration(call: Call, request: EditConfiguration) -> dict[str, Any]:
    """Add configurations, or replace those of the same name, or all."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("status", "configuration"))
        require_editable(before, bool(request.force))
        kept = {} if request.replace_configuration else before["configuration"]
        new = {item.name: item.given() for item in request.configuration}
        return {"updated": _save(call, request.task, configuration=task_fields.items({**kept, **new}))}


class DeleteConfiguration(EditPart):
    configuration: list[str]


@endpoint("tasks.delete_configuration", DeleteConfiguration)
def delete_configuration(call: Call, request: DeleteConfiguration) -> dict[str, Any]:
    """Remove configurations by name."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("status", "configuration"))
        require_editable(before, bool(request.force))
        kept = {
            name: item for name, item in before["configuration"].items() if name not in request.configuration
        }
        return {"deleted": _save(call, request.task, configuration=kept)}


# Artifacts


class AddOrUpdateArtifacts(EditPart):
    artifacts: list[dict[str, Any]]


@endpoint("tasks.add_or_update_artifacts", AddOrUpdateArtifacts)
def add_or_update_artifacts(call: Call, request: AddOrUpdateArtifacts) -> dict[str, Any]:
    """Artifacts by key and mode; the SDK sends all of a task's each time."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("status", "execution"))
        require_editable(before, bool(request.force), "in_progress")
        merged = task_fields.merge_artifacts(before["execution"].get("artifacts") or [], request.artifacts)
        execution = {**before["execution"], "artifacts": merged}
        return {"updated": _save(call, request.task, execution=execution)}


class ArtifactId(Request):
    key: str
    mode: Literal["input", "output"] | None = "output"


class DeleteArtifacts(EditPart):
    artifacts: list[ArtifactId]
    delete_external_artifacts: bool | None = True
    """Their files go with them, unless something else names them. Not in ClearML's API."""


@endpoint("tasks.delete_artifacts", DeleteArtifacts)
def delete_artifacts(call: Call, request: DeleteArtifacts) -> dict[str, Any]:
    """Remove artifacts, and their files unless something else names them."""
    gone = {(one.key, one.mode or "output") for one in request.artifacts}
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("status", "execution"))
        require_editable(before, bool(request.force), "in_progress")
        kept = [
            one
            for one in before["execution"].get("artifacts") or []
            if (one["key"], one.get("mode") or "output") not in gone
        ]
        execution = {**before["execution"], "artifacts": kept}
        removed = [one for one in before["execution"].get("artifacts") or [] if one not in kept]
        if request.delete_external_artifacts is not False:
            call.store.releases.release_addresses(one.get("uri") for one in removed)
        return {"deleted": _save(call, request.task, execution=execution)}


# Models


class TaskModel(Request):
    name: str
    type: Literal["input", "output"]


class AddOrUpdateModel(OfTask):
    name: str
    model: str
    kind: Literal["input", "output"] = Field(alias="type")
    iteration: int | None = None


@endpoint("tasks.add_or_update_model", AddOrUpdateModel)
def add_or_update_model(call: Call, request: AddOrUpdateModel) -> dict[str, Any]:
    """Name a model that the task uses or makes."""
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("models", "last_iteration"))
        listed = task_fields.put_model(before["models"].get(request.kind) or [], request.name, request.model)
        fields: dict[str, Any] = {"models": {**before["models"], request.kind: listed}}
        if request.iteration is not None:
            fields["last_iteration"] = max(before.get("last_iteration") or 0, request.iteration)
        return {"updated": _save(call, request.task, **fields)}


class DeleteModels(OfTask):
    models: list[TaskModel]


@endpoint("tasks.delete_models", DeleteModels)
def delete_models(call: Call, request: DeleteModels) -> dict[str, Any]:
    """Forget models by name; the models themselves stay."""
    gone = {(one.type, one.name) for one in request.models}
    with call.store.transaction():
        before = transitions.existing(call.store, request.task, ("models",))
        models = {
            side: [one for one in before["models"].get(side) or [] if (side, one["name"]) not in gone]
            for side in ("input", "output")
        }
        return {"updated": _save(call, request.task, models=models)}
