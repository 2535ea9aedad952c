"""The OpenAPI document of an endpoint, made of the models of its answers."""

from typing import Any

from pydantic.json_schema import models_json_schema

from audio.io.live.pipe import FORMATS
from audio.serving.answers import ErrorAnswer, EventsAnswer, ModelAnswer, PredictAnswer
from audio.serving.errors import Busy, NotAllowed, Overdue, Refused, TooLarge, TooSlow, Unheard

ANSWERS = (ModelAnswer, PredictAnswer, EventsAnswer, ErrorAnswer)
REFUSALS = (Refused, NotAllowed, TooSlow, TooLarge, Unheard, Busy, Overdue)


def document(version: str, secured: bool) -> dict[str, Any]:
    """JSON-ready. `secured`: a token is needed."""
    _, definitions = models_json_schema(
        [(one, "serialization") for one in ANSWERS], ref_template="#/components/schemas/{model}"
    )
    sound = {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "audio/*": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
    top = _query("top", "classes that are told, best first", {"type": "integer", "minimum": 1, "default": 5})
    windows = _query("windows", "the answer for every window, too", {"type": "boolean", "default": False})
    stream = [
        _query("rate", "Hz", {"type": "integer"}, required=True),
        _query("channels", "of the samples, which take turns", {"type": "integer", "default": 1}),
        _query("sample", "format, little-endian", {"type": "string", "enum": [*FORMATS], "default": "s16"}),
        windows,
    ]
    paths: dict[str, Any] = {
        "/v1/predict": {"post": _operation("What is heard in a sound", PredictAnswer, [top, windows], sound)},
        "/v1/events": {"post": _operation("What is heard in a sound, and when", EventsAnswer, [], sound)},
        "/v1/model": {"get": _operation("The model that answers", ModelAnswer, [])},
        "/v1/stream": {
            "get": {
                "summary": "A WebSocket: samples in as binary messages, a text `end` behind the last; events out as "
                "JSON, each with `is`: begins, event, window, end or error",
                "parameters": stream,
                "responses": {"101": {"description": "The connection is a WebSocket"}},
            }
        },
    }
    for path, about in (
        ("/healthz", "The process answers"),
        ("/readyz", "Requests are taken; not while the endpoint ends"),
        ("/metrics", "Figures for Prometheus"),
    ):
        paths[path] = {"get": {"summary": about, "responses": {"200": {"description": "Yes"}}}}
        if path != "/metrics":
            paths[path]["get"]["security"] = []
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Soundyard: a model", "version": version},
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }
    if secured:
        made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"token": []}]
    return made


def _query(name: str, about: str, schema: dict[str, Any], required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "required": required, "schema": schema}


def _operation(
    summary: str, answer: type, parameters: list[dict[str, Any]], body: dict[str, Any] | None = None
) -> dict[str, Any]:
    def content(model: type) -> dict[str, Any]:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}

    refusals = {
        str(one.status): {
            "description": f"{one.code}: {(one.__doc__ or '').strip()}",
            "content": content(ErrorAnswer),
        }
        for one in (REFUSALS if body else (NotAllowed,))
    }
    told = {"200": {"description": "The answer", "content": content(answer)}, **refusals}
    made: dict[str, Any] = {"summary": summary, "parameters": parameters, "responses": told}
    return {**made, "requestBody": body} if body else made
