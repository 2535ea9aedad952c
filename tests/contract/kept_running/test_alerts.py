"""Alerts: what rules find is told once, to real receivers; what fails is tried again; no secret comes back."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from server.domain.alerts import sending
from server.domain.alerts.deliveries import AGAIN, Deliveries
from server.domain.alerts.watch import Watch
from tests.contract import closed, receivers
from tests.contract.conftest import Api
from tests.contract.receivers import Mails, Webhook
from tests.e2e.certificates import certificate

SECRET = "/services/T0SECRET/B0SECRET/abcdefgh"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with receivers.webhook() as one:
        yield one


@pytest.fixture
def mails() -> Iterator[Mails]:
    with receivers.mail_server() as one:
        yield one


class Alarm:
    """Rounds of what the server does by itself, at moments of the test's choice."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.watch = Watch(api.store)
        self.deliveries = Deliveries(api.store, "http://page")

    def round(self, after: float = 0) -> None:
        now = datetime.now(timezone.utc) + timedelta(seconds=after)
        self.watch.run(now)
        self.deliveries.run(now)

    def channel(self, url: str, kind: str = "json", name: str = "channel", **more: object) -> str:
        return str(self.api("alerts.set_channel", name=name, kind=kind, url=url, **more)["id"])

    def rule(self, *channels: str, **fields: object) -> str:
        made = {"name": "rule", "channels": channels, **fields}
        return str(self.api("alerts.set_rule", **made)["id"])

    @property
    def last(self) -> dict:
        return dict(self.api("alerts.get_deliveries")["deliveries"][0])


@pytest.fixture
def alarm(api: Api) -> Alarm:
    return Alarm(api)


def failed(api: Api, name: str = "run", **fields: object) -> str:
    task = api.task(name, **fields)
    api("tasks.started", task=task)
    api("tasks.failed", task=task, status_reason="out of memory")
    return task


def points(api: Api, task: str, *values: float) -> None:
    lines = [
        {
            "type": "training_stats_scalar",
            "task": task,
            "metric": "loss",
            "variant": "train",
            "value": one,
            "iter": i,
        }
        for i, one in enumerate(values)
    ]
    assert api.post("events.add_batch", "\n".join(map(json.dumps, lines)).encode()).status_code == 200


def titles(hook: Webhook) -> list[str]:
    return [one["title"] for message in hook.came for one in message["alerts"]]


def test_a_task_that_fails_is_told_once_with_its_reason_and_address(alarm: Alarm, hook: Webhook) -> None:
    alarm.rule(alarm.channel(hook.url + SECRET), kind="status", statuses=["failed"])
    project = alarm.api.project("birds")
    task = failed(alarm.api, "é:/% <b>", project=project)
    other = alarm.api.task("fine")
    alarm.api("tasks.started", task=other)
    alarm.api("tasks.completed", task=other)
    for _ in range(3):
        alarm.round()
    [message] = hook.came
    [told] = message["alerts"]
    assert (told["title"], told["text"]) == ("é:/% <b> failed", "out of memory")
    assert told["link"] == f"http://page/projects/{project}/tasks/{task}/output/log"
    assert hook.paths == [SECRET]
    assert (alarm.last["state"], alarm.last["attempts"]) == ("sent", 1)


def test_two_failures_of_a_task_between_two_looks_are_two_events(alarm: Alarm, hook: Webhook) -> None:
    alarm.rule(alarm.channel(hook.url), kind="status", statuses=["failed"])
    task = failed(alarm.api)
    alarm.api("tasks.reset", task=task)
    alarm.api("tasks.started", task=task)
    alarm.api("tasks.failed", task=task)
    alarm.round()
    assert titles(hook) == ["run failed", "run failed"] and len(hook.came) == 1


