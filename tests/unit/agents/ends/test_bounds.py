"""How much of each kind is kept, what a task may be using, and what can't be removed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from agents import list as listing
from agents import prune
from agents.left import leftovers, processes
from tests.conftest import until

DAY = 86400
GB = 1_000_000_000


def old(place, seconds):
    moment = time.time() - seconds
    for one in (*place.rglob("*"), place):
        os.utime(one, (moment, moment), follow_symlinks=False)


def names(folder):
    return sorted(one.name for one in folder.iterdir())


@pytest.fixture
def program():
    """Starts Python programs, and ends them."""
    started = []

    def start(text, *words):
        one = subprocess.Popen([sys.executable, "-c", text, *words])
        started.append(one)
        return one

    yield start
    for one in started:
        for process in (*psutil.Process(one.pid).children(recursive=True), one):
            process.kill()
        one.wait()


@pytest.mark.parametrize(
    ("part", "most", "days"),
    [
        ("environments", 10, 30),
        ("repositories", 5, 30),
        ("packages", 5, 90),
        ("temporary", 1, 2),
        ("tools", 1, 365),
    ],
)
def test_each_part_is_kept_within_its_size_and_age(home, monkeypatch, part, most, days):
    """Files tell in gigabytes how much they are to count."""
    monkeypatch.setattr(leftovers, "size", lambda one: float(one.read_text()) * GB)
    folder = home / part
    folder.mkdir()
    for name, size, age in (("new", most - 1, 2), ("fits", 1, 3), ("over", 0.5, 4)):
        (folder / name).write_text(str(size))
        old(folder / name, age * 3600)
    assert leftovers.prune(home) == 0.5 * GB and names(folder) == ["fits", "new"]
    for name, age in (("a", days - 0.1), ("b", days + 0.1)):
        (folder / name).write_text("0")
        old(folder / name, age * DAY)
    leftovers.prune(home)
    assert names(folder) == ["a", "fits", "new"]


def test_what_was_used_within_the_hour_stays_and_an_agents_temporary_files_as_long_as_it_runs(home, program):
    for part in ("environments", "temporary"):
        for name, age in (("within", 3500), ("before", 3700)):
            (home / part / name).mkdir(parents=True)
            old(home / part / name, age)
    agent = processes.record(home, "a", program("import time; time.sleep(600)").pid, home / "a.log", "")
    early = agent.began - time.time() + 3600
    assert early > 3590, "an agent that was started now keeps nothing of before"
    leftovers.prune(home, everything=True)
    assert names(home / "environments") == ["within"] and names(home / "temporary") == []
    (home / "temporary" / "its own").mkdir()
    leftovers.prune(home, everything=True)
    assert names(home / "temporary") == ["its own"]


@pytest.mark.parametrize("place", ["x", "a/x", "a/b/x", "a/.git/FETCH_HEAD"])
def test_a_folder_is_as_young_as_the_youngest_in_it_two_floors_down(tmp_path, place):
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    old(tmp_path, 5 * DAY)
    assert leftovers._age(tmp_path) == pytest.approx(5 * DAY, abs=60)
    os.utime(file)
    two_floors = place != "a/b/x"
    assert leftovers._age(tmp_path) == pytest.approx(0 if two_floors else 5 * DAY, abs=60)
    assert leftovers._age(tmp_path / "gone") == 0.0


@pytest.mark.parametrize(
    ("name", "days", "stays"),
    [
        ("a.log", 29, True),
        ("a.log", 31, False),
        ("a.log.1", 40, False),
        ("b.log", 40, True),
        ("b.log.1", 40, True),
    ],
)
def test_logs_are_kept_for_a_month_and_those_of_running_agents_for_ever(home, program, name, days, stays):
    processes.record(home, "b", program("import time; time.sleep(600)").pid, home / "b.log", "")
    (home / name).write_text("x" * 5000)
    old(home / name, days * DAY)
    assert (leftovers.prune(home) >= 4096) is not stays
    assert (home / name).exists() is stays
    leftovers.prune(home, everything=True)
    assert (home / name).exists() is (name.startswith("b"))


def test_clones_go_with_everything_and_never_while_an_agent_runs(home):
    for name in ("clones", "clones-2"):
        (home / name / "old").mkdir(parents=True)
        (home / name / "old" / "x").write_bytes(os.urandom(9000))
        old(home / name, 2 * 3600)
    assert leftovers.prune(home) == 0 and names(home / "clones") == ["old"]
    assert leftovers.prune(home, everything=True) >= 18000
    assert names(home / "clones") == names(home / "clones-2") == []


def test_a_log_may_grow_to_twenty_megabytes_and_then_its_last_ten_are_kept(tmp_path):
    log = tmp_path / "a.log"
    with log.open("wb") as opened:
        opened.truncate(20_000_000)
    leftovers.bound_log(log)
    assert log.stat().st_size == 20_000_000
    with log.open("ab") as opened:
        opened.write(b"x")
    leftovers.bound_log(log)
    kept = (tmp_path / "a.log.1").read_bytes()
    assert log.stat().st_size == 0 and len(kept) == 10_000_000 and kept.endswith(b"x")


@pytest.mark.parametrize("place", ["/proc/self/fdinfo", "/proc/self/status"])
def test_what_can_not_be_removed_is_left_without_a_word(place):
    leftovers.remove(Path(place))
    assert Path(place).exists()


def test_sizes_are_those_on_the_disk(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1_000_000_000)
    (tmp_path / "full").write_bytes(os.urandom(100_000))
    assert leftovers.size(tmp_path / "full") == (tmp_path / "full").stat().st_blocks * 512 >= 100_000
    assert leftovers.size(tmp_path) < 1_000_000 and leftovers.size(tmp_path / "gone") == 0


def test_a_tasks_own_code_is_what_the_agent_has_become_or_has_started(program, tmp_path):
    waits = "import time; time.sleep(600)"
    assert leftovers.own_code(own := program(waits).pid) == [own]
    assert leftovers.own_code(agent := program(waits, "clearml_agent").pid) == [agent]
    starts = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {waits!r}]).wait()"
    agent = program(starts, "clearml_agent")
    (child,) = until(psutil.Process(agent.pid).children, 20, "it has started its code")
    assert leftovers.own_code(agent.pid) == [child.pid]
    assert leftovers.own_code(2**22 + 5) == []


def test_what_agents_keep_is_listed_by_its_parts_and_told_when_there_is_nothing(home, capsys):
    assert prune.main([]) == 0
    assert capsys.readouterr().out == "nothing to clear; python -m agents.list tells what there is\n"
    for name, size in (
        ("tools/x", 10_000),
        ("clones/y", 20_000),
        ("clones-2/y", 20_000),
        ("a.log.1", 30_000),
    ):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(os.urandom(size))
    found = {name: (about, taken) for name, about, taken in listing.sizes()}
    assert list(found) == ["tools", "clones", "*.log"]
    assert found["tools"][0].startswith("Pythons") and 10_000 <= found["tools"][1] < 20_000
    assert found["clones"][0].startswith("code of") and 40_000 <= found["clones"][1] < 60_000
    assert found["*.log"][0] == "logs" and 30_000 <= found["*.log"][1] < 40_000
    assert listing.main([]) == 0
    assert f"in {home}:\n" in capsys.readouterr().out
    old(home / "tools", 2 * 3600)
    assert prune.main([]) == 0 and "nothing to clear" in capsys.readouterr().out
    assert prune.main(["--all"]) == 0 and "kB freed" in capsys.readouterr().out
    assert names(home / "tools") == []
