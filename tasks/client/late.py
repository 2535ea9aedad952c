"""Leaves a grammar that takes five seconds to build until somebody asks for it.

jsonschema, by which the SDK and the agent check their calls, imports `rfc3987_syntax` wherever Jupyter has brought it:
that costs every process 5 s of CPU time, for a format (internationalised addresses) that no schema of theirs names.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

GRAMMAR = "rfc3987_syntax"


class _Later(ModuleType):
    """Stands for a module until something of it is used."""

    def is_valid_syntax(self, rule: str, text: str) -> Any:
        """What jsonschema takes from it as it is imported, and calls for the formats `iri` and `iri-reference`."""
        return self._real().is_valid_syntax(rule, text)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(self._real(), name)

    def _real(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)


def put_off() -> None:
    """From now on importing the grammar costs nothing until it is used; one that is loaded or absent stays so."""
    if GRAMMAR in sys.modules:
        return
    try:
        spec = importlib.util.find_spec(GRAMMAR)
    except ImportError:  # of somebody's finder, for what it does not let in
        return
    if spec is None:
        return
    later = _Later(GRAMMAR)
    later.__spec__, later.__path__ = spec, list(spec.submodule_search_locations or [])
    sys.modules[GRAMMAR] = later