def test_what_was_before_a_rule_while_it_is_off_or_elsewhere_is_not_told(alarm: Alarm, hook: Webhook) -> None:
    channel = alarm.channel(hook.url)
    failed(alarm.api, "before")
    birds, below = alarm.api.project("birds"), alarm.api.project("birds/field")
    rule = {"kind": "status", "statuses": ["failed"], "project": birds, "tag": "night"}
    id = alarm.rule(channel, **rule)
    failed(alarm.api, "elsewhere", project=alarm.api.project("birdsong"), tags=["night"])
    failed(alarm.api, "other tag", project=birds, tags=["day"])
    failed(alarm.api, "below", project=below, tags=["day", "night"])
    alarm.round()
    assert titles(hook) == ["below failed"]
    alarm.rule(channel, id=id, enabled=False, **rule)
    failed(alarm.api, "while off", project=birds, tags=["night"])
    alarm.round()
    alarm.rule(channel, id=id, **rule)
    alarm.round()
    assert titles(hook) == ["below failed"]


def test_a_metric_is_told_once_a_run_and_where_that_is_asked_only_at_its_end(
    alarm: Alarm, hook: Webhook
) -> None:
    channel = alarm.channel(hook.url)
    rule = {"kind": "metric", "metric": "loss", "variant": "train", "comparison": "below", "value": 0.5}
    alarm.rule(channel, **rule)
    alarm.rule(channel, **rule, ended=True)
    task = alarm.api.task("run")
    alarm.api("tasks.started", task=task)
    points(alarm.api, task, 0.9, 0.7)
    alarm.round()
    assert titles(hook) == []
    points(alarm.api, task, 0.9, 0.7, 0.3)
    alarm.round()
    alarm.round()
    points(alarm.api, task, 0.9, 0.7, 0.3, 0.6, 0.2)
    Alarm(alarm.api).round()  # another process goes on
    assert titles(hook) == ["run: loss/train is 0.3"]
    alarm.api("tasks.completed", task=task)
    alarm.round()
    assert titles(hook)[1:] == ["run: loss/train is 0.2"]


def test_a_queue_that_waits_too_long_is_told_again_only_after_it_was_empty(
    alarm: Alarm, hook: Webhook
) -> None:
    alarm.rule(alarm.channel(hook.url), kind="queue", minutes=10)
    queue = alarm.api("queues.create", name="audio")["id"]
    task = alarm.api.task("waits")
    alarm.api("tasks.enqueue", task=task, queue=queue)
    for minutes in (9, 11, 12, 600):
        alarm.round(60 * minutes)
        assert len(hook.came) == (minutes > 9)
    assert titles(hook) == ["Tasks wait in the queue audio"]
    alarm.api("tasks.dequeue", task=task)
    alarm.round()
    alarm.api("tasks.enqueue", task=task, queue=queue)
    alarm.round(660)
    assert len(hook.came) == 2


def test_a_worker_that_vanishes_is_told_and_one_that_signs_off_is_not(alarm: Alarm, hook: Webhook) -> None:
    alarm.rule(alarm.channel(hook.url), kind="worker")
    for worker in ("gpu:0", "gpu:1"):
        alarm.api("workers.register", worker=worker, timeout=60)
    alarm.api("workers.unregister", worker="gpu:1")
    later = datetime.now(timezone.utc) + timedelta(minutes=2)
    with alarm.api.store.transaction():
        assert alarm.api.store.workers.give_up_silent(later, 600) == ["gpu:0"]
    alarm.round()
    alarm.round()
    assert titles(hook) == ["The worker gpu:0 is lost"]


def test_a_disk_that_is_nearly_full_is_told_once(alarm: Alarm, hook: Webhook) -> None:
    channel = alarm.channel(hook.url)
    alarm.rule(channel, kind="disk", free_gb=1e-6)
    alarm.rule(channel, kind="disk", free_gb=1e9)
    alarm.round()
    alarm.round()
    assert len(titles(hook)) == 1 and titles(hook)[0].startswith("The server's disk is nearly full: ")


