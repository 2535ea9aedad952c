"""The schema that travels with templates and tasks: valid JSON Schema, and it takes what the records take."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from audio import presets
from audio.parameters.parameter import declarations, defaults, kinds
from pipelines.main_job import MainJobParameters
from tasks import register
from tasks.arguments import parameters, schema

RECORDS = [*map(register.record, register.known()), MainJobParameters]


def made(record: type) -> dict[str, Any]:
    """The schema as it comes out of JSON."""
    found: dict[str, Any] = json.loads(json.dumps(schema.schema(record)))
    return found


@pytest.mark.parametrize("record", RECORDS)
def test_it_is_json_schema_and_the_defaults_fit_it(record):
    found = made(record)
    jsonschema.Draft202012Validator.check_schema(found)
    jsonschema.validate(vars(record()), found, jsonschema.Draft202012Validator)
    assert list(found["properties"]) == list(kinds(record)), "in the order of the fields"


@pytest.mark.parametrize("name", presets.names())
def test_presets_fit_it(name):
    jsonschema.validate(vars(presets.find(name).train_config()), made(register.record("train")))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"epochs": 0}, {"epochs": 1.5}, {"mixup": 2}, {"optimizer": "adam"}, {"speeds": [20]}),
        *({"augment": "yes"}, {"learning_rate": None}, {"clip_norm": "5"}, {"model": 3}),
    ],
)
def test_it_refuses_what_the_record_refuses(wrong):
    record = register.defaults("train")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**vars(record), **wrong}, made(type(record)))
    with pytest.raises(Exception, match=next(iter(wrong))):
        replace(record, **wrong)


def test_an_empty_list_is_refused_where_the_record_refuses_it():
    found = made(register.record("export"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"formats": []}, found)
    jsonschema.validate({"folds": []}, made(register.record("crossvalidate")))


@pytest.mark.parametrize("record", RECORDS)
def test_its_default_is_written_as_args_write_it(record):
    for name, one in made(record)["properties"].items():
        assert parameters.read(one["x-default"], kinds(record)[name]) == defaults(record)[name]
        assert one.get("x-group", "") == declarations(record)[name].group


class Kept:
    """Of a ClearML task what a schema is written with."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.writes = 0

    def get_configuration_object(self, name: str) -> str | None:
        return self.texts.get(name)

    def set_configuration_object(self, name: str, config_text: str, **_: Any) -> None:
        self.texts[name] = config_text
        self.writes += 1


def test_a_task_that_has_it_is_not_written_again_and_one_with_an_older_one_is():
    task, record = Kept(), register.record("train")
    schema.write_to(task, record)
    schema.write_to(task, record)
    assert task.writes == 1
    task.texts[schema.NAME] = "{}"
    schema.write_to(task, record)
    assert json.loads(task.texts[schema.NAME]) == made(record)
