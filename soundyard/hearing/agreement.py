"""What `soundyard events --reference` prints: figures of the agreement with what people have marked."""

import math
from collections.abc import Sequence
from pathlib import Path

from audio.events.hearing import Found
from audio.events.reference import labels_of, read
from audio.events.scoring import COLLAR, SEGMENT, Counts, event_based, segment_based
from audio.named import printable


def told(reference: Path, found: Sequence[Found], classes: Sequence[str]) -> str:
    """A table for people. `classes` are those of the model. Raises DatasetError."""
    heard = {one.path: one.events for one in found if not one.error}
    marked = read(reference, list(heard))
    both = [(events, heard[path]) for path, events in marked.items()]
    names = sorted({*labels_of(marked.values()), *labels_of(events for _, events in both)})
    by_event, by_segment = event_based(both, names), segment_based(both, names)
    lines = [f"{len(both)} of {len(heard)} recordings are marked in {printable(str(reference))}"]
    if foreign := [name for name in names if name not in classes]:
        lines.append(
            f"the model does not know {', '.join(foreign)}: each of those that are marked counts as missed"
        )
    ways = {f"event by event, within {COLLAR:g} s": by_event, f"in segments of {SEGMENT:g} s": by_segment}
    width = max(len(one) for one in ("all classes", *ways, *names))
    for title, scores in ways.items():
        lines += ["", f"{title:{width}}  {'F1':>6} {'precision':>9} {'recall':>6} {'marked':>6}"]
        lines += [_row(name, scores.by_class[name], width) for name in names]
        lines.append(_row("all classes", scores.overall, width))
        lines.append(
            f"mean F1 of the classes {_number(scores.macro_f1)}, error rate {_number(scores.error_rate)}"
        )
    return "\n".join(lines)


def _row(name: str, counts: Counts, width: int) -> str:
    figures = f"{_number(counts.f1):>6} {_number(counts.precision):>9} {_number(counts.recall):>6} {counts.marked:>6}"
    return f"{printable(name):{width}}  {figures}"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
