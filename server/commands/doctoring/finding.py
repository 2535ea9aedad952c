"""What `doctor` finds: how bad it is, what it is, what to do."""

from __future__ import annotations

from dataclasses import dataclass

OK, NOTE, PROBLEM = "ok", "note", "problem"


@dataclass(frozen=True)
class Finding:
    level: str
    what: str
    advice: str = ""
