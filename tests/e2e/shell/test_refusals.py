"""Typing mistakes and things that are not there are refused in words, before there is a task on the server."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.config import TrainConfig
from audio.models import build
from tests.conftest import ROOT, ServerProcess, free_port
from tests.contract.files import FileClient

HEARD = ("--url", "{sound}")
MODELS = {  # `--model_id` → what has to be said about it
    "nope": "is not the id of a model on this server",
    "0" * 32: "is not the id of a model",
    "two words": "is not the id of a model",
    "é:/%#?": "is not the id of a model",
    "{template}": "is the id of a task (train, training), not of a model",
    "{dataset}": "is the id of a dataset",
    "{queue}": "is the id of a queue (audio)",
    "{project}": "is the id of a project",
    "a model": "is a name, and an id is wanted; {model} is called so",
    "{gone}": "was deleted from the file server",
    "{away}": "is not on this machine",
    "{unreachable}": "does not answer from here",
    "{bare}": "has no weights",
    "{bucket}": "can't be fetched",
    "{exported}": "exported one (ONNX)",
    "{text}": "it is a text file",
    "{half}": "breaks off",
    "{pickled}": "Python objects",
    "{other}": "weights=FILE",
}
DATASETS = {
    "nope": "is not the id of a dataset on this server",
    "two words": "is not the id of a dataset",
    "{template}": "is the id of a task (train, training), not of a dataset",
    "{model}": "is the id of a model",
    "{unfinished}": "is unfinished",
    "folder": "is a name, and an id is wanted",
}
URLS = {
    "": "url is empty",
    " ": "url is empty",
    "nowhere.wav": "there is no such file on this machine",
    "{folder}": "is a folder",
    "{words}": "can't be heard",
    "{files}/nothing.wav": "nothing is there",
    "http://127.0.0.1:{port}/x.wav": "does not answer from here",
    "ftp://nowhere/x.wav": "can't be fetched",
    "https://": "can't be fetched",
}
OTHERS = [
    (["predict", *HEARD, "--top", "0"], "top is 0"),
    (["predict", *HEARD, "--device", "cudaa"], "it can be auto, cpu"),
    (["predict", *HEARD, "--device", ""], "it can be auto, cpu"),
    (["evaluate", "--device", "cuda:77"], "torch finds"),
    (["evaluate", "--speeds", "0"], "speeds is 0"),
    (["export", "--formats", ""], "formats is empty"),
    (["export", "--formats", "onxx"], "torchscript, onnx"),
    (["train", "--fold", "9"], "There is no fold 9; the data set has 1, 2, 3, 4, 5"),
    (["evaluate", "--fold", "9"], "There is no fold 9; the data set has 1, 2, 3, 4, 5"),
    (["evaluate", "--split", "val"], "There is no split 'val'"),
    (["crossvalidate", "--folds", "1, 9"], "There is no fold 9; the data set has 1, 2, 3, 4, 5"),
    (["crossvalidate", "--seeds", ""], "seeds is empty"),
    (["crossvalidate", "--folds", "0"], "folds is 0"),
    (["crossvalidate", "--model", "cnnn"], "Did you mean 'cnn'"),
    (["train", "--model", "cnnn"], "Did you mean 'cnn'"),
    (["train", "--weights", "{words}"], "it is a text file"),
    (["train", "--weights", "{folder}"], "is a folder"),
    (["train", "--weights", "/no/file.pt"], "no file of weights"),
    (["train", "--background", "/no/folder"], "no such folder"),
    (["train", "--model", "wav2vec2", "--encoder", "/no/folder"], "There is no folder /no/folder"),
    (["train", "--pretrained", "true"], "no published weights of cnn"),
    (["train", "--device", "cuda:77"], "torch finds"),
    (["search", "--queue", "audioo"], "There is no queue 'audioo' on this server; there are: audio"),
    (["search", "--queue", ""], "There is no queue ''"),
    (["search", "--base_task_id", "{dataset}"], "not a training of this project"),
    (["search", "--base_task_id", "{model}"], "is the id of a model"),
    (["search", "--base_task_id", "train"], "is a name, and an id is wanted"),
    (["search", "--base_task_id", "{no_such_fold}"], "There is no fold 9; the data set has 1, 2, 3, 4, 5"),
    (["search", "--space", "development_fold=1|2"], "development_fold can't be searched"),
    (["search", "--space", "validation=held-out"], "validation can't be searched"),
    (["search", "--space", "fold=1|2"], "fold can't be searched"),
    (["search", "--space", "model=cnn|crrn"], "Did you mean 'crnn'"),
    (["search", "--objective", "accuracy/test"], "would choose on the test clips"),
]
CASES = [
    *([["predict", *HEARD, "--model_id", name], said] for name, said in MODELS.items()),
    *([[task, "--model_id", name], MODELS[name]] for task in ("evaluate", "export")
      for name in ("nope", "{gone}", "{text}")),
    *([["train", "--dataset_id", name], said] for name, said in DATASETS.items()),
    *([[task, "--dataset_id", name], DATASETS[name]] for task in ("evaluate", "export", "crossvalidate", "search")
      for name in ("nope", "{unfinished}")),
    *([["predict", "--url", name], said] for name, said in URLS.items()),
    *OTHERS,
]  # fmt: skip


@pytest.fixture(scope="module")
def names(server: ServerProcess, prepare, tmp_path_factory) -> dict[str, str]:
    """What the words in braces above stand for."""
    prepared, folder, files = prepare(server), tmp_path_factory.mktemp("refusals"), FileClient(server)
    soundfile.write(folder / "ok.wav", np.zeros(8000), 8000)
    (folder / "words").write_text("these are words")

    def model(name: str, uri: str, **more: str) -> str:
        return str(server.call("models.create", name=name, uri=uri, **more)["id"])

    def uploaded(name: str, content: bytes) -> str:
        assert files.upload(f"refusals/{name}.pt", content).ok
        return model(name, files.url(f"refusals/{name}.pt"))

    whole = model_file()
    known = {
        "model": uploaded("a model", whole),
        "half": uploaded("half", whole[: len(whole) // 2]),
        "text": uploaded("text", b"these are words"),
        "pickled": uploaded("pickled", saved(torch.nn.Linear(1, 1))),
        "other": uploaded("other", saved(torch.nn.Linear(1, 1).state_dict())),
        "gone": model("gone", files.url("refusals/gone.pt")),
        "away": model("away", "file:///home/another/machine/model.pt"),
        "unreachable": model("unreachable", f"http://127.0.0.1:{free_port()}/model.pt"),
        "bare": model("bare", ""),
        "bucket": model("bucket", "s3://no-such-bucket/model.pt"),
        "exported": model("exported", files.url("refusals/a.onnx"), framework="ONNX"),
        "template": prepared["train"],
        "dataset": prepared["dataset"],
        "queue": server.call("queues.get_all", name="^audio$")["queues"][0]["id"],
        "project": server.task(prepared["train"])["project"],
        "sound": str(folder / "ok.wav"),
        "words": str(folder / "words"),
        "folder": str(folder),
        "files": files.root,
        "port": str(free_port()),
    }
    server.call(
        "models.add_or_update_metadata",
        model=known["model"],
        metadata=[{"key": "dataset_id", "type": "str", "value": known["dataset"]}],
    )
    known["no_such_fold"] = server.call("tasks.clone", task=prepared["train"], new_task_name="fold 9")["id"]
    fold = {"section": "Args", "name": "fold", "value": "9"}
    server.call("tasks.edit_hyper_params", task=known["no_such_fold"], hyperparams=[fold])
    known["unfinished"] = server.call(
        "tasks.create",
        name="broken off",
        type="data_processing",
        project=known["project"],
        system_tags=["dataset"],
    )["id"]
    return known


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def model_file() -> bytes:
    """A checkpoint of an untrained network."""
    config = TrainConfig(n_fft=256, win_length=256, hop_length=128, n_mels=16)
    network = build(config, 16000, 2)
    return saved(
        {
            "format": checkpoints.FORMAT, "version": checkpoints.VERSION, "config": vars(config), "epoch": 0,
            "classes": ["high", "low"], "multi_label": False, "sample_rate": 16000, "clip_frames": 16000,
            "preparation": {}, "frontend": network.frontend.describe(), "weights": network.state_dict(), "metrics": {},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def answers(server: ServerProcess, names: dict[str, str]) -> dict[str, tuple[int | str, str]]:
    """What every command line of `CASES` came to. A model that can be used is given where it is not the point."""
    before = count(server)
    commands = [[word.format(**names) for word in with_model(words)] for words, _ in CASES]
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.refusals"],
        cwd=ROOT, env=server.environment(SOUNDYARD_STATE=names["folder"]), input=json.dumps(commands),
        capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(lines) == len(CASES), done.stdout + done.stderr
    assert count(server) == before, "a task was left on the server"
    return {key(words): (status, said) for (words, _), (status, said) in zip(CASES, lines, strict=True)}


def with_model(words: list[str]) -> list[str]:
    hears = words[0] in ("predict", "evaluate", "export")
    return [*words, "--model_id", "{model}"] if hears and "--model_id" not in words else list(words)


def key(words: list[str]) -> str:
    return " ".join(word or "''" for word in words)


def count(server: ServerProcess) -> int:
    return len(server.call("tasks.get_all", only_fields=["id"], page_size=1000, page=0)["tasks"])


@pytest.mark.parametrize(("words", "expected"), CASES, ids=[key(words) for words, _ in CASES])
def test_it_is_refused_in_words_and_leaves_no_task(words, expected, answers, names):
    status, said = answers[key(words)]
    assert status in (1, 2), said
    assert expected.format(**names) in said
    assert "Traceback" not in said and "weights_only" not in said


def test_a_shell_sees_the_message_alone_and_a_status_that_tells(server, names):
    done = server.run("-m", "tasks.evaluate", "--model_id", names["template"])
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: model_id") and "Traceback" not in done.stderr


def test_a_model_that_is_there_is_heard(server, names):
    """That what is refused above is refused for its reason."""
    done = server.run("-m", "tasks.predict", "--url", names["sound"], "--model_id", f" {names['model']} ")
    assert done.returncode == 0, done.stderr
    assert "high" in done.stdout


def test_a_copy_whose_transfer_broke_off_is_fetched_again(server, names, tmp_path):
    words = ("-m", "tasks.predict", "--url", names["sound"], "--model_id", names["model"])
    assert server.run(*words, CLEARML_CACHE_DIR=str(tmp_path)).returncode == 0
    (copy,) = tmp_path.rglob("*model.pt")
    copy.write_bytes(copy.read_bytes()[:1000])
    done = server.run(*words, CLEARML_CACHE_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
