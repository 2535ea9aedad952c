"""List the agents of this checkout, and what they keep on the disk.

    python -m agents.list

`python -m agents.prune` clears what is not needed any more.
"""

import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone

from agents.environments import environment
from agents.left import leftovers, processes
from audio.command_line import CommandLine, spoken


def main(arguments: Sequence[str] | None = None) -> int:
    parser = CommandLine(prog="python -m agents.list", description="List the agents of this checkout.")
    parser.add_argument("--json", action="store_true", help="as JSON, for scripts")
    as_json = parser.parse_args(arguments).json
    home = environment.folder()
    agents = processes.running(home)
    if as_json:
        print(json.dumps([_told(one) for one in agents], indent=2, ensure_ascii=False))
        return 0
    for agent in agents:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(agent.began))
        print(
            f"{agent.name:24} listens on {agent.about}, process {agent.pid}, since {since}, log {agent.log}"
        )
    if not agents:
        print("no agent runs here")
    for agent in processes.killed(home):
        print(
            f"{agent.name:24} was killed and has left {len(agent.left)} processes running: "
            + spoken("python -m agents.stop ends them, and so does the next agent that starts here")
        )
    print(f"\nin {home}:")
    for name, about, taken in sizes():
        print(f"{told(taken):>9}  {name:14} {about}")
    return 0


def _told(agent: processes.Agent) -> dict[str, object]:
    since = datetime.fromtimestamp(agent.began, timezone.utc).isoformat(timespec="seconds")
    return {
        "name": agent.name,
        "listens": agent.about,
        "pid": agent.pid,
        "since": since,
        "log": str(agent.log),
    }


def sizes() -> list[tuple[str, str, int]]:
    """(name, what it is, bytes) of what agents keep here; parts that are empty are left out."""
    home = environment.folder()
    found = [(part.name, part.about, leftovers.size(home / part.name)) for part in leftovers.PARTS]
    clones = sum(map(leftovers.size, home.glob(leftovers.CLONES)))
    logs = sum(map(leftovers.size, home.glob("*.log*")))
    found += [("clones", "code of the tasks that run, or ran last", clones), ("*.log", "logs", logs)]
    return [one for one in found if one[2]]


def told(size: int) -> str:
    """`1.2 GB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1e3:.0f} kB"


if __name__ == "__main__":
    sys.exit(main())
