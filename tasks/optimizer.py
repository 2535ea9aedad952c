"""ClearML's optimizer, made to end when it is told to: a search that was stopped starts no further trial.

As it comes, `stop` reaches neither Optuna's loop nor its threads: each trial that is aborted makes room for the next,
trials that were taken off their queue are waited for without end, and what fails in its thread is a traceback there.
"""

import contextlib
import threading
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tasks import identify, trials

GONE = "unknown"  # status of a trial that was deleted
PACE = 1.0  # s between looks at a trial; as it comes, a trial without a figure is asked for without a pause


class Ending:
    """Shared by a search and the threads of its optimizer: that it ends, that they have ended, and what went wrong."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.done = threading.Event()
        self.fault: Exception | None = None


class Ended(Exception):
    """Raised where a trial would be made after the search has been told to end."""


def strategy(ending: Ending, why: str, searched: Collection[str]) -> type:
    """How values are proposed: by Optuna's sampler where it is installed, else at random.

    `why` is what trials are told that the search's end stops. Trials are named by the parameters that are `searched`.
    """
    parent, ended = _parent()

    class Controlled(parent):  # type: ignore[misc, valid-type]
        """`parent` that begins, watches and ends its trials as the search says."""

        _job_class = _job(ending, why, ended)

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.set_job_naming_scheme(lambda base, values: trial_name(base, values, searched))

        def start(self) -> None:
            try:
                super().start()
            except ended:
                pass
            except Exception as fault:
                ending.fault = ending.fault or fault
            finally:
                ending.done.set()

        def stop(self) -> None:
            ending.asked.set()
            self._stop_event.set()

        def helper_create_job(self, *arguments: Any, **options: Any) -> Any:
            if ending.asked.is_set():
                if getattr(self, "_study", None):
                    self._study.stop()  # heard here, in a thread of its own
                raise ended
            return super().helper_create_job(*arguments, **options)

        def monitor_job(self, job: Any) -> bool:
            if ending.asked.wait(PACE):
                job.abort()
                return False
            if job.status() in ("created", GONE):  # somebody has taken it off its queue, reset or deleted it
                return False
            return bool(super().monitor_job(job))

    return Controlled


def trial_name(base: str, values: Mapping[str, str], searched: Collection[str]) -> str:
    """What tells a trial from the others: the name of its base and the values that are searched, without those that
    all trials share."""
    told = {name.rpartition("/")[2]: value for name, value in values.items()}
    return " ".join([base, *(f"{name}={_short(told[name])}" for name in searched if name in told)])


def _short(value: str) -> str:
    try:
        return f"{float(value):.4g}"
    except ValueError:
        return value


def _parent() -> tuple[Any, type[Exception]]:
    """The strategy that is refined, and what it takes for a trial that is not to be."""
    try:
        from clearml.automation.optuna import OptimizerOptuna
        from optuna import TrialPruned, exceptions, logging

        logging.set_verbosity(logging.WARNING)  # each trial is told here, by its name
        warnings.simplefilter("ignore", exceptions.ExperimentalWarning)  # of what the SDK uses
        return OptimizerOptuna, TrialPruned
    except ImportError:
        from clearml.automation import RandomSearch

        print(
            "note: optuna is not installed, values are drawn at random: pip install -r requirements-extra.txt"
        )
        return RandomSearch, Ended


def _job(ending: Ending, why: str, ended: type[Exception]) -> type:
    from clearml import Task
    from clearml.automation import ClearmlJob

    class Trial(ClearmlJob):
        """A trial: none begins once the search is to end, and none is lost without a word."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            with _ending_on_fault(ending, ended):
                super().__init__(*arguments, **options)

        def launch(self, queue_name: str | None = None) -> bool:
            made: Any = self.task
            if ending.asked.is_set():
                made.delete()  # a draft that nobody has asked for
                return False
            try:
                with _ending_on_fault(ending, ended):
                    Task.enqueue(task=self.task_id(), queue_name=queue_name)
            except BaseException:
                made.delete()
                raise
            return True

        def status(self, force: bool = False) -> str:
            try:
                return str(super().status(force))
            except Exception:  # of the SDK, whose reasons differ
                if identify.task(self.task_id()) is None:
                    return GONE
                raise

        def abort(self) -> None:
            trials.stop(self.task_id(), why if ending.asked.is_set() else "others were better at this epoch")

    return Trial


@contextlib.contextmanager
def _ending_on_fault(ending: Ending, ended: type[Exception]) -> Iterator[None]:
    """The search ends when a trial can't begin: neither could the next."""
    try:
        yield
    except Exception as fault:
        ending.fault = fault
        ending.asked.set()
        raise ended from fault


def parameter(one: Any) -> Any:
    """A `tasks.space.Range` as the optimizer takes it."""
    from clearml.automation import DiscreteParameterRange, UniformIntegerParameterRange, UniformParameterRange
    from clearml.automation.parameters import LogUniformParameterRange

    from tasks import parameters

    name = f"{parameters.SECTION}/{one.name}"
    if one.choices:
        return DiscreteParameterRange(name, values=[parameters.write(value) for value in one.choices])
    if one.whole:
        return UniformIntegerParameterRange(name, int(one.low), int(one.high), include_max_value=True)
    if one.log:
        from math import log10

        return LogUniformParameterRange(name, log10(one.low), log10(one.high), include_max_value=True)
    return UniformParameterRange(name, one.low, one.high, include_max_value=True)


def constant(name: str, value: Any) -> Any:
    """A parameter with one value for all trials."""
    from clearml.automation import DiscreteParameterRange

    from tasks import parameters

    return DiscreteParameterRange(f"{parameters.SECTION}/{name}", values=[parameters.write(value)])
