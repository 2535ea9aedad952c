"""The whole thing from nothing: a server, agents, templates, and the main job through the queue.

    python -m pipelines.demo                                  small synthetic sounds, no data needed
    python -m pipelines.demo --dataset esc10 --data PATH      real recordings
    python -m pipelines.demo --stop                           end the server and the agents

Server and agents stay up afterwards, to look around; Ctrl-C during the demo ends what it has started.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import partial

from rich.console import Console

from agents import start as agent_start
from agents import stop as agent_stop
from agents.environments import environment
from agents.left import processes
from audio import interruption
from audio.command_line import spoken
from audio.config import Group
from audio.errors import AudioError
from pipelines import embedded
from pipelines.main_job import MainJobParameters, create, enqueue
from tasks import register
from tasks.arguments import command, presets
from tasks.client import connection, names
from tasks.errors import SoundyardError

DEMO = Group("Demo")


@dataclass
class Options(MainJobParameters):
    """The main job's parameters, and how the demo runs."""

    port: int = DEMO(8080, "of the web page, when the embedded server has to be started", 1, 65535)
    stop: bool = DEMO(False, "end the server and the agents of this checkout, and do nothing else")


def main(arguments: Sequence[str] | None = None) -> int:
    about = __doc__.splitlines()[0]
    options = command.given(
        Options, arguments, prog="python -m pipelines.demo", about=about, presets=presets.values(Options)
    ).record
    console = Console()
    if options.stop:
        return stop(console)
    with ExitStack() as undo:
        try:
            done = run(options, console, undo.callback)
        except (SoundyardError, AudioError) as fault:
            console.print(f"[red]error:[/red] {fault}", highlight=False)
            return 1
        except KeyboardInterrupt:
            console.print("\ninterrupted: ending what this demo has started")
            return interruption.caught()
        undo.pop_all()  # it went well, or the pipeline failed by itself: leave everything up to be looked at
    ending = f"[bold]{spoken('make stop')}[/bold]"
    console.print(f"Server and agents keep running; {ending} ends them.", highlight=False)
    _say_how_to_open_the_page(console)
    return 0 if done else 1


def run(options: Options, console: Console, undo: Callable[..., object]) -> bool:
    """Start what is missing, run the pipeline and show the results; True when it completed."""
    if options.dataset == "synthetic":
        console.print("data: small synthetic sounds; figures on them say nothing about real recordings")
    chosen = MainJobParameters(**{one.name: getattr(options, one.name) for one in fields(MainJobParameters)})
    chosen.check_steps()
    server = _server(options.port, console, undo)
    register.register(server)
    _agents(options.queue, console, undo)
    controller = create(chosen, server)
    enqueue(controller, names.SERVICES_QUEUE)
    from pipelines import results
    from pipelines.follow import follow

    if not follow(controller, server, console):
        return False
    results.show(results.newest(controller), server, console)
    return True


def _server(port: int, console: Console, undo: Callable[..., object]) -> connection.Connection:
    """The configured server; the embedded one is started unless another one is configured or it runs already."""
    try:
        configured = connection.find()
    except SoundyardError:
        configured = None
    if configured is not None and configured.file != connection.embedded():
        console.print(f"using the server at {configured.api_server} (from {configured.source})")
        return connection.use()
    running = embedded.running()
    if running is None:
        running = embedded.start(options=["--port", str(port)])
        undo(embedded.stop, running)
    console.print(f"server: [link]{running.url}[/link]", highlight=False)
    if link := embedded.link():
        console.print(f"the page opens with this link, once: {link}", highlight=False, soft_wrap=True)
    return connection.use()


def _say_how_to_open_the_page(console: Console) -> None:
    """The first link may have been used, or scrolled away; another server than this checkout's has no links."""
    if embedded.running() is None or not (link := embedded.link(opened=False)):
        return
    console.print(f"To open the page: {link}", highlight=False, soft_wrap=True)
    another = f"[bold]{spoken('.venv/bin/python -m server')} link[/bold]"
    console.print(f"It works once; {another} prints another.", highlight=False)


def _agents(queue: str, console: Console, undo: Callable[..., object]) -> None:
    """An agent for the steps, one in services mode for the controller, and one that asks models on the CPU, so that a
    question need not wait behind a training; unless they run already."""
    alive = {agent.about.split(" (")[0] for agent in processes.running(environment.folder())}
    start = agent_start.start
    for name, started in (
        (queue, start),
        (names.SERVICES_QUEUE, partial(start, services=True)),
        (names.PREDICT_QUEUE, partial(start, gpus=None)),
    ):
        if name not in alive:
            agent = started([name])
            undo(processes.end, agent, environment.folder())
            console.print(f"agent: {agent.about}", highlight=False)


def stop(console: Console) -> int:
    """End the agents, then the server."""
    for name in agent_stop.stop():
        console.print(f"agent {name} ended", highlight=False)
    server = embedded.running()
    if server is not None:
        embedded.stop(server)
        console.print(f"server at {server.url} ended", highlight=False)
    else:
        console.print("no embedded server runs here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
