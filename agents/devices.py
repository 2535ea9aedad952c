"""Which GPUs this machine has, asked before an agent is started for one: the agent itself would start regardless."""

import shutil
import subprocess

from tasks.errors import SoundyardError


class NoSuchDevice(SoundyardError):
    """The GPU asked for is not in this machine."""


def present() -> dict[str, str]:
    """Index and name of every NVIDIA GPU, as the driver lists them; empty without a driver."""
    if shutil.which("nvidia-smi") is None:
        return {}
    query = ["nvidia-smi", "--query-gpu=index,name", "--format=csv,noheader"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = (line.split(",", 1) for line in listed.stdout.splitlines() if "," in line)
    return {index.strip(): name.strip() for index, name in rows} if listed.returncode == 0 else {}


def check(asked: str) -> None:
    """Refuse GPUs that do not exist. `asked` is a list of indices, such as `0` or `0,1`, or `all`.

    Raises:
        NoSuchDevice: with what there is.
    """
    found = present()
    if not found:
        raise NoSuchDevice(
            f"GPU {asked} was asked for, and this machine has none that nvidia-smi lists: "
            "install the NVIDIA driver, or start the agent with --cpu-only."
        )
    missing = [one for one in asked.split(",") if one.strip() not in found] if asked != "all" else []
    if missing:
        listed = ", ".join(f"{index} ({name})" for index, name in found.items())
        raise NoSuchDevice(f"There is no GPU {', '.join(missing)} in this machine. It has: {listed}.")
