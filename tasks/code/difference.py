"""The uncommitted difference of a checkout, as an agent's `git apply` makes the same files of it, byte for byte.

`git diff` is for people to read, and obeys what they like: prefixes, colours, other programs, converted line ends,
rename detection, quoted names. Here the files that have changed are put, as they are, into the index of a scratch
repository that borrows the checkout's objects and has none of its settings; its difference is taken with every flag
said. Files that are no UTF-8 text travel as binary patches, so that nothing on the way has to know their encoding.
What was made is applied to a second index, and both must come to the same tree.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import NotRunnable

EMPTY = "0" * 40
SUBMODULE = "160000"
FLAGS = (
    *("--cached", "--patch", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv"),
    *(
        "--no-color",
        "--no-relative",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--unified=3",
        "--inter-hunk-context=0",
    ),
    *("--diff-algorithm=myers", "--no-indent-heuristic", "--ignore-submodules=none", "--submodule=short"),
    *(
        "--line-prefix=",
        "--output-indicator-new=+",
        "--output-indicator-old=-",
        "--output-indicator-context= ",
    ),
)
NEUTRAL = f"""
[core]
    bare = false
    autocrlf = false
    safecrlf = false
    quotePath = true
    attributesFile = {os.devnull}
    excludesFile = {os.devnull}
    fileMode = true
    symlinks = true
    precomposeUnicode = false
    fsmonitor = false
[diff]
    suppressBlankEmpty = false
[apply]
    whitespace = nowarn
    ignoreWhitespace = no
