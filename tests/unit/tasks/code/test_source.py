"""What an agent would fetch, for checkouts in every state; applied with git the way the agent applies it."""

import os
import re
import subprocess
import sys

import pytest

from tasks.client.connection import Connection
from tasks.code import source
from tasks.errors import NotRunnable

HERE = Connection("test", None, "http://127.0.0.1:8080/api")
ELSEWHERE = Connection("test", None, "http://192.0.2.1:8008")


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.delenv(source.OVERRIDE, raising=False)
    folder = tmp_path / "checkout"
    (folder / "audio").mkdir(parents=True)
    (folder / "audio" / "a.py").write_text("A = 1\n")
    git(folder, "init")
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "one")
    return folder


def as_an_agent_gets_it(found, tmp_path):
    """Clone, check out, apply: the agent's own commands."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--recursive", "--quiet", found.repository, str(clone))
    git(clone, "checkout", found.commit, "--force")
    if found.difference:
        patch = ["git", "apply", "--unidiff-zero"]
        subprocess.run(patch, cwd=clone, input=(found.difference + "\n").encode(), check=True)
    return clone


def test_without_a_remote_the_working_tree_is_the_repository(checkout, tmp_path):
    found = source.describe(HERE, checkout)
    assert found.repository == str(checkout)
    assert found.branch == "main"
    assert found.difference == ""
    assert (as_an_agent_gets_it(found, tmp_path) / "audio" / "a.py").read_text() == "A = 1\n"


def test_uncommitted_changes_and_new_python_files_travel(checkout, tmp_path):
    (checkout / "audio" / "a.py").write_text("A = 2\n")
    (checkout / "audio" / "new.py").write_text("B = 3\n")
    (checkout / "audio" / "notes.txt").write_text("not code\n")
    found = source.describe(HERE, checkout)
    clone = as_an_agent_gets_it(found, tmp_path)
    assert found.added == ["audio/new.py"]
    assert (clone / "audio" / "a.py").read_text() == "A = 2\n"
    assert (clone / "audio" / "new.py").read_text() == "B = 3\n"
    assert not (clone / "audio" / "notes.txt").exists()


def test_a_commit_on_no_branch_is_reached_from_its_newest_ancestor_that_is(checkout, tmp_path):
    first = git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "--detach")
    (checkout / "audio" / "a.py").write_text("A = 5\n")
    git(checkout, "commit", "-am", "detached")
    found = source.describe(HERE, checkout)
    assert (found.commit, found.branch) == (first, "")
    assert (as_an_agent_gets_it(found, tmp_path) / "audio" / "a.py").read_text() == "A = 5\n"


def test_a_checkout_with_no_branch_at_all_still_runs(checkout, tmp_path):
    git(checkout, "checkout", "--detach")
    git(checkout, "branch", "-D", "main")
    found = source.describe(HERE, checkout)
    assert (as_an_agent_gets_it(found, tmp_path) / "audio" / "a.py").exists()


def test_for_a_server_elsewhere_unpushed_commits_travel_as_a_difference(checkout, tmp_path, monkeypatch):
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "--bare", "--quiet", str(checkout), str(remote))
    git(checkout, "remote", "add", "origin", "https://example.org/x.git")
    git(checkout, "config", f"url.{remote}.insteadOf", "https://example.org/x.git")
    git(checkout, "fetch", "--quiet", "origin")
    pushed = git(checkout, "rev-parse", "HEAD")
    (checkout / "audio" / "a.py").write_text("A = 7\n")
    git(checkout, "commit", "-am", "unpushed")
    found = source.describe(ELSEWHERE, checkout)
    assert (found.repository, found.commit) == ("https://example.org/x.git", pushed)
    assert "+A = 7" in found.difference


def test_for_a_server_elsewhere_a_checkout_without_a_remote_is_refused(checkout):
    with pytest.raises(NotRunnable, match="has no remote"):
        source.describe(ELSEWHERE, checkout)


def test_for_a_server_elsewhere_a_remote_on_this_disk_is_refused(checkout, tmp_path):
    git(tmp_path, "clone", "--bare", "--quiet", str(checkout), "remote.git")
    git(checkout, "remote", "add", "origin", str(tmp_path / "remote.git"))
    with pytest.raises(NotRunnable, match="a folder of this machine"):
        source.describe(ELSEWHERE, checkout)


def test_for_a_server_elsewhere_nothing_pushed_is_refused(checkout):
    git(checkout, "remote", "add", "origin", "https://example.org/x.git")
    with pytest.raises(NotRunnable, match="git push"):
        source.describe(ELSEWHERE, checkout)


def test_a_repository_can_be_named(checkout, monkeypatch):
    monkeypatch.setenv(source.OVERRIDE, "/shared/soundyard.git")
    assert source.describe(ELSEWHERE, checkout).repository == "/shared/soundyard.git"


def test_a_folder_that_is_no_checkout_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(NotRunnable, match="not a git checkout"):
        source.describe(HERE, tmp_path)


def test_a_checkout_without_a_commit_is_refused(tmp_path):
    git(tmp_path, "init")
    with pytest.raises(NotRunnable, match="no commit yet"):
        source.describe(HERE, tmp_path)


def test_changes_too_large_for_a_task_are_refused(checkout):
    (checkout / "audio" / "a.py").write_text("A = 1  # long\n" * 60_000)
    with pytest.raises(NotRunnable, match="Commit them"):
        source.describe(HERE, checkout)


def test_recorded_packages_are_those_of_requirements_without_comments():
    recorded = source.requirements()
    # To the last digit: a torchaudio that is newer by one patch does not load beside its torch.
    for name in ("torch", "torchvision", "torchaudio"):
        assert re.search(rf"^{name}==\d+\.\d+\.\d+$", recorded, re.MULTILINE), recorded
    assert "#" not in recorded


def test_the_script_section_has_no_command_line_that_could_beat_edited_parameters(checkout):
    section = source.describe(HERE, checkout).script("-m tasks.train")
    assert section["entry_point"] == "-m tasks.train"
    assert section["working_dir"] == "."
    assert os.linesep not in section["version_num"]


def test_an_installed_copy_travels_as_the_lines_that_start_it_and_asks_no_registry(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "installed", lambda root=None: True)
    monkeypatch.setattr(source.metadata, "version", lambda name: "7.0")
    for entry_point, module, arguments in (
        ("-m tasks.train", "tasks.train", []),
        ("pipelines/main_job.py", "pipelines.main_job", []),
        ("-m tasks.run loudness", "tasks.run", ["loudness"]),
    ):
        script = source.describe(HERE).script(entry_point)
        assert script["requirements"] == {"pip": ""} and script["repository"] == ""
        assert f"from {module} import main" in script["diff"]
        assert f"sys.argv[1:] or {arguments}\n" in script["diff"]
        file = tmp_path / script["entry_point"]
        file.write_text(script["diff"])
        done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, cwd=tmp_path)
        assert (
            done.returncode == 1 and "soundyard 7.0 has to be installed where the agent runs" in done.stderr
        )


def test_new_files_whose_names_are_not_utf8_travel_too(checkout):
    (checkout / "audio" / os.fsdecode(b"caf\xe9.py")).write_text("B = 2\n")
    (checkout / "audio" / "zé.py").write_text("C = 3\n")
    found = source.describe(HERE, checkout)
    assert found.added == sorted(["audio/" + os.fsdecode(b"caf\xe9.py"), "audio/zé.py"])
