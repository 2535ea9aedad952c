"""Plugins: found, imported, refused with what to do; their source, and what a checkpoint says of them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio import plugins, registry
from audio.config import EvaluateConfig, TrainConfig
from audio.errors import CheckpointError, PluginError
from audio.plugins import loading
from audio.plugins.source import source_of, unpack
from tests.conftest import ROOT
from tests.plugins import undone

METRIC = """from audio.registry import metrics


@metrics.register("{name}")
def {name}(answers):
    return {value}
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    with undone():
        yield


def write(path: Path, text: str = "", name: str = "mine", value: str = "1.0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or METRIC.format(name=name, value=value), encoding="utf-8")
    return path


def refused(*given: object) -> str:
    with pytest.raises(PluginError) as error:
        plugins.load([str(one) for one in given])
    return str(error.value)


@pytest.mark.parametrize(
    "name", ["mine.py", "my models.py", 'é:%d#?".py', "random.py", "audio.py", "class.py"]
)
def test_a_file_is_a_plugin_whatever_it_is_called(tmp_path, name):
    import random

    (loaded,) = plugins.load([str(write(tmp_path / name))])
    assert registry.metrics.find("mine")(None) == 1.0
    assert (loaded.name, list(loaded.files)) == (name, [name])
    assert plugins.origin(registry.metrics.entry("mine")) == loaded
    assert sys.modules["random"] is random and Path(sys.modules["audio"].__file__ or "").is_relative_to(ROOT)


def test_a_relative_path_is_meant_from_the_current_folder(tmp_path, monkeypatch):
    write(tmp_path / "below" / "mine.py")
    monkeypatch.chdir(tmp_path)
    (loaded,) = plugins.load(["below/mine.py"])
    assert loaded.given == str(tmp_path / "below" / "mine.py")
    assert TrainConfig(plugins=["below/mine.py"]).plugins == [loaded.given]
    monkeypatch.chdir("/")
    assert plugins.load([loaded.given]) == [loaded], "the same, imported once"


def test_a_file_imports_those_beside_it_which_travel_along_and_others_do_not(tmp_path):
    main = write(
        tmp_path / "mine.py",
        "from audio.registry import metrics\nfrom helping_hand import VALUE\n\n"
        "@metrics.register('mine')\ndef mine(answers):\n"
        "    import helping_late\n    return VALUE + helping_late.MORE\n",
    )
    write(tmp_path / "helping_hand.py", "import helping_package.deep\nVALUE = helping_package.deep.VALUE\n")
    write(tmp_path / "helping_late.py", "MORE = 1\n")
    write(tmp_path / "helping_package" / "__init__.py", "# é\n")
    write(tmp_path / "helping_package" / "deep.py", "VALUE = 41\n")
    write(tmp_path / "another.py", "raise ValueError\n")
    (loaded,) = plugins.load([str(main)])
    assert registry.metrics.find("mine")(None) == 42
    travels = {"mine.py", "helping_hand.py", "helping_late.py"}
    assert set(loaded.files) == travels | {"helping_package/__init__.py", "helping_package/deep.py"}
    unpack(loaded.files, tmp_path / "there")
    assert source_of(tmp_path / "there" / "mine.py") == loaded.files, "from the copy it is the same"


def test_a_package_and_a_plain_folder_are_plugins(tmp_path):
    package, folder = tmp_path / "my_package", tmp_path / "my folder"
    write(package / "__init__.py", "from . import inside\n")
    write(
        package / "inside.py", "from my_package.data import NAME\n" + METRIC.format(name="inside", value="2")
    )
    write(package / "data.py", "NAME = 'n'\n")
    write(package / "labels.txt", "a\nb\n")
    write(package / "__pycache__" / "data.py", "no\n")
    (package / "sound.wav").write_bytes(b"RIFF")
    write(folder / "one.py", name="first_of_two")
    write(
        folder / "two.py", "import one\n" + METRIC.format(name="second_of_two", value="one.first_of_two(0)")
    )
    loaded = plugins.load([str(package), str(folder)])
    assert {"inside", "first_of_two", "second_of_two"} <= set(registry.metrics.names())
    assert registry.metrics.find("second_of_two")(None) == 1.0
    assert set(loaded[0].files) == {
        f"my_package/{one}" for one in ("__init__.py", "inside.py", "data.py", "labels.txt")
    }
    assert set(loaded[1].files) == {"my folder/one.py", "my folder/two.py"}


def test_two_plugins_one_of_which_imports_the_other_are_each_imported_once(tmp_path):
    one = write(tmp_path / "one_of_them.py", name="one")
    two = write(tmp_path / "two_of_them.py", "import one_of_them\n" + METRIC.format(name="two", value="2"))
    first, second = plugins.load([str(two), str(one)])
    assert plugins.origin(registry.metrics.entry("two")) == first
    assert plugins.origin(registry.metrics.entry("one")) == second, "the file itself, not who imported it"


def test_files_of_one_name_beside_two_plugins_are_told_apart(tmp_path):
    for name, value in (("a", 1), ("b", 2)):
        text = "import shared_name\n" + METRIC.format(name=name, value="shared_name.VALUE")
        write(tmp_path / name / f"{name}_plugin.py", text)
        write(tmp_path / name / "shared_name.py", f"VALUE = {value}\n")
    plugins.load([str(tmp_path / "a" / "a_plugin.py")])
    said = refused(tmp_path / "b" / "b_plugin.py")
    assert str(tmp_path / "a" / "shared_name.py") in said and str(tmp_path / "b" / "shared_name.py") in said
    assert "rename that file" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import math\n\nx = math.nought\n", r"AttributeError.*line 3\)\. Mend it there"),
        ("def (:\n", r"SyntaxError: invalid syntax \(.*broken\.py, line 1\)\. Mend"),
        (
            "import soundyard_nosuch\n",
            r"No module named 'soundyard_nosuch'.*line 1\)\. Install soundyard_nosuch",
        ),
        ("import sys\nsys.exit(3)\n", r"SystemExit: 3 .*line 2\)"),
        ("x = 1\n", r"adds nothing: let it register what it has, as in @models\.register"),
        (
            "from audio.registry import metrics\nmetrics.register('accuracy', max)\n",
            r"Two metrics.*broken\.py, line 2",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_told_with_its_line_and_what_to_do(tmp_path, text, said):
    import re

    path = write(tmp_path / "broken.py", text)
    assert re.search(said, refused(path))
    assert refused(path), "and again, not taken for loaded"


def test_a_fault_in_a_file_beside_it_is_told_with_that_file(tmp_path):
    write(tmp_path / "wrong_beside.py", "\nx = y\n")
    assert "wrong_beside.py, line 2" in refused(write(tmp_path / "mine.py", "import wrong_beside\n"))


def test_what_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path / "gone.py") in refused(tmp_path / "gone.py")
    assert f"no such file or folder here ({tmp_path})" in refused("gone.py")
    assert "no Python file: its name must end in .py" in refused(write(tmp_path / "notes.txt", "x"))
    (tmp_path / "empty").mkdir()
    assert "no Python file in the folder" in refused(tmp_path / "empty")
    (tmp_path / "latin.py").write_bytes("x = 'é'".encode("latin-1"))
    assert "not UTF-8" in refused(tmp_path / "latin.py")
    write(tmp_path / "large" / "one.py", "x = 1\n" * 100_000)
    assert "too much to travel" in refused(tmp_path / "large")


