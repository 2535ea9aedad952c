"""The task that the launcher runs, on its server: read once, told what became of it.

The launcher is a process of its own for every task: this asks with `requests` alone, because importing the SDK takes
longer than everything that the launcher does.
"""

import json
import os
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

TIMEOUT = 30.0
RETRIES = Retry(
    12, backoff_factor=0.2, backoff_max=10, status_forcelist=(429, 502, 503, 504), allowed_methods=None
)
WORKER_ID = "CLEARML_WORKER_ID"  # variable of an agent, and of what it starts
PROPERTY = "environment"  # of a task: `auto`, `installed`, or `own`


def worker() -> str:
    """The id of the agent that has started this process, as its server knows it; empty where none has."""
    return os.environ.get(WORKER_ID, "").partition(":service:")[
        0
    ]  # a service's own is its agent's, and the task


class Server:
    """The API of the server in an agent's configuration."""

    def __init__(self, settings: dict[str, Any]) -> None:
        api = settings["api"]
        self._address = str(api["api_server"]).rstrip("/")
        self._session = requests.Session()
        patient = HTTPAdapter(max_retries=RETRIES)  # the server may be starting again
        self._session.mount("http://", patient)
        self._session.mount("https://", patient)
        self._session.verify = api.get("verify_certificate") is not False
        self._log_in(api.get("credentials") or {})

    def _log_in(self, keys: dict[str, str]) -> None:
        token = os.environ.get("CLEARML_AUTH_TOKEN")  # the agent acts for the task's owner
        if not token:
            pair = keys.get("access_key") or "", keys.get("secret_key") or ""
            answer = self._session.post(f"{self._address}/auth.login", auth=pair, json={}, timeout=TIMEOUT)
            answer.raise_for_status()
            token = answer.json()["data"]["token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """Raises: requests.RequestException: it did not answer, or refused."""
        answer = self._session.post(f"{self._address}/{endpoint}", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        return dict(answer.json().get("data") or {})


class Tracked:
    """A task on its server."""

    def __init__(self, server: Server, task: str) -> None:
        self.server = server
        self.id = task
        self.fields: dict[str, Any] = server.call("tasks.get_by_id", task=task)["task"]

    @property
    def script(self) -> dict[str, Any]:
        return dict(self.fields.get("script") or {})

    @property
    def forced(self) -> str:
        """What the task's user property `environment` asks for; empty when it has none."""
        properties = (self.fields.get("hyperparams") or {}).get("properties") or {}
        return str((properties.get(PROPERTY) or {}).get("value") or "").strip().lower()

    @property
    def running(self) -> bool:
        """False once somebody has ended it, or asked to."""
        now = self.server.call("tasks.get_by_id", task=self.id)["task"]
        return now["status"] == "in_progress" and "stopping" not in str(now.get("status_message") or "")

    def ping(self) -> None:
        """Say that this process belongs to the task's run: a server that hands the task on knows whom not to hear."""
        self.server.call("tasks.ping", task=self.id)

    def note_environment(self, kind: str, why: str) -> None:
        """Say which environment it runs in, among its runtime properties."""
        found = self.server.call("tasks.get_by_id", task=self.id)["task"].get("runtime") or {}
        runtime = {**found, "environment": kind, "environment_reason": why}
        self.server.call("tasks.edit", task=self.id, runtime=runtime, force=True)

    def set_requirements(self, requirements: dict[str, Any]) -> None:
        self.server.call("tasks.set_requirements", task=self.id, requirements=requirements)

    def end(self, how: str, reason: str) -> None:
        """`how`: `failed`, `stopped`, `completed`."""
        self.server.call(
            f"tasks.{how}", task=self.id, status_reason=reason, status_message=reason, force=True
        )

    def hand_back(self, worker: str, reason: str) -> str:
        """It can't be begun here: the server hands it on, or it has failed. Returns: its status.

        A full ClearML Server knows no such thing: there it has failed.
        """
        try:
            answer = self.server.call("tasks.hand_back", task=self.id, worker=worker, reason=reason)
        except requests.HTTPError:
            self.end("failed", reason)
            return "failed"
        return str(answer["status"])

    def lost(self, worker: str, reason: str) -> str:
        """Its agent was killed: the server hands it on, or it has failed. Returns: its status.

        A full ClearML Server knows no such thing: there it is stopped.
        """
        try:
            answer = self.server.call("tasks.worker_lost", task=self.id, worker=worker, reason=reason)
        except requests.HTTPError:
            self.end("stopped", f"{worker}: {reason}")
            return "stopped"
        return str(answer["status"])


def read_settings(file: Path) -> dict[str, Any]:
    """The agent's configuration, which the daemon writes as JSON for each task that it starts."""
    return dict(json.loads(file.read_text(encoding="utf-8")))
