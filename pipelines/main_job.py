"""The main job: preprocess → train → evaluate, and on to publishing; each a task that an agent takes from a queue.

    python pipelines/main_job.py --dataset esc10 --data /path/to/ESC-10
    python pipelines/main_job.py --epochs 10 --controller_queue services
    python pipelines/main_job.py --crossvalidate "1, 2, 3" --publish --cache --retries 2

The controller runs here and waits, or, with --controller_queue, is a task itself that an agent in services mode takes.
It is started as a file: a controller under `python -m` would be recorded as the SDK's own module.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audio import interruption

if __name__ == "__main__":
    interruption.watch()  # what follows takes a moment to import

from audio.command_line import spoken
from audio.config import Group, Place, PreprocessConfig, TrainConfig, hold, same_as
from audio.errors import AudioError
from pipelines import steps
from tasks import register
from tasks.arguments import command, parameters, presets, schema
from tasks.client import connection, identify, names
from tasks.code import carried, source
from tasks.errors import SoundyardError
from tasks.running.session import Job, Run, check_names, session, under_an_agent

NAME = "main job"
SCRIPT = "pipelines/main_job.py"
POLL_MINUTES = 0.03  # between the controller's looks at its steps

PIPELINE = Group("Pipeline")


@dataclass
class MainJobParameters:
    """The main job: preprocess → train → evaluate."""

    preset: str = PIPELINE(
        "", "recipe whose values the steps get; what stands here beside it wins", known=presets.names
    )
    dataset: str = same_as(PreprocessConfig, "dataset")
    data: Place = same_as(
        PreprocessConfig, "data", help="folder of the recordings, as the agent sees it; empty: none is needed"
    )
    model: str = same_as(TrainConfig, "model")
    fold: int = same_as(TrainConfig, "fold")
    epochs: int = same_as(TrainConfig, "epochs")
    batch_size: int = same_as(TrainConfig, "batch_size")
    learning_rate: float = same_as(TrainConfig, "learning_rate")
    seed: int = same_as(TrainConfig, "seed")
    queue: str = PIPELINE(names.QUEUE, "queue that the steps are put on")
    dataset_id: str = PIPELINE("", "ClearML dataset to begin with; empty: preprocess makes one")
    search_trials: int = PIPELINE(0, "trials of a search whose best values are trained with; 0: none", 0)
    crossvalidate: list[int] = PIPELINE(
        [], "folds held out, each by a step of its own, at a time; empty: none", 1
    )
    publish: bool = PIPELINE(
        False, "compare with the published model; export and publish the new one where it is better"
    )
    level: float = PIPELINE(0.05, "largest p at which a model counts as better; 1: any gain", 0, 1)
    cache: bool = PIPELINE(False, "take a step that ran already with the same code, inputs and parameters")
    retries: int = PIPELINE(0, "how often a step that has failed is run again", 0, 10)
    plugins: list[Place] = same_as(TrainConfig, "plugins")

    def __post_init__(self) -> None:
        hold(self)

    def values_of(self, step: str) -> dict[str, Any]:
        """The parameters of a step: the preset's for it, and over them those that stand here too."""
        config = register.record(step)
        own = {one.name for one in fields(config)}
        return {
            **presets.of_step(self.preset, config),
            **{name: value for name, value in asdict(self).items() if name in own},
        }

    def shared_with(self, step: str) -> dict[str, Any]:
        """The same as `Args/…`."""
        return {
            f"{parameters.SECTION}/{name}": parameters.write(value)
            for name, value in self.values_of(step).items()
        }

    def check_steps(self) -> None:
        """Raises AudioError or SoundyardError for what a step would not start with, were it run on this machine."""
        for step in steps.PLAIN[bool(self.dataset_id) :]:
            check_names(register.defaults(step, self.values_of(step)))


@dataclass
class Options(MainJobParameters):
    """The main job's parameters, and where its controller runs."""

    controller_queue: str = PIPELINE(
        "", "queue for the controller itself, such as services; empty: it runs here"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    if under_an_agent():
        return run()
    about = __doc__.splitlines()[0]
    options = command.with_plugins(Options, arguments, prog=f"python {SCRIPT}", about=about).record
    chosen = MainJobParameters(**{one.name: getattr(options, one.name) for one in fields(MainJobParameters)})
    try:
        server = connection.use()
        for queue in filter(None, (chosen.queue, options.controller_queue)):
            ready(queue)
        if server.is_local:  # else the recordings may be where the agents are
            chosen.check_steps()
        register.register(server)
        controller = create(chosen, server)
        if not options.controller_queue:
            return run(draft=controller)
        enqueue(controller, options.controller_queue)
        from pipelines.follow import follow

        return 0 if follow(controller, server) else 1
    except (SoundyardError, AudioError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1


def create(chosen: MainJobParameters, server: connection.Connection) -> str:
    """A controller as a draft on the server, with these parameters; gives its id. Raises NotRunnable."""
    from clearml import PipelineController

    controller = PipelineController.create(
        project_name=names.project(), task_name=NAME, script=SCRIPT, detect_repository=False
    ).task
    controller.update_task({"script": source.describe(server).script(SCRIPT)})
    parameters.write_to(controller, chosen)
    schema.write_to(controller, MainJobParameters)
    carried.write_to(controller, chosen.plugins)
    return str(controller.id)


def ready(queue: str) -> None:
    """Make the queue if it is one of ours, and say so when no agent listens on it. Raises NothingThere."""
    from clearml.backend_api.session.client import APIClient

    client = APIClient()
    if queue in (names.QUEUE, names.SERVICES_QUEUE) and not client.queues.get_all(name=f"^{queue}$"):
        client.queues.create(name=queue)
    if not identify.listeners(identify.queue(queue)):
        mode = " --services-mode" if queue == names.SERVICES_QUEUE else ""
        print(
            spoken(f"note: no agent listens on queue {queue}: python -m agents.start --queue {queue}{mode}")
        )


def enqueue(task_id: str, queue: str) -> None:
    """Put a task on a queue."""
    from clearml import Task

    Task.enqueue(task_id, queue_name=queue)


def run(draft: str = "") -> int:
    """Be the controller: here with the id of a draft, or under an agent."""
    project = f"{names.project()}/.pipelines/{NAME}"
    with session(Job(NAME, "controller", SCRIPT, project), MainJobParameters, draft=draft) as started:
        ran = steps.finished(started.task) if started.remote else {}
        pipeline = assemble(started)
        for name, node in pipeline.get_pipeline_dag().items():
            node.executed = ran.get(name)
        steps.run(pipeline, started.task)
    return 0


def assemble(started: Run[MainJobParameters]) -> Any:
    """The steps, cloned from their templates, with what one hands to the next."""
    from clearml import PipelineController

    chosen = started.parameters
    pipeline = PipelineController(
        name=NAME,
        project=names.project(),
        pool_frequency=POLL_MINUTES,
        target_project=names.project(),
        abort_on_failure=True,
    )
    pipeline.set_default_execution_queue(chosen.queue)
    for step in steps.chain(chosen):
        pipeline.add_step(
            name=step.name,
            base_task_id=register.template(step.task),
            parents=step.parents,
            configuration_overrides=carried.configuration(chosen.plugins),
            parameter_override={**chosen.shared_with(step.task), **step.handed},
            task_overrides={"tags": []},  # a step is no template
            cache_executed_step=chosen.cache and step.repeatable,
            retry_on_failure=chosen.retries,
            pre_execute_callback=step.before,
            execution_queue=step.queue or None,
        )
    return pipeline


if __name__ == "__main__":
    sys.exit(main())
