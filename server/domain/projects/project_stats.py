"""What projects tell about themselves and what is below them: tasks by status, run time, datasets, sub-projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from server.domain.tasks.transitions import STATUSES
from server.store import Store
from server.store.documents.documents import Document

STATES = ("active", "archived")
KINDS = ("datasets", "pipelines", "reports")


class Stats:
    """Of these projects, each with everything below it unless `with_children` is false."""

    def __init__(self, store: Store, projects: Iterable[str], with_children: bool = True) -> None:
        self._store = store
        self.below: dict[str, list[str]] = {
            project: store.projects.with_descendants([project]) if with_children else [project]
            for project in projects
        }
        self.everything = sorted({one for listed in self.below.values() for one in listed})

    def tasks(
        self, now: datetime, query: Mapping[str, Any], states: Sequence[str] = STATES
    ) -> dict[str, dict[str, Any]]:
        """Project → `{"active": …, "archived": …}`, or one of the two."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in self._store.contents.task_stats(self.everything, now, query):
            rows.setdefault(row["project"], []).append(row)
        return {
            project: {
                state: _summary(
                    [row for one in listed for row in rows.get(one, []) if row["archived"] == archived]
                )
                for archived, state in enumerate(STATES)
                if state in states
            }
            for project, listed in self.below.items()
        }

    def datasets(self) -> dict[str, dict[str, int]]:
        """Project → files and bytes of the newest versions of the datasets there."""
        sizes = self._store.contents.dataset_sizes(self.everything)
        return {
            project: {
                key: sum(sizes[one][key] for one in listed if one in sizes)
                for key in ("file_count", "total_size")
            }
            for project, listed in self.below.items()
        }

    def sub_projects(self) -> dict[str, list[Document]]:
        """Project → id and name of everything below it."""
        names = self._store.projects.names(self.everything)
        return {
            project: [
                {"id": one, "name": names[one]}
                for one in sorted(listed, key=lambda id: names.get(id, ""))
                if one != project and one in names
            ]
            for project, listed in self.below.items()
        }

    def special(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Project → `{"datasets": {"count", "tags"}, …}`: the datasets, pipelines and reports there."""
        rows = self._store.contents.special()
        return {
            project: {kind: _counted(rows, kind, set(listed)) for kind in KINDS}
            for project, listed in self.below.items()
        }

    def own_contents(self) -> dict[str, dict[str, int]]:
        """Project → how much lies in it directly: tasks and models that are not archived, datasets, pipelines, reports
        (these in the hidden folder of theirs that it has)."""
        tasks = self._store.contents.counts("tasks", list(self.below))
        models = self._store.contents.counts("models", list(self.below))
        rows = self._store.contents.special()
        return {
            project: {
                "own_tasks": tasks.get(project, (0, 0))[1],
                "own_models": models.get(project, (0, 0))[1],
                **{f"own_{kind}": _owned(rows, kind, project) for kind in KINDS},
            }
            for project in self.below
        }


def _counted(rows: list[dict[str, Any]], kind: str, projects: set[str]) -> dict[str, Any]:
    found = [row for row in rows if row["kind"] == kind and projects & {row["project"], row["owner"]}]
    return {"count": len(found), "tags": sorted({tag for row in found for tag in row["tags"]})}


def _owned(rows: list[dict[str, Any]], kind: str, project: str) -> int:
    return sum(row["kind"] == kind and row["owner"] == project for row in rows)


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    counts = dict.fromkeys(STATUSES, 0)
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + row["count"]
    last_run = max((row["last_run"] for row in rows if row["last_run"]), default=None)
    return {
        "status_count": counts,
        "total_tasks": sum(counts.values()),
        "total_runtime": sum(row["runtime"] for row in rows),
        "completed_tasks_24h": sum(row["recent"] or 0 for row in rows),
        "last_task_run": last_run,
    }
