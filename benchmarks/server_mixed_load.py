"""All at once: writers, readers, uploads, deletions, hundreds of waiting agents, and clients that mean harm.

python -m benchmarks.server_mixed_load                     # twenty minutes
python -m benchmarks.server_mixed_load --minutes 3         # the same for a shorter time

Counts answers that are a 500, what was acknowledged and is not there afterwards, the 95th percentile of a page of the
table, and the server's memory over time, with its most in each minute. Says of each whether it holds, ends with 1 when
one doesn't, and writes benchmarks/results/server-mixed-load.json. Each kind of client is a process of its own: what
hundreds of threads wait for one another is not the server's time.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from typing import Any

import orjson

from audio.command_line import CommandLine
from benchmarks.server_queues import AGENT
from benchmarks.server_tables import COLUMNS, METRIC, fill
from benchmarks.servers import ROWS, Client, line, scratch, soundyard

RESULT = Path(__file__).parent / "results" / "server-mixed-load.json"
TASKS, WRITERS, READERS, AGENTS, HOSTILE = 2000, 4, 3, 500, 10
BATCH = 200
SHORTEST = 6
"""Minutes after which memory may be judged: until then caches fill."""
SMOOTH = 0.05
"""Seconds between what one client asks: people and programs, not a race."""


class End:
    """The moment at which all clients leave; as an event, though one for several processes."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds  # one clock for the whole machine

    def is_set(self) -> bool:
        return time.monotonic() >= self.at

    def wait(self, seconds: float) -> bool:
        """Sleep so long, or until the end; gives whether it is reached."""
        time.sleep(max(0.0, min(seconds, self.at - time.monotonic())))
        return self.is_set()


@dataclass
class Account:
    """What happened to clients."""

    codes: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    pages: list[float] = field(default_factory=list)  # ms
    curves: dict[str, int] = field(default_factory=dict)  # task → iterations that were acknowledged
    files: dict[str, bool] = field(default_factory=dict)  # name → whether it must be there

    def add(self, other: Account) -> None:
        self.codes += other.codes
        self.faults += other.faults
        self.pages += other.pages
        self.curves |= other.curves
        self.files |= other.files


class Load:
    """What the clients of one process share: where the server is, when to end, and the account."""

    def __init__(self, port: int, token: str, project: str, ended: End) -> None:
        self.port, self.token, self.project, self.ended = port, token, project, ended
        self.account = Account()
        self.lock = threading.Lock()

    def request(
        self, client: http.client.HTTPConnection, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, bytes]:
        sent = {
            "Authorization": f"Bearer {self.token}",
            **{name.replace("_", "-"): one for name, one in headers.items()},
        }
        try:
            client.request(method, path, body, sent)
            answer = client.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as fault:
            client.close()
            with self.lock:
                self.account.faults[type(fault).__name__] += 1
            return 0, b""
        with self.lock:
            self.account.codes[answer.status] += 1
        return answer.status, content

    def connect(self, timeout: float = 60) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, client: http.client.HTTPConnection, endpoint: str, **fields: Any) -> dict[str, Any]:
        status, content = self.request(
            client, "POST", f"/api/{endpoint}", orjson.dumps(fields), Content_Type="application/json"
        )
        return orjson.loads(content)["data"] if status == 200 else {}


def write(load: Load, number: int) -> None:
    """Reports a curve, and now and then begins another task."""
    client = load.connect()
    while not load.ended.is_set():
        task = load.call(
            client, "tasks.create", name=f"live {number}", type="training", project=load.project
        ).get("id")
        if not task:
            continue
        event = {"type": "training_stats_scalar", "task": task, "metric": "m", "variant": "v"}
        for start in range(0, 50 * BATCH, BATCH):
            if load.ended.wait(SMOOTH):
                return
            rows = (orjson.dumps({**event, "iter": at, "value": at}) for at in range(start, start + BATCH))
            status, _ = load.request(client, "POST", "/api/events.add_batch", b"\n".join(rows))
            if status != 200:
                break
            load.account.curves[task] = start + BATCH