def test_a_failed_delivery_is_seen_and_tried_again_ever_more_rarely(alarm: Alarm, hook: Webhook) -> None:
    alarm.rule(alarm.channel(hook.url + SECRET), kind="status", statuses=["failed"])
    hook.answers = [(500, f"no {SECRET}")] * 2
    failed(alarm.api)
    alarm.round()
    seen = alarm.last
    assert (seen["state"], seen["attempts"], seen["channel"]) == ("waiting", 1, "channel")
    assert "answered 500 no (hidden)" in seen["error"]
    alarm.round(5)
    assert len(hook.came) == 1
    alarm.round(11)
    alarm.round(11 + 29)
    assert len(hook.came) == 2
    alarm.round(11 + 31)
    assert len(hook.came) == 3 and alarm.last["state"] == "sent" and alarm.last["error"] == ""


def test_a_delivery_is_given_up_at_last_and_can_be_tried_anew(alarm: Alarm, hook: Webhook) -> None:
    alarm.rule(alarm.channel(hook.url), kind="status", statuses=["failed"])
    hook.answers = [(503, "away")] * (len(AGAIN) + 1)
    failed(alarm.api)
    after = 0.0
    for _ in range(len(AGAIN) + 5):
        alarm.round(after)
        after += 6 * 3600 + 1
    assert alarm.last["state"] == "failed" and len(hook.came) == len(AGAIN) + 1
    assert alarm.api("alerts.retry", delivery=alarm.last["id"])["updated"] == 1
    alarm.round()
    assert alarm.last["state"] == "sent"
    assert alarm.api("alerts.retry", delivery=alarm.last["id"])["updated"] == 0


def test_a_channel_that_is_gone_keeps_no_other_from_its_messages(alarm: Alarm, hook: Webhook) -> None:
    dead = alarm.channel("http://127.0.0.1:9/x", name="dead")
    alarm.rule(dead, alarm.channel(hook.url), kind="status", statuses=["failed"])
    failed(alarm.api)
    alarm.round()
    assert titles(hook) == ["run failed"]
    errors = {one["channel"]: one["error"] for one in alarm.api("alerts.get_deliveries")["deliveries"]}
    assert "127.0.0.1:9 can't be reached" in errors["dead"] and errors["channel"] == ""


def test_each_service_gets_the_form_that_it_reads(alarm: Alarm, hook: Webhook) -> None:
    channels = [alarm.channel(f"{hook.url}/{kind}", kind, kind) for kind in ("slack", "discord")]
    channels.append(alarm.channel(f"{hook.url}/feishu", "feishu", "feishu", secret="signing"))
    alarm.rule(*channels, kind="status", statuses=["failed"])
    failed(alarm.api, "<!channel> & @everyone")
    alarm.round()
    came = dict(zip(hook.paths, hook.came, strict=True))
    assert came["/slack"]["text"].startswith(
        "&lt;!channel&gt; &amp; @everyone failed\nout of memory\nhttp://page/"
    )
    assert came["/discord"]["allowed_mentions"] == {"parse": []}
    assert came["/discord"]["content"].startswith("<!channel>")
    assert came["/feishu"]["msg_type"] == "text" and "failed" in came["/feishu"]["content"]["text"]
    assert came["/feishu"]["sign"] and abs(int(came["/feishu"]["timestamp"]) - time.time()) < 60


def test_feishus_200_with_a_code_is_a_failure(alarm: Alarm, hook: Webhook) -> None:
    channel = alarm.channel(hook.url, "feishu", secret="signing")
    hook.answers = [(200, '{"code": 19021, "msg": "sign match fail"}'), (200, '{"code": 0}')]
    answer = alarm.api("alerts.test_channel", id=channel)
    assert not answer["sent"] and "19021 sign match fail" in answer["error"]
    assert alarm.api("alerts.test_channel", id=channel) == {"sent": True, "error": ""}


def test_a_webhook_that_points_elsewhere_is_not_followed(alarm: Alarm, hook: Webhook) -> None:
    hook.answers = [(302, "")]
    answer = alarm.api("alerts.test_channel", id=alarm.channel(hook.url + "/here"))
    assert "answered 302" in answer["error"] and hook.paths == ["/here"]