def test_an_installed_module_is_a_plugin_by_its_name_and_does_not_travel(tmp_path, monkeypatch):
    write(tmp_path / "their_sounds.py")
    monkeypatch.syspath_prepend(tmp_path)
    (loaded,) = plugins.load(["their_sounds"])
    assert (loaded.given, loaded.files) == ("their_sounds", {})
    assert plugins.origin(registry.metrics.entry("mine")) == loaded


def test_a_path_that_leads_out_of_the_folder_is_not_unpacked(tmp_path):
    for name in ("../x.py", "/tmp/x.py", "a/../../x.py"):
        with pytest.raises(PluginError, match="leads out of its folder"):
            unpack({name: ""}, tmp_path / "there")


def changed(path: Path, folder: Path) -> Path:
    """The same plugin with another line in it, elsewhere."""
    folder.mkdir()
    return write(folder / path.name, path.read_text() + "\n# changed\n")


MODEL = """from torch import nn
from audio.registry import augmentations, models

@models.register("of-mine")
class Mine(nn.Module):
    def __init__(self, plan, frontend):
        super().__init__()
        self.head = nn.Linear(frontend.channels * frontend.bands, plan.classes)

    def forward(self, x):
        return self.head(x.mean(dim=3).flatten(1))

@augmentations.register("as-it-is", on="waveform")
def same(waves, random):
    return waves.clone()
"""


@pytest.fixture
def trained(store, tmp_path):
    """A short training with a plugin; gives its result and the plugin."""
    from audio.training.train import train

    path = write(tmp_path / "of_mine.py", MODEL)
    quick = TrainConfig(
        plugins=[str(path)], model="of-mine", augmentations=["as-it-is"], epochs=1, threads=1, precision="fp32",
        debug_samples_every=0,
    )  # fmt: skip
    return train(quick, store, checkpoint_dir=tmp_path / "run", progress=lambda *_: None), quick, path


