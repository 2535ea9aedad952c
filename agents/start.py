"""Start an agent on this machine.

    python -m agents.start --queue audio --gpus 0
    python -m agents.start --queue audio --cpu-only --detached
    python -m agents.start --queue services --services-mode --detached    for pipeline controllers
    python -m agents.start --queue urgent audio --all                     one for each GPU; urgent goes before audio
    python -m agents.start --queue audio --wait --detached                beside a server that is just starting

An agent that dies is started again (`agents/supervise.py`). In the foreground it shows what the agent says; Ctrl-C ends
the agent and the task it runs, and SIGTERM lets the task finish, for a while. Detached it returns as soon as the agent
listens; `python -m agents.stop` ends it. Logs are in `.soundyard/agents/`.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from agents import devices, follow, launch, naming, several, unmodified
from agents.environments import decision, environment, pythons
from agents.left import orphans, processes
from agents.told import tracked
from audio import interruption
from audio.command_line import CommandLine
from tasks.client import connection, names
from tasks.errors import NotConfigured, SoundyardError, Unreachable

LISTENS = "Listening to queues"  # what the agent prints once the server has registered it
START_SECONDS = 60.0
WAIT_SECONDS = 300.0
DRAIN_SECONDS = 60.0
GPU_FREE = 0.5


class DidNotStart(SoundyardError):
    """The agent ended, or said nothing, before it listened."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    started: list[processes.Agent] = []
    try:
        if options.wait is not None:
            wait_for_the_server(options.wait)
        kind = decision.OWN if options.build_environment else options.environment
        for gpus, name in several.wanted(options):
            started.append(
                start(
                    options.queue,
                    gpus=gpus,
                    services=options.services_mode,
                    kind=kind,
                    name=name,
                    drain=options.drain,
                    free=options.gpu_free,
                )
            )
    except SoundyardError as fault:
        _end(started)
        print(f"error: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _end(started)
        print("interrupted", file=sys.stderr)
        return interruption.caught()
    if options.detached:
        for agent in started:
            print(f"agent {agent.name} listens on {agent.about}; its log is {agent.log}")
        return 0
    return follow.follow(started)


def _end(agents: Sequence[processes.Agent]) -> None:
    """Those that were started before one could not be."""
    for agent in agents:
        processes.end(agent, environment.folder())


def parser() -> CommandLine:
    command_line = CommandLine(
        prog="python -m agents.start",
        description="Start a clearml-agent on this machine, for the configured server.",
    )
    add_options(command_line)
    return command_line


def add_options(command_line: CommandLine) -> None:
    """What an agent can be started with."""
    add = command_line.add_argument
    add(
        "--queue",
        nargs="+",
        default=[names.QUEUE],
        help="queues to listen on, most important first; made if missing",
    )
    _add_devices(command_line)
    add(
        "--services-mode",
        action="store_true",
        help="run any number of tasks at once: for controllers, which wait",
    )
    add("--name", help="what to call it (default: its queues and device); it is known to the server by it")
    add(
        "--wait",
        nargs="?",
        type=float,
        const=WAIT_SECONDS,
        metavar="SECONDS",
        help=f"for a server that is not up yet, {WAIT_SECONDS:.0f} s if no other time is given",
    )
    _add_supervision(command_line)
    add("--detached", action="store_true", help="return once the agent listens")
    add(
        "--environment",
        choices=(decision.AUTO, decision.INSTALLED, decision.OWN),
        default=decision.AUTO,
        help="what tasks run in: the environment installed here if it is what they recorded, else one of their own "
        "(auto); always this one; always their own. A task's user property `environment` goes before it",
    )
    add("--build-environment", action="store_true", help="the same as --environment own")


def _add_devices(command_line: CommandLine) -> None:
    """Options that say what an agent computes on: one of them."""
    add = command_line.add_mutually_exclusive_group().add_argument
    add(
        "--gpus",
        help="the GPUs that it may use: indices, such as 0 or 0,1, MIG ids, or all (default: 0 if there is one)",
    )
    add("--all", action="store_true", help="an agent for each GPU of this machine")
    add("--cpu-only", action="store_true", help="use no GPU")


def _add_supervision(command_line: CommandLine) -> None:
    """Options that say how many agents there are, when they take a task, and how they end."""
    add = command_line.add_argument
    add(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="so many agents, side by side, each with a task of its own; on the CPU",
    )
    add(
        "--drain",
        type=float,
        default=DRAIN_SECONDS,
        metavar="SECONDS",
        help=f"on SIGTERM, how long a task may take to finish until it goes back to its queue ({DRAIN_SECONDS:.0f})",
    )
    add(
        "--gpu-free",
        type=float,
        default=GPU_FREE,
        metavar="SHARE",
        help=f"how much of a GPU's memory has to be free before a task is taken, 0 to 1 ({GPU_FREE}); 0: any",
    )


def wait_for_the_server(seconds: float) -> None:
    """Return once the configured server answers; a configuration that is not there yet is waited for as well.

    Raises:
        NotConfigured, Unreachable: it did not within `seconds`. WrongCredentials: at once.
    """
    deadline, told = time.monotonic() + seconds, False
    while True:
        try:
            connection.use()
            return
        except (NotConfigured, Unreachable) as fault:
            if not told:
                print(f"waiting up to {seconds:g} s: {fault}", file=sys.stderr, flush=True)
                told = True
            if time.monotonic() >= deadline:
                raise type(fault)(f"{fault} Waited for {seconds:g} s.") from fault
        time.sleep(min(0.5, max(0.0, deadline - time.monotonic())))


def start(
    queues: Sequence[str],
    *,
    gpus: str | None = "",
    services: bool = False,
    kind: str = decision.AUTO,
    name: str | None = None,
    drain: float = DRAIN_SECONDS,
    free: float = GPU_FREE,
) -> processes.Agent:
    """Start `clearml-agent daemon` below its supervisor and wait until it listens.

    `gpus`: indices, None for none at all, empty for the first if there is one. `name`: of queues and device if None.

    Raises:
        NotConfigured, Unreachable, WrongCredentials, NoSuchDevice, NameTaken, DidNotStart.
    """
    server, folder = connection.use(), environment.folder()
    if any(one.isspace() for one in str(folder.resolve())):
        raise DidNotStart(
            f"An agent takes no folder with a blank in its path, as {folder.resolve()} has. Move the checkout, or "
            "set SOUNDYARD_STATE to a folder without."
        )
    for said in orphans.end(folder):
        print(said, file=sys.stderr, flush=True)
    gpus = _checked(gpus, services)
    device = "cpu" if gpus is None else f"gpu{gpus.replace(',', '-')}"
    name = naming.free_name(name, "-".join([*queues, "services" if services else device]), folder)
    log = folder / f"{name}.log"
    worker = naming.worker_id(name, folder)
    if not log.exists():  # with a log here it is one of ours that comes back
        naming.require_unused(worker, connection.call(server, "workers.get_all")["workers"])
    variables = environment.prepare(server, name, kind=kind)
    variables |= {"PYTHONPATH": str(connection.ROOT), tracked.WORKER_ID: worker, unmodified.LOG: str(log)}
    command = [*_supervised(gpus, drain, free), *_command(queues, gpus, services, kind)]
    process = _run(command, variables, folder, log)
    agent = processes.record(folder, name, process.pid, log, f"{', '.join(queues)} ({device})")
    try:
        _wait_until_it_listens(process, log)
    except BaseException:
        processes.end(agent, folder)
        raise
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie when it ends before we do
    return agent


def _checked(gpus: str | None, services: bool) -> str | None:
    """The indices to use; what is left open is the first GPU if there is one. Raises NoSuchDevice."""
    if gpus == "":
        gpus = "0" if devices.present() and not services else None
    if gpus is not None:
        devices.check(gpus)
    return gpus


def _supervised(gpus: str | None, drain: float, free: float) -> list[str]:
    command = [sys.executable, "-m", processes.SUPERVISOR, "--drain", f"{drain:g}", "--free", f"{free:g}"]
    return [*command, *(["--gpus", gpus] if gpus else []), "--"]


def _command(queues: Sequence[str], gpus: str | None, services: bool, kind: str) -> list[str]:
    command = [
        sys.executable,
        "-m",
        launch.DAEMON,
        "clearml_agent",
        "daemon",
        "--foreground",
        "--create-queue",
    ]
    command += ["--queue", *queues]
    command += ["--cpu-only"] if gpus is None else ["--gpus", gpus]
    command += ["--services-mode"] if services else []
    return [*command, "--child-report-tags", *_pythons(kind)]


def _run(command: list[str], variables: dict[str, str], folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    """The daemon as the leader of a session of its own, writing to its log; the log before is kept."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # which would be inherited
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:  # appended to: it is cut short while it is written
        return subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _pythons(kind: str) -> list[str]:
    """Tags by which the server knows which recorded Pythons its tasks may have."""
    versions = [pythons.running()] if kind == decision.INSTALLED else pythons.installed()
    return [f"python{version}" for version in versions]


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = log.read_text(errors="replace")
        if LISTENS in said:
            return
        if process.poll() is not None:
            last = "\n".join(said.strip().splitlines()[-5:])
            raise DidNotStart(f"The agent ended with status {process.returncode}:\n{last}\nIts log is {log}.")
        time.sleep(0.1)
    raise DidNotStart(f"The agent has not registered within {START_SECONDS:.0f} s. Its log is {log}.")


if __name__ == "__main__":
    sys.exit(main())
