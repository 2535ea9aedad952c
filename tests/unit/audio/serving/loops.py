"""Coroutines run to their end, also in a process whose main thread a browser's test has left with a running loop."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Told = TypeVar("Told")


def finished(work: Coroutine[Any, Any, Told]) -> Told:
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()
