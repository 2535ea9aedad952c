"""Many machines for real: a search over agents on hosts of their own, while hosts, network, server and search fail.

Each host is a network namespace with its own name, home, keys, configuration and clone; its agent is `clearml-agent
daemon`, as ClearML ships it. One of them reaches the server through TLS alone.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import ROOT, ServerProcess, until
from tests.e2e import namespaces
from tests.e2e.certificates import certificate
from tests.e2e.conftest import write_sounds
from tests.e2e.namespaces import Host, Network

pytestmark = pytest.mark.slow
TRIALS, EPOCHS, AT_A_TIME = 24, 60, 4
LOST_SECONDS = 90  # of silence, after which a worker is gone
CUT = 60.0  # s without a network
PORT, TLS_PORT, GIT_PORT = 8080, 8443, 9418
WORKERS = ("one", "two", "three")
CONF = """\
api {{
  web_server: "{url}"
  api_server: "{url}/api"
  files_server: "{url}/files"
  http.retries {{ backoff_factor: 0.2, backoff_max: 2.0 }}
  credentials {{ access_key: "{access}", secret_key: "{secret}" }}
}}
sdk.development.report_use_subprocess: false
sdk.storage.cache.default_base_dir: "~/cache"
agent {{
  worker_name: "{name}"
  package_manager.pytorch_resolve: "none"
  force_git_root_python_path: true
}}
"""
ELSEWHERE = 'sdk.storage.path_substitution: [{{registered_prefix: "{there}", local_prefix: "{here}"}}]\n'


class Server(ServerProcess):
    """The embedded server on a host of its own."""

    def __init__(self, folder: Path, host: Host) -> None:
        self._host = host
        super().__init__(
            folder, "--host", host.address, "--auth", "password", prefix=host.command(), port=PORT
        )

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"the server died:\n{self.log.read_text()}"
        self.url = f"http://{self._host.address}:{PORT}"
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok and self.conf.exists()
        except requests.RequestException:
            return False

    def new_keys(self, name: str) -> tuple[str, str]:
        """An account for the programs of one host, and its access key."""
        self.admin("users.create", name=name, role="user", password="a long password")
        command = [sys.executable, "-m", "server", "user", "key", name, "--data", str(self.folder / "server")]
        made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        access, secret = re.findall(r'(?:access|secret)_key: "([^"]+)"', made.stdout)
        return access, secret


class Machine:
    """A host with somebody's home on it: keys, a configuration, a clone of the repository, perhaps an agent."""

    def __init__(
        self, server: Server, host: Host, folder: Path, url: str, repository: str, cert: Path
    ) -> None:
        self.host, self.home = host, folder / host.name
        for one in ("tmp", "cache"):
            (self.home / one).mkdir(parents=True)
        access, secret = server.new_keys(host.name)
        conf = CONF.format(url=url, access=access, secret=secret, name=host.name)
        if url != server.url:
            conf += ELSEWHERE.format(there=server.url, here=url)
        (self.home / "clearml.conf").write_text(conf)
        self.clone = self.home / "soundyard"
        kept = {
            name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LD_LIBRARY_PATH")
        }
        self.environment = {
            **kept,
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "REQUESTS_CA_BUNDLE": str(cert),
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
            "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1",  # what tasks need is installed on this machine
        }
        done = host.run(
            "git", "clone", "-q", repository, str(self.clone), cwd=self.home, env=self.environment
        )
        assert done.returncode == 0, done.stderr

    def python(self, *words: str, timeout: float = 240) -> str:
        """What a program of the clone says. Fails when that fails."""
        done = self.host.run(sys.executable, *words, cwd=self.clone, env=self.environment, timeout=timeout)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_agent(self, *options: str) -> None:
        command = ["clearml-agent", "daemon", "--foreground", "--cpu-only", *options]
        self.host.start(*command, log=self.home / "agent.log", cwd=self.clone, env=self.environment)

    def runs(self, task: str) -> bool:
        """Whether a process here belongs to a task."""
        return any(one.environ().get("CLEARML_TASK_ID") == task for one in self.host.processes())