def test_a_mail_is_sent_and_a_refusal_is_told(alarm: Alarm, mails: Mails) -> None:
    mail = {"host": "127.0.0.1", "port": mails.port, "security": "none", "sender": "lab@example.org"}
    channel = alarm.channel("", "mail", **mail, recipients=["ann@example.org", " ben@example.org "])
    alarm.rule(channel, kind="status", statuses=["failed"])
    failed(alarm.api, "鸟\n声 é")
    alarm.round()
    [message] = mails.came
    assert message["Subject"] == "[Soundyard] 鸟 声 é failed"
    assert message["To"] == "ann@example.org, ben@example.org" and message["Date"] and message["Message-ID"]
    assert "out of memory" in message.get_content() and "http://page/projects" in message.get_content()
    mails.refuses = "no such mailbox"
    assert "no such mailbox" in alarm.api("alerts.test_channel", id=channel)["error"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_encrypted_and_signed_in_to_a_server_whose_certificate_is_known(
    alarm: Alarm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 2)
    password = "pass é:/% word"
    cert, key = certificate(tmp_path, "mail é")
    with receivers.secure_mail_server(security, cert, key, "ann@lab", password) as mails:
        mail = {"host": "127.0.0.1", "port": mails.port, "user": "ann@lab", "sender": "lab@example.org"}
        mail |= {"recipients": ["ben@example.org"], "password": password}
        channel = alarm.channel("", "mail", security=security, **mail)
        unknown = alarm.api("alerts.test_channel", id=channel)["error"]
        assert "CERTIFICATE_VERIFY_FAILED" in unknown and "SSL_CERT_FILE" in unknown
        assert not mails.came and not mails.logins  # no password was sent to who knows whom
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        alarm.rule(channel, kind="status", statuses=["failed"])
        failed(alarm.api, "run é")
        alarm.round()
        [message] = mails.came
        assert message["Subject"] == "[Soundyard] run é failed" and message["To"] == "ben@example.org"
        assert "out of memory" in message.get_content() and mails.logins == ["ann@lab"]
        for wrong, said in (
            ({"password": "wrong", "security": security}, "535"),
            ({"security": "none"}, "did not take it"),
            ({"security": "tls"}, "can't be reached")
            if security == "starttls"
            else ({"security": "starttls"}, "not take"),
        ):
            alarm.channel("", "mail", id=channel, **{**mail, **wrong})
            error = alarm.api("alerts.test_channel", id=channel)["error"]
            assert said in error and password not in error, error
        assert len(mails.came) == 1


def test_no_secret_comes_back_is_logged_or_audited(
    alarm: Alarm, hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hooked = alarm.channel(f"{hook.url}{SECRET}?token=hush-hush", "feishu", secret="sign-hush")
    mail = {"host": "127.0.0.1", "port": 9, "sender": "a@b.c", "recipients": ["a@b.c"], "security": "none"}
    mailed = alarm.channel("", "mail", "mail", **mail, user="ann", password="pass-hush")
    alarm.rule(hooked, mailed, kind="status", statuses=["failed"])
    hook.answers = [(400, f"{SECRET} hush-hush sign-hush")] * 2
    failed(alarm.api)
    alarm.round()
    said = "".join(
        alarm.api.post(endpoint, body).text
        for endpoint, body in (
            ("alerts.get_all", {}),
            ("alerts.get_deliveries", {}),
            ("alerts.test_channel", {"id": hooked}),
            ("alerts.test_channel", {"id": mailed}),
            ("audit.get_all", {}),
        )
    )
    assert "alerts.set_channel" in said and "127.0.0.1" in said
    for secret in ("T0SECRET", "B0SECRET", "abcdefgh", "hush"):
        assert secret not in said + caplog.text
    kept = {one["name"]: one["kept_secret"] for one in alarm.api("alerts.get_all")["channels"]}
    assert kept == {"channel": ["secret", "url"], "mail": ["password"]}


def test_a_secret_that_is_not_given_anew_stays_but_goes_to_no_other_server(
    alarm: Alarm, hook: Webhook
) -> None:
    channel = alarm.channel(hook.url + SECRET)
    alarm.channel("", name="renamed", id=channel)
    assert alarm.api("alerts.test_channel", id=channel)["sent"] and hook.paths == [SECRET]
    mail = {"host": "one", "port": 25, "user": "ann", "sender": "a@b.c", "recipients": ["a@b.c"]}
    mailed = alarm.channel("", "mail", "mail", **mail, password="hush-hush")
    other = {"id": mailed, "name": "mail", "kind": "mail", **mail, "host": "two"}
    assert "password" in alarm.api.fails("alerts.set_channel", 400, 12, **other)


@pytest.mark.parametrize(
    "url", ["", "ftp://x/y", "file:///etc/passwd", "http://", "x", "http://a b/", "http://é/"]
)
def test_an_address_that_is_no_webhooks_is_refused(api: Api, url: str) -> None:
    api.fails("alerts.set_channel", 400, 12, name="x", kind="json", url=url)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "status"},
        {"kind": "status", "statuses": ["broken"]},
        {"kind": "metric", "metric": "loss", "variant": "train", "comparison": "below"},
        {"kind": "metric", "metric": "loss", "comparison": "below", "value": 1},
        {"kind": "queue", "minutes": 0},
        {"kind": "disk"},
        {"kind": "worker", "name": " "},
        {"kind": "worker", "channels": ["nobody"]},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_not_kept(api: Api, rule: dict) -> None:
    api.fails("alerts.set_rule", 400, 12, **{"name": "x", **rule})
    assert api("alerts.get_all") == {"rules": [], "channels": []}


def test_a_channel_in_use_is_not_deleted_and_a_rules_end_is_the_end_of_what_it_told(
    alarm: Alarm, hook: Webhook
) -> None:
    channel = alarm.channel(hook.url)
    rule = alarm.rule(channel, kind="status", statuses=["failed"], desktop=True)
    failed(alarm.api)
    alarm.round()
    alarm.api.fails("alerts.delete_channel", 400, 12, id=channel)
    alarm.api("alerts.delete_rule", id=rule)
    assert alarm.api("alerts.get_deliveries")["total"] == 0
    assert alarm.api("alerts.delete_channel", id=channel)["deleted"] == 1


def test_only_admins_edit_and_the_page_tells_each_what_they_may_see(tmp_path: Path) -> None:
    with closed.world(tmp_path) as world:
        world.admin("alerts.set_rule", name="x", kind="status", statuses=["failed"], desktop=True)
        for endpoint in ("get_all", "get_deliveries", "set_rule", "set_channel", "test_channel", "retry"):
            assert world.user.post(f"alerts.{endpoint}", {}).status_code == 403
        begun = world.admin("alerts.get_recent")["events"][-1]["id"]  # of what the world has of its own
        failed(world.admin, "open", project=world.own.project)
        failed(world.admin, "hidden", project=world.closed.project)
        Watch(world.admin.store).run(datetime.now(timezone.utc))
        assert [one["title"] for one in world.user("alerts.get_recent", after=begun)["events"]] == [
            "open failed"
        ]
        found = world.admin("alerts.get_recent", after=begun)["events"]
        assert [one["title"] for one in found] == ["open failed", "hidden failed"]
        assert world.admin("alerts.get_recent", after=found[-1]["id"])["events"] == []


def test_old_events_are_forgotten_but_for_what_waits_or_holds(alarm: Alarm, hook: Webhook) -> None:
    channel = alarm.channel(hook.url)
    alarm.rule(channel, kind="status", statuses=["failed"])
    alarm.rule(channel, kind="disk", free_gb=1e9)
    failed(alarm.api)
    alarm.round()
    alarm.round(86400 * 100)
    left = [one["title"] for one in alarm.api("alerts.get_deliveries")["deliveries"]]
    assert len(left) == 1 and "disk" in left[0]
