"""Why a task's process ended, in a sentence: from its exit status and the last it said."""

import re
import signal
from pathlib import Path

STARTED = "Starting Task Execution:"  # what the agent prints before the task's own code takes over
TAIL = 65_536  # bytes of the console that are looked at
LONGEST = 500  # characters of a reason
AFTERWARDS = 25  # lines that may follow the traceback that ended a process: the SDK's, a library's

SIGNALS = {
    signal.SIGKILL: "killed (SIGKILL), perhaps out of memory",
    signal.SIGSEGV: "segmentation fault (SIGSEGV)",
    signal.SIGBUS: "bus error (SIGBUS): a file mapped into memory was cut short, or the disk or /dev/shm is full",
    signal.SIGABRT: "aborted (SIGABRT): a library called abort(), its message is in the console",
    signal.SIGFPE: "arithmetic fault (SIGFPE)",
    signal.SIGILL: "illegal instruction (SIGILL): a library was built for another processor",
    signal.SIGTERM: "ended by SIGTERM: somebody outside asked the process to end",
    signal.SIGINT: "interrupted (SIGINT)",
    signal.SIGXCPU: "out of CPU time (SIGXCPU): a limit of this machine",
}
PLACE = r'Fatal Python error:[^\0]*?\nCurrent thread [^\n]*\n  File "([^"]+)", line (\d+) in (\S+)'
HEAD = "Traceback (most recent call last):"
GROUP = re.compile(r"^\s*\+ Exception Group " + re.escape(HEAD))
OF_A_GROUP = re.compile(r"^\s*\| (?=[A-Za-z_])")
SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
THREAD = re.compile(r"^Exception in thread (.+):\s*$")
ERROR = re.compile(r"^(?:[A-Za-z_][\w.]*)(?::|$)")  # `ValueError: …`, `package.Error`


def tail(file: Path | None) -> str:
    """The last of a console's file; empty when there is none."""
    if file is None:
        return ""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - TAIL))
            return plain(opened.read().decode(errors="replace"))
    except OSError:
        return ""


def plain(text: str) -> str:
    """Without colours, other terminal sequences and control characters; a line that was written over is its last."""
    text = SEQUENCE.sub("", text).replace("\r\n", "\n")
    return CONTROL.sub("", "\n".join(line.rpartition("\r")[2] for line in text.split("\n")))


def reason(status: int, said: str) -> str:
    """One sentence. `status` as `Popen.returncode`: negative for a signal; above 128 as shells tell a signal."""
    if not ours(said):
        return cut(before_the_code(said, status))
    number = -status if status < 0 else status - 128 if 128 < status < 128 + 65 else 0
    if number:
        return cut(by_signal(number, said))
    found = last_error(said) if status == 1 else ""
    if found:
        return cut(found)
    last = last_line(said)
    if status == 1 and re.match(r"[A-Za-z_][\w.]*Error(: |$)", last):
        return cut(last)  # a syntax error in the program itself has no traceback
    return cut(f"exit status {status}" + (f": {last}" if last else ""))


def ours(said: str) -> bool:
    """Whether the task's own code had been started."""
    return STARTED in said or len(said.encode()) >= TAIL


def by_signal(number: int, said: str) -> str:
    try:
        told = SIGNALS.get(signal.Signals(number)) or f"ended by {signal.Signals(number).name}"
    except ValueError:
        told = f"ended by signal {number}"
    place = re.search(PLACE, said)
    return f"{told}, in {place[3]}, {Path(place[1]).name} line {place[2]}" if place else told


def before_the_code(said: str, status: int) -> str:
    """What kept the agent from starting the code: its own last error."""
    if "Failed applying git diff" in said:
        return (
            "the uncommitted changes recorded with the task do not apply to its commit; the code was not run"
        )
    lines = said.splitlines()
    for position in range(len(lines) - 1, -1, -1):
        before, mark, message = lines[position].partition("ERROR: ")
        if mark and "clearml_agent" in before:
            more = next((line.strip() for line in lines[position + 1 : position + 4] if line.strip()), "")
            whole = f"{message.strip()} {more}".strip()
            inner = _error_of_a_tool(lines[:position]) if "non-zero exit status" in whole else ""
            return f"the code was not run: {inner or whole}"
    found = last_error(said) or last_line(said)
    return f"the code was not run, the agent ended with status {status}" + (f": {found}" if found else "")


def _error_of_a_tool(lines: list[str]) -> str:
    """The last that pip, uv or git called an error; the agent itself tells the command that failed."""
    told = (re.match(r"(?:ERROR|error|fatal): (.+)", line) for line in reversed(lines))
    found = next((one[1] for one in told if one and "requirements.txt:" not in one[1]), "")
    return re.sub(r" \(from (-r|versions:) .*", "", found)


def last_error(said: str) -> str:
    """The line of the exception that ended the main thread, if a traceback is (nearly) the last that was said."""
    lines = said.splitlines()
    heads = [position for position, line in enumerate(lines) if line.strip() == HEAD or GROUP.match(line)]
    if heads and GROUP.match(lines[heads[-1]]):
        return _group(lines[heads[-1] :])
    if not heads or (heads[-1] and THREAD.match(lines[heads[-1] - 1])):
        return ""
    found = _error_after(lines, heads[-1])
    return found[1] if found and len(lines) - found[0] <= AFTERWARDS else ""


def _group(lines: list[str]) -> str:
    """The error of an exception group, whose frame is drawn around it and those in it."""
    last = max(
        (position for position, line in enumerate(lines) if line.lstrip()[:1] in ("|", "+")), default=0
    )
    found = next((line.strip(" |") for line in lines if OF_A_GROUP.match(line)), "")
    return found if len(lines) - last <= AFTERWARDS else ""


def thread_error(said: str) -> str:
    """The first exception that ended a thread of its own, and which thread; empty when there is none."""
    lines = said.splitlines()
    for position, line in enumerate(lines):
        name = THREAD.match(line)
        if name and position + 1 < len(lines) and lines[position + 1].strip() == HEAD:
            found = _error_after(lines, position + 1)
            return cut(f"{found[1]} (in thread {name[1]}, which ended)") if found else ""
    return ""


def _error_after(lines: list[str], head: int) -> tuple[int, str] | None:
    for position in range(head + 1, len(lines)):
        if lines[position] and not lines[position][0].isspace():
            return (position, lines[position].strip()) if ERROR.match(lines[position]) else None
    return None


NOISE = re.compile(r"^(clearml\.|ClearML |\d{4}-\d\d-\d\d .*clearml)", re.IGNORECASE)


def last_line(said: str) -> str:
    """The last line of a console that is not the SDK's."""
    own = said.rpartition(STARTED)[2]
    lines = [line.strip() for line in own.splitlines() if line.strip() and not NOISE.match(line)]
    return lines[-1] if lines else ""


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
