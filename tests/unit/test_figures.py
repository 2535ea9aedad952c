"""The figures of README.md and docs/ are those that benchmarks have written down, and of what they say."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import torchaudio

from benchmarks import audio_throughput as throughput
from tests.conftest import ROOT
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound

RESULTS = ROOT / "benchmarks" / "results"
README, MEASURED, AUDIO = (
    (ROOT / name).read_text() for name in ("README.md", "docs/measured.md", "docs/audio.md")
)


def section(text: str, begin: str, end: str) -> str:
    """A part of a document, on one line."""
    return " ".join(text[text.index(begin) : text.index(end, text.index(begin))].split())


def result(name: str) -> dict:
    return json.loads((RESULTS / name).read_text())


def short(value: float) -> str:
    """As the documents round a ratio."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def test_every_ratio_of_speed_is_in_both_documents_and_no_other():
    told = result("throughput-cpu.json")
    assert set(told["ratios"]) == set(throughput.RATIOS)
    ratios = [short(ratio) for ratio in told["ratios"].values()]
    readme = section(MEASURED, "**Sound on a CPU**", "More: [")
    assert re.findall(r"([\d.]+) ×", readme) == [ratios[i] for i in (0, 4, 1, 2, 3, 5)]
    table = section(AUDIO, "| on one core", "At equal settings the same pictures")
    assert re.findall(r"([\d.]+) × \|", table) == ratios
    device = told["device"].replace("(R)", "").removesuffix(" Processor")
    assert f"one core of an {device}" in readme and f"one core of an {device}" in table
    assert f"{told['epochs']} epochs" in readme and f"{told['epochs']} epochs" in table


def test_what_exported_files_and_the_mixed_load_gave_is_told_as_their_files_have_it():
    of = {one["runtime"]: one for one in result("runtimes-esc10-quick.json")["runtimes"]}
    told = section(MEASURED, "**Exported files**", "**Everything at once**")
    eager, integers, halves = of["pytorch"], of["onnx-int8"], of["onnx-fp16"]
    assert of["onnx"]["same_label"] == halves["same_label"] == eager["answers"]
    assert f"({eager['answers']:,} answers)" in told and f"{integers['same_label']:,} labels the same" in told
    assert f"{100 * integers['accuracy']:g} against {100 * eager['accuracy']:g} %" in told
    assert (
        f"{integers['times_smaller']:.1f} × smaller (" in told
        and f"{halves['times_smaller']} × smaller" in told
    )
    assert (
        f"{of['onnx']['times_faster']} × as fast" in told
        and f"{integers['times_faster']:.1f} × as fast" in told
    )
    mixed = result("server-mixed-load.json")
    told = section(MEASURED, "**Everything at once**", "**Sound on a CPU**")
    assert f"none of {sum(mixed['answers'].values()):,} answers a 500" in told
    assert not any(code.startswith("5") for code in mixed["answers"]) and not any(mixed["lost"].values())
    assert (
        f"{mixed['acknowledged']['files']:,} files" in told
        and f"at most {max(mixed['resident_mb'])} MB" in told
    )
    assert f"p50 {mixed['page_ms']['p50']:.0f} ms, p95 {mixed['page_ms']['p95']:.0f} " in told


def test_the_front_page_repeats_what_is_measured():
    table = README[README.index("## Measured") :]
    ratios = [short(ratio) for ratio in result("throughput-cpu.json")["ratios"].values()]
    assert set(re.findall(r"([\d.]+) ×", table)) <= set(ratios)
    for figure in re.findall(r"[\d.,]+ ± [\d.]+ %|[\d,]+/s|p95 \d+ ms|\d+ ms(?= \|)", table):
        assert figure in MEASURED, figure


def test_every_cost_of_a_clip_is_that_of_the_file():
    told = result("throughput-cpu.json")["cpu_ms_a_clip"]
    table = section(AUDIO, "| on one core", "At equal settings the same pictures")
    rows = re.findall(r"\| ([\d.]+) \| [\d.]+(?: ×)? \|", table)
    wanted = [told[name] for name in (
        throughput.ITEM, throughput.EQUAL, throughput.COMPUTED, throughput.KEPT, throughput.SPREAD,
        throughput.THEIRS, throughput.SAME, throughput.OURS,
    )]  # fmt: skip
    rows += re.findall(r"the store \(([\d.]+)\).*seven speeds \(([\d.]+)\)", table)[0]
    wanted += [told[throughput.STORE], told[throughput.CACHE]]
    for row, value in zip(rows, wanted, strict=True):
        assert float(row) == pytest.approx(value, abs=0.6 * 10.0 ** -len(row.partition(".")[2]))
    spread = told[throughput.KEPT] + (told[throughput.STORE] + told[throughput.CACHE]) / 100
    assert told[throughput.SPREAD] == pytest.approx(spread, abs=1e-3)


