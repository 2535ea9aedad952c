"""Which GPUs this machine has, asked before an agent is started for one: the agent itself would start regardless."""

import re
import shutil
import subprocess

from tasks.errors import SoundyardError


class NoSuchDevice(SoundyardError):
    """The GPU asked for is not in this machine."""


def _nvidia_smi(*options: str) -> "subprocess.CompletedProcess[str]":
    """What the driver's program answers. Raises OSError, subprocess.TimeoutExpired: it does not."""
    return subprocess.run(["nvidia-smi", *options], capture_output=True, text=True, timeout=30)


def present() -> dict[str, str]:
    """Index and name of every NVIDIA GPU, as the driver lists them; empty without a driver."""
    if shutil.which("nvidia-smi") is None:
        return {}
    try:
        listed = _nvidia_smi("--query-gpu=index,name", "--format=csv,noheader")
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = (line.split(",", 1) for line in listed.stdout.splitlines() if "," in line)
    return {index.strip(): name.strip() for index, name in rows} if listed.returncode == 0 else {}


def parts() -> set[str]:
    """Ids of the GPUs and of their MIG parts."""
    try:
        listed = _nvidia_smi("-L")
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(re.findall(r"UUID: ([^)\s]+)", listed.stdout))


def occupied(asked: str, free: float) -> str:
    """Why these GPUs can't be given to a task now; empty when they can. `free`: the share of memory, 0 to 1."""
    try:
        listed = _nvidia_smi("--query-gpu=index,memory.free,memory.total", "--format=csv,noheader,nounits")
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"nvidia-smi does not answer ({error})"
    rows = [line.split(",") for line in listed.stdout.splitlines() if line.count(",") == 2]
    memory = {index.strip(): (left.strip(), whole.strip()) for index, left, whole in rows}
    wanted = list(memory) if asked == "all" else [one.strip() for one in asked.split(",")]
    for index in wanted:
        if index.startswith(("MIG-", "GPU-")):
            continue  # nvidia-smi tells no memory of a part in this table
        if index not in memory:
            return f"GPU {index} is not there any more: nvidia-smi does not list it"
        left, whole = memory[index]
        if left.isdigit() and whole.isdigit() and int(left) < free * int(whole):
            return (
                f"of GPU {index}, {int(left) / 1024:.1f} of {int(whole) / 1024:.1f} GiB are free; "
                f"something else uses it (--gpu-free {free:g})"
            )
    return ""


def check(asked: str) -> None:
    """Refuse GPUs that do not exist. `asked` is a list of indices, such as `0` or `0,1`, ids of parts, or `all`.

    Raises:
        NoSuchDevice: with what there is.
    """
    found = present()
    if not found:
        raise NoSuchDevice(
            f"GPU {asked} was asked for, and this machine has none that nvidia-smi lists: "
            "install the NVIDIA driver, or start the agent with --cpu-only."
        )
    there = found.keys() | (parts() if "-" in asked else set())
    missing = [one for one in asked.split(",") if one.strip() not in there] if asked != "all" else []
    if missing:
        listed = ", ".join(f"{index} ({name})" for index, name in found.items())
        raise NoSuchDevice(f"There is no GPU {', '.join(missing)} in this machine. It has: {listed}.")
