"""A model card: what a model is, has heard, reaches and cannot, and how it is loaded, from what was recorded alone.

Markdown as model hubs read it, with YAML in front. What was not measured or recorded is said to be so.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from audio.export.check import Exported

FILE = "model_card.md"
UNMEASURED = "Not measured."
LOST_MUCH = 10.0  # points from which on a condition is among the limits
WEAKEST = 3  # classes that are named
TOLD = ("accuracy", "balanced_accuracy", "macro_f1", "mean_average_precision", "auroc", "top3", "top5")


@dataclass(frozen=True)
class Figure:
    """A figure with the bounds of its 95 % interval; None: there are none."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None

    def text(self) -> str:
        bounds = "" if self.low is None or self.high is None else f" ({self.low:.3f} to {self.high:.3f})"
        return f"{self.value:.3f}{bounds}"


@dataclass(frozen=True)
class Condition:
    """How much a disturbance costs."""

    name: str
    accuracy: float
    lost: float  # points, on the same clips


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation has found."""

    what: str  # data set, split and fold, in words
    figures: Sequence[Figure]
    classes: Sequence[Figure] = ()  # F1 of each
    robustness: Sequence[Condition] = ()
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Data:
    """The clips that a model was trained on; empty strings: not recorded."""

    title: str = ""
    licence: str = ""
    homepage: str = ""
    clips: int = 0
    trained_on: int = 0
    hours: float = 0.0

    @classmethod
    def of(cls, manifest: dict[str, Any], durations: Sequence[float], trained_on: int) -> "Data":
        """Of a clip store's manifest, and the lengths of its clips in s."""
        told = manifest.get("dataset") or {}
        title, licence, homepage = (str(told.get(name) or "") for name in ("title", "licence", "homepage"))
        return cls(
            title or str(told.get("name") or ""),
            licence,
            homepage,
            len(durations),
            trained_on,
            sum(durations) / 3600,
        )


