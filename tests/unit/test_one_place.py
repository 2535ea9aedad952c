"""One change of a parameter in its one place is seen wherever parameters are read or shown."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from audio.config import TrainConfig, same_as
from audio.errors import ConfigError
from tasks import register
from tasks.arguments import command, parameters, schema
from tasks.errors import BadParameter
from tests.reference import table
from tests.unit.test_web_logic import node, pytestmark  # noqa: F401  without the page's libraries it is skipped

FORM = """
    import { problemOf, controlOf, isStandard, told } from './web/actions/parameter.js';
    import { withSchema } from './web/actions/schema.js';
    let text = ''; for await (const part of process.stdin) text += part;
    const { param, configuration, value } = JSON.parse(text);
    const [one] = withSchema([param], configuration);
    const filled = ([sentence, blanks]) => sentence.replace(/\\{(\\w+)\\}/g, (_, name) => blanks[name]);
    const wrong = problemOf(one, value);
    console.log(JSON.stringify({ ...told(one), control: controlOf(one), problem: wrong && filled(wrong),
      isStandard: isStandard(one, param.value) }));"""


def changed(name: str, **change: Any) -> type:
    """The train task's parameters with one declaration changed, as its line in audio/config.py would be."""
    kind: Any = register.record("train").__dataclass_fields__[name].type
    body = {
        "__annotations__": {name: kind},
        name: same_as(TrainConfig, name, **change),
        "__module__": __name__,
    }
    return dataclass(type("Changed", (register.record("train"),), body))


def helped(record: type, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What --help says of an option, on one line."""
    with pytest.raises(SystemExit):
        command.parse(record, ["--help"], prog="p", about="a")
    text = capsys.readouterr().out
    found = re.search(rf"^  --{name} .*?(?=^  --|\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return " ".join(found[0].split())


def documented(record: type, name: str) -> str:
    return next(line for line in table("train", record) if line.startswith(f"| `{name}` |"))


def form(record: type, name: str, value: str = "") -> dict[str, Any]:
    """What the page's form makes of the parameter as it travels with a task, and what it says of a value."""
    text = parameters.to_texts(record())[name]
    param = {"section": "Args", "name": name, **text._asdict()}
    configuration = {schema.NAME: {"value": json.dumps(schema.schema(record))}}
    given = json.dumps({"param": param, "configuration": configuration, "value": value})
    done = node("--input-type=module", "--eval", FORM, text=given)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_range(capsys):
    record = changed("epochs", low=5, high=500)
    for wrong in (4, 501):
        with pytest.raises(ConfigError, match=f"epochs is {wrong}; it must be between 5 and 500"):
            record(epochs=wrong)
        with pytest.raises(BadParameter, match="between 5 and 500"):
            parameters.from_texts(record, {"epochs": str(wrong)})
        assert form(record, "epochs", str(wrong))["problem"] == "It must be between 5 and 500"
    assert form(record, "epochs", "5")["problem"] is None
    assert "5 to 500" in helped(record, "epochs", capsys)
    assert "5 to 500" in documented(record, "epochs")
    assert parameters.to_texts(record())["epochs"].description.endswith("[Training; 5 to 500]")
    assert (form(record, "epochs")["low"], form(record, "epochs")["high"]) == (5, 500)


def test_a_choice(capsys):
    record = changed("optimizer", choices=("adamw", "sgd", "lion"))
    assert record(optimizer="lion").optimizer == "lion"
    with pytest.raises(ConfigError, match="it can be adamw, sgd, lion"):
        record(optimizer="lions")
    assert "one of adamw, sgd, lion" in helped(record, "optimizer", capsys)
    assert "one of adamw, sgd, lion" in documented(record, "optimizer")
    assert "one of adamw, sgd, lion" in parameters.to_texts(record())["optimizer"].description
    shown = form(record, "optimizer", "lions")
    assert shown["choices"] == ["adamw", "sgd", "lion"] and shown["control"] == "list"
    assert shown["problem"] == "It can be adamw, sgd, lion"


def test_help_heading_and_unit(capsys):
    record = changed("gain_db", help="how loud it may get", group="Loudness", unit="phon")
    assert "how loud it may get (phon; 0 to 100; default: 6.0)" in helped(record, "gain_db", capsys)
    assert documented(record, "gain_db").endswith("| phon; 0 to 100 | how loud it may get |")
    assert "### Loudness" in "\n".join(table("train", record))
    told = parameters.to_texts(record())["gain_db"].description
    assert told == "how loud it may get [Loudness; in phon; 0 to 100]"
    shown = form(record, "gain_db")
    assert (shown["help"], shown["section"], shown["unit"]) == ("how loud it may get", "Loudness", "phon")


def test_a_default(capsys):
    record = changed("learning_rate", default=0.5)
    assert record().learning_rate == parameters.from_texts(record, {}).learning_rate == 0.5
    assert "default: 0.5" in helped(record, "learning_rate", capsys)
    assert "| `0.5` |" in documented(record, "learning_rate")
    shown = form(record, "learning_rate")
    assert shown["standard"] == "0.5" and shown["isStandard"]


def test_names_that_are_proposed(capsys):
    record = changed("device", known=("auto", "tpu"))
    assert "such as auto, tpu" in helped(record, "device", capsys)
    assert "such as auto, tpu" in documented(record, "device")
    assert form(record, "device", "cuda:7") | {"problem": None} == form(record, "device", "cuda:7")
    assert form(record, "device")["known"] == ["auto", "tpu"] and form(record, "device")["control"] == "names"


def test_without_its_schema_a_form_knows_the_same_but_defaults_and_proposals_from_the_description():
    """As on a task whose configuration objects were taken away, or one of an older version."""
    program = FORM.replace("configuration, value }", "value }").replace(
        "withSchema([param], configuration)", "[param]"
    )
    record = register.record("train")
    for name, text in parameters.to_texts(record()).items():
        given = {"param": {"section": "Args", "name": name, **text._asdict()}, "value": "0"}
        if name not in ("epochs", "f_max", "optimizer", "speeds", "gain_db"):
            continue
        done = node("--input-type=module", "--eval", program, text=json.dumps(given))
        plain, full = json.loads(done.stdout), form(record, name, "0")
        same = ("help", "section", "unit", "choices", "low", "high", "each", "empty", "problem", "control")
        assert {key: plain[key] for key in same} == {key: full[key] for key in same}, name


def test_a_record_that_is_changed_is_held_to_it_again():
    with pytest.raises(ConfigError, match="epochs is 4"):
        replace(changed("epochs", low=5)(), epochs=4)
