"""The base of every request model.

Clients send stray keys (the SDK adds `"method": "get"` to each body), so unknown keys are dropped and never
become filters. `request.model_fields_set` tells "null" from "not sent".
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A request's body. Numbers may arrive as text and ids as numbers: they are converted, not refused."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, protected_namespaces=())

    def given(self, *, exclude: set[str] | None = None) -> dict:
        """The fields the client sent, nulls included, by their names on the wire."""
        return self.model_dump(include=self.model_fields_set, exclude=exclude, by_alias=True)


class Nothing(Request):
    """A request without fields."""
