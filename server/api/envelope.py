"""ClearML's envelope around every answer. Without it the SDK retries for ever."""

from __future__ import annotations

import uuid
from typing import Any

from server import API_VERSION
from server.api import request_ids
from server.api.errors import ApiError


def envelope(endpoint: str, version: str, data: object, error: ApiError | None = None) -> dict[str, Any]:
    trx = request_ids.current.get() or uuid.uuid4().hex
    return {
        "meta": {
            "id": trx,
            "trx": trx,
            "endpoint": {
                "name": endpoint,
                "requested_version": version or API_VERSION,
                "actual_version": version or API_VERSION,
            },
            "result_code": error.code if error else 200,
            "result_subcode": error.subcode if error else 0,
            "result_msg": error.message if error else "OK",
            "error_stack": None,
            "error_data": error.data if error else {},
        },
        "data": data,
    }
