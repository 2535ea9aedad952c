"""The uncommitted difference, applied with the agent's own command: the same files, byte for byte, or it is refused."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tasks.code import difference
from tasks.errors import NotRunnable
from tests.unit.tasks.code.test_source import git

CONTENTS = {
    "code.py": (b"A = 1\nB = 2\n", b"A = 1\nB = 3\n"),
    "windows.py": (b"A = 1\r\nB = 2\r\n", b"A = 1\r\nB = 3\r\nC = 4\n"),
    "to_windows.py": (b"A = 1\nB = 2\n", b"A = 1\r\nB = 2\r\n"),
    "latin.txt": ("schön\nx\n".encode("latin-1"), "schön\ny\n".encode("latin-1")),
    "utf16.csv": ("a,ö\n1,2\n".encode("utf-16"), "a,ö\n1,3\n".encode("utf-16")),
    "utf8.md": ("é\n".encode(), "é\u2028\x0c\x1b[31m€\n".encode()),
    "no_end.txt": (b"one\ntwo", b"one\nthree"),
    "gets_end.txt": (b"one", b"one\n"),
    "spaces.txt": (b"a  \n\tb\t\n", b"a   \n\tc \t\n\n\n"),
    "blob.bin": (bytes(range(256)) * 20, bytes(range(255, -1, -1)) * 20),
    "nul.txt": (b"a\0b\n", b"a\0c\n"),
    "emptied.txt": (b"x\n", b""),
    "filled.txt": (b"", b"x\n"),
    "with space é.py": (b"A = 1\n", b"A = 2\n"),
    'quote"and\\tab\t.py': (b"A = 1\n", b"A = 2\n"),
    "new\nline.py": (b"A = 1\n", b"A = 2\n"),
    "-dash.py": (b"A = 1\n", b"A = 2\n"),
    "glob[a]*.py": (b"A = 1\n", b"A = 2\n"),
    "looks_like.diff": (b"-- a/stray\nx\n", b"x\n"),
    "cr_only.txt": (b"a\rb\rc\n", b"a\rb\rd\n"),
}

PERSONAL = {
    "nothing": "",
    "prefixes": "[diff]\n noprefix = true\n mnemonicPrefix = true\n",
    "programs": '[diff]\n external = /bin/false\n [diff "text"]\n textconv = tr a-z A-Z\n command = /bin/false\n',
    "colours": "[color]\n ui = always\n diff = always\n[diff]\n colorMoved = zebra\n wsErrorHighlight = all\n",
    "context": "[diff]\n context = 0\n interHunkContext = 9\n algorithm = histogram\n indentHeuristic = true\n",
    "names": "[core]\n quotePath = false\n[diff]\n renames = copies\n orderFile = /dev/null\n relative = true\n",
    "line ends": "[core]\n autocrlf = true\n safecrlf = true\n",
    "input": "[core]\n autocrlf = input\n eol = crlf\n",
    "whitespace": "[apply]\n whitespace = error-all\n[core]\n whitespace = cr-at-eol,tab-in-indent\n",
    "submodules": "[diff]\n submodule = log\n ignoreSubmodules = all\n[status]\n submoduleSummary = true\n",
}


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name, (before, _) in CONTENTS.items():
        (folder / name).write_bytes(before)
    (folder / "deleted.py").write_text("D = 1\n")
    (folder / "moved.py").write_text("M = 1\n" * 30)
    (folder / "untouched.py").write_bytes(b"U = 1\r\n")
    (folder / "tool.sh").write_text("#!/bin/sh\n")
    (folder / "link").symlink_to("code.py")
    (folder / "becomes_link").write_text("x\n")
    (folder / "becomes_folder").write_text("x\n")
    git(folder, "init")
    git(folder, "config", "core.autocrlf", "false")
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "one")
    git(folder, "config", "--unset", "core.autocrlf")
    return folder


def change(folder):
    for name, (_, after) in CONTENTS.items():
        (folder / name).write_bytes(after)
    (folder / "deleted.py").unlink()
    (folder / "inner").mkdir()
    (folder / "moved.py").rename(folder / "inner" / "moved.py")
    (folder / "tool.sh").chmod(0o755)
    (folder / "link").unlink()
    (folder / "link").symlink_to("windows.py")
    (folder / "becomes_link").unlink()
    (folder / "becomes_link").symlink_to("nowhere")
    (folder / "becomes_folder").unlink()
    (folder / "becomes_folder").mkdir()
    (folder / "becomes_folder" / "new.py").write_bytes(b"N = 1\r\n")
    return ["becomes_folder/new.py", "inner/moved.py"]


def tree(folder: Path):
    """Every file with its kind, its mode and its bytes."""
    found = {}
    for file in folder.rglob("*"):
        name = str(file.relative_to(folder))
        if name.split("/")[0] != ".git" and (file.is_symlink() or not file.is_dir()):
            mode = "link" if file.is_symlink() else bool(file.stat().st_mode & stat.S_IXUSR)
            found[name] = (mode, str(file.readlink()) if mode == "link" else file.read_bytes())
    return found


def as_an_agent_makes_it(folder, made, place, commit="HEAD", config=""):
    """With the agent's commands and git settings, and what it does before: it makes a file of each `--- a/` line."""
    clone = place / "clone"
    git(place, "-c", "protocol.file.allow=always", "clone", "--quiet", str(folder), str(clone))
    git(clone, "checkout", git(folder, "rev-parse", commit), "--force")
    (place / "gitconfig").write_text(
        config + "[core]\n autocrlf = false\n safecrlf = false\n[apply]\n whitespace = nowarn\n"
    )
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": str(place / "gitconfig")}
    patch = ["git", "apply", "--unidiff-zero"]
    subprocess.run(patch, cwd=clone, input=made.encode() + b"\n", check=True, env=environment)
    return clone