def test_the_ratios_are_those_of_the_costs():
    told = result("throughput-cpu.json")
    for name, (theirs, ours) in throughput.RATIOS.items():
        costs = told["cpu_ms_a_clip"]
        assert told["ratios"][name] == pytest.approx(costs[theirs] / costs[ours], rel=0.01, abs=0.06)


def test_the_accuracy_of_the_preset_is_that_of_its_trainings():
    told = result("accuracy-esc10.json")
    seeds, folds = ([100 * v for v in told["summary"][f"by_{x}"].values()] for x in ("seed", "fold"))
    readme = section(MEASURED, "**Accuracy**", "**Sound on a CPU**")
    said = re.findall(
        r"([\d.]+) ± ([\d.]+) % over three seeds \(([\d.]+), ([\d.]+), ([\d.]+); over folds ± ([\d.]+)\)",
        readme,
    )
    names = ("mean", "spread_over_seeds", "spread_over_folds")
    mean, spread, over_folds = (100 * told["summary"][name] for name in names)
    assert [float(one) for one in said[0]] == pytest.approx([mean, spread, *seeds, over_folds], abs=0.06)
    table = section(AUDIO, "| **preset `esc10`**", "| preset `esc10`, seed 0")
    cells = [float(cell) for cell in re.findall(r"\| ([\d.]+) (?=\|)", table)]
    assert cells[:5] == pytest.approx(folds, abs=0.06)
    assert cells[-1] == pytest.approx(told["summary"]["cpu_seconds_a_fold"], abs=0.5)


def test_recall_and_precision_of_each_class_are_those_of_the_file():
    told = result("accuracy-esc10.json")["summary"]["per_class"]
    table = section(AUDIO, "| | recall | precision |", "The command, which goes on")
    for name, figures in told.items():
        recall, precision = re.findall(rf"\| {name.lower()} \| (\d+) \| (\d+) ", table)[0]
        assert float(recall) == pytest.approx(100 * figures["recall"], abs=0.51), name
        assert float(precision) == pytest.approx(100 * figures["precision"], abs=0.51), name


def test_at_equal_settings_both_sides_hear_the_same_power(tmp_path: Path):
    """Which is what makes them equal: only the store's 16 bits and the logarithm lie between."""
    rate, sounds = 44100, [clip_stores.noise(44100, i) for i in range(3)]
    store = clip_stores.write(tmp_path, [Sound("a", sound, fold=1) for sound in sounds], rate)
    ours = throughput.EqualPath(store)
    features = ours.frontend(ours.waves.gather(torch.arange(3)))[:, 0]
    for i, clip in enumerate(store.index["clip"]):
        mel = torchaudio.transforms.MelSpectrogram(rate, **throughput.TUTORIAL)
        power = mel(torch.from_numpy(store.waveform(clip)))
        torch.testing.assert_close(features[i], (power + 1e-6).log(), rtol=0, atol=1e-4)
    soundfile.write(tmp_path / "x.wav", np.asarray(sounds[0], np.int16), rate)
    assert throughput.tutorial_item(tmp_path / "x.wav").shape == ours.items(torch.arange(1))[0].shape


def test_the_table_of_robust_training_is_that_of_the_file():
    guide = (ROOT / "docs" / "guides" / "evaluation.md").read_text()
    told = result("robustness-esc10-robust.json")
    rows = re.findall(
        r"^\| ([^|]+) \| ([\d.]+) \| ([\d.]+) \|$", section_of_lines(guide, "## Robust training"), re.M
    )
    assert len(rows) == 14
    for name, robust, plain in rows:
        series, degree = named(name)
        for kind, written in (("robust", robust), ("plain", plain)):
            found = next(r for r in told[kind] if r["series"] == series and r["degree"] in (degree, None))
            assert written == f"{100 * found['accuracy']:.1f}", name
    at_ten = [r["accuracy"] for r in told["robust"] if r["kind"] == "noise" and r["degree"] == 10]
    quiet = [r["lost"] for r in told["robust"] if r["kind"] == "level" and r["degree"] < 0]
    assert min(at_ten) >= 0.8 and max(quiet) <= 3 and len(quiet) == 4


def section_of_lines(text: str, begin: str) -> str:
    """A part of a document up to the next heading, as it stands."""
    start = text.index(begin)
    end = text.find("\n## ", start + 1)
    return text[start : end if end > 0 else None]


def named(row: str) -> tuple[str, float | None]:
    """The curve and the degree that a row of the table is about."""
    if row == "as they are":
        return "undisturbed", None
    number = float(re.search(r"[−+]?\d+", row)[0].replace("−", "-"))
    return (f"{row.split()[0]} noise" if "noise" in row else "level"), number
