"""Slurm on this machine alone, in a temporary folder: munged, slurmctld and slurmd, as root, with one node."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from tests.conftest import free_port, until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
CONF = """\
ClusterName=soundyard
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={daemon}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
KillWait=5
MinJobAge=300
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=debug Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why Slurm can't be started here; empty when it can be tried."""
    if os.geteuid():
        return "Slurm's daemons are started by root alone"
    absent = [one for one in PROGRAMS if shutil.which(one) is None]
    return f"not installed here: {', '.join(absent)} (Debian: slurm-wlm, munge)" if absent else ""


class DoesNotStart(Exception):
    """The daemons are installed, and don't run on this machine."""


class Cluster:
    """The three daemons; `variables` are what Slurm's commands need to find them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._running = folder, {}
        for one in ("state", "spool"):
            (folder / one).mkdir(parents=True)
        self._conf = folder / "slurm.conf"
        host = socket.gethostname().split(".")[0]
        self._conf.write_text(
            CONF.format(
                folder=folder,
                host=host,
                node="here",
                control=free_port(),
                daemon=free_port(),
                cpus=os.cpu_count(),
            )
        )
        (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
        self.variables = {"SLURM_CONF": str(self._conf)}
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        folder.chmod(0o755)  # munged wants its socket where everybody may look
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise

    def _start_all(self) -> None:
        munge = [f"--key-file={self.folder}/munge.key", f"--socket={self.folder}/munge.socket"]
        munge += [f"--pid-file={self.folder}/munge.pid", f"--log-file={self.folder}/munge.log"]
        self._start("munged", "--foreground", "--force", f"--seed-file={self.folder}/munge.seed", *munge)
        self._wait((self.folder / "munge.socket").exists, "munged")
        self.start("slurmctld")
        self._start("slurmd", "-D", "-N", "here", "-f", str(self._conf))
        self._wait(lambda: "idle" in self.command("sinfo", "-h", "-o", "%T"), "a node that is idle")

    def _wait(self, condition, what: str) -> None:
        try:
            until(condition, 30, what)
        except AssertionError as fault:
            said = "\n".join(
                one.read_text(errors="replace")[-1500:] for one in sorted(self.folder.glob("*.log"))
            )
            raise DoesNotStart(f"{fault}\n{said}") from fault

    def start(self, name: str) -> None:
        """Start the controller, or start it again."""
        self._start(name, "-D", "-f", str(self._conf))

    def end(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self, name: str, *options: str) -> None:
        program = shutil.which(name)
        assert program is not None
        with (self.folder / f"{name}.out.log").open("a") as log:
            self._running[name] = subprocess.Popen(
                [program, *options], env={**os.environ, **self.variables}, stdout=log, stderr=log, cwd="/"
            )

    def command(self, *words: str) -> str:
        """What one of Slurm's commands says."""
        done = subprocess.run(
            words, env={**os.environ, **self.variables}, capture_output=True, text=True, timeout=60
        )
        return done.stdout + done.stderr

    def jobs(self) -> dict[str, list[str]]:
        """{name of a job: the states of the jobs of that name}."""
        found: dict[str, list[str]] = {}
        for line in self.command("squeue", "-h", "-t", "all", "-o", "%T|%j").splitlines():
            state, _, name = line.partition("|")
            found.setdefault(name, []).append(state)
        return found

    def stop(self) -> None:
        if "slurmctld" in self._running:
            self.command("scancel", "--full", "--user=root")
        for name in ("slurmd", "slurmctld", "munged"):
            if name in self._running:
                self.end(name)