class Site:
    """The server, three hosts with agents, one for controllers, and one where a person sits."""

    def __init__(self, network: Network, folder: Path, opened: ExitStack) -> None:
        served = network.host("server")
        (folder / "server").mkdir()
        self.server = Server(folder / "server", served)
        opened.callback(self.server.stop)
        repository = self._serve_the_code(network.host("code"), folder)
        route = network.host("route")
        cert, key = certificate(folder, "route", route.address)
        tls = ["-m", "tests.e2e.tls_route", str(TLS_PORT), str(cert), str(key), served.address, str(PORT)]
        route.start(sys.executable, *tls, log=folder / "route.log", cwd=ROOT)
        self.machines: dict[str, Machine] = {}
        for name in (*WORKERS, "controllers", "desk"):
            host = network.host(name)
            url = f"https://{route.address}:{TLS_PORT}" if name == "three" else self.server.url
            self.machines[name] = Machine(self.server, host, folder, url, repository, cert)
        three = self.machines["three"].host
        namespaces.ip(
            "netns", "exec", three.namespace, "ip", "route", "add", "prohibit", f"{served.address}/32"
        )

    def _serve_the_code(self, host: Host, folder: Path) -> str:
        """This working tree, as a repository that other hosts fetch from. Returns: its address."""
        bare = folder / "git" / "soundyard"
        git = ["git", "-c", "receive.shallowUpdate=true"]
        subprocess.run([*git, "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
        subprocess.run(["git", "-C", str(bare), "config", "receive.shallowUpdate", "true"], check=True)
        stashed = subprocess.run(
            ["git", "-C", str(ROOT), "stash", "create"], check=True, capture_output=True, text=True
        )
        commit = stashed.stdout.strip() or "HEAD"
        subprocess.run(
            ["git", "-C", str(ROOT), "push", "-q", str(bare), f"{commit}:refs/heads/main"], check=True
        )
        serve = ["git", "daemon", "--export-all", f"--base-path={bare.parent}", f"--port={GIT_PORT}"]
        host.start(*serve, log=folder / "git.log", cwd=folder, env={**os.environ, "HOME": str(folder)})
        return f"git://{host.address}:{GIT_PORT}/soundyard"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    if reason := namespaces.missing():
        pytest.skip(reason)
    with Network() as network, ExitStack() as opened:
        yield Site(network, tmp_path, opened)


def started(site: Site, sounds: Path) -> str:
    """A search of many short trials on the queue of controllers. Returns: its id."""
    server, desk = site.server, site.machines["desk"]
    ids = dict(
        line.split(": ") for line in desk.python("-m", "tasks.register").splitlines() if line.count(": ") == 1
    )
    made = desk.python(
        *("-m", "tasks.preprocess", "--dataset", "folder", "--data", str(sounds), "--sample_rate", "16000"),
        *("--examples", "1", "--workers", "1"),
    )
    dataset = made.split("dataset ")[-1].split()[0]
    for queue in ("trials", "controllers"):
        policy = {"lost_seconds": str(LOST_SECONDS), "lost_retries": "3"}
        metadata = [{"key": key, "type": "str", "value": value} for key, value in policy.items()]
        server.call("queues.add_or_update_metadata", queue=server.queue(queue), metadata=metadata)
    search = str(server.call("tasks.clone", task=ids["search"], new_task_name="over three hosts")["id"])
    values = {
        "dataset_id": dataset,
        "queue": "trials",
        "trials": TRIALS,
        "epochs": EPOCHS,
        "concurrent": AT_A_TIME,
        "sampler": "random",
        "prune": "none",
        "space": "learning_rate=log:0.0003..0.01, dropout=0.0..0.5",
    }
    items = [{"section": "Args", "name": name, "value": str(value)} for name, value in values.items()]
    server.call("tasks.edit_hyper_params", task=search, hyperparams=items)
    server.enqueue(search, "controllers")
    return search


def trials(server: ServerProcess, search: str, *statuses: str) -> list[dict[str, Any]]:
    wanted = {"status": list(statuses)} if statuses else {}
    fields = ["id", "name", "status", "status_reason", "last_worker", "runtime", "hyperparams.properties"]
    return list(server.call("tasks.get_all", parent=search, only_fields=fields, **wanted)["tasks"])


def running_on(server: ServerProcess, search: str, name: str) -> Callable[[], str]:
    """Gives a trial that a host is in the middle of."""

    def found() -> str:
        for one in trials(server, search, "in_progress"):
            if one.get("last_worker", "").startswith(f"{name}:"):
                reported = server.scalars(one["id"]).get("loss", {}).get("train", {}).get("x", [])
                if 0 < len(reported) < 3 * EPOCHS // 4:
                    return str(one["id"])
        return ""

    return found


@pytest.mark.timeout(2400)
def test_a_search_over_three_hosts_counts_every_trial_once_whatever_fails_meanwhile(
    site: Site, tmp_path: Path
) -> None:
    server, machines = site.server, site.machines
    direct = machines["three"].host.run("curl", "-sm", "5", f"{server.url}/healthz", cwd=tmp_path)
    assert direct.returncode != 0, "the third host is to reach the server through TLS alone"
    search = started(site, write_sounds(tmp_path / "sounds"))
    machines["controllers"].start_agent("--services-mode", "--queue", "controllers")
    for name in WORKERS:
        machines[name].start_agent("--queue", "trials")
    until(lambda: len(trials(server, search, "completed")) >= 4, 400, "the search is under way")

    lost = str(until(running_on(server, search, "one"), 120, "the first host trains"))
    machines["one"].host.power_off()
    cut = str(until(running_on(server, search, "two"), 120, "the second host trains"))
    machines["two"].host.unplug()
    cut_at = time.monotonic()
    machines["controllers"].host.power_off()  # the search itself, and its agent
    server.kill()
    time.sleep(5)
    server.start()
    machines["controllers"].start_agent("--services-mode", "--queue", "controllers")  # as systemd would
    time.sleep(max(0.0, CUT - (time.monotonic() - cut_at)))
    assert machines["two"].runs(cut), "the trial without a network has been given up"
    machines["two"].host.plug()

    def ended() -> bool:
        return server.status(search) in ("completed", "failed", "stopped")

    until(ended, 1200, "the search has ended")
    task = server.task(search)
    assert task["status"] == "completed", (task["status_reason"], server.console(search)[-3000:])
    found = trials(server, search)
    assert Counter(one["status"] for one in found) == {"completed": TRIALS}, found
    marks = [{key: item["value"] for key, item in one["hyperparams"]["properties"].items()} for one in found]
    assert sorted((int(one["trial"]), int(one["repeat"])) for one in marks) == [(n, 0) for n in range(TRIALS)]
    assert {one["last_worker"].split(":")[0] for one in found} == set(WORKERS)
    again = {one["id"]: one for one in found if (one.get("runtime") or {}).get("lost_workers")}
    assert again[lost]["runtime"]["last_lost_worker"].startswith("one:")
    assert not again[lost]["last_worker"].startswith("one:"), "a host without power has finished it"
    assert re.search(r"worker lost: one:.*back at the front of its queue, retry 1 of 3", server.console(lost))
    assert set(again) <= {lost, cut}, again
    for one in found:
        lines = server.scalars(one["id"])
        for metric, variant in (("loss", "train"), ("accuracy", "validation")):
            assert lines[metric][variant]["x"] == list(range(1, EPOCHS + 1)), (one["id"], metric)
        models = server.task(one["id"])["models"]["output"]
        assert len({model["name"] for model in models}) == len(models), models
    assert task["runtime"]["lost_workers"] == "1" and "The search goes on" in server.console(search)
    assert server.scalars(search)["accuracy/validation"]["trial"]["x"] == list(range(1, TRIALS + 1))
    assert not server.call("queues.get_by_id", queue=server.queue("trials"))["queue"]["entries"]
