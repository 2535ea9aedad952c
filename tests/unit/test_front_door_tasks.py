"""`soundyard tasks`, `run` and `runs` where no server is asked: options, edits that are refused, tables."""

import argparse
import io
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from soundyard import frame, run
from soundyard.tracked import cloning, comparing, downloading, filters, listing, output, rows
from soundyard.tracked.downloading import Thing
from tasks import register
from tasks.arguments import schema
from tasks.errors import BadParameter, NothingThere
from tasks.evaluate import EvaluateParameters

TASK = {
    "id": "a" * 32,
    "name": "né\x1b[31m",
    "type": "training",
    "status": "in_progress",
    "project": {"id": "p1", "name": "a/b"},
    "user": {"name": "ann"},
    "parent": {"id": "b" * 32, "name": "x"},
    "created": "2026-01-02T03:04:05.678901+00:00",
    "last_update": "2026-01-02T03:04:06Z",
    "last_iteration": 3,
    "hyperparams": {"Args": {"lr": {"value": "0.1", "type": "float"}, "n": {"value": "", "type": "int"}}},
    "last_metrics": {"m": {"v": {"metric": "loss", "variant": "train", "value": 0.5}}},
}


def asked(*words: str) -> dict:
    parser = argparse.ArgumentParser()
    filters.add_arguments(parser)
    return filters.query(parser.parse_args(words))


def test_what_is_asked_for_by_default_are_runs_that_are_not_archived_with_the_newest_news_first():
    body = asked()
    assert body["system_tags"] == ["-archived", "-pipeline", "-dataset"]
    assert body["tags"] == ["__$not", "template"]
    assert body["order_by"] == ["-last_update"]


def test_filters_are_the_server_s():
    body = asked("--archived", "--kind", "all", "--status", "running", "--status", "draft", "--tag", "a", "--tag=-b",
                 "--search", "a.b", "--param", "Args/a.b=1", "--param", "Args/a.b=2", "--sort=-started")  # fmt: skip
    assert body["system_tags"] == ["archived"]
    assert body["status"] == ["in_progress", "created"]
    assert body["tags"] == ["__$all", "a", "__$not", "b"]
    assert body["_any_"]["pattern"] == r"a\.b"
    assert body["hyperparams.Args.a%2Eb.value"] == ["1", "2"]
    assert body["order_by"] == ["-started"]
    assert asked("--search", "a.b", "--regex")["_any_"]["pattern"] == "a.b"
    assert asked("--kind", "templates")["tags"] == ["__$all", "template"]
    assert asked("--tag", "template")["tags"] == ["__$all", "template"]


