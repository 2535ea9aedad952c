"""Decorators: a pipeline is a function that calls components, each call a task, and goes on with their results.

    CLEARML_CONFIG_FILE=.soundyard/clearml.conf python pipelines/examples/decorators.py

Unlike function steps, the order is plain Python: loops, and conditions on results. The calls are put on the queue
`audio`; the function `pipeline` itself runs here.
"""

from clearml import PipelineDecorator


@PipelineDecorator.component(return_values=["clip"], cache=True)
def sound(seed: int) -> list[float]:
    import random

    draw = random.Random(seed)
    return [draw.gauss(0, 0.01 * (seed + 1)) for _ in range(8000)]


@PipelineDecorator.component(return_values=["level"])
def level(clip: list[float]) -> float:
    """dB below full scale."""
    import math

    return round(10 * math.log10(sum(one * one for one in clip) / len(clip)), 1)


@PipelineDecorator.pipeline(
    name="levels by decorators",
    project="Soundyard examples",
    default_queue="audio",
    pipeline_execution_queue=None,  # "services": the function is a task of its own, too
)
def pipeline(count: int = 2) -> float:
    found = [level(sound(seed)) for seed in range(count)]
    loudest = max(float(one) for one in found)
    print("the loudest has", loudest, "dB")
    return loudest


if __name__ == "__main__":
    print("returned", pipeline(count=2))
