"""Pipelines whose steps run in processes of this machine: a controller of functions and of tasks, and decorators."""

import sys

from clearml import PipelineController, PipelineDecorator, Task


def numbers(count: int = 3) -> list:
    return list(range(int(count)))  # a pipeline's parameter arrives as text


def total(values: list) -> int:
    from clearml import Task

    Task.current_task().get_logger().report_single_value("total", sum(values))
    return sum(values)


def functions() -> str:
    pipe = PipelineController(
        "functions", "Chains", version="1.0", add_pipeline_tags=True, pool_frequency=0.02
    )
    pipe.add_parameter("count", 4)
    pipe.add_function_step(
        "numbers", numbers, function_kwargs={"count": "${pipeline.count}"}, function_return=["values"],
        cache_executed_step=True,
    )  # fmt: skip
    pipe.add_function_step(
        "total", total, function_kwargs={"values": "${numbers.values}"}, function_return=["sum"],
        monitor_metrics=[("Summary", "total")],
    )  # fmt: skip
    pipe.start_locally(run_pipeline_steps_locally=True)
    assert pipe.get_pipeline_dag()["total"].status == "completed", pipe.get_pipeline_dag()
    return pipe.id


@PipelineDecorator.component(return_values=["values"])
def made(count: int):  # type: ignore[no-untyped-def]
    return list(range(count))


@PipelineDecorator.component(return_values=["sum"])
def added(values):  # type: ignore[no-untyped-def]
    return sum(values)


@PipelineDecorator.pipeline(name="decorators", project="Chains", version="0.1")
def chain(count: int = 5) -> int:
    found = added(made(count))
    print("the sum is", found)
    return found


if __name__ == "__main__":
    if sys.argv[1] == "functions":
        run = functions()
    else:
        PipelineDecorator.run_locally()
        assert chain(5) == 10
        run = Task.query_tasks(task_name="^decorators$", task_filter={"search_hidden": True})[0]
    print("RUN", run)