def read(load: Load, number: int) -> None:
    """Looks at pages of the table as people do."""
    client, chance = load.connect(), random.Random(number)
    while not load.ended.wait(SMOOTH):
        began = time.perf_counter()
        found = load.call(
            client, "tasks.get_all_ex", project=[load.project], only_fields=COLUMNS, page_size=100,
            page=chance.randrange(5), order_by=[chance.choice([f"-{METRIC}.value", "-last_update"])],
        )  # fmt: skip
        if found:
            load.account.pages.append((time.perf_counter() - began) * 1000)


def upload(load: Load, number: int) -> None:
    """Uploads files, and deletes every other one."""
    client, count = load.connect(), 0
    while not load.ended.wait(SMOOTH):
        name, content = f"mixed/{number}/{count}.bin", os.urandom(200_000)
        body = (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="'
            + name.encode()
            + b'"\r\n\r\n'
            + content
        ) + b"\r\n--x--\r\n"
        status, _ = load.request(
            client, "POST", "/files", body, Content_Type="multipart/form-data; boundary=x"
        )
        if status == 200:
            load.account.files[name] = True
            if count % 2:
                load.account.files[name] = load.request(client, "DELETE", f"/files/{name}")[0] != 200
        count += 1


def delete(load: Load, number: int) -> None:
    """Makes tasks and deletes them, archived ones among them."""
    client = load.connect()
    while not load.ended.wait(4 * SMOOTH):
        task = load.call(client, "tasks.create", name="short", type="testing", project=load.project).get("id")
        if task:
            load.call(client, "events.add", type="log", task=task, msg="x" * 500)
            load.call(client, "tasks.delete", task=task, force=True)


def wait_for_work(load: Load, number: int) -> None:
    """An agent that finds its queue empty."""
    client = load.connect(timeout=90)
    queue = load.call(client, "queues.get_default").get("id")
    load.call(client, "workers.register", worker=f"mixed:{number}", queues=[queue])
    body = orjson.dumps({"queue": queue})
    while queue and not load.ended.is_set():
        load.request(
            client, "POST", "/api/queues.get_next_task", body, Content_Type="application/json", **AGENT
        )


def harm(load: Load, number: int) -> None:
    """Nonsense, half requests, deep documents, wrong tokens, silence."""
    chance = random.Random(number)
    deep = b"[" * 5000 + b"]" * 5000
    bodies = [
        deep,
        b"{",
        b'{"name": ' + b'"' + b"x" * 100_000 + b'"}',
        os.urandom(1000),
        b'{"page_size": 1e400}',
    ]
    while not load.ended.wait(SMOOTH):
        kind = chance.randrange(3)
        if kind == 0:
            client = load.connect()
            load.request(
                client,
                "POST",
                "/api/tasks.get_all_ex",
                chance.choice(bodies),
                Content_Type="application/json",
            )
            client.close()
        elif kind == 1:
            client = load.connect()
            load.request(
                client, "POST", "/api/tasks.create", chance.choice(bodies), Authorization="Bearer nonsense"
            )
            client.close()
        else:
            with suppress(OSError):  # refused and reset is what it may be, at the end above all
                half_a_request(load)


def half_a_request(load: Load) -> None:
    """A connection that begins a request and leaves in the middle of it."""
    with socket.create_connection(("127.0.0.1", load.port), timeout=5) as one:
        one.sendall(b"POST /api/tasks.get_all HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + os.urandom(100))
        load.ended.wait(1)


CLIENTS: list[tuple[Callable[[Load, int], None], int]] = [
    (write, WRITERS), (read, READERS), (upload, 2), (delete, 1), (wait_for_work, AGENTS), (harm, HOSTILE),
]  # fmt: skip


def act(of_one_kind: Sequence[tuple[int, int]], port: int, token: str, project: str, ended: End) -> Account:
    """In a process of its own: clients, given by their place in CLIENTS and their number, until the end."""
    load = Load(port, token, project, ended)
    threads = [
        threading.Thread(target=CLIENTS[kind][0], args=(load, number), daemon=True)
        for kind, number in of_one_kind
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ended.at - time.monotonic()) + 40)
    return load.account


