"""One run of a task: parameters, `Task.init`, and an end that says what happened.

The same code runs from a shell and under an agent. From a shell the parameters are the command line's, and they are
written to a new task; under an agent they are the server's. What the SDK would find out by itself (arguments,
repository, packages, torch.save) is switched off and said outright: its repository analysis imports all of torch and
asks the internet for updates, its argparse hook loses None and lists.
"""

import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from audio import interruption
from audio.command_line import print_anything
from audio.errors import AudioError
from tasks import registry
from tasks.arguments import command, parameters, schema
from tasks.client import connection, names
from tasks.code import carried, source
from tasks.errors import NotRunnable, SoundyardError, without_traceback
from tasks.running import goodbye, progress
from tasks.running.interrupted import LastWord
from tasks.running.outages import Line, find_it_soon
from tasks.running.outbox import Outbox

Config = TypeVar("Config")

FRAMEWORKS = {
    "tensorboard": True,
    **dict.fromkeys(("pytorch", "matplotlib", "scikit", "joblib", "detect_repository", "tfdefines"), False),
    **dict.fromkeys(("hydra", "xgboost", "catboost", "fastai", "lightgbm", "megengine", "gradio"), False),
}


@dataclass(frozen=True)
class Job:
    """What a run is registered as."""

    name: str
    kind: str  # ClearML task type
    entry_point: str  # as an agent starts it: a module (`-m tasks.train`) or a path in the repository
    project: str

    @property
    def command(self) -> str:
        """How a person starts it."""
        return f"python {self.entry_point}"


def job(name: str) -> Job:
    """The job of a task that is registered."""
    return Job(name, registry.kind(name), registry.entry_point(name), names.project())


@dataclass
class Run(Generic[Config]):
    """A started task, its parameters, and a folder for what it writes on this machine."""

    task: Any  # clearml.Task
    parameters: Config
    folder: Path
    remote: bool  # True under an agent
    line: Line  # to the server, which may be away meanwhile
    outbox: Outbox  # what is sent to it in the background

    @property
    def logger(self) -> Any:
        return self.task.get_logger()


@contextmanager
def session(
    job: Job, config: type[Config], arguments: Sequence[str] | None = None, about: str = "", draft: str = ""
) -> Iterator[Run[Config]]:
    """Start a task, and end it: completed, or failed with a reason that a person can act on.

    `arguments` are those of the command line (None: the process's own). An agent's run does not look at them, nor
    does one that runs a `draft` (the id of a task) here: their parameters are the server's.
    """
    remote = under_an_agent()
    given = None if remote or draft else _asked(job, config, arguments, about)
    _prepare_process()
    server = connection.use(patient=remote)
    if given is not None:
        check(given.record)
    progress.stand_above_bars()
    last_word = LastWord(server)
    task = _start(job, server, draft)
    line = Line(server)
    find_it_soon(task)
    signal.signal(signal.SIGTERM, interruption.interrupt)  # the SDK's handler ignores the first one
    with _ended(task, line, remote, last_word):
        chosen = _chosen(task, line, config, given)
        folder = folder_of(task.id)
        line.kept_in = str(folder)
        with interruption.recognised():
            run = Run(task, chosen, folder, remote, line, Outbox(folder / "outbox", line))
            progress.listen(progress.OnServer(lambda told: _tell(run, told)))
            yield run
            goodbye.finish(task, line, folder)
    if remote:
        shutil.rmtree(folder, ignore_errors=True)  # what matters has been uploaded
    else:
        task.close()


def _asked(
    job: Job, config: type[Config], arguments: Sequence[str] | None, about: str
) -> command.Given[Config]:
    """What the command line says. `--help`, and what can't be, end here."""
    first = about.strip().splitlines()[0]
    return command.with_plugins(config, arguments, prog=job.command, about=first)


def _prepare_process() -> None:
    """What is set once in a process: what it can print, how it is interrupted, and how it tells of errors."""
    print_anything()
    interruption.watch()
    sys.excepthook = without_traceback(sys.excepthook)
    # The SDK warns on every machine without a GPU.
    logging.getLogger("clearml.resource_monitor").setLevel(logging.ERROR)


