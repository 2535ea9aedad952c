"""Hosts on one machine: network namespaces on a switch of their own, each with an address, a name and a cable.

The switch is a bridge in a namespace of its own, so that nothing is left once the namespaces are gone. This machine
itself has a cable to the switch, too. Names and addresses are told apart by the id of this process. Linux, as root.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from tests.conftest import until

NETWORK = "198.18.{}.{}"  # of 198.18.0.0/15, which is kept for tests of networks (RFC 2544)


def missing() -> str:
    """Why no hosts can be made here; empty when they can."""
    if os.geteuid() or shutil.which("ip") is None or shutil.which("unshare") is None:
        return "network namespaces are made by root, with ip and unshare (Debian: iproute2, util-linux)"
    try:
        with Network() as network:
            network.host("trial")
    except subprocess.CalledProcessError as fault:
        return f"no network namespace can be made here: {fault.stderr.strip()}"
    return ""


def ip(*words: str) -> str:
    """What `ip` says. Raises CalledProcessError, with its words."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30).stdout


def remove_what_was_left() -> None:
    """Namespaces of runs that were killed themselves."""
    for line in ip("netns", "list").splitlines():
        name = line.split()[0]
        made_by = re.match(r"sy(\d+)x\d+-", name)
        if made_by and not psutil.pid_exists(int(made_by[1])):
            for pid in ip("netns", "pids", name).split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            ip("netns", "delete", name)


class Host:
    """A namespace with an interface `eth0`; what is started in it has a host name of its own."""

    def __init__(self, name: str, namespace: str, address: str, switch: str, port: str) -> None:
        self.name, self.namespace, self.address = name, namespace, address
        self._switch, self._port = switch, port

    def command(self, *words: str) -> list[str]:
        """A command line that runs here. It becomes the process that was started: no other stands before it."""
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$1" && shift && exec "$@"', "sh", self.name]
        return ["ip", "netns", "exec", self.namespace, *named, *words]

    def start(
        self, *words: str, log: Path, cwd: Path, env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            return subprocess.Popen(
                self.command(*words), cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def run(
        self, *words: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 240
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*words), cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def processes(self) -> list[psutil.Process]:
        """Everything that runs here, whoever started it."""
        found = []
        for pid in ip("netns", "pids", self.namespace).split():
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(int(pid)))
        return found

    def power_off(self) -> None:
        """End everything here by SIGKILL, so that nobody can say goodbye."""
        while left := self.processes():  # what is forked meanwhile, too
            for one in left:
                with suppress(psutil.NoSuchProcess):
                    one.send_signal(signal.SIGKILL)
            psutil.wait_procs(left, timeout=10)

    def unplug(self) -> None:
        """Pull the cable: nothing is refused, everything is lost."""
        ip("-n", self._switch, "link", "set", self._port, "down")

    def plug(self) -> None:
        ip("-n", self._switch, "link", "set", self._port, "up")


class Network:
    """A switch, the hosts on it, and this machine at address 1. Everything is gone with the `with`."""

    _made = 0

    def __init__(self) -> None:
        Network._made += 1
        self._name = f"sy{os.getpid()}x{Network._made}"
        self._third = (os.getpid() + 37 * Network._made) % 250 + 1
        self._switch = f"{self._name}-switch"
        self._namespaces: list[str] = []
        self.hosts: dict[str, Host] = {}
        self.address = NETWORK.format(self._third, 1)

    def __enter__(self) -> "Network":
        remove_what_was_left()
        try:
            self._namespace(self._switch)
            ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
            ip("-n", self._switch, "link", "set", "bridge", "up")
            own = self._name[:15]
            ip("link", "add", own, "type", "veth", "peer", "name", "here", "netns", self._switch)
            self._into_the_switch("here")
            ip("addr", "add", f"{self.address}/24", "dev", own)
            ip("link", "set", own, "up")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def host(self, name: str) -> Host:
        """One more host."""
        number = len(self.hosts) + 2
        namespace, address = f"{self._name}-{name}", NETWORK.format(self._third, number)
        self._namespace(namespace)
        port = f"port{number}"
        made = f"link add {port} type veth peer name eth0 netns {namespace}"
        ip("-n", self._switch, *made.split())
        self._into_the_switch(port)
        ip("-n", namespace, "link", "set", "lo", "up")
        ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
        ip("-n", namespace, "link", "set", "eth0", "up")
        self.hosts[name] = Host(name, namespace, address, self._switch, port)
        return self.hosts[name]

    def _namespace(self, name: str) -> None:
        ip("netns", "add", name)
        self._namespaces.append(name)

    def _into_the_switch(self, port: str) -> None:
        ip("-n", self._switch, "link", "set", port, "master", "bridge")
        ip("-n", self._switch, "link", "set", port, "up")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self.hosts.values():
            host.power_off()
        for name in reversed(self._namespaces):  # the switch last, and with it every cable
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, timeout=30)
        until(lambda: f"{self._name}@" not in ip("link"), 20, "the cables are gone")
