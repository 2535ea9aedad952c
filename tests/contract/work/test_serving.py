"""`serving.*`: endpoints and their instances."""

import time

from tests.contract.conftest import Api

URL = "http://box:9000/classify"
MACHINE = {"cpu_usage": [50.0, 70.0], "memory_used": 1000.0, "memory_free": 3000.0}


def describe(container: str, **more: object) -> dict:
    return {"container_id": container, "endpoint_name": "classify", "model_name": "net", **more}


def report(api: Api, container: str, **figures: object) -> None:
    api("serving.container_status_report", **describe(container, endpoint_url=URL, **figures))


def test_a_container_without_an_address_is_loading(api: Api) -> None:
    api("serving.register_container", **describe("c1", reference=[{"type": "task", "value": "t"}]))
    (loading,) = api("serving.get_loading_instances")["instances"]
    assert loading["id"] == "c1" and loading["reference"][0]["value"] == "t"
    assert api("serving.get_endpoints")["endpoints"] == []


def test_containers_of_one_address_are_instances_of_one_endpoint(api: Api) -> None:
    report(api, "c1", requests_num=10, requests_min=2, latency_ms=100, uptime_sec=60)
    report(api, "c2", requests_num=5, requests_min=1, latency_ms=300, uptime_sec=30)
    (endpoint,) = api("serving.get_endpoints")["endpoints"]
    assert (endpoint["url"], endpoint["instances"], endpoint["requests"]) == (URL, 2, 15)
    assert (endpoint["latency_ms"], endpoint["uptime_sec"]) == (200, 60)
    details = api("serving.get_endpoint_details", endpoint_url=URL)
    assert [one["id"] for one in details["instances"]] == ["c1", "c2"]


def test_figures_are_kept_over_time(api: Api) -> None:
    report(api, "c1", requests_num=10, machine_stats=MACHINE)
    report(api, "c2", requests_num=5, machine_stats=MACHINE)
    now = time.time()
    span = {"endpoint_url": URL, "from_date": now - 60, "to_date": now + 60, "interval": 60}
    requests = api("serving.get_endpoint_metrics_history", metric_type="requests", **span)
    assert max(requests["total"]["values"]) == 15
    assert sorted(requests["instances"]) == ["c1", "c2"]
    load = api("serving.get_endpoint_metrics_history", metric_type="cpu_util", instance_charts=False, **span)
    assert set(load["total"]["values"]) == {60.0} and "instances" not in load
    ram = api("serving.get_endpoint_metrics_history", metric_type="ram_total", **span)
    assert ram["total"]["title"] == "RAM Total (GB)" and max(ram["total"]["values"]) == 2 * 4000 / 1024
    api.fails("serving.get_endpoint_metrics_history", 400, 12, metric_type="mood", **span)


def test_a_container_that_ended_is_gone(api: Api) -> None:
    report(api, "c1")
    api("serving.unregister_container", container_id="c1")
    assert api("serving.get_endpoints")["endpoints"] == []
    api.fails("serving.get_endpoint_details", 400, 1052, endpoint_url=URL)
    api.fails("serving.unregister_container", 400, 1051, container_id="c1")


def test_a_container_that_fell_silent_is_not_listed(api: Api) -> None:
    api("serving.register_container", **describe("c1", timeout=-1))
    assert api("serving.get_loading_instances")["instances"] == []
