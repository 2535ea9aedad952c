"""The order of things: projects, empty tasks, models, files, then everything that refers to them."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from server.export.events import batches
from server.export.journal import Journal
from server.export.rewrite import Rewriter
from server.export.target import Target, TargetError
from server.store import Store

Document = dict[str, Any]
Report = Callable[[str, str], object]
"""Called with a stage and the name of what is being moved."""

FINAL = ("created", "stopped", "completed", "failed", "closed", "published")
_MADE_OF = ("name", "type", "comment", "tags", "system_tags", "execution", "script", "hyperparams")
_FILLED = (*_MADE_OF, "configuration", "container", "runtime", "models", "parent")
_MODEL = ("name", "uri", "comment", "tags", "system_tags", "framework", "design", "labels", "ready")
_SMALL_TEXT = 2_000_000
"""Bytes up to which a JSON file is rewritten: a dataset keeps the ids of its parents in one."""


class Move:
    """One export. `faults` says in the end what could not be moved, and why."""

    def __init__(
        self,
        store: Store,
        target: Target,
        journal: Journal,
        addresses: Iterable[str],
        projects: Iterable[str] = (),
    ) -> None:
        self._store, self._target, self._journal = store, target, journal
        self.report: Report = lambda stage, name: None
        self._scope = self._within(projects)
        self._ids: dict[str, str] = {}
        for kind in ("project", "task", "model"):
            self._ids |= journal.all(kind)
        self._rewriter = Rewriter(self._ids, addresses, target.addresses.files)
        self._changed_files = {one["address"]: one for one in journal.all("file").values() if one["changed"]}
        self.faults: list[str] = []
        self.moved: dict[str, int] = {}

    def contents(self) -> dict[str, list[str]]:
        """What will be moved: ids of projects, tasks and models, names of files; and tasks that run or wait, which
        will not."""
        tasks, models = self._ids_in(self._store.tasks), self._ids_in(self._store.models)
        final = set(self._store.tasks.ids({"status": list(FINAL)}))
        kept = [task for task in tasks if task in final]
        projects = self._store.projects.ids() if self._scope is None else self._scope
        files = self._store.files.names()
        if (
            self._scope is not None
        ):  # what lies in the tasks' folders, and what anything moved names elsewhere
            named = self._store.file_uses.of([*projects, *kept, *models])
            own = {name for task in kept for name in self._store.files.of_task(task)}
            files = sorted(own.union(self._store.files.with_keys(named)))
        return {
            "projects": projects,
            "tasks": kept,
            "models": models,
            "files": files,
            "running": [task for task in tasks if task not in final],
        }

    def run(self) -> None:
        """Raises: TargetError: the other server can't be reached any more. Everything else is a fault."""
        contents = self.contents()
        names = self._store.projects.names(contents["projects"])
        for project in sorted(contents["projects"], key=lambda one: names[one]):
            self._try("project", project, names[project], self._project)
        for stage, ids, step in (
            ("task", contents["tasks"], self._empty_task),
            ("model", contents["models"], self._model),
            ("file", contents["files"], self._file),
            ("filled", contents["tasks"], self._fill_task),
            ("finished", contents["models"], self._finish_model),
            ("events", [*contents["tasks"], *contents["models"]], self._events),
            ("status", contents["tasks"], self._status),
        ):
            for one in ids:
                self._try(stage, one, one, step)

    def _try(self, stage: str, old: str, name: str, step: Callable[[str], Any]) -> None:
        """One step of one object, unless it was done before. What it needs may have failed: then it does, too."""
        if self._journal.get(stage, old) is not None:
            return
        self.report(stage, name)
        try:
            result = step(old)
        except TargetError as fault:
            if not fault.code:
                raise
            self.faults.append(f"{stage} {name}: {fault}")
        except (KeyError, OSError) as fault:
            self.faults.append(f"{stage} {name}: {fault} is missing")
        else:
            self._journal.note(stage, old, True if result is None else result)
            self.moved[stage] = self.moved.get(stage, 0) + 1

    # Projects

    def _project(self, project: str) -> str:
        document = self._store.projects.get(project) or {}
        body = {"name": f"^{re.escape(document['name'])}$", "search_hidden": True, "only_fields": ["name"]}
        found = self._target.call("projects.get_all", **body)["projects"]
        wanted = ("name", "description", "tags", "system_tags", "default_output_destination")
        fields = self._rewriter.document(_given(document, wanted))
        fields.setdefault("description", "")
        new = found[0]["id"] if found else self._target.call("projects.create", **fields)["id"]
        self._ids[project] = new
        return new

    # Tasks

    def _empty_task(self, task: str) -> str:
        document = self._store.tasks.get(task, ("name", "type", "project", "report", "tags", "comment")) or {}
        where = {"project": self._ids[document["project"]]} if document.get("project") else {}
        if document["type"] == "report":
            body = {**_given(document, ("name", "tags", "comment")), **where}
            new = self._target.call("reports.create", report=document.get("report") or "", **body)["id"]
        else:
            new = self._target.call("tasks.create", name=document["name"], type=document["type"], **where)[
                "id"
            ]
        self._ids[task] = new
        return new

    def _fill_task(self, task: str) -> None:
        document, new = self._store.tasks.get(task) or {}, self._ids[task]
        if document["type"] == "report":
            text = self._rewriter.text(document.get("report") or "")
            self._target.call("reports.update", task=new, report=text)
            return
        fields = self._rewriter.document(_given(document, _FILLED))
        fields["runtime"] = {**fields.get("runtime", {}), **_origin(document)}
        artifacts = fields.get("execution", {}).pop("artifacts", None) or []
        fields.get("execution", {}).pop("queue", None)
        destination = (document.get("output") or {}).get("destination")
        if destination:
            fields["output_dest"] = self._rewriter.text(destination)
        self._target.call("tasks.edit", task=new, force=True, **fields)
        if artifacts:
            body = [self._artifact(one) for one in artifacts]
            self._target.call("tasks.add_or_update_artifacts", task=new, artifacts=body, force=True)
        if document.get("created"):
            self._target.call("tasks.update", task=new, created=document["created"])

    def _artifact(self, artifact: Document) -> Document:
        changed = self._changed_files.get(artifact.get("uri") or "")
        if not changed:
            return artifact
        return {**artifact, "hash": changed["hash"], "content_size": changed["size"]}

    def _status(self, task: str) -> None:
        document = self._store.tasks.get(task) or {}
        status, new = document["status"], self._ids[task]
        why = {"task": new, "force": True} | _given(document, ("status_reason", "status_message"))
        if document["type"] == "report":
            if status == "published":
                self._target.call("reports.publish", task=new)
            return
        if document.get("started") and status != "created":
            self._target.call("tasks.started", **why)
        if status == "published":
            self._target.call("tasks.completed", **why)
            self._target.call("tasks.publish", publish_model=False, **why)
        elif status != "created":
            self._target.call("tasks.close" if status == "closed" else f"tasks.{status}", **why)

    # Models

    def _model(self, model: str) -> str:
        document = self._store.models.get(model) or {}
        fields = self._rewriter.document(_given(document, _MODEL))
        fields.setdefault("uri", "")
        for name in ("project", "task"):
            if document.get(name) in self._ids:
                fields[name] = self._ids[document[name]]
        new = self._target.call("models.create", **fields)["id"]
        self._ids[model] = new
        return new

    def _finish_model(self, model: str) -> None:
        """What needs the model's new id, or its parent's: that may be made after it."""
        document, new = self._store.models.get(model, ("parent", "metadata")) or {}, self._ids[model]
        if document.get("metadata"):
            items = list(self._rewriter.document(document["metadata"]).values())
            self._target.call("models.add_or_update_metadata", model=new, metadata=items)
        if document.get("parent") in self._ids:
            self._target.call("models.edit", model=new, parent=self._ids[document["parent"]])

    # Files and events

    def _file(self, name: str) -> Document:
        path, new_name = self._store.files.path(name), self._rewriter.text(name)
        if path.suffix != ".json" or path.stat().st_size > _SMALL_TEXT:
            return {"address": self._target.upload(new_name, path), "changed": False}
        before = path.read_bytes()
        text = self._rewriter.text(before.decode("utf-8", "surrogateescape"))
        after = text.encode("utf-8", "surrogateescape")
        with tempfile.NamedTemporaryFile() as rewritten:
            rewritten.write(after)
            rewritten.flush()
            address = self._target.upload(new_name, Path(rewritten.name))
        checksum = hashlib.sha256(after).hexdigest()
        done = {"address": address, "changed": after != before, "hash": checksum, "size": len(after)}
        if done["changed"]:
            self._changed_files[address] = done
        return done

    def _events(self, owner: str) -> int:
        new, is_model = self._ids[owner], self._store.models.exists(owner)
        sent = self._journal.get("event count", owner) or 0
        for batch in batches(self._store, owner, after=sent):
            lines = [
                {**self._rewriter.document(event), "task": new, "allow_locked": True, "model_event": is_model}
                for event in batch
            ]
            sent += self._target.add_events(lines)
            self._journal.note("event count", owner, sent)
        return sent

    # Scope

    def _within(self, projects: Iterable[str]) -> list[str] | None:
        """The ids of these projects, their parents and all below them; None for everything."""
        names = list(projects)
        if not names:
            return None
        found = [self._store.projects.by_name(name) for name in names]
        unknown = [name for name, one in zip(names, found, strict=True) if one is None]
        if unknown:
            raise TargetError(f"there is no project {unknown[0]!r} here")
        ids = [one["id"] for one in found if one]
        parents = [id for one in found if one for id in one.get("path") or []]
        return list(dict.fromkeys([*parents, *self._store.projects.with_descendants(ids)]))

    def _ids_in(self, collection: Any) -> list[str]:
        return collection.ids({} if self._scope is None else {"project": self._scope})


def _given(document: Document, names: Iterable[str]) -> Document:
    return {name: document[name] for name in names if document.get(name) not in (None, "")}


def _origin(document: Document) -> Document:
    """What the API can't set is kept readable: where a task comes from, and when it ran."""
    times = {f"origin_{name}": document.get(name) for name in ("started", "completed", "published")}
    return {"origin_id": document["id"], **{name: value for name, value in times.items() if value}}