@pytest.mark.parametrize("settings", PERSONAL)
def test_every_file_arrives_as_it_is_whatever_a_persons_settings(checkout, tmp_path, monkeypatch, settings):
    personal = tmp_path / "personal"
    personal.write_text(PERSONAL[settings])
    (checkout / ".git" / "info" / "attributes").write_text("*.py diff=text\n*.bin -diff\n*.txt text\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(personal))
    added = change(checkout)
    made = difference.difference(checkout, git(checkout, "rev-parse", "HEAD"), added)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    clone = as_an_agent_makes_it(checkout, made, tmp_path)
    assert tree(clone) == tree(checkout)
    assert "+B = 3\n" in made  # text is told as text, for people
    assert made.startswith("diff --git a/")  # else the agent takes it for a script
    assert "\n--- a/stray\n" not in made  # the agent makes an empty file of such a line


def test_the_variables_of_a_git_hook_or_of_another_repository_are_not_obeyed(checkout, tmp_path, monkeypatch):
    added = change(checkout)
    for name, value in {
        "GIT_DIR": str(tmp_path / "other"),
        "GIT_WORK_TREE": "/",
        "GIT_INDEX_FILE": "/nowhere",
        "GIT_EXTERNAL_DIFF": "/bin/false",
        "GIT_DIFF_OPTS": "--unified=0",
        "GIT_LITERAL_PATHSPECS": "0",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    made = difference.difference(checkout, "HEAD", added)
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    assert tree(as_an_agent_makes_it(checkout, made, tmp_path)) == tree(checkout)


def test_what_a_project_declares_about_its_files_is_kept(checkout, tmp_path):
    (checkout / ".gitattributes").write_text("*.ps1 text eol=crlf\n*.u16 working-tree-encoding=UTF-16 text\n")
    (checkout / "a.ps1").write_bytes(b"one\r\ntwo\r\n")
    (checkout / "a.u16").write_bytes("eins\nzwei\n".encode("utf-16"))
    git(checkout, "add", "-A")
    git(checkout, "commit", "-m", "two")
    (checkout / "a.ps1").write_bytes(b"one\r\nthree\r\n")
    (checkout / "a.u16").write_bytes("eins\ndrei\n".encode("utf-16"))
    made = difference.difference(checkout, "HEAD")
    clone = as_an_agent_makes_it(checkout, made, tmp_path)
    assert (clone / "a.ps1").read_bytes() == b"one\r\nthree\r\n"
    assert (clone / "a.u16").read_bytes().decode("utf-16") == "eins\ndrei\n"


def test_the_checkout_itself_is_left_alone(checkout):
    before = git(checkout, "rev-parse", "HEAD"), (checkout / ".git" / "index").read_bytes()
    objects = sorted((checkout / ".git" / "objects").rglob("*"))
    difference.difference(checkout, "HEAD", change(checkout))
    assert (git(checkout, "rev-parse", "HEAD"), (checkout / ".git" / "index").read_bytes()) == before
    assert sorted((checkout / ".git" / "objects").rglob("*")) == objects


def test_a_linked_worktree_and_an_intended_file_are_told_as_well(checkout, tmp_path):
    linked = tmp_path / "linked"
    git(checkout, "worktree", "add", "--quiet", "--detach", str(linked))
    added = change(linked)
    git(linked, "add", "--intent-to-add", "inner/moved.py")
    made = difference.difference(linked, "HEAD", added)
    assert tree(as_an_agent_makes_it(checkout, made, tmp_path)) == tree(linked)


def test_without_a_change_there_is_no_difference(checkout):
    (checkout / "code.py").touch()
    assert difference.difference(checkout, "HEAD") == ""


@pytest.fixture
def with_submodule(checkout, tmp_path):
    inner = tmp_path / "inner-repository"
    inner.mkdir()
    (inner / "lib.py").write_text("L = 1\n")
    git(inner, "init")
    git(inner, "add", "-A")
    git(inner, "commit", "-m", "inner")
    git(checkout, "-c", "protocol.file.allow=always", "submodule", "add", str(inner), "vendor")
    git(checkout, "commit", "-m", "submodule")
    return checkout


def test_a_submodule_that_is_where_it_was_committed_says_nothing(with_submodule):
    assert difference.difference(with_submodule, "HEAD") == ""


def test_a_moved_submodule_is_said(with_submodule):
    (with_submodule / "vendor" / "lib.py").write_text("L = 2\n")
    git(with_submodule / "vendor", "commit", "-am", "moved")
    with pytest.raises(NotRunnable, match=r"submodule vendor .*git add vendor"):
        difference.difference(with_submodule, "HEAD")


def test_a_dirty_submodule_is_said_whatever_a_person_ignores(with_submodule, monkeypatch, tmp_path):
    (tmp_path / "personal").write_text(PERSONAL["submodules"])
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "personal"))
    (with_submodule / "vendor" / "lib.py").write_text("L = 2\n")
    with pytest.raises(NotRunnable, match="submodule vendor has uncommitted changes"):
        difference.difference(with_submodule, "HEAD")