def lost(load: Load, account: Account) -> tuple[int, int]:
    """What was acknowledged and is not there: points and files; and files that were deleted and are."""
    client, missing = load.connect(), 0
    for task, acknowledged in account.curves.items():
        found = load.call(client, "events.scalar_metrics_iter_histogram", task=task, samples=0)
        points = found.get("m", {}).get("v", {}).get("x", [])
        missing += len(set(range(acknowledged)) - set(points))
    wrong = sum(
        (load.request(client, "HEAD", f"/files/{name}")[0] == 200) != there
        for name, there in account.files.items()
    )
    return missing, wrong


def report(minutes: float) -> dict[str, Any]:
    before = os.getloadavg()[0]
    with scratch("mixed") as folder:
        project = fill(folder, TASKS)
        with soundyard(folder) as process, ProcessPoolExecutor(len(CLIENTS), get_context("spawn")) as pool:
            given = process.port, Client(process, folder).token, project
            ended = End(60 * minutes)
            begun = [
                pool.submit(act, [(kind, number) for number in range(count)], *given, ended)
                for kind, (_, count) in enumerate(CLIENTS)
            ]
            memory = []
            while not ended.wait(min(10, 60 * minutes / 6)):
                memory.append(round(process.resident_mb()))
            account = Account()
            for one in begun:
                account.add(one.result())
            points, files = lost(Load(*given, ended), account)
    return {
        "minutes": minutes,
        "load before": round(before, 1),
        "answers": {str(code): count for code, count in sorted(account.codes.items())},
        "broken connections": dict(account.faults),
        "acknowledged": {"points": sum(account.curves.values()), "files": len(account.files)},
        "lost": {"points": points, "files": files},
        "page_ms": {
            "p50": round(quantiles(account.pages, n=20)[9], 1),
            "p95": round(quantiles(account.pages, n=20)[18], 1),
        },
        "pages": len(account.pages),
        "resident_mb": memory,
        "resident_mb_by_minute": by_minute(memory, minutes),
    }


def by_minute(memory: list[int], minutes: float) -> list[int]:
    """The most of each minute (each sample, where the run is shorter)."""
    count = max(1, round(len(memory) / max(minutes, 1)))
    return [max(memory[start : start + count]) for start in range(0, len(memory), count)]


def is_flat(memory: list[int], minutes: float) -> bool | None:
    """Whether the last quarter's most is within 5 % of the quarter's before; None for a run too short to tell."""
    quarter = len(memory) // 4
    if minutes < SHORTEST or not quarter:
        return None
    return max(memory[-quarter:]) <= 1.05 * max(memory[-2 * quarter : -quarter])


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20, help="how long (default: %(default)s)")
    parser.add_argument("--result", type=Path, default=RESULT, help="where to write (default: %(default)s)")
    given = parser.parse_args()
    found = report(given.minutes)
    fives = sum(count for code, count in found["answers"].items() if code.startswith("5"))
    line("answers that are a 500", f"{fives} of {sum(found['answers'].values()):,}", "none", fives == 0)
    gone = found["lost"]["points"] + found["lost"]["files"]
    line("acknowledged and lost", f"{gone} of {found['acknowledged']}", "none", gone == 0)
    p95 = found["page_ms"]["p95"]
    line(f"a page of the table, of {found['pages']:,}", f"p95 {p95} ms", "under 100 ms", p95 < 100)
    memory = found["resident_mb"]
    flat = is_flat(memory, given.minutes)
    line("resident, over time", f"{memory[0]} … {memory[-1]} MB, at most {max(memory)}", "flat", flat)
    print(f"the most of each minute, in MB: {' '.join(map(str, found['resident_mb_by_minute']))}")
    given.result.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    sys.exit(any(row.holds is False for row in ROWS))


if __name__ == "__main__":
    main()
