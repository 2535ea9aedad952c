"""Thousands of bodies to every endpoint: never a 500, always the envelope, and what is answered fits the schema.

Bodies are made from each endpoint's own fields: values of the right kind, ids and names that exist, every filter
form, and junk. Examples are the same in every run; `make test-all` sends ten times as many.
"""

from __future__ import annotations

import json
import logging
import types
import typing
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from server.api import registry
from tests.contract.conftest import Api, validator
from tests.contract.events import scalar, send
from tests.contract.hostile.test_unknown_ids import filled
from tests.contract.populated import populated

ENDPOINTS = {one.name: one for one in registry.all_endpoints()}
SPARED = {"auth.logout", "login.logout", "auth.revoke_credentials", "users.delete", "auth.edit_user"}
"""They would end the session or the user that asks; each is fuzzed with a user of its own."""


KNOWN: list[str] = []
"""Ids and names that exist."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with populated(tmp_path_factory.mktemp("fuzz")) as (api, known):
        KNOWN[:] = known
        yield api


text = (
    st.text(max_size=20)
    | st.sampled_from(
        ["", "^(", "[", "*", "(?P<", "a{99999999}", "'; DROP TABLE tasks; --", "%", "\x00", "../..", "\ud800"]
    )
    | st.sampled_from(
        ["2026-01-01", "2026-01-01T00:00:00Z", "99999-99-99", "-created", "last_metrics.a.b.value"]
    )
    | st.integers(0, 30).map(lambda place: KNOWN[place % len(KNOWN)])
)
whole = st.integers(-3, 200) | st.sampled_from([2**31, -(2**31), 2**63, -(2**63) - 1, 10**40])
plain = st.none() | st.booleans() | whole | st.floats() | text
junk = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=6
)
operators = st.lists(
    st.sampled_from(
        ["__$all", "__$any", "__$not", "__$and", "__$or", "__$nop", "-archived", ">=2026-01-01", "<5", None]
    )
    | text,
    max_size=4,
)
patterns = st.fixed_dictionaries(
    {},
    optional={
        "pattern": text, "fields": st.lists(text | st.sampled_from(["name", "hyperparams.Args.x.value"]), max_size=3),
        "datetime": operators, "values": operators, "any": operators, "all": operators, "op": text,
        "include": operators,
    },
)  # fmt: skip
filters = st.dictionaries(
    st.sampled_from(
        ["id", "name", "status", "type", "tags", "system_tags", "project", "parent", "user", "created", "_all_",
         "_any_", "_or_", "hyperparams.Args.x.value", "last_metrics.a.b.max_value", "execution.queue", "runtime.a",
         "models.input.model", "search_text", "last_update", "script.branch", "no.such.field", "filters"]
    ),
    operators | patterns | junk | st.dictionaries(text, patterns, max_size=2),
    max_size=3,
)  # fmt: skip


def values(annotation: Any, depth: int = 0) -> st.SearchStrategy:
    """Values of a field's type."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(one, depth) for one in inside])
    if origin is typing.Literal:
        return st.sampled_from(inside)
    if origin is typing.Annotated:
        return values(inside[0], depth)
    if origin in (list, tuple, set, frozenset) or annotation is list:
        return st.lists(values(inside[0], depth) if inside else junk, max_size=3)
    if origin is dict or annotation is dict:
        return st.dictionaries(text, values(inside[1], depth) if inside else junk, max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return fields(annotation, depth + 1) if depth < 4 else st.just({})
    known = {str: text, int: whole, float: whole | st.floats(), bool: st.booleans(), type(None): st.none()}
    return known.get(annotation, junk)


def fields(model: type[BaseModel], depth: int = 0) -> st.SearchStrategy[dict]:
    """Bodies of a request: its required fields nearly always, the others sometimes, all of them sometimes junk."""
    required, optional = {}, {}
    for name, field in model.model_fields.items():
        right = values(field.annotation, depth)
        strategy = st.one_of(right, right, right, right, junk)
        (required if field.is_required() else optional)[field.alias or name] = strategy
    whole_body = st.fixed_dictionaries(required, optional=optional)
    if depth:
        return whole_body
    more = st.just({}) | filters if model.model_config.get("extra") == "allow" else st.just({})
    body = st.builds(lambda given, extra: {**extra, **given, "method": "get"}, whole_body, more)
    return st.one_of(
        body, body, body, body, st.dictionaries(st.sampled_from([*required, *optional, "x"]), junk)
    )


def bodies(endpoint: registry.Endpoint) -> st.SearchStrategy[bytes]:
    made = fields(endpoint.request)
    if endpoint.raw:
        event_types = st.sampled_from(["log", "plot", "training_stats_scalar", "training_debug_image", "x"])
        names = (
            "task",
            "iter",
            "timestamp",
            "metric",
            "variant",
            "value",
            "values",
            "plot_str",
            "url",
            "msg",
        )
        made = st.fixed_dictionaries({"type": event_types}, optional=dict.fromkeys(names, junk | text))
        return st.lists(made.map(_written), max_size=3).map(b"\n".join) | st.binary(max_size=40)
    return st.one_of(made.map(_written), made.map(_written), junk.map(_written), st.binary(max_size=40))


def _written(body: Any) -> bytes:
    return json.dumps(body).encode()  # NaN, huge numbers and half surrogates as Python's clients write them


def check(endpoint: str, body: bytes, answer: Any) -> None:
    context = f"{endpoint} {body!r}: {answer.text[:500]}"
    assert answer.status_code in (200, 400, 401, 403, 404, 429), context
    if answer.headers["content-type"] != "application/json":
        assert answer.status_code == 200, context  # a download
        return
    content = answer.json()
    assert content["meta"]["result_code"] == answer.status_code, context
    assert content["meta"]["result_msg"], context
    schema = validator(endpoint)
    if answer.status_code == 200 and schema:
        schema.validate(content["data"])


def fuzz(api: Api, endpoint: str, examples: int) -> None:
    headers = own_headers(api) if endpoint in SPARED else api.headers

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies(ENDPOINTS[endpoint]))
    def send_one(body: bytes) -> None:
        check(endpoint, body, api.client.post(f"/api/v2.23/{endpoint}", content=body, headers=headers))

    logging.disable(logging.CRITICAL)
    try:
        send_one()
    finally:
        logging.disable(logging.NOTSET)


