"""The SDK's own optimizer: it clones a task with other parameters, watches a scalar and names the best clone."""

import sys
import time

from clearml import Task
from clearml.automation import DiscreteParameterRange, GridSearch, HyperParameterOptimizer
from clearml.backend_api.session.client import APIClient


def work(queue: str) -> None:
    """Take what waits as an agent would: the score of a task is its parameter."""
    client = APIClient()
    while answer := client.queues.get_next_task(queue=queue):
        entry = getattr(answer, "entry", None)
        if not entry:
            return
        task = Task.get_task(task_id=entry.task)
        task.started(force=True)
        task.get_logger().report_scalar("score", "all", float(task.get_parameters()["General/x"]), 1)
        task.flush(wait_for_uploads=True)
        task.mark_completed(force=True)


def main(queue_name: str) -> None:
    base = Task.create(project_name="Chains", task_name="base")
    base.set_parameters({"General/x": 0})
    queue = APIClient().queues.create(name=queue_name).id
    Task.init(
        project_name="Chains", task_name="optimizer", task_type="optimizer", auto_connect_frameworks=False
    )
    optimizer = HyperParameterOptimizer(
        base_task_id=base.id,
        hyper_parameters=[DiscreteParameterRange("General/x", values=[1, 3, 2])],
        objective_metric_title="score",
        objective_metric_series="all",
        objective_metric_sign="max",
        optimizer_class=GridSearch,
        max_number_of_concurrent_tasks=2,
        execution_queue=queue_name,
        pool_period_min=0.01,
        total_max_jobs=3,
    )
    optimizer.set_report_period(0.01)
    optimizer.start()
    deadline = time.monotonic() + 60
    while not optimizer.wait(timeout=0.02) and time.monotonic() < deadline:
        work(queue)
    (best,) = optimizer.get_top_experiments(top_k=1)
    optimizer.stop()
    assert best.get_parameters()["General/x"] == "3", best.get_parameters()
    print("all is well")


if __name__ == "__main__":
    main(sys.argv[1])
