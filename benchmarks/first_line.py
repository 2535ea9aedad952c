"""From enqueuing until the first line of user code, by an unmodified agent on a warm machine; where the time goes.

    python -m benchmarks.first_line                       # about a minute
    python -m benchmarks.first_line --write benchmarks/results/first-line.json

Warm: the agent listens, and the task's repository is in its cache. The task's first line tells the time, and when the
processes began that led to it; the moments before are the server's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from pathlib import Path
from statistics import median

import orjson

from audio.command_line import CommandLine
from benchmarks.servers import Client, Process, line, machine, real_agents, scratch, soundyard

QUEUE = "first-line"
LIMIT = 2.5  # s
CODE = """\
import time
first = time.time()
import json, os, psutil

def began(pid):  # psutil's create_time is only as good as the second in which the machine was started
    with open(f"/proc/{pid}/stat") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    return ticks / os.sysconf("SC_CLK_TCK") + time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

launcher = next(one for one in psutil.Process().parents() if "agents.launch" in one.cmdline())
told = {"launcher": began(launcher.pid), "agent": began(os.getpid()), "first line": first}
with open(os.environ["BENCH_TOLD"], "w") as file:
    json.dump(told, file)
"""
STEPS = {
    "the agent's poll is answered": "taken",
    "agent: task told as started, its log opened": "launcher",
    "launcher: the environment is decided": "agent",
    "agent: imports, git, the task's interpreter": "first line",
}


def repository(folder: Path) -> Path:
    """A repository with the program that tells when its first line ran."""
    (made := folder / "code").mkdir()
    (made / "told.py").write_text(CODE)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *words], cwd=made, check=True)
    return made


def once(client: Client, queue: str, code: Path, told: Path) -> dict[str, float]:
    """Run the program by the agent; gives seconds since it was enqueued, by step."""
    script = {"repository": str(code), "branch": "main", "entry_point": "told.py", "working_dir": "."}
    task = client.call("tasks.create", name="told", type="training", script={**script, "binary": "python3"})[
        "id"
    ]
    told.unlink(missing_ok=True)
    began = time.time()
    client.call("tasks.enqueue", task=task, queue=queue)
    while client.call("queues.get_num_entries", queue=queue)["num"]:
        time.sleep(0.005)
    taken = time.time()
    while (found := _status(client, task)) in ("queued", "in_progress"):
        time.sleep(0.1)
    if found != "completed" or not told.exists():
        raise RuntimeError(f"the task is {found}; the agent's log says why")
    moments = {"taken": taken, **orjson.loads(told.read_bytes())}
    return {name: moment - began for name, moment in moments.items()}


def _status(client: Client, task: str) -> str:
    return str(client.call("tasks.get_by_id", task=task, only_fields=["status"])["task"]["status"])


def measure(process: Process, folder: Path, runs: int) -> list[dict[str, float]]:
    client, told = Client(process, folder), folder / "told.json"
    queue = client.call("queues.create", name=QUEUE)["id"]
    code = repository(folder)
    with real_agents(folder, ["--queue", QUEUE], BENCH_TOLD=str(told)):
        once(client, queue, code, told)  # fetches the repository
        return [once(client, queue, code, told) for _ in range(runs)]


def shares(runs: list[dict[str, float]]) -> dict[str, float]:
    """Median seconds of each step."""
    found, before = {}, None
    for step, name in STEPS.items():
        since = before
        found[step] = median(run[name] - (run[since] if since else 0.0) for run in runs)
        before = name
    return found


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="after the first (default: %(default)s)")
    parser.add_argument("--write", type=Path, help="file for the figures")
    given = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    with scratch("first-line") as folder, soundyard(folder) as process:
        runs = measure(process, folder, given.runs)
    whole = [run["first line"] for run in runs]
    shown = f"p50 {median(whole):.2f}, worst {max(whole):.2f} s"
    line("enqueued until the first line of user code", shown, f"p50 under {LIMIT} s", median(whole) < LIMIT)
    steps = shares(runs)
    for step, seconds in steps.items():
        line(f"  {step}", f"{seconds:.2f} s")
    if given.write:
        rounded = {step: round(seconds, 3) for step, seconds in steps.items()}
        content = {
            "machine": machine(), "load before": load, "seconds": [round(one, 2) for one in whole], "steps": rounded,
        }  # fmt: skip
        given.write.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
