"""The rounds of a search: look at what has become of the trainings, end the poor and the slow, begin the next.

One thread, and nothing in memory that the server does not know: a round after a restart is like any other.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tasks.arguments import parameters
from tasks.client import identify
from tasks.code import carried
from tasks.study import repeats, starting, trials
from tasks.study.optimizer import Study
from tasks.study.repeats import PRUNED, REPEAT, STUDY, TRIAL, Setting
from tasks.study.space import Range
from tasks.study.trials import Trial

NEVER_QUEUED = (
    0.5  # s between the making of a draft and its last change, of one that nobody has put on a queue
)


class Wanted(Protocol):
    """What a search asks of its rounds, of its parameters."""

    trials: int
    concurrent: int
    trial_hours: float | None
    objective: list[str]
    plugins: list[str]


class Rounds:
    """The trainings of one search, and the study that they are trials of."""

    def __init__(
        self,
        run: Any,
        base: dict[str, Any],
        space: list[Range],
        plan: repeats.Plan,
        fixed: Mapping[str, Any],
        study: Study,
        queue: str,
    ) -> None:
        """`queue`: its id; `fixed`: what all trainings share."""
        self._task, self._line, self.wanted = run.task, run.line, run.parameters
        self._base, self._space, self._plan, self._fixed = base, space, plan, dict(fixed)
        self.study, self._queue = study, queue
        self._known: dict[str, Trial] = {}
        self._mark = _mark(run.task)
        self._begun: set[tuple[int, int]] = (
            set()
        )  # trial and repeat: one that a person deletes is not made again
        self._exhausted = False

    @property
    def why(self) -> str:
        """The reason that trainings are given which the search's own end stops: they may go on with it."""
        return f"the search {self._task.id} has ended"

    def settings(self) -> list[Setting]:
        """All trials, as they were at the last look."""
        return repeats.grouped(list(self._known.values()), len(self._plan))

    def look(self) -> list[Setting]:
        """What has become of the trainings: those that had ended are not asked for again."""
        found = self._line.persist("looking at the trials", self._look)
        self._known = {one.id: one for one in found}
        return self.settings()

    def _look(self) -> list[Trial]:
        ended = [one for one in self._known.values() if one.finished]
        if not ended:
            found = trials.of(self._task.id)
        else:
            unfinished = [one.id for one in self._known.values() if not one.finished]
            fresh = trials.of(self._task.id, status=[*trials.OPEN, "created"])
            missing = sorted({*unfinished} - {one.id for one in fresh})
            fresh += trials.of(self._task.id, id=missing) if missing else []
            found = [*{one.id: one for one in [*ended, *fresh]}.values()]
        return [one for one in found if one.marks.get(STUDY) == self._mark]

    def recover(self) -> None:
        """Go on with what an earlier process of this search has left: nothing is begun twice or forgotten."""
        strangers = [one for one in trials.of(self._task.id) if one.marks.get(STUDY) != self._mark]
        for one in strangers:  # of the search before it was reset
            if one.status in trials.OPEN:
                trials.stop(one.id, self.why)
        found = self.look()
        if not found:
            return
        again = [
            one for setting in found for one in setting.runs.values() if _never_queued(one) or self._ours(one)
        ]
        for one in again:
            starting.enqueue(one.id, self._queue)
        for setting in found:
            self.study.recall(setting, self._curve(setting.first) if self.study.prunes else {})
        ended = sum(setting.whole or setting.lost for setting in found) - len(
            {one.marks.get(TRIAL) for one in again}
        )
        print(
            f"The search goes on: {len(found)} trials were begun, of which {max(0, ended)} have ended; "
            f"{len(again)} trainings are put on the queue again.",
            flush=True,
        )
        self.look()

    def _ours(self, one: Trial) -> bool:
        return one.status == "stopped" and one.reason == self.why

    def step(self, stopping: Callable[[], bool]) -> bool:
        """One round; False once nothing runs and nothing is to come."""
        found = self.look()
        for setting in found:
            self._judge(setting)
        for setting in found:
            self.study.tell(setting, self.wanted.objective)
        self._end_doubles()
        room = self.wanted.concurrent - sum(one.status in trials.OPEN for one in self._known.values())
        begun = False  # one that has ended since is followed by others all the same
        while room > 0 and not stopping() and self._begin():
            room, begun = room - 1, True
        return begun or any(one.status in trials.OPEN for one in self._known.values())

    def _judge(self, setting: Setting) -> None:
        """End trainings that take too long, and a trial whose first training is worse than others were."""
        limit = self.wanted.trial_hours
        for one in setting.runs.values():
            began = one.dates.get("started")
            if one.status == "in_progress" and limit and began and time.time() - began > 3600 * limit:
                self._stop(one, f"it took longer than trial_hours, {limit:g} h")
        first = setting.first
        alone = self.study.prunes and first.status == "in_progress" and len(setting.runs) == 1
        if alone and self.study.poor(setting.number, self._curve(first)):
            self._stop(first, PRUNED)

    def _end_doubles(self) -> None:
        """A training that was made twice, as its answer was lost on the way, is ended: it counts once."""
        counted = {one.id for setting in self.settings() for one in setting.runs.values()}
        for one in self._known.values():
            if one.id not in counted and one.status in trials.OPEN:
                self._stop(one, "the same training was begun before")

    def _stop(self, one: Trial, why: str) -> None:
        self._line.persist("ending a trial", lambda: trials.stop(one.id, why))

    def _curve(self, one: Trial) -> dict[int, float]:
        points: dict[int, float] = self._line.persist(
            "looking at a curve", lambda: trials.curve(one.id, self.wanted.objective[0])
        )
        return points

    def _begin(self) -> bool:
        """Begin the next training: of a trial that lacks some, else of a new one. False: there is none now."""
        for setting in self.settings():
            missing = [one for one in setting.missing if (setting.number, one) not in self._begun]
            if missing and not (self.study.prunes and not setting.first.finished):
                values = {
                    one.name: setting.parameters[one.name]
                    for one in self._space
                    if one.name in setting.parameters
                }
                self._make(setting.number, missing[0], values)
                return True
        numbers = {setting.number for setting in self.settings()} | {trial for trial, _ in self._begun}
        if self._exhausted or len(numbers) >= self.wanted.trials:
            return False
        number = max(numbers, default=-1) + 1
        proposed = self.study.propose(number)
        if proposed is None:
            self._exhausted = True
            return False
        self._make(number, 0, proposed)
        return True

    def _make(self, number: int, repeat: int, values: Mapping[str, Any]) -> None:
        """A clone of the base task with these values, on the queue."""
        own = {**self._fixed, **values, **self._plan[repeat]}
        marks = {STUDY: self._mark, TRIAL: number, REPEAT: repeat}
        told = {**values, **(self._plan[repeat] if len(self._plan) > 1 else {})}
        name = starting.named(self._base["name"], {key: parameters.write(one) for key, one in told.items()})
        texts = {key: parameters.write(one) for key, one in own.items()}
        made = starting.clone(
            self._base, name, self._task, texts, marks, carried.configuration(self.wanted.plugins)
        )
        try:
            starting.enqueue(made, self._queue)
        except BaseException:
            starting.delete(made)  # a draft that nobody has asked for
            raise
        self._begun.add((number, repeat))
        for one in trials.of(self._task.id, id=[made]):
            self._known[one.id] = one

    def end(self) -> None:
        """Nothing of the search runs on."""
        stopped = trials.stop_all(self._task.id, self.why)
        if stopped and (left := trials.wait_until_stopped(self._task.id)):
            print(f"note: {left} trials were told to stop and have not yet; their agents end them.")


def pinned_base(task: Any, wanted: str) -> str:
    """The base task of a search that goes on: the one that it began with. Else what is wanted."""
    known = str(task._get_runtime_properties().get("base") or "")
    return known if known and identify.task(known) else wanted


def _mark(task: Any) -> str:
    """What tells the trainings of this search from those before it was reset, which drops runtime properties."""
    known = str(task._get_runtime_properties().get(STUDY) or "")
    if not known:
        known = uuid.uuid4().hex
        task._set_runtime_properties({STUDY: known})
    return known


def _never_queued(one: Trial) -> bool:
    """Whether it is a draft as the search made it: its process was killed before it put it on the queue."""
    changed, made = one.dates.get("status_changed", 0.0), one.dates.get("created", 0.0)
    return one.status == "created" and changed - made < NEVER_QUEUED
