"""`workers.*`: agents as they report themselves."""

import time

from tests.contract.conftest import Api

STATS = {"cpu_usage": [10.0, 30.0], "memory_used": 500, "gpu_usage": [], "disk_free_home": None}


def report(api: Api, worker: str = "box:0", **more: object) -> None:
    api("workers.status_report", worker=worker, timestamp=int(time.time() * 1000), is_daemon=True, **more)


def test_a_worker_is_listed_with_its_queues_and_their_next_task(api: Api) -> None:
    queue = api("queues.create", name="work")["id"]
    task = api.task("waits")
    api("tasks.enqueue", task=task, queue=queue)
    api("workers.register", worker="box:0", queues=[queue, "deleted"], timeout=600, tags=["big"])
    (worker,) = api("workers.get_all")["workers"]
    assert worker["id"] == "box:0" and worker["tags"] == ["big"]
    assert worker["queues"] == [
        {"id": queue, "name": "work", "num_tasks": 1, "next_task": {"id": task, "name": "waits"}}
    ]


def test_a_report_says_what_runs_and_sets_the_tasks_last_worker(api: Api) -> None:
    queue = api("queues.create", name="work")["id"]
    project = api.project("sounds")
    task = api.task("runs", project=project)
    api("tasks.started", task=task)
    report(api, task=task, queue=queue, queues=[queue])
    (worker,) = api("workers.get_all")["workers"]
    assert worker["task"]["name"] == "runs" and worker["task"]["running_time"] >= 0
    assert worker["project"] == {"id": project, "name": "sounds"}
    assert worker["queue"]["name"] == "work"
    assert api.get(task)["last_worker"] == "box:0"
    report(api)
    assert "task" not in api("workers.get_all")["workers"][0]


def test_a_stray_report_of_an_unknown_worker_registers_it(api: Api) -> None:
    report(api, "new:0")
    assert [worker["id"] for worker in api("workers.get_all")["workers"]] == ["new:0"]


def test_a_worker_that_signed_off_is_gone_and_may_come_back(api: Api) -> None:
    api("workers.register", worker="box:0", queues=[])
    api("workers.unregister", worker="box:0", queues=[])
    assert api("workers.get_all")["workers"] == []
    api.fails("workers.unregister", 400, 1004, worker="box:0")
    api("workers.register", worker="box:0")
    assert api("workers.get_count")["count"] == 1


def test_workers_are_filtered_by_tag_and_name_pattern(api: Api) -> None:
    api("workers.register", worker="a:gpu0", tags=["fast"])
    api("workers.register", worker="b:cpu", tags=["slow"])

    def found(**query: object) -> list[str]:
        return [worker["id"] for worker in api("workers.get_all", **query)["workers"]]

    assert found(tags=["fast"]) == ["a:gpu0"]
    assert found(tags=["-fast"]) == ["b:cpu"]
    assert found(worker_pattern="a:gpu*") == ["a:gpu0"]
    assert found(last_seen=0) == ["a:gpu0", "b:cpu"]


def test_machine_statistics_are_aggregated_by_interval(api: Api) -> None:
    report(api, machine_stats=STATS)
    now = time.time()
    asked = {"from_date": now - 60, "to_date": now + 60, "interval": 60}
    items = [{"key": "cpu_usage", "category": "avg"}, {"key": "cpu_usage", "category": "max"}]
    (worker,) = api("workers.get_stats", items=items, **asked)["workers"]
    (metric,) = worker["metrics"]
    values = {one["aggregation"]: one["values"] for one in metric["stats"]}
    assert values == {"avg": [20.0], "max": [30.0]}


def test_statistics_split_into_one_series_a_core(api: Api) -> None:
    report(api, machine_stats=STATS)
    now = time.time()
    answer = api(
        "workers.get_stats",
        from_date=now - 60,
        to_date=now + 60,
        interval=60,
        items=[{"key": "cpu_usage", "category": "min"}],
        split_by_variant=True,
    )
    series = {one["variant"]: one["stats"][0]["values"] for one in answer["workers"][0]["metrics"]}
    assert series == {"0": [10.0], "1": [30.0]}


def test_an_unknown_aggregation_is_refused(api: Api) -> None:
    items = [{"key": "cpu_usage", "category": "median"}]
    api.fails("workers.get_stats", 400, 12, from_date=0, to_date=1, interval=1, items=items)


def test_metric_keys_are_grouped_by_what_they_measure(api: Api) -> None:
    report(api, machine_stats=STATS)
    categories = api("workers.get_metric_keys", worker_ids=["box:0"])["categories"]
    assert {"name": "cpu", "metric_keys": ["cpu_usage"]} in categories
    assert {one["name"] for one in categories} == {"cpu", "memory"}


def test_the_activity_report_counts_who_was_there_and_who_worked(api: Api) -> None:
    task = api.task()
    report(api, "a:0", machine_stats=STATS, task=task)
    report(api, "b:0", machine_stats=STATS)
    now = time.time()
    answer = api("workers.get_activity_report", from_date=now - 300, to_date=now + 1, interval=60)
    assert max(answer["total"]["counts"]) == 2 and max(answer["active"]["counts"]) == 1
    assert answer["total"]["counts"][0] == 0


def test_an_absurdly_fine_activity_report_is_bounded(api: Api) -> None:
    answer = api("workers.get_activity_report", from_date=0, to_date=time.time(), interval=1)
    assert len(answer["total"]["dates"]) <= 10_001


def test_runtime_properties_are_kept_by_key(api: Api) -> None:
    def put(key: str, value: str) -> None:
        api(
            "workers.set_runtime_properties",
            worker="box:0",
            runtime_properties=[{"key": key, "value": value}],
        )

    assert api("workers.get_runtime_properties", worker="box:0") == {"runtime_properties": []}
    put("force", "on")
    put("force", "off")
    answer = api("workers.get_runtime_properties", worker="box:0")
    assert answer["runtime_properties"] == [{"key": "force", "value": "off"}]


def test_a_worker_says_why_it_takes_no_task_until_that_lapses(api: Api) -> None:
    def held() -> object:
        return api("workers.get_all")["workers"][0].get("held")

    def told(key: str, value: str, expiry: float) -> None:
        properties = [{"key": key, "value": value, "expiry": expiry}]
        api("workers.set_runtime_properties", worker="box:0", runtime_properties=properties)

    api("workers.register", worker="box:0", queues=[])
    told("held", "nothing reached", 60)
    assert held() is None
    told("force", "off", 0.3)
    assert held() == "nothing reached"
    told("held", "", 60)
    assert held() == "held back"
    time.sleep(0.35)
    assert held() is None


def test_a_property_does_not_bring_back_a_worker_that_has_signed_off(api: Api) -> None:
    """An agent that was drained says so after its daemon has gone."""
    released = [{"key": "force", "value": "on", "expiry": 60}]
    api("workers.register", worker="box:0", queues=[])
    api("workers.unregister", worker="box:0")
    api("workers.set_runtime_properties", worker="box:0", runtime_properties=released)
    assert api("workers.get_all", last_seen=0)["workers"] == []
    api("workers.register", worker="box:0", queues=[])
    (kept,) = api("workers.get_runtime_properties", worker="box:0")["runtime_properties"]
    assert kept == {"key": "force", "value": "on"}