def test_since_is_counted_from_now():
    (edge,) = asked("--since", "2h")["last_update"]
    assert abs(
        datetime.fromisoformat(edge[2:]) - datetime.now(timezone.utc) + timedelta(hours=2)
    ) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), "30m, 12h"),
        (("--param", "lr=1"), "SECTION/NAME=VALUE"),
        (("--param", "Args/lr"), "SECTION/NAME=VALUE"),
        (("--metric", "loss/train"), "LOW..HIGH"),
        (("--metric", "loss/train=.."), "LOW..HIGH"),
        (("--metric", "loss/train=a..b"), "LOW..HIGH"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told_of(words, said):
    with pytest.raises(BadParameter, match=said):
        asked(*words)


def test_a_row_has_names_for_ids_and_words_for_states():
    one = rows.row(TASK, "http://x/")
    assert (one["status"], one["project"], one["user"], one["parent"]) == ("running", "a/b", "ann", "b" * 32)
    assert one["parameters"] == {"Args/lr": "0.1", "Args/n": ""}
    assert one["metrics"] == {"loss/train": 0.5}
    assert one["url"] == f"http://x/projects/p1/tasks/{'a' * 32}"
    bare = rows.row({"id": "1", "status": "queued"})
    assert (bare["status"], bare["parent"], bare["tags"], bare["metrics"], bare["url"]) == (
        "queued",
        None,
        [],
        {},
        "",
    )


def test_a_task_s_name_moves_no_terminal():
    assert output.plain("né\x1b[31m\n") == "né\\x1b[31m\\n"
    stream = io.StringIO()
    Console(file=stream, width=60).print(output.table([rows.row(TASK)], ["name", "status"]))
    assert "\x1b" not in stream.getvalue() and "né" in stream.getvalue()


@pytest.mark.parametrize("width", [30, 60, 100])
def test_a_table_is_no_wider_than_the_terminal(width, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    long = {**rows.row(TASK), "name": "n" * 200, "project": "p" * 200}
    stream = io.StringIO()
    Console(file=stream, width=width).print(output.table([long], listing.COLUMNS))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2 and max(map(len, lines)) <= width


def test_dates_are_told_from_now_and_old_ones_as_dates():
    now = datetime(2026, 1, 2, tzinfo=timezone.utc)
    told = [output.ago(now - timedelta(seconds=one), now) for one in (2, 30, 90, 7200)]
    assert told == ["now", "30 s ago", "1 min ago", "2 h ago"]
    assert output.ago(now - timedelta(days=3), now).startswith("2025-12-")
    assert output.ago(None, now) == ""


def test_columns_are_added_or_chosen_and_an_unknown_one_is_told():
    there = [rows.row(TASK)]
    assert listing.columns("", there) == ["id", "status", "name", "project", "type", "updated"]
    assert listing.columns("+loss/train", there)[-1] == "loss/train"
    assert listing.columns("name,Args/lr", there) == ["name", "Args/lr"]
    with pytest.raises(BadParameter, match=r"Did you mean 'loss/train'"):
        listing.columns("loss/trian", there)


def test_compared_are_the_parameters_that_differ_and_all_figures():
    other = {
        **TASK,
        "hyperparams": {"Args": {"lr": {"value": "0.2"}, "n": {"value": ""}}},
        "last_metrics": {},
    }
    both = [rows.row(TASK), rows.row(other)]
    assert comparing.side_by_side(both, "parameters", everything=False) == {"Args/lr": ["0.1", "0.2"]}
    assert list(comparing.side_by_side(both, "parameters", everything=True)) == ["Args/lr", "Args/n"]
    assert comparing.side_by_side(both, "metrics", everything=False) == {"loss/train": [0.5, None]}


def test_an_edit_changes_its_value_and_nothing_else():
    there = cloning.edited(TASK, ["lr=a=b"])
    assert there is not None and there["Args"]["lr"] == {"value": "a=b", "type": "float"}
    assert there["Args"]["n"] == TASK["hyperparams"]["Args"]["n"]
    assert TASK["hyperparams"]["Args"]["lr"]["value"] == "0.1"
    assert cloning.edited(TASK, []) is None
    added = cloning.edited(TASK, ["Other/new=1"], new=True)
    assert added is not None and added["Other"]["new"]["value"] == "1"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (["Args/lrr=1"], "Did you mean 'Args/lr'"),
        (["lrr=1"], "Did you mean 'Args/lr'"),
        (["lr"], "NAME=VALUE"),
        (["=1"], "NAME=VALUE"),
        (["Args/zzzzzzzzz=1", "nothing"], "(?s)There are: Args/lr, Args/n.*--new.*no edit"),
    ],
)
def test_an_edit_of_what_is_not_there_is_refused(edits, said):
    with pytest.raises(BadParameter, match=said):
        cloning.edited(TASK, edits)


def test_a_name_in_two_sections_has_to_be_said_in_full():
    twice = {"hyperparams": {"Args": {"lr": {"value": "1"}}, "General": {"lr": {"value": "2"}}}}
    with pytest.raises(BadParameter, match="Args/lr, General/lr"):
        cloning.edited(twice, ["lr=3"])
    there = cloning.edited(twice, ["General/lr=3"])
    assert there is not None and (there["Args"]["lr"]["value"], there["General"]["lr"]["value"]) == ("1", "3")


def test_an_edit_is_held_against_the_schema_that_the_task_carries():
    import json

    text = json.dumps(schema.schema(EvaluateParameters))
    names = {name: {"value": ""} for name in json.loads(text)["properties"]}
    task = {"hyperparams": {"Args": names}, "configuration": {schema.NAME: {"value": text}}}
    assert cloning.edited(task, ["batch_size=8"])
    for edit in ("batch_size=x", "batch_size=0", "batch_size=1.5"):
        with pytest.raises(BadParameter, match="Args/batch_size"):
            cloning.edited(task, [edit])
    broken = {**task, "configuration": {schema.NAME: {"value": "{"}}}
    assert cloning.edited(broken, ["batch_size=x"])


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("table é", "table é"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("", "_"),
        (".", "_"),
        ("a\nb\x1b", "a_b_"),
    ],
)
def test_a_file_has_a_safe_name(name, file):
    assert downloading.safe(name) == file


