"""The only room with SQL. `Store` opens the data folder; its attributes are one store a kind of thing."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from server.store.alerts import Alerts
from server.store.audit import Audit
from server.store.contents import Contents
from server.store.database.db import Database
from server.store.events import Events
from server.store.files.file_uses import FileUses
from server.store.files.files import Files
from server.store.files.releases import Releases
from server.store.health import Health
from server.store.migrations import migrate
from server.store.models import Models
from server.store.project_access import ProjectAccess
from server.store.projects import Projects
from server.store.queues import Queues
from server.store.runs import Runs
from server.store.serving import Serving
from server.store.settings import StoredSettings
from server.store.tasks import Tasks
from server.store.upkeep.retention import Retention
from server.store.upkeep.space import Space
from server.store.upkeep.usage import Usage
from server.store.users import Users
from server.store.workers import Workers


class Store:
    """The data folder: `soundyard.db` and `files/`.

    Any thread may use it. Changes belong in `with store.transaction():`; they are durable when it has left.
    """

    def __init__(self, folder: Path, synchronous: str = "FULL", statement_seconds: float = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        path = folder / "soundyard.db"
        migrate(path)
        self.db = Database(path, synchronous, statement_seconds)
        self.users = Users(self.db)
        self.events = Events(self.db)
        self.files = Files(folder, self.db, durable=synchronous == "FULL")
        self.file_uses = FileUses(self.db)
        self.releases = Releases(self.db, self.files)
        self.projects = Projects(self.db)
        self.project_access = ProjectAccess(self.db)
        self.tasks = Tasks(self.db)
        self.models = Models(self.db, self.tasks.last_metrics)
        self.contents = Contents(self.db)
        self.queues = Queues(self.db)
        self.workers = Workers(self.db)
        self.runs = Runs(self.db)
        self.usage = Usage(self.db)
        self.serving = Serving(self.db)
        self.settings = StoredSettings(self.db)
        self.retention = Retention(self.db)
        self.space = Space(self.db)
        self.audit = Audit(self.db)
        self.alerts = Alerts(self.db)
        self.health = Health(self.db)

    def transaction(self) -> AbstractContextManager[None]:
        return self.db.transaction()

    def close(self) -> None:
        self.db.close()
