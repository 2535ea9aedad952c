"""Install an agent as a service of systemd: it starts with the machine, and comes back when it dies.

    python -m agents.install --queue audio --gpus 0
    python -m agents.install --queue urgent audio --all --unit soundyard-gpus
    python -m agents.install --queue audio --print           the unit, and nothing is changed
    python -m agents.install --remove                        stopped, its task handed back, and taken away

Everything behind it is what `agents.start` takes. Root installs it for the machine, anybody else for themselves.
"""

import getpass
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents import several, start
from agents.environments import environment
from audio.command_line import CommandLine
from tasks.client import connection
from tasks.errors import SoundyardError

SPARE_SECONDS = 30  # to end after the task had its time to finish
PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
OWN = ("unit", "print", "remove")  # options of this program alone


class NotInstalled(SoundyardError):
    """systemd could not do it, or is not there."""


@dataclass(frozen=True)
class Service:
    """Where a unit is, and whom it belongs to."""

    name: str
    system: bool  # of the machine, or of one person

    @property
    def file(self) -> Path:
        if self.system:
            return Path("/etc/systemd/system") / f"{self.name}.service"
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return Path(config) / "systemd" / "user" / f"{self.name}.service"

    def systemctl(self, *words: str) -> list[str]:
        return ["systemctl", *([] if self.system else ["--user"]), *words]


def main(arguments: Sequence[str] | None = None) -> int:
    command_line = parser()
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = command_line.parse_args(given)
    if options.detached:
        command_line.error(
            "--detached leaves systemd nothing to watch; it runs in the background in any case"
        )
    if not re.fullmatch(r"[A-Za-z0-9:_.@-]+", options.unit):
        command_line.error(
            f"--unit is {options.unit!r}; systemd takes letters, digits and : _ . @ - in a name"
        )
    service = Service(options.unit.removesuffix(".service"), os.geteuid() == 0)
    try:
        if options.remove:
            return _remove(service)
        list(several.wanted(options))  # refused here, not by a service that starts again for ever
        text = unit(started_with(given), options.queue, options.drain, service.system)
        if options.print:
            print(text, end="")
            return 0
        connection.use()
        _install(service, text)
    except SoundyardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> CommandLine:
    """The options of `agents.start`, and where they go."""
    command_line = CommandLine(
        prog="python -m agents.install",
        description="Install an agent as a service of systemd, which starts with the machine.",
    )
    start.add_options(command_line)
    group = command_line.add_argument_group("service")
    group.add_argument(
        "--unit", default="soundyard-agent", metavar="NAME", help="what systemd calls it (%(default)s)"
    )
    group.add_argument("--print", action="store_true", help="show the unit and change nothing")
    group.add_argument("--remove", action="store_true", help="stop it and take it away")
    return command_line


def started_with(given: Sequence[str]) -> list[str]:
    """Of what was given, what goes on to `agents.start`, as it was written."""
    kept, skipped = [], False
    for word in given:
        name, equals, _ = word.removeprefix("--").partition("=")
        if skipped:
            skipped = False
        elif word.startswith("--") and name in OWN:
            skipped = name == "unit" and not equals
        else:
            kept.append(word)
    waits = any(word.partition("=")[0] == "--wait" for word in kept)
    return kept if waits else [*kept, "--wait"]


def unit(given: Sequence[str], queues: Sequence[str], drain: float, system: bool) -> str:
    """The unit's text: `agents.start` with what was `given`, its configuration and folders as they are here.

    On SIGTERM the first process alone is told: it lets the task finish for `drain` seconds, or hands it back.
    """
    root, state = connection.ROOT, connection.state().resolve()
    variables = {
        "PYTHONPATH": str(root),
        "SOUNDYARD_STATE": str(state),
        "PATH": os.environ.get("PATH", os.defpath),
    }
    if chosen := os.environ.get("CLEARML_CONFIG_FILE"):
        variables["CLEARML_CONFIG_FILE"] = str(Path(chosen).expanduser().resolve())
    command = [sys.executable, "-m", "agents.start", *given]
    owner = _owner(state) if system else ""
    lines = [
        "[Unit]",
        f"Description=Soundyard agent on {_text(', '.join(queues))}",
        "After=network-online.target",
        "Wants=network-online.target",
        "",
        "[Service]",
        *([f"User={owner}"] if owner else []),
        f"WorkingDirectory=-{_text(str(environment.folder().resolve()))}",
        *(f"Environment={_word(f'{name}={value}')}" for name, value in variables.items()),
        f"ExecStart={' '.join(_word(word).replace('$', '$$') for word in command)}",
        "Restart=always",
        "RestartSec=5",
        "KillMode=mixed",
        f"TimeoutStopSec={drain + SPARE_SECONDS:.0f}",
        "",
        "[Install]",
        f"WantedBy={'multi-user' if system else 'default'}.target",
    ]
    return "\n".join(lines) + "\n"


def _owner(state: Path) -> str:
    """Whose folders they are: an agent that root installs for somebody does not run as root."""
    near = next(one for one in (state, *state.parents) if one.exists())
    return pwd.getpwuid(near.stat().st_uid).pw_name


def _text(value: str) -> str:
    """A value that systemd reads to the end of the line; a per cent sign is its own in units."""
    return value.replace("%", "%%")


def _word(value: str) -> str:
    """One word of several, quoted as systemd reads it."""
    value = _text(value)
    if PLAIN.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _install(service: Service, text: str) -> None:
    _write(service.file, text)
    print(f"written: {service.file}")
    if not _systemd_runs():
        enable = shlex.join(service.systemctl("enable", "--now", service.name))
        raise NotInstalled(
            f"systemd does not run here, so nothing starts the agent yet. Where it runs: {enable}"
        )
    _call(service.systemctl("daemon-reload"))
    _call(service.systemctl("enable", service.name))
    _call(service.systemctl("restart", service.name))  # starts it, too: one that ran has the new options
    print(
        f"service {service.name} runs; its log: journalctl {'' if service.system else '--user '}-u {service.name}"
    )
    if not service.system:
        print(f"To have it run while {getpass.getuser()} is logged out: loginctl enable-linger")


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_name(f".{file.name}.{os.getpid()}")
        half.write_text(text)
        half.replace(file)
    except OSError as error:
        raise NotInstalled(f"{file} can't be written: {error.strerror}. --print shows the unit.") from error


def _remove(service: Service) -> int:
    if not service.file.exists():
        raise NotInstalled(f"There is no service {service.name}: {service.file} does not exist.")
    if _systemd_runs():
        _call(service.systemctl("disable", "--now", service.name))
    service.file.unlink()
    print(f"service {service.name} taken away")
    return 0


def _systemd_runs() -> bool:
    return bool(shutil.which("systemctl")) and Path("/run/systemd/system").is_dir()


def _call(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or f"status {done.returncode}"
        raise NotInstalled(f"{shlex.join(command)}: {said}")


if __name__ == "__main__":
    sys.exit(main())
