"""The command line of a task: options in groups, help that fits the terminal, wrong values of every kind refused."""

import pytest

from tasks import register
from tasks.arguments import command, presets


def helped(monkeypatch, capsys, task: str, columns: int) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    record = register.record(task)
    with pytest.raises(SystemExit) as ended:
        command.given(
            record, ["--help"], prog=f"python -m tasks.{task}", about="a", presets=presets.values(record)
        )
    assert ended.value.code == 0
    return str(capsys.readouterr().out)


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 400])
@pytest.mark.parametrize("task", register.known())
def test_help_fits_the_terminal(task, columns, monkeypatch, capsys):
    lines = helped(monkeypatch, capsys, task, columns).splitlines()
    assert max(len(line) for line in lines if not line.startswith("usage")) <= min(max(columns, 50), 118)


def test_help_stands_beside_its_option_where_there_is_room_and_below_it_where_there_is_none(
    monkeypatch, capsys
):
    assert "--momentum FLOAT                of sgd" in helped(monkeypatch, capsys, "train", 120)
    assert "--momentum FLOAT\n        of sgd" in helped(monkeypatch, capsys, "train", 60)


def test_help_stands_in_groups_in_their_order_each_option_once(monkeypatch, capsys):
    text = helped(monkeypatch, capsys, "train", 120)
    headings = [line[:-1] for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == [
        *("options", "Model", "Clips", "Training", "Teacher", "Features"),
        *("Length of clips", "Augmentation", "Running", "Plugins", "Inputs"),
    ]
    options = [line.split()[0] for line in text.splitlines() if line.startswith("  --")]
    assert len(options) == len(set(options)) == len(vars(register.defaults("train"))) + 1  # --preset
    running = text.split("\nRunning:\n")[1].split("\nPlugins:\n")[0]
    assert "--checkpoint_seconds" in running, "a task's own parameter stands with those of its kind"


def test_names_with_hyphens_stay_whole_in_narrow_help(monkeypatch, capsys):
    words = helped(monkeypatch, capsys, "train", 60).replace(",", " ").split()
    assert set(presets.values(register.record("train"))) <= set(words)


def test_help_tells_unit_range_choices_and_default(monkeypatch, capsys):
    text = " ".join(helped(monkeypatch, capsys, "train", 120).split())
    for told in (
        "(Hz; 0 to 192000; default: none)",
        "(one of adamw, sgd; default: adamw)",
        "(each 0.1 to 10; default: [0.8, 0.87,",
        "(such as auto, cpu, cuda; default: auto)",
        "(0.2: 20 %); 0: none (0 to 1; default: 0.0)",
    ):
        assert told in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epochs", "0"], "epochs is 0; it must be at least 1."),
        (["--epochs", "ten"], "--epochs: expected a whole number, got 'ten'"),
        (["--mixup=2"], "mixup is 2.0; it must be between 0 and 1."),
        (["--optimizer", "adam"], "it can be adamw, sgd. Did you mean 'adamw'?"),
        (["--speeds", "1, 20"], "speeds is 20.0; it must be between 0.1 and 10."),
        (["--augment", "perhaps"], "expected true or false, got 'perhaps'"),
        (["--clip-norm", "-1"], "clip_norm is -1.0; it must be at least 0."),
        (["--epoch", "1"], "there is no option --epoch; did you mean --epochs?"),
        (["--preset", "esc11"], "Did you mean 'esc10'?"),
        (["--epochs", "0", "--mixup", "2"], "epochs is 0; it must be at least 1. mixup is 2.0;"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(words, said, capsys):
    record = register.record("train")
    with pytest.raises(SystemExit) as ended:
        command.given(record, words, prog="p", about="a", presets=presets.values(record))
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
