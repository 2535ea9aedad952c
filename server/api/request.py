"""The base of every request model.

Clients send stray keys (the SDK adds `"method": "get"` to each body), so unknown keys are dropped and never
become filters. `request.model_fields_set` tells "null" from "not sent".
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, lt=32_503_680_000)]
"""A moment, in seconds since 1970; before the year 3000, so that it can be calculated with."""


class Request(BaseModel):
    """A request's body. Numbers may arrive as text and ids as numbers: they are converted, not refused."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, protected_namespaces=())

    def given(self, *, exclude: set[str] | None = None) -> dict[str, Any]:
        """The fields the client sent, nulls included, by their names on the wire."""
        return self.model_dump(include=self.model_fields_set, exclude=exclude, by_alias=True)


class Query(Request):
    """The body of a `get_all`: besides these, any field of the collection is a filter (the store ignores keys that
    name no field)."""

    model_config = ConfigDict(extra="allow")

    only_fields: list[str] | str | None = None
    order_by: list[str] | str | None = None
    page: int | None = Field(None, ge=0)
    page_size: int | None = Field(None, ge=1)
    start: int | None = Field(None, ge=0)
    size: int | None = Field(None, ge=1)
    scroll_id: str | None = None
    refresh_scroll: bool | None = None
    search_hidden: bool | None = None
    include_subprojects: bool | None = None
    allow_public: bool | None = None

    def filters(self, **changes: Any) -> dict[str, Any]:
        """The query for the store, with some of its keys changed."""
        return {**self.given(), **changes}


class Nothing(Request):
    """A request without fields."""
