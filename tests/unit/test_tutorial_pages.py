"""The tutorials' pages: both languages say the same, and what they name exists."""

import ast
import json
import re
import subprocess

import pytest

from audio import presets
from soundyard import programs
from tests import tutorial_pages as pages
from tests.unit.test_readme import options_of

PAGES = [pytest.param(page, id=page.stem) for page in pages.ENGLISH]
RESULTS = pages.ROOT / "benchmarks" / "results" / "tutorials.json"
TABS = pages.ROOT / "web" / "pages" / "task" / "tabs.js"
WORDS = pages.ROOT / "web" / "strings" / "zh-CN"
TASKS = {"preprocess", "train", "evaluate", "export"}


def labels() -> list[str]:
    return re.findall(r'label: "([^"]+)"', TABS.read_text())


def translated() -> dict[str, str]:
    """The page's words in 简体中文."""
    text = "\n".join(file.read_text() for file in sorted(WORDS.glob("*.js")))
    found = re.findall(r'^\s*"?([\w ]+?)"?: ("[^"\n]*"),?$', text, re.MULTILINE)
    return {key: ast.literal_eval(value) for key, value in found}


def test_each_tutorial_has_its_page():
    assert {page.stem for page in pages.ENGLISH} == {
        "urbansound8k", "gtzan", "fine-tuning", "mel16k", "nsynth",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_commands_settings_figures_and_places(page):
    other = pages.chinese(page)
    assert pages.lines(other) == pages.lines(page)
    assert pages.rows(other) == pages.rows(page)
    words = translated()
    assert pages.places(other) == [(task, words[tab]) for task, tab in pages.places(page)]
    numbers = re.compile(r"arXiv:[\d.]+|`[^`\n]+`|https?://\S+")
    assert set(numbers.findall(other.read_text())) == set(numbers.findall(page.read_text()))


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_a_block_is_a_setting_or_a_command_with_options_that_exist(page):
    known = set(pages.settings(page))
    for words in pages.lines(page):
        if words[0] != "soundyard":
            assert all(word.partition("=")[0] in known and "=" in word for word in words), words
            continue
        found = programs.find(words[1:])
        assert found is not None, words
        options = {one for one in found[1] if one.startswith("--")}
        assert options <= options_of(found[0], found[1]), words
        assert {word[1:] for word in words if word.startswith("$")} <= known, words
    assert pages.commands(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_preset_that_is_named_exists_and_each_as_written_is_run(page):
    text = page.read_text()
    run = [words[words.index("--preset") + 1] for words in pages.commands(page) if "--preset" in words]
    named = set(re.findall(r"--preset ([\w-]+)", text)) | set(re.findall(r"`([\w-]+-as-written)`", text))
    assert named <= set(presets.names())
    assert any(name.endswith("-as-written") for name in run)
    assert any(not name.endswith("-as-written") for name in run), "and better"


def test_every_preset_as_written_is_run_on_a_page():
    run = {word for page in pages.ENGLISH for words in pages.commands(page) for word in words}
    assert {name for name in presets.names() if name.endswith("-as-written")} <= run


@pytest.mark.parametrize("page", PAGES)
def test_every_place_that_is_named_is_a_tab_of_the_task_page(page):
    assert len(pages.places(page)) >= 3
    for task, tab in pages.places(page):
        assert task in TASKS and tab in labels(), (task, tab)


def test_every_figure_is_one_that_was_measured():
    told = [row for page in pages.ENGLISH for row in pages.rows(page)]
    runs = {f"`{run['preset']}`": run for run in json.loads(RESULTS.read_text())["runs"]}
    assert len(told) == len(runs) == len({row[0] for row in told})
    for preset, epochs, clips, accuracy, interval in told:
        run = runs[preset]
        assert (int(epochs), int(clips)) == (run["epochs"], run["clips"])
        assert accuracy == f"{100 * run['accuracy']:.1f} %"
        assert interval == "{:.1f} to {:.1f}".format(*(100 * one for one in run["interval"])), preset


@pytest.mark.parametrize("page", PAGES)
def test_the_script_of_a_page_is_one_that_a_shell_can_read(page):
    done = subprocess.run(["bash", "-n"], input=pages.script(page, {}), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with pytest.raises(KeyError):
        pages.script(page, {"NOTHING": "of that name"})


def test_the_notebook_is_kept_without_what_it_has_printed():
    book = json.loads((pages.FOLDER / "urbansound8k.ipynb").read_text())
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 6
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None] == []
    assert [cell["id"] for cell in book["cells"] if cell["metadata"]] == []
    code = "\n".join("".join(cell["source"]) for cell in cells)
    compile(code, "urbansound8k.ipynb", "exec")  # an agent runs it as a script: no magic of Jupyter
    assert "/path/to/UrbanSound8K" in code and "task.connect(configuration)" in code