def _chosen(task: Any, line: Line, config: type[Config], given: command.Given[Config] | None) -> Config:
    """The parameters: the command line's, which are written to the task, or the task's, which an agent reads."""
    if given is None:
        carried.bring(task, config)
        chosen = parameters.read_from(task, config)
        line.persist("looking for what it names", lambda: check(chosen))
    else:
        chosen = given.record
        if given.preset:
            task.set_user_properties(preset=given.preset)
    parameters.write_to(task, chosen)
    schema.write_to(task, config)
    carried.write_to(task, getattr(chosen, carried.NAME, []))
    return chosen


@contextmanager
def _ended(task: Any, line: Line, remote: bool, last_word: LastWord) -> Iterator[None]:
    """Whatever goes wrong inside, the server is told how the task ended and why before the error goes on."""
    try:
        yield
    except (SoundyardError, AudioError, OSError) as error:
        progress.leave_bars()
        goodbye.fail(task, line, error, remote)
        raise
    except KeyboardInterrupt:
        progress.leave_bars()
        interruption.say()
        goodbye.interrupt(task, line, remote)
        last_word.about(task.id)
        raise
    except BaseException:
        goodbye.crash(line)
        raise
    finally:
        progress.leave_bars()


def _tell(run: Run[Any], properties: dict[str, str]) -> None:
    """Runtime properties, sent in the background; the newest of what waits."""
    run.outbox.post("progress", lambda: run.task._set_runtime_properties(properties))


@runtime_checkable
class Checked(Protocol):
    """Parameters that can tell more than their types do: whether what they name is there."""

    def check(self) -> None:
        """Raises AudioError or SoundyardError. The server can be asked, and nothing has been made on it yet."""


@runtime_checkable
class Builds(Protocol):
    """Parameters that name what other tasks have left on the server. In a chain that is made only as it runs."""

    def check_inputs(self) -> None:
        """Raises NothingThere."""


def check(record: object) -> None:
    """From a shell before a task is made, so that a typing mistake leaves none; by an agent before it works."""
    check_names(record)
    if isinstance(record, Builds):
        record.check_inputs()


def check_names(record: object) -> None:
    """`check` without what earlier tasks have to leave first."""
    if isinstance(record, Checked):
        record.check()


def under_an_agent() -> bool:
    """As the SDK tells it, without importing the SDK: `--help` has to be quick."""
    return bool(os.environ.get("CLEARML_TASK_ID"))


def _start(job: Job, server: connection.Connection, draft: str) -> Any:
    from clearml import Task

    progress.draw_the_sdks_bars()
    task: Any = Task.init(
        project_name=job.project,
        task_name=job.name,
        task_type=job.kind,
        reuse_last_task_id=draft or False,
        continue_last_task=0,  # a resumed run reports absolute epochs: no offset
        auto_connect_arg_parser=False,
        auto_connect_frameworks=FRAMEWORKS,
        auto_resource_monitoring=_monitor(),
    )
    task.output_uri = True  # models go to the file server
    if Task.running_locally() and not draft:
        record_source(task, server, job.entry_point)
    return task


def _monitor() -> Any:
    """The SDK's monitor of the machine, which without a GPU looks for one all the same and says so amid the work."""
    from clearml.utilities.resource_monitor import ResourceMonitor

    class WithoutGPU(ResourceMonitor):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._gpustat: Any = None

    return True if shutil.which("nvidia-smi") else WithoutGPU


def record_source(task: Any, server: connection.Connection, entry_point: str) -> None:
    """Write down where the code of a run from a shell is, so that a clone of it can be enqueued."""
    try:
        task.update_task({"script": source.describe(server).script(entry_point)})
    except NotRunnable as error:
        print(f"note: a clone of this task could not run on an agent. {error}", file=sys.stderr)


def folder_of(task: str) -> Path:
    """Where a task keeps what it makes on this machine: the same for its next run here, by hand or by an agent."""
    from clearml.config import get_cache_dir

    folder = Path(get_cache_dir()) / "runs" / task
    folder.mkdir(parents=True, exist_ok=True)
    return folder
