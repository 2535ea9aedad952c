"""Works through the API with the SDK's own APIClient, which parses every answer into its classes."""

from clearml.backend_api.services.v2_23.events import MetricsScalarEvent
from clearml.backend_api.session.client import APIClient

client = APIClient()

project = client.projects.create(name="client/deep", description="")
assert [one.name for one in client.projects.get_all(name="^client", order_by=["name"])] == [
    "client",
    "client/deep",
]

task = client.tasks.create(name="one", type="training", project=project.id, tags=["x", "y"])
client.tasks.edit_hyper_params(task=task.id, hyperparams=[{"section": "Args", "name": "a.b/c", "value": "1"}])
found = client.tasks.get_all(
    tags=["x", "-z"], project=[project.id], only_fields=["id", "name", "hyperparams"]
)
assert found[0].hyperparams["Args"]["a.b/c"].value == "1"

queue = client.queues.create(name="client-queue", tags=["q"])
client.tasks.enqueue(task=task.id, queue=queue.id)
assert client.queues.get_by_id(queue=queue.id).entries[0].task == task.id
assert client.queues.get_all(tags=["q"])[0].name == "client-queue"
assert client.queues.get_next_task(queue=queue.id).entry.task == task.id
client.tasks.started(task=task.id)

client.workers.register(worker="client:0", queues=[queue.id], timeout=600)
client.workers.status_report(
    worker="client:0",
    task=task.id,
    queue=queue.id,
    timestamp=1,
    machine_stats={"cpu_usage": [1.5], "memory_used": 7},
)
worker = next(one for one in client.workers.get_all() if one.id == "client:0")
assert worker.task.id == task.id and worker.queue.name == "client-queue" and worker.register_time.year >= 2026
client.workers.unregister(worker="client:0")

client.events.add(event=MetricsScalarEvent(task=task.id, metric="m", variant="v", iter=0, value=1.0))
(event,) = client.events.get_task_events(task=task.id, event_type="training_stats_scalar").events
assert (event["metric"], event["iter"], event["value"]) == ("m", 0, 1.0)
client.tasks.completed(task=task.id)

model = client.models.create(uri="http://x/m.pt", name="net", labels={"a": 1}, task=task.id)
client.models.edit(model=model.id, comment="c")
client.models.add_or_update_metadata(model=model.id, metadata=[{"key": "k", "type": "int", "value": "1"}])
got = client.models.get_by_id(model=model.id)
assert got.comment == "c" and got.metadata["k"]["value"] == "1" and got.ready is False
client.models.set_ready(model=model.id)
assert str(client.tasks.get_by_id(task=task.id).status) == "published"

try:
    client.tasks.get_by_id(task="0" * 32)
except Exception as fault:
    assert "Invalid task id" in str(fault), fault
else:
    raise AssertionError("a task that does not exist was found")

client.models.delete(model=model.id, force=True)
client.tasks.delete(task=task.id, force=True)
client.queues.delete(queue=queue.id)
client.projects.delete(project=project.id, force=True)
assert len(client.projects.get_all(name="^client/deep$")) == 0
print("all is well")