@dataclass(frozen=True)
class Card:
    """All that a card is made of."""

    name: str
    state: dict[str, Any]  # the checkpoint
    data: Data
    model_id: str = ""
    evaluations: Sequence[Evaluated] = ()
    exports: Sequence[Exported] = field(default=())

    def markdown(self) -> str:
        """The card."""
        parts = {
            "What it is": self._about(),
            "Data": self._data(),
            "Figures": self._figures(),
            "Robustness": self._robustness(),
            "Limits": self._limits(),
            "Files": self._files(),
            "How to load it": self._loading(),
        }
        text = [f"# {_plain(self.name)}"]
        for title, lines in parts.items():
            text += ["", f"## {title}", "", *lines]
        return self._header() + "\n".join(text) + "\n"

    def _header(self) -> str:
        """YAML, which JSON's strings are, too."""
        lines = ["---", "library_name: soundyard", "pipeline_tag: audio-classification", "license: unknown"]
        if self.data.title:
            lines += ["datasets:", f"- {_quoted(self.data.title)}"]
        found = [one for evaluated in self.evaluations for one in evaluated.figures if one.name in TOLD]
        if found:
            lines += ["model-index:", f"- name: {_quoted(self.name)}", "  results:", "  - task:"]
            lines += ["      type: audio-classification", "    dataset:"]
            lines += [f"      name: {_quoted(self.evaluations[0].what)}", "      type: audio", "    metrics:"]
            for one in self.evaluations[0].figures:
                if one.name in TOLD:
                    lines += [f"    - type: {one.name}", f"      value: {one.value:.4f}"]
        return "\n".join([*lines, "---", "", ""])

    def _about(self) -> list[str]:
        state, config = self.state, self.state["config"]
        rate, frames = int(state["sample_rate"]), int(state["clip_frames"])
        parameters = sum(weight.numel() for weight in state["weights"].values())
        kind = "several labels a clip" if state["multi_label"] else "one label a clip"
        return [
            f"- Network `{config.get('model')}` on `{config.get('frontend')}`, {parameters / 1e6:.2f} million numbers",
            f"- Hears one channel at {rate} Hz in windows of {frames / rate:g} s; longer sound in several",
            f"- {len(state['classes'])} classes, {kind}: {', '.join(map(_plain, state['classes']))}",
            f"- Trained for {state['epoch']} epochs, seed {config.get('seed')}; model id `{self.model_id or 'none'}`",
        ]

    def _data(self) -> list[str]:
        data = self.data
        return [
            f"- Trained on: {_plain(data.title) or 'not recorded'}{f' (<{data.homepage}>)' if data.homepage else ''}",
            f"- Licence of the data: {_plain(data.licence) or 'not recorded'}",
            f"- {data.clips} clips, {data.hours:.2f} hours; {data.trained_on} of them trained on"
            if data.clips
            else "- How many clips: not recorded here",
            "- Licence of the model: not recorded; whoever passes it on decides, within what the data's allows",
        ]

    def _figures(self) -> list[str]:
        lines: list[str] = []
        for one in self.evaluations:
            lines += [
                f"On {_plain(one.what)}, with 95 % intervals over recordings:",
                "",
                "| figure | value |",
                "|---|---|",
            ]
            lines += [f"| {figure.name} | {figure.text()} |" for figure in one.figures]
            lines += ["", *(f"{_plain(remark)}" for remark in one.remarks), ""]
        return (
            lines[:-1]
            if lines
            else [UNMEASURED + " `python -m tasks.evaluate` does, and writes this card anew."]
        )

    def _robustness(self) -> list[str]:
        rows = [row for one in self.evaluations for row in one.robustness]
        if not rows:
            return [
                UNMEASURED
                + " `python -m tasks.evaluate --robustness level,noise,band,codec,reverberation` does."
            ]
        head = ["| condition | accuracy | points lost |", "|---|---|---|"]
        return head + [f"| {_plain(row.name)} | {row.accuracy:.3f} | {row.lost:.1f} |" for row in rows]

    def _limits(self) -> list[str]:
        said = (
            "names those whose probability reaches their threshold"
            if self.state["multi_label"]
            else "names one of them"
        )
        lines = [f"- It knows its {len(self.state['classes'])} classes alone and {said}, whatever it hears."]
        for one in self.evaluations:
            weak = sorted(one.classes, key=lambda figure: figure.value)[:WEAKEST]
            if weak:
                told = ", ".join(f"{_plain(figure.name)} {figure.value:.2f}" for figure in weak)
                lines.append(f"- Lowest F1 on {_plain(one.what)}: {told}.")
            lost = [row for row in one.robustness if row.lost >= LOST_MUCH]
            if one.robustness:
                told = (
                    ", ".join(f"{_plain(row.name)} ({row.lost:.0f})" for row in lost) or "none that was tried"
                )
                lines.append(f"- Conditions that cost {LOST_MUCH:g} points or more: {told}.")
        if not self.evaluations:
            lines.append("- How good it is on clips that it has not seen was not measured.")
        lines.append("- Other microphones, rooms and recordings than the data's: not measured.")
        return lines

    def _files(self) -> list[str]:
        if not self.exports:
            return [
                "Exported files: none were made with this card. `python -m tasks.export` makes and measures them."
            ]
        head = [
            "| file | MB | same labels | points lost | ms, one thread | PyTorch |",
            "|---|---|---|---|---|---|",
        ]
        rows = [
            f"| {one.path.name}{' (refused)' if one.refused else ''} | {one.megabytes:.2f} | {one.agreement:.1%} | "
            f"{one.lost:.1f} | {one.latency.p50:.1f} | {one.model_latency.p50:.1f} |"
            for one in self.exports
        ]
        return head + rows

    def _loading(self) -> list[str]:
        file = next((one.path.name for one in self.exports if one.format == "onnx"), "model.pt")
        named = (
            [f'soundyard.Predictor("{self.model_id}")("siren.wav").top()  # from the server']
            if self.model_id
            else []
        )
        return [
            "```python",
            "import soundyard",
            "",
            f'soundyard.Predictor("{file}")("siren.wav").top()',
            *named,
            "```",
            "",
            "An ONNX file takes float32 waveforms `(batch, time)` as `waveform`, and gives `logits`; classes and "
            "preparation are in its metadata.",
        ]


def _plain(text: object) -> str:
    """A name that Markdown leaves as it is, on one line."""
    found = " ".join(str(text).split())
    for sign in "\\|[]<>*_`#":
        found = found.replace(sign, f"\\{sign}")
    return found


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