"""


def clean_environment() -> dict[str, str]:
    """The variables for git about a repository that is named outright: none that name another, or another diff."""
    kept = ("GIT_CONFIG", "GIT_CEILING", "GIT_SSH", "GIT_ASKPASS", "GIT_TERMINAL", "GIT_EXEC_PATH")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or (name.startswith(kept) and not name.startswith("GIT_CONFIG_PARAM"))
    } | {"LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0"}


def difference(root: Path, commit: str, added: Iterable[str] = ()) -> str:
    """From `commit` to the working tree under `root` and to the files `added`, which git does not know yet.

    Raises:
        NotRunnable: a submodule has moved or has changes of its own, or git can't make a difference that applies.
    """
    changed = _changed(root, commit)
    if not changed and not list(added):
        return ""
    whole = _git(root, "rev-parse", "--verify", f"{commit}^{{commit}}").decode().strip()
    with tempfile.TemporaryDirectory(prefix="difference-") as folder:
        scratch = _Scratch(root, Path(folder))
        made = scratch.difference(whole, [*changed, *map(os.fsencode, added)])
    return made.decode("ascii" if made.isascii() else "utf-8")


def _changed(root: Path, commit: str) -> list[bytes]:
    """Names of tracked files that differ, as the checkout itself tells it.

    Raises:
        NotRunnable: one of them is a submodule.
    """
    raw = _output(
        [
            "git",
            "-C",
            str(root),
            "diff-index",
            "--raw",
            "-z",
            "--no-renames",
            "--ignore-submodules=none",
            commit,
        ],
        clean_environment(),
    ).split(b"\0")
    names = []
    for about, name in zip(raw[::2], raw[1::2], strict=False):
        before, after, old, new = about.decode().lstrip(":").split(" ")[:4]
        if SUBMODULE in (before, after):
            _refuse_submodule(os.fsdecode(name), before, after, old != new and new != EMPTY)
        names.append(name)
    return names


def _refuse_submodule(name: str, before: str, after: str, moved: bool) -> None:
    if before != after:
        raise NotRunnable(f"The submodule {name} was added or removed since the commit. Commit that.")
    what = "is at another commit than the one recorded" if moved else "has uncommitted changes or has moved"
    raise NotRunnable(
        f"The submodule {name} {what}, and agents check out the recorded one. Commit and push inside it, "
        f"then commit it here: git add {name}"
    )


@dataclass
class _Entry:
    """A file that differs, before and after."""

    name: bytes
    blobs: tuple[str, str]


class _Scratch:
    """A bare repository that borrows the objects of another, for one difference."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._environment = {
            **{
                name: value
                for name, value in clean_environment().items()
                if not name.startswith("GIT_CONFIG")
            },
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_DIR": str(folder),
            "GIT_WORK_TREE": str(root),
            "GIT_INDEX_FILE": str(folder / "index"),
        }
        self._folder = folder
        objects = _git(root, "rev-parse", "--path-format=absolute", "--git-path", "objects").decode().strip()
        kind = _git(root, "rev-parse", "--show-object-format").decode().strip()
        self._run("init", "--quiet", f"--object-format={kind}", "--template=")
        (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
        (folder / "objects" / "info" / "alternates").write_text(objects + "\n")
        (folder / "info").mkdir(exist_ok=True)
        with (folder / "config").open("a") as config:
            config.write(NEUTRAL)

    def difference(self, commit: str, names: Sequence[bytes]) -> bytes:
        self._run("read-tree", commit)
        self._put(names)
        entries = self._entries(commit)
        contents = self._contents({blob for one in entries for blob in one.blobs})
        plain = [one for one in entries if _is_plain(one.name, *(contents[blob] for blob in one.blobs))]
        other = [one for one in entries if one not in plain]
        made = self._patch(commit, plain) + self._patch(commit, other, binary=True)
        self._check(commit, made)
        return made

    def _put(self, names: Sequence[bytes]) -> None:
        """Files as they are; nothing of a filter, for its other half may not be on the agent's machine."""
        (self._folder / "info" / "attributes").write_text("* -filter -ident\n")
        self._run(
            "update-index", "--add", "--remove", "--replace", "-z", "--stdin", given=b"\0".join([*names, b""])
        )

    def _entries(self, commit: str) -> list[_Entry]:
        raw = self._run("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", commit).split(
            b"\0"
        )
        found = []
        for about, name in zip(raw[::2], raw[1::2], strict=False):
            old, new = about.decode().split(" ")[2:4]
            found.append(_Entry(name, (old, new)))
        return found

    def _contents(self, blobs: set[str]) -> dict[str, bytes]:
        """What is in each blob; nothing in that of a file that isn't there."""
        wanted = sorted(blob for blob in blobs if blob.strip("0"))
        told = self._run("cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode())
        found = dict.fromkeys(blobs - set(wanted), b"")
        position = 0
        for blob in wanted:
            end = told.index(b"\n", position)
            length = int(told[position:end].split()[-1])
            found[blob] = told[end + 1 : end + 1 + length]
            position = end + 1 + length + 1
        return found

    def _patch(self, commit: str, entries: Sequence[_Entry], *, binary: bool = False) -> bytes:
        if not entries:
            return b""
        attributes = "* -diff\n" if binary else "* diff\n"
        (self._folder / "info" / "attributes").write_text(attributes)
        return self._run("diff-index", *FLAGS, commit, "--", *(one.name for one in entries))

    def _check(self, commit: str, made: bytes) -> None:
        wanted = self._run("write-tree")
        if made:
            self._environment["GIT_INDEX_FILE"] = str(self._folder / "second")
            self._run("read-tree", commit)
            self._run("apply", "--cached", "--unidiff-zero", given=made + b"\n")
            if self._run("write-tree") != wanted:
                raise NotRunnable(
                    "git made a difference of the uncommitted changes that leads elsewhere. Commit them."
                )

    def _run(self, *arguments: str | bytes, given: bytes | None = None) -> bytes:
        return _output(["git", *arguments], self._environment, given, cwd=self._root)


def _is_plain(name: bytes, before: bytes, after: bytes) -> bool:
    """Whether a file's change can be told as text: valid UTF-8, and nothing that the agent would take for a file.

    The agent makes an empty file of what follows each `--- a/`: of a name that git marks with a tab, or of a line.
    """
    if any(byte <= 32 or byte in b'"\\' for byte in name) or b"\n-- a/" in b"\n" + before:
        return False
    try:
        return all("\0" not in content.decode() for content in (before, after))
    except UnicodeDecodeError:
        return False


def _git(root: Path, *arguments: str) -> bytes:
    return _output(["git", "-C", str(root), *arguments], clean_environment())


def _output(
    command: Sequence[str | bytes],
    environment: dict[str, str],
    given: bytes | None = None,
    cwd: Path | None = None,
) -> bytes:
    done = subprocess.run(command, capture_output=True, env=environment, input=given, cwd=cwd)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        action = next((str(one) for one in command[1:] if not str(one).startswith(("-", "/"))), "git")
        raise NotRunnable(
            f"The uncommitted changes can't be told as a difference (git {action}: {said}). Commit them."
        )
    return done.stdout
