"""Function steps: a controller is told of functions, and which results of one are handed to which argument of another.

    CLEARML_CONFIG_FILE=.soundyard/clearml.conf python pipelines/examples/functions.py

Each step is a task whose code is the function alone, so that it imports what it uses itself. What it returns is kept
as an artifact. The controller runs here, its steps on the queue `audio`.
"""

from clearml import PipelineController


def sounds(count: int, seconds: float) -> list[list[float]]:
    """Noise, each twice as loud as the one before."""
    import random

    draw = random.Random(0)
    size = int(16_000 * float(seconds))  # a pipeline's parameter arrives as text
    return [[draw.gauss(0, 0.001 * 2**each) for _ in range(size)] for each in range(int(count))]


def levels(clips: list[list[float]]) -> list[float]:
    """dB below full scale, of each clip."""
    import math

    return [round(10 * math.log10(sum(one * one for one in clip) / len(clip)), 1) for clip in clips]


def report(found: list[float]) -> float:
    """A curve, and the loudest as a single value."""
    from clearml import Logger

    for place, level in enumerate(found):
        Logger.current_logger().report_scalar("level", "dB", level, place)
    Logger.current_logger().report_single_value("loudest", max(found))
    return max(found)


def pipeline() -> PipelineController:
    pipe = PipelineController("levels by functions", "Soundyard examples", pool_frequency=0.02)  # minutes
    pipe.set_default_execution_queue("audio")
    pipe.add_parameter("count", 4, "how many clips")
    pipe.add_parameter("seconds", 0.5)
    pipe.add_function_step(
        "sounds",
        sounds,
        function_kwargs={"count": "${pipeline.count}", "seconds": "${pipeline.seconds}"},
        function_return=["clips"],
        cache_executed_step=True,  # with the same arguments and code it is not run again
    )
    pipe.add_function_step(
        "levels",
        levels,
        function_kwargs={"clips": "${sounds.clips}"},
        function_return=["found"],
        cache_executed_step=True,
    )
    pipe.add_function_step(
        "report",
        report,
        function_kwargs={"found": "${levels.found}"},
        function_return=["loudest"],
        retry_on_failure=1,
    )
    return pipe


if __name__ == "__main__":
    made = pipeline()
    made.start_locally()  # `start(queue="services")`: the controller is a task of its own, too
    statuses = {name: step.status for name, step in made.get_pipeline_dag().items()}
    print(f"pipeline {made.id}: {statuses}")
