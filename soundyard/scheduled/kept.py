"""The entries as they stand on the server: read from and written to the configuration of the scheduler's task."""

import json
import re
import sys
from dataclasses import dataclass
from typing import Any

from pipelines.schedules import sections
from soundyard.tracked import acting
from soundyard.tracked.client import call
from soundyard.tracked.finding import unknown
from soundyard.tracked.rows import WORDS
from tasks.client import connection, names
from tasks.code import source
from tasks.errors import BadParameter, NothingThere

FIELDS = ["id", "status", "status_reason", "configuration"]
RUNS = ("queued", "in_progress")


@dataclass
class Entry:
    """A schedule or a trigger: the section that it stands in, and what stands there."""

    section: str
    job: dict[str, Any]
    known: dict[str, Any]  # what the scheduler knows of it

    @property
    def ran(self) -> list[str]:
        """Ids of its runs, the newest last."""
        return self.known.get("_executed_instances") or []


class Scheduler:
    """The scheduler's task; there may be none yet."""

    def __init__(self) -> None:
        found = call(
            "tasks.get_all_ex", type=[sections.KIND], name=f"^{re.escape(sections.NAME)}$",
            system_tags=["-archived"], only_fields=["project.name", *FIELDS], order_by=["-created"],
            search_hidden=True,
        )["tasks"]  # fmt: skip
        here = [one for one in found if (one.get("project") or {}).get("name") == names.project()]
        self.task: dict[str, Any] | None = here[0] if here else None

    @property
    def state(self) -> str:
        """In a word, as the page says it; empty without a task."""
        return WORDS.get(self.task["status"], self.task["status"]) if self.task else ""

    def entries(self) -> list[Entry]:
        known = self._section(sections.STATE, {}).get("entries", {})
        return [
            Entry(section, job, known.get(job["name"], {}))
            for section in sections.SECTIONS
            for job in self._section(section, [])
        ]

    def entry(self, name: str) -> Entry:
        """Raises NothingThere."""
        there = {one.job["name"]: one for one in self.entries()}
        if name not in there:
            raise NothingThere(unknown("schedule", name, there))
        return there[name]

    def free(self, name: str) -> str:
        """A name for a new entry. Raises BadParameter."""
        if not name.strip() or not name.isprintable():
            raise BadParameter(f"{name!r} is no name for a schedule: it has to be a line that can be read")
        if any(one.job["name"] == name for one in self.entries()):
            raise BadParameter(
                f"There is a schedule {name!r} already: edit or remove it, or choose another name."
            )
        return name

    def write(self, section: str, jobs: list[dict[str, Any]]) -> None:
        """Replace a section; the scheduler reads it within seconds."""
        assert self.task is not None
        text = json.dumps(jobs, indent=1, ensure_ascii=False)
        item = {"name": section, "type": "json", "value": text, "description": "read by the scheduler"}
        call("tasks.edit_configuration", task=self.task["id"], configuration=[item], force=True)

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of its name."""
        jobs = self._section(entry.section, [])
        there = [one["name"] for one in jobs]
        place = there.index(entry.job["name"]) if entry.job["name"] in there else len(jobs)
        self.write(entry.section, [*jobs[:place], entry.job, *jobs[place + 1 :]])

    def edit(self, entry: Entry, **values: Any) -> None:
        """Change some of what stands in an entry."""
        entry.job |= values
        self.put(entry)

    def remove(self, entry: Entry) -> None:
        jobs = self._section(entry.section, [])
        self.write(entry.section, [one for one in jobs if one["name"] != entry.job["name"]])

    def prepare(self, server: connection.Connection) -> None:
        """Make its task, or bring that of one which does not run up to this code. Raises NotRunnable."""
        script = source.describe(server).script(sections.ENTRY_POINT)
        if self.task is None:
            project = call("projects.get_all_ex", name=f"^{re.escape(names.project())}$", only_fields=["id"])[
                "projects"
            ]
            made = project[0] if project else call("projects.create", name=names.project())
            empty = {name: {"name": name, "type": "json", "value": "[]"} for name in sections.SECTIONS}
            task = call(
                "tasks.create", name=sections.NAME, type=sections.KIND, project=made["id"], script=script,
                configuration=empty,
            )["id"]  # fmt: skip
            self.task = {"id": task, "status": "created", "configuration": empty}
        elif self.task["status"] not in RUNS:
            call("tasks.edit", task=self.task["id"], script=script, force=True)

    def start(self) -> str:
        """Have an agent run it, unless one does; gives what was done. Raises Refused."""
        assert self.task is not None
        if self.task["status"] in RUNS:
            return f"is {self.state}"
        done = acting.enqueue(self.task, acting.queue_of(names.SERVICES_QUEUE))
        self.task["status"] = "queued"
        return done

    def note(self) -> None:
        """Say it where nothing will come of an edit."""
        if self.task and self.task["status"] not in RUNS:
            print(f"note: the scheduler is {self.state}: soundyard schedule start", file=sys.stderr)

    def _section(self, name: str, empty: Any) -> Any:
        kept = ((self.task or {}).get("configuration") or {}).get(name) or {}
        try:
            return json.loads(kept.get("value") or "null") or empty
        except ValueError:
            where = f"configuration object {name!r} of task {self.task['id'] if self.task else ''}"
            raise BadParameter(f"The {where} is not JSON: mend it on the task's page.") from None