def texts(model: type[BaseModel], odd: str) -> list[tuple[str, Any]]:
    """The fields of a request that take a text, or a list of texts, and what they are given."""
    named = ((field.alias or name, str(field.annotation)) for name, field in model.model_fields.items())
    wanted = ((name, kind) for name, kind in named if "str" in kind and "dict" not in kind)
    return [(name, [odd] if "list[str]" in kind else odd) for name, kind in wanted]


@pytest.mark.parametrize("odd", ["(", "a{99999999}", "\x00", "9" * 500])
def test_no_odd_text_in_any_field_makes_a_500(api: Api, odd: str) -> None:
    for name, endpoint in ENDPOINTS.items():
        if endpoint.raw or name in SPARED:
            continue
        for field, value in texts(endpoint.request, odd):
            body = {**filled(endpoint.request, KNOWN[0]), field: value}
            check(name, _written(body), api.post(name, _written(body)))


def own_headers(api: Api) -> dict[str, str]:
    """Of an admin made for this endpoint alone."""
    now = datetime.now(timezone.utc)
    with api.store.transaction():
        user = api.store.users.create(f"fuzz {now.timestamp()}", "admin", now)
        key = api.store.users.create_credentials(user, None, now)
    token = api.client.get("/api/auth.login", auth=key).json()["data"]["token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_body_makes_a_500(api: Api, endpoint: str) -> None:
    fuzz(api, endpoint, 20)


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_body_of_very_many_makes_a_500(api: Api, endpoint: str) -> None:
    fuzz(api, endpoint, 250)


@settings(
    max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(
    st.sampled_from(["", "v2.0/", "v999.0/", "v2/", "vx/", "v2.23/v2.23/"]),
    st.sampled_from(sorted(ENDPOINTS)) | st.from_regex(r"[a-z_.%/]{0,20}", fullmatch=True),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]),
)
def test_every_address_and_method_is_answered_in_the_envelope(
    api: Api, version: str, name: str, method: str
) -> None:
    if name in SPARED:
        return
    answer = api.client.request(method, f"/api/{version}{name}", headers=api.headers)
    assert answer.status_code in (200, 400, 401, 403, 404, 405), answer.text
    if method != "HEAD" and answer.headers["content-type"] == "application/json":
        assert answer.json()["meta"]["result_code"] == answer.status_code


def test_the_server_is_still_well_afterwards(api: Api) -> None:
    assert api("debug.ping")
    task = api.task("afterwards")
    assert send(api, scalar(task, 1, 1.0))["added"] == 1
    assert api.store.db.value("PRAGMA integrity_check") == "ok"
    assert api.store.db.rows("PRAGMA foreign_key_check") == []