def test_a_checkpoint_names_the_plugins_it_needs_and_says_when_one_is_missing_or_another(
    trained, store, tmp_path, capsys
):
    from audio.checkpoints import checkpoint
    from audio.evaluation.evaluate import evaluate
    from audio.inference.predictor import Predictor

    result, _, path = trained
    (need,) = checkpoint.load(result.model_path)["plugins"]
    assert (need["name"], need["given"]) == ("of_mine.py", str(path))
    assert need["adds"] == [["model", "of-mine"], ["augmentation", "as-it-is"]]
    assert evaluate(result.model_path, store, EvaluateConfig(plugins=[str(path)])).accuracy >= 0
    assert "note" not in capsys.readouterr().out

    sys.modules.pop("of_mine")
    loading._loaded.clear()
    for one in registry.EVERY:
        one.entries.pop("of-mine", None)
        one.entries.pop("as-it-is", None)
    for hears in (Predictor, lambda model: evaluate(model, store, EvaluateConfig())):
        with pytest.raises(
            CheckpointError, match=rf"plugin of_mine\.py \({path}, {need['digest']}\).*--plugins"
        ):
            hears(result.model_path)
    plugins.load([str(changed(path, tmp_path / "other"))])
    Predictor(result.model_path)
    assert "The one here is another (of_mine.py" in capsys.readouterr().out


def test_a_training_that_goes_on_with_a_changed_plugin_says_so(trained, store, tmp_path, capsys):
    from audio.training.train import train

    result, quick, path = trained
    sys.modules.pop("of_mine")
    loading._loaded.clear()
    registry.models.entries.pop("of-mine")
    registry.augmentations.entries.pop("as-it-is")
    import dataclasses

    config = dataclasses.replace(quick, plugins=[str(changed(path, tmp_path / "other"))], epochs=2)
    capsys.readouterr()
    gone_on = train(
        config, store, checkpoint_dir=tmp_path / "run", resume_from=result.last_path, progress=lambda *_: None
    )
    assert gone_on.epochs == 2
    assert "The one here is another (of_mine.py" in capsys.readouterr().out


def test_a_model_that_is_none_is_refused_with_its_place(store, tmp_path):
    from audio.models import build

    text = (
        "from torch import nn\nfrom audio.registry import models\n\n@models.register('empty')\n"
        "def empty(plan, frontend):\n    {}\n"
    )
    for number, (body, said) in enumerate(
        [
            ("pass", "gives NoneType; it must return a torch.nn.Module"),
            ("return nn.Flatten()", "has no part 'head'"),
        ]
    ):
        with undone():
            path = write(tmp_path / f"wrong_model{number}.py", text.format(body))
            plugins.load([str(path)])
            with pytest.raises(PluginError, match=rf"'empty' \({path}, line 4\) {said}"):
                build(TrainConfig(model="empty"), 16000, 3)


def test_a_front_end_that_lacks_something_is_refused_with_what(tmp_path):
    from audio.models import build

    text = (
        "from torch import nn\nfrom audio.registry import features\n\n@features.register('bare')\n"
        "class Bare(nn.Module):\n    hop_length = 1\n"
    )
    plugins.load([str(write(tmp_path / "bare.py", text))])
    with pytest.raises(
        PluginError, match=r"'bare' .*line 4\) lacks settings, mean, std.*audio\.features\.contract"
    ):
        build(TrainConfig(frontend="bare"), 16000, 3)


def test_a_metric_and_an_augmentation_that_give_something_else_are_refused(store, tmp_path):
    import numpy as np
    import torch

    from audio.augment.chain import Augment
    from audio.metrics.figures import Answers, figures

    text = (
        "from audio.registry import augmentations, metrics\nmetrics.register('words', lambda answers: 'good')\n"
        "augmentations.register('shorter', lambda waves, random: waves[:, 1:], on='waveform')\n"
        "augmentations.register('nowhere', lambda waves, random: waves, on='moon')\n"
    )
    plugins.load([str(write(tmp_path / "wrong.py", text))])
    with pytest.raises(PluginError, match=r"'words' .*line 2\) gives str; it must return one number"):
        figures(["words"], Answers(np.eye(2) > 0, np.eye(2), False, ["a", "b"]))
    with pytest.raises(PluginError, match=r"'shorter' .*line 3\).*\(2, 9\) and gives \(2, 8\)"):
        Augment(TrainConfig(augmentations=["shorter"]), None).on_waveforms(
            torch.ones(2, 9), torch.Generator()
        )
    with pytest.raises(PluginError, match=r"on='moon'; it can be 'waveform', 'features'"):
        Augment(TrainConfig(augmentations=["nowhere"]), None)


def test_prediction_at_a_shell_takes_the_plugin_by_a_relative_path(trained, tmp_path):
    import numpy as np
    import soundfile

    result, _, path = trained
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 16000)
    command = [sys.executable, "-m", "audio.predict", str(result.model_path), "a.wav"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    with_it, without = (
        subprocess.run([*command, *more], cwd=tmp_path, env=environment, capture_output=True, text=True)
        for more in (["--plugins", path.name], [])
    )
    assert with_it.returncode == 0 and "%" in with_it.stdout, with_it.stderr
    assert without.returncode == 1 and f"--plugins {path}" in without.stderr
