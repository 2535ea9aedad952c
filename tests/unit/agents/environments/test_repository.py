"""What lies at the top of a repository, without a checkout of it."""

import hashlib

import pytest

from agents.environments import repository
from tests.unit.tasks.code.test_source import git


@pytest.fixture
def made(tmp_path):
    """Gives a function that makes a repository of these files and tells what a task of it would find."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init")

    def make(files, **script):
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "--allow-empty", "-m", "x")
        script = {"repository": str(folder), "version_num": git(folder, "rev-parse", "HEAD"), **script}
        return repository.look(script, tmp_path / "cache")

    return make


def test_a_lock_file_is_found_at_the_root_and_nearer_in_the_working_directory(made):
    files = {"pyproject.toml": "", "uv.lock": ""}
    assert made(files) == repository.Top(".", "uv", None, True)
    files |= {"sub/pyproject.toml": "", "sub/poetry.lock": ""}
    assert made(files, working_dir="sub") == repository.Top("sub", "poetry", None, True)


def test_a_lock_file_that_is_not_committed_yet_counts(made):
    found = made(
        {"pyproject.toml": ""}, diff="diff --git a/uv.lock b/uv.lock\n--- /dev/null\n+++ b/uv.lock\n"
    )
    assert found.manager == "uv"


def test_requirements_packaging_and_large_files_are_found(made):
    found = made({"requirements.txt": "six\n", "setup.cfg": "", ".gitattributes": "*.dat filter=lfs\n"})
    assert found == repository.Top(".", "", "six\n", True, True)
    assert made({}, repository="") == repository.Top(".", "", None, False)


def test_what_cannot_be_looked_into_is_told_as_that(made):
    assert made({}, version_num="1" * 40) is None
    assert made({}, repository="https://example.org/x.git") is None


def test_an_address_the_agent_has_in_its_cache_is_looked_into_there(made, tmp_path):
    made({"requirements.txt": "six\n"})
    url = "https://example.org/team/x.git"
    git(
        tmp_path,
        "clone",
        "--quiet",
        str(tmp_path / "repository"),
        str(repository._cached(url, tmp_path / "cache")),
    )
    found = repository.look({"repository": url, "version_num": "main"}, tmp_path / "cache")
    assert found is not None and found.requirements == "six\n"


def test_a_fetch_that_git_refuses_or_that_never_ends_says_so(tmp_path, monkeypatch):
    script = {"repository": "r", "version_num": "1"}

    def fetched(program, most=600):
        real = repository.subprocess.run
        with monkeypatch.context() as changed:
            changed.setattr(repository, "FETCH", program)
            changed.setattr(repository.subprocess, "run", lambda *a, **k: real(*a, **{**k, "timeout": most}))
            return repository.fetch(script, tmp_path / "settings", tmp_path / "scratch")

    assert fetched("import sys; print(sys.argv[1:])") == ""
    lacks = "reference is not a tree: é"
    assert fetched(f"print('x\\nfatal: {lacks}\\nfatal: more')") == lacks
    for program, most, why in (
        ("print('x\\nfatal: no such é\\nfatal: more')", 600, "^no such é$"),
        ("import sys; sys.stderr.write(f'fatal: {sys.argv[2:5]}')", 600, r"^\['r', '1', ''\]$"),
        ("print('fatal: no way to h:\\nh[0: 1]: errno=é\\nmore')", 600, r"^no way to h: h\[0: 1\]: errno=é$"),
        ("import time; time.sleep(9)", 0.2, "^it took longer than ten minutes$"),
    ):
        with pytest.raises(repository.Unreachable, match=why):
            fetched(program, most)


def test_what_the_agents_cache_has_whole_is_not_fetched_again(tmp_path):
    url, cache = "https://example.org/team/x.git", tmp_path / "cache"
    kept = repository._cached(url, cache)
    kept.mkdir(parents=True)
    for command in (("init", "-b", "main"), ("commit", "--allow-empty", "-m", "x")):
        git(kept, *command)
    commit = git(kept, "rev-parse", "HEAD")

    def is_cached(version_num, *, fetched=False, **more):
        script = {"repository": url, "version_num": version_num, **more}
        return repository.is_cached(script, cache, fetched=fetched)

    assert is_cached(commit) and not is_cached("1" * 40) and not is_cached(commit[:9])
    assert not is_cached("", branch="main") and not is_cached("", branch="main", fetched=True)
    git(kept, "update-ref", "refs/remotes/origin/main", commit)
    assert is_cached("", branch="main", fetched=True) and is_cached("", fetched=True)
    (kept / ".gitmodules").write_text("")
    git(kept, "add", "-A")
    git(kept, "commit", "-m", "submodules")
    assert not is_cached(git(kept, "rev-parse", "HEAD")) and is_cached(commit)


@pytest.mark.parametrize(
    ("url", "commit", "moving"),
    [
        ("", "", False),
        ("git://h/x", "", True),
        ("git://h/x", "main", True),
        ("git://h/x", "a" * 40, False),
        ("/", "", False),
    ],
)
def test_only_a_branch_of_a_repository_elsewhere_has_to_be_looked_for_each_time(url, commit, moving):
    assert repository.is_moving({"repository": url, "version_num": commit}) is moving


def test_a_cached_repository_is_looked_for_under_the_name_that_the_agent_gives_it(tmp_path):
    from clearml_agent._vendor.furl import furl

    for url in (
        "git://h:99/x é",
        "https://h/a/b.git",
        "ssh://git@h:2222/a/b+c~d,e.git",
        "git://h/50%25(a)&b='c'",
    ):
        folder = repository._cached(url, tmp_path)
        assert folder.name == str(furl(url).path).rsplit("/", 1)[-1], url
        assert folder.parent.name.startswith(f"{folder.name}."), url


@pytest.mark.parametrize(
    ("files", "script", "found"),
    [
        ({"uv.lock": ""}, {}, (".", "", None, False)),
        ({"uv.lock": "", "poetry.lock": "", "pyproject.toml": ""}, {}, (".", "uv", None, True)),
        ({"setup.py": ""}, {}, (".", "", None, True)),
        ({"setup.cfg": ""}, {}, (".", "", None, True)),
        ({"pyproject.toml": ""}, {}, (".", "", None, True)),
        ({"sub/setup.py": "", "sub/requirements.txt": "six"}, {"working_dir": "sub"}, (".", "", None, False)),
        ({"sub/uv.lock": "", "sub/pyproject.toml": ""}, {"working_dir": "./sub/"}, ("sub", "uv", None, True)),
        ({"sub/uv.lock": "", "sub/pyproject.toml": ""}, {"working_dir": None}, (".", "", None, False)),
        ({"sub/uv.lock": "", "sub/pyproject.toml": ""}, {"working_dir": "none"}, (".", "", None, False)),
        ({"requirements.txt": "", ".gitattributes": "*.x text\n"}, {}, (".", "", "", False)),
    ],
)
def test_what_lies_at_the_top_or_nearer_decides(made, files, script, found):
    assert made(files, **script) == repository.Top(*found)


def test_a_lock_file_has_its_large_files_told_as_well(made):
    files = {"uv.lock": "", "pyproject.toml": "", ".gitattributes": "*.wav filter=lfs\n"}
    assert made(files) == repository.Top(".", "uv", None, True, True)


def test_a_repository_on_this_machine_is_asked_itself_whatever_the_environment_says(
    made, tmp_path, monkeypatch
):
    files = {"requirements.txt": "six\n"}
    assert made(files).requirements == "six\n"
    folder = tmp_path / "repository"
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    for url in (str(folder), f"file://{folder}", "~/repository"):
        for script in ({}, {"version_num": ""}, {"branch": "HEAD"}):
            found = repository.look({"repository": url, **script}, tmp_path / "cache")
            assert found is not None and found.requirements == "six\n"
    assert repository.look({"repository": str(folder), "branch": "none"}, tmp_path) is None


def test_the_agents_clone_lies_where_the_agent_keeps_it(tmp_path):
    found = repository._cached("https://h/team/x.git", tmp_path)
    assert found.name == "x.git" and found.parent.parent == tmp_path
    digest = hashlib.md5(b"https://h/team/x.git", usedforsecurity=False).hexdigest()
    assert found.parent.name == f"x.git.{digest}"


def test_a_fetch_has_ten_minutes(tmp_path, monkeypatch):
    given = {}

    def run(command, **how):
        given.update(how, command=command)
        raise repository.subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(repository.subprocess, "run", run)
    with pytest.raises(repository.Unreachable):
        repository.fetch({"repository": None, "branch": "é"}, tmp_path / "settings", tmp_path / "scratch")
    assert given["timeout"] == 600
    assert given["command"][3:] == [str(tmp_path / "settings"), "", "", "é", str(tmp_path / "scratch")]


@pytest.mark.parametrize(
    "said", ["reference is not a tree: x", "not our ref x", "unable to read tree x", "not a commit", "no such ref",
             "Remote branch x not found in upstream"]
)  # fmt: skip
def test_what_a_repository_lacks_is_told_from_one_that_can_not_be_reached(tmp_path, monkeypatch, said):
    monkeypatch.setattr(repository, "FETCH", f"print('fatal: {said}')")
    assert repository.fetch({"repository": "r"}, tmp_path, tmp_path) == said
