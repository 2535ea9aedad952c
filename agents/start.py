"""Start an agent on this machine.

    python -m agents.start --queue audio --gpus 0
    python -m agents.start --queue audio --cpu-only --detached
    python -m agents.start --queue services --services-mode --detached    for pipeline controllers

In the foreground it shows what the agent says, and Ctrl-C ends the agent and the task it runs. Detached it returns as
soon as the agent listens; `python -m agents.stop` ends it. Logs are in `.soundyard/agents/`.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from agents import decision, devices, environment, launch, processes
from audio.command_line import CommandLine
from tasks import connection, names
from tasks.errors import SoundyardError

LISTENS = "Listening to queues"  # what the agent prints once the server has registered it
START_SECONDS = 60.0


class DidNotStart(SoundyardError):
    """The agent ended, or said nothing, before it listened."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        agent = start(
            options.queue,
            gpus=None if options.cpu_only else options.gpus,
            services=options.services_mode,
            kind=decision.OWN if options.build_environment else options.environment,
        )
    except SoundyardError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    if options.detached:
        print(f"agent {agent.name} listens on {agent.about}; its log is {agent.log}")
        return 0
    return _follow(agent)


def parser() -> CommandLine:
    command_line = CommandLine(
        prog="python -m agents.start",
        description="Start a clearml-agent on this machine, for the configured server.",
    )
    add = command_line.add_argument
    add(
        "--queue",
        nargs="+",
        default=[names.QUEUE],
        help="queues to listen on, most important first; made if missing",
    )
    device = command_line.add_mutually_exclusive_group()
    device.add_argument(
        "--gpus", help="indices of the GPUs it may use, such as 0 or 0,1 (default: 0 if there is one)"
    )
    device.add_argument("--cpu-only", action="store_true", help="use no GPU")
    add(
        "--services-mode",
        action="store_true",
        help="run any number of tasks at once: for controllers, which wait",
    )
    add("--detached", action="store_true", help="return once the agent listens")
    add(
        "--environment",
        choices=(decision.AUTO, decision.INSTALLED, decision.OWN),
        default=decision.AUTO,
        help="what tasks run in: the environment installed here if it is what they recorded, else one of their own "
        "(auto); always this one; always their own. A task's user property `environment` goes before it",
    )
    add("--build-environment", action="store_true", help="the same as --environment own")
    return command_line


def start(
    queues: Sequence[str],
    *,
    gpus: str | None = "",
    services: bool = False,
    kind: str = decision.AUTO,
) -> processes.Agent:
    """Start `clearml-agent daemon` and wait until it listens.

    `gpus`: indices, None for none at all, empty for the first if there is one.

    Raises:
        NotConfigured, Unreachable, WrongCredentials, NoSuchDevice, DidNotStart.
    """
    server, folder = connection.use(), environment.folder()
    if gpus == "":
        gpus = "0" if devices.present() and not services else None
    if gpus is not None:
        devices.check(gpus)
    device = "cpu" if gpus is None else f"gpu{gpus.replace(',', '-')}"
    name = _free_name("-".join([*queues, "services" if services else device]), folder)
    variables = environment.prepare(server, name, kind=kind)
    command = [
        sys.executable,
        "-m",
        launch.DAEMON,
        "clearml_agent",
        "daemon",
        "--foreground",
        "--create-queue",
        "--queue",
        *queues,
    ]
    command += ["--cpu-only"] if gpus is None else ["--gpus", gpus]
    command += ["--services-mode"] if services else []
    log = folder / f"{name}.log"
    signal.signal(signal.SIGINT, signal.default_int_handler)  # an ignored SIGINT would be inherited
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**variables, "PYTHONPATH": str(connection.ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    agent = processes.record(folder, name, process.pid, log, f"{', '.join(queues)} ({device})")
    try:
        _wait_until_it_listens(process, log)
    except BaseException:
        processes.end(agent, folder)
        raise
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie when it ends before we do
    return agent


def _free_name(wanted: str, folder: Path) -> str:
    taken = {agent.name for agent in processes.running(folder)}
    candidates = [wanted, *(f"{wanted}-{number}" for number in range(2, 1000))]
    return next(one for one in candidates if one not in taken)


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


def _follow(agent: processes.Agent) -> int:
    """Show the agent's log until it ends, or until we are told to end it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Path(agent.log).open(errors="replace") as log:
            while agent.alive:
                _show(log)
                time.sleep(0.2)
            _show(log)
    except KeyboardInterrupt:
        print(f"\nending agent {agent.name}", file=sys.stderr)
    finally:
        processes.end(agent, environment.folder())
    return 0


def _show(log: IO[str]) -> None:
    sys.stdout.write(log.read())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
