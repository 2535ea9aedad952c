"""Starts one task for the daemon, in the environment it needs, and says how it ended. Stands in for the interpreter.

The daemon runs `LAUNCHER -u -m clearml_agent --config-file … execute --disable-monitoring --id TASK`. This reads the
task, decides (`agents/environments/decision.py`), starts the same command with the real interpreter and with variables
and a configuration for this task alone, and waits. The agent becomes the task's process (`exec`), so that its exit
status is the task's: an end that the agent would tell as a number is told to the server in words.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
import requests

from agents.environments import decision, repository, satisfied, tools
from agents.left import leftovers, processes
from agents.told import ending, holding, tracked

DAEMON = "agents.unmodified"
INTERRUPTED = 254  # the exit status that the daemon takes for stopped
AGENT_STOPPED = "its agent was stopped"
AGENT_GONE = "which was killed; the task was ended with it"
LEFT_SECONDS = 5.0  # that what a task has left running may take to end
UNTIL_KILLED = 10.0  # s; the daemon looks at the task's status every half second


def main(arguments: Sequence[str]) -> int:
    command = list(arguments)
    if "execute" not in command or "--id" not in command:
        os.execv(sys.executable, [sys.executable, *command])
    if (
        "--full-monitoring" in command
    ):  # a daemon of its own for a service, which starts the task through us again
        rest = command[command.index("clearml_agent") :]
        os.environ["PYTHONPATH"] = str(tools.ROOT)
        os.execv(sys.executable, [sys.executable, "-u", "-m", DAEMON, *rest])
    return Launch(command).run()


class Launch:
    """One task, from the daemon's command to its end."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._file = Path(command[command.index("--config-file") + 1])
        self._settings = tracked.read_settings(self._file)
        self._task = tracked.Tracked(tracked.Server(self._settings), command[command.index("--id") + 1])
        self._task.ping()
        self._home = Path(self._settings["agent"]["vcs_cache"]["path"]).parent
        self._child: subprocess.Popen[bytes] | None = None
        self._overrides: dict[str, Any] = {}  # of the section `agent` of the configuration, for this task
        self._asked_to_end = False
        self._agent = os.getppid()
        self._agent_gone = False

    def run(self) -> int:
        signal.signal(signal.SIGTERM, self._on_sigterm)
        try:
            chosen = self._choose()
            print(chosen.told, flush=True)
            self._start(chosen)
        except repository.Unreachable as error:
            return self._hand_back(
                f"The repository {_public(self._task.script)} could not be fetched: {error}"
            )
        except decision.Refused as refusal:
            print(f"error: {refusal}", flush=True)
            return self._tell("failed", str(refusal), 1)
        except Exception as error:
            traceback.print_exc()
            return self._tell("failed", f"the task could not be started: {type(error).__name__}: {error}", 1)
        self._note(chosen)
        return self._end(self._wait())

    def _choose(self) -> decision.Environment:
        script = self._task.script
        cache = Path(self._settings["agent"]["vcs_cache"]["path"])
        top = repository.look(script, cache)
        fetched = top is None or repository.is_moving(script)
        if fetched:
            top = self._fetched(script, cache)
        holding.Failures.of_this_agent().none()
        if repository.is_cached(script, cache, fetched=fetched):
            self._overrides["git_fetch_args"] = repository.AS_CACHED
        if top is not None and top.lfs and shutil.which("git-lfs") is None:
            print(
                "note: the repository keeps files with Git LFS, and git-lfs is not installed here: they are pointers"
            )
        return decision.decide(script, top, self._task.forced)

    def _fetched(self, script: dict[str, Any], cache: Path) -> repository.Top | None:
        scratch = self._home / "temporary" / self._task.id
        try:
            wrong = repository.fetch(script, self._file, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if wrong:
            raise decision.Refused(f"The repository {_public(script)} could not be fetched: {wrong}")
        return repository.look(script, cache)

    def _start(self, chosen: decision.Environment) -> None:
        clones = Path(self._settings["agent"]["venvs_dir"])
        if clones.is_relative_to(self._home):  # the agent would install into what the last task has left
            leftovers.clear(clones)
        if chosen.requirements is not None:
            found = self._task.script.get("requirements") or {}
            self._task.set_requirements({**found, "pip": chosen.requirements})
        variables = tools.variables(chosen, self._home, self._task.script)
        command = [sys.executable, *self._command]
        if chosen.folder != ".":  # the lock file is in the working directory, not at the root
            manager = {"uv_files_from_repo_working_dir": True, "poetry_files_from_repo_working_dir": True}
            self._overrides["package_manager"] = {**self._settings["agent"]["package_manager"], **manager}
        if self._overrides:
            command[command.index(str(self._file))] = str(self._configured())
        self._child = subprocess.Popen(command, env=variables)
        if self._asked_to_end:
            self._pass_on()

    def _configured(self) -> Path:
        """A configuration for this task alone."""
        settings = {**self._settings, "agent": {**self._settings["agent"], **self._overrides}}
        file = self._home / "temporary" / f"{self._task.id}.cfg"
        file.touch(mode=0o600)
        file.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        return file

    def _note(self, chosen: decision.Environment) -> None:
        """For people, on the task: which environment it was, and what was in it. The task runs meanwhile."""
        try:
            self._task.note_environment(chosen.kind, chosen.why)
            if chosen.kind == decision.INSTALLED:
                found = self._task.script.get("requirements") or {}
                asked = satisfied.asked(found) or found.get("org_pip") or ""
                frozen = f"{satisfied.REUSED}\n{satisfied.freeze()}"
                self._task.set_requirements({**found, "org_pip": asked, "pip": frozen})
        except (requests.RequestException, KeyError) as error:
            print(f"note: the environment could not be written to the task: {error}", flush=True)

    def _wait(self) -> int:
        assert self._child is not None
        while True:
            try:
                return self._child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                self._look_for_the_agent()
            except KeyboardInterrupt:
                continue  # the daemon was interrupted too, and ends us

    def _look_for_the_agent(self) -> None:
        """Without its agent nobody owns the task, and the next agent would run another beside it."""
        if os.getppid() != self._agent and not self._agent_gone:
            self._agent_gone = self._asked_to_end = True
            self._pass_on()

    def _end(self, status: int) -> int:
        (self._home / "temporary" / f"{self._task.id}.cfg").unlink(missing_ok=True)
        said = ending.tail(_console())
        self._end_what_is_left()
        if self._agent_gone:
            return self._lost()
        if self._asked_to_end:
            return self._tell("stopped", AGENT_STOPPED, INTERRUPTED)
        if status:
            why = ending.reason(status, said)
            print(f"error: {why}", flush=True)
            return self._tell("failed", why, status if status > 0 else 128 - status)
        broken = ending.thread_error(said)
        if broken:
            print(f"note: {broken}", flush=True)
            self._tell("completed", f"exit status 0, but {broken}", 0)
        return 0

    def _end_what_is_left(self) -> None:
        """Processes that the task started and did not wait for would keep its device and memory."""
        _, left = psutil.wait_procs(processes.of_task(self._task.id), timeout=1)
        if left:
            names = ", ".join(sorted({_name(one) for one in left}))
            print(f"note: the task left processes running: {names}; they are ended with it", flush=True)
            processes.end_all(left, LEFT_SECONDS)

    def _hand_back(self, why: str) -> int:
        """Another machine may reach what this one can't: the task goes back, and this agent takes none for a while."""
        print(f"error: {why}", flush=True)
        worker = tracked.worker()
        try:
            if self._task.running:
                holding.Failures.of_this_agent().one_more(self._task.server, worker, why)
                self._task.hand_back(worker or "its agent", why)
                time.sleep(UNTIL_KILLED)  # the daemon sees it, and looks for no other
        except holding.UNTOLD as error:
            print(f"note: the server could not be told: {error}", flush=True)
            return self._tell("failed", why, 1)
        return INTERRUPTED

    def _lost(self) -> int:
        """Say that nobody runs it any more: it waits for the next agent, or has failed."""
        try:
            if self._task.running:
                self._task.lost(os.environ.get(tracked.WORKER_ID) or "its agent", AGENT_GONE)
        except (requests.RequestException, KeyError) as error:
            print(f"note: the server could not be told: {error}", flush=True)
        return INTERRUPTED

    def _tell(self, how: str, why: str, status: int) -> int:
        """Say how it ended, unless the task or a person has said so already; stay until the daemon has seen it."""
        try:
            if not self._task.running:
                return status
            self._task.end(how, why)
        except (requests.RequestException, KeyError) as error:
            print(f"note: the server could not be told: {error}", flush=True)
            return status
        if how != "completed":
            time.sleep(UNTIL_KILLED)  # else the daemon would write "worker execution exit code 1" over it
        return status

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        if self._child is None or self._child.poll() is None:  # else it has ended by itself, and that counts
            self._asked_to_end = True
            self._pass_on()

    def _pass_on(self) -> None:
        if self._child is not None and self._child.poll() is None:
            for pid in leftovers.own_code(self._child.pid):
                os.kill(pid, signal.SIGTERM)


def _name(process: psutil.Process) -> str:
    try:
        return f"{process.name()} ({process.pid})"
    except psutil.Error:
        return str(process.pid)


def _console() -> Path | None:
    """The file that the daemon sends to the server as the task's console."""
    try:
        name = Path("/proc/self/fd/1").readlink()
    except OSError:
        return None
    return name if name.is_file() else None


def _public(script: dict[str, Any]) -> str:
    """The repository's address without a password."""
    return re.sub(r"//[^/@]+@", "//", str(script.get("repository") or ""))


def launcher(folder: Path) -> Path:
    """Write the executable that the daemon takes for its interpreter."""
    file = folder / "launcher"
    text = (
        "#!/bin/sh\n# Starts a task for the daemon: agents/launch.py.\n"
        f'PYTHONPATH={_quoted(str(tools.ROOT))} exec {_quoted(sys.executable)} -m agents.launch "$@"\n'
    )
    file.write_text(text)
    file.chmod(0o755)
    return file


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