def test_what_is_downloaded_keeps_its_ending_and_gets_a_number_where_names_meet():
    artifact = {"key": "clips", "uri": "http://x/a%20b/clips.parquet", "type": "t", "content_size": 1}
    other = {**artifact, "key": "Clips"}
    found = {"id": "1", "name": "n", "execution": {"artifacts": [artifact, other]}}
    things = downloading.chosen(found, [], False)
    assert [str(one.file) for one in things] == ["clips.parquet", "Clips-2.parquet"]
    with pytest.raises(NothingThere, match="Did you mean 'clips'"):
        downloading.chosen(found, ["clisp"], False)
    with pytest.raises(NothingThere, match="no artifacts"):
        downloading.chosen({"id": "1", "name": "n"}, [], False)


def test_what_was_never_uploaded_is_told_of(tmp_path):
    with pytest.raises(downloading.NotDownloaded, match="no address"):
        downloading.fetch(Thing("a", "", Path("a")), tmp_path, overwrite=False)


def test_a_frame_has_types():
    args = {"lr": {"value": "1e-3", "type": "float"}, "on": {"value": "True", "type": "bool"}}
    done = {**TASK, "hyperparams": {"Args": args}, "last_metrics": {}}
    table = frame.table([TASK, done])
    assert str(table["params.Args/lr"].dtype) == "Float64" and list(table["params.Args/lr"]) == [0.1, 0.001]
    assert table["params.Args/n"].isna().all()
    assert str(table["params.Args/on"].dtype) == "boolean" and table["params.Args/on"][1]
    assert table["metrics.loss/train"][0] == 0.5 and pd.isna(table["metrics.loss/train"][1])
    assert table["created"][0] == pd.Timestamp("2026-01-02T03:04:05.678901", tz="UTC")
    assert table["started"].isna().all() and str(table["started"].dtype).endswith("UTC]")
    assert list(table["status"]) == ["running"] * 2


def test_a_parameter_that_is_no_number_everywhere_stays_a_text():
    other = {**TASK, "hyperparams": {"Args": {"lr": {"value": "auto", "type": "float"}}}}
    assert list(frame.table([TASK, other])["params.Args/lr"]) == ["0.1", "auto"]
    mixed = {**TASK, "hyperparams": {"Args": {"lr": {"value": "1", "type": "int"}}}}
    assert str(frame.table([TASK, mixed])["params.Args/lr"].dtype) == "string"


def test_a_frame_of_nothing_has_the_usual_columns():
    empty = frame.table([])
    assert len(empty) == 0 and {"id", "status", "created", "iteration"} <= set(empty.columns)


def test_words_before_the_task_are_ours_and_those_behind_it_the_task_s():
    assert run.split(["--queue", "audio", "--watch", "train", "--epochs", "3"]) == (
        ["--queue", "audio", "--watch"], "train", ["--epochs", "3"],
    )  # fmt: skip
    assert run.split(["train"]) == ([], "train", [])
    assert run.split(["--help"]) == (["--help"], "", [])
    assert run.taken("--queue", ["--epochs", "3", "--queue=audio"]) == ("audio", ["--epochs", "3"])
    assert run.taken("--queue", ["--queue", "audio", "--epochs", "3"]) == ("audio", ["--epochs", "3"])
    assert run.taken("--queue", ["--epochs", "3"]) == (None, ["--epochs", "3"])


def test_an_unknown_task_is_answered_with_a_near_one(capsys):
    assert run.main(["trian"]) == 1
    assert "Did you mean 'train'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        run.main([])
    assert ended.value.code == 2


def test_a_queue_behind_a_task_that_has_a_queue_of_its_own_is_that_one(monkeypatch):
    told = []
    monkeypatch.setattr(run, "here", lambda task, words: told.append((task, words)) or 0)
    assert run.main(["search", "--queue", "audio"]) == 0
    assert told == [("search", ["--queue", "audio"])]


def test_a_narrow_terminal_gets_fewer_columns():
    assert listing.fitting([*listing.COLUMNS], 40) == ["id", "status", "name"]
    assert listing.fitting([*listing.COLUMNS], 200) == [*listing.COLUMNS]


@pytest.mark.parametrize("name", register.known())
def test_every_parameter_of_every_task_takes_its_own_default_as_an_edit(name):
    found = schema.schema(register.record(name))
    task = {
        "hyperparams": {"Args": {one: {"value": ""} for one in found["properties"]}},
        "configuration": {schema.NAME: {"value": json.dumps(found)}},
    }
    for one, rule in found["properties"].items():
        try:
            there = cloning.edited(task, [f"{one}={rule['x-default']}"])
        except BadParameter as error:
            assert "is empty" in str(error)  # what has to be given has no default that is of use
        else:
            assert there is not None and there["Args"][one]["value"] == rule["x-default"]
