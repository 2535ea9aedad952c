"""How fast one caller may ask."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.requests import Request

from server.api.errors import TooManyRequests
from server.app.requests.pace import Pace


def request(address: str = "192.0.2.1", credentials: str = "") -> Request:
    headers = [(b"authorization", credentials.encode())] if credentials else []
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "client": (address, 1)})


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """Its result, from a loop of its own: a browser test may have left one running in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def refused(pace: Pace, asked: list[Request]) -> int:
    """How many of these are refused; nobody waits for those that have to wait."""

    async def one(request: Request) -> None:
        async with pace.turn(request):
            pass

    tasks = [asyncio.create_task(one(each)) for each in asked]
    await asyncio.sleep(0.01)
    found = sum(task.done() and isinstance(task.exception(), TooManyRequests) for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


def test_who_asks_far_too_fast_is_refused_and_nobody_else() -> None:
    async def run() -> None:
        pace = Pace(10)
        assert await refused(pace, [request()] * 100) > 20
        assert await refused(pace, [request("198.51.100.1")] * 20) == 0

    finished(run())


def test_a_new_credential_each_time_is_still_one_address_until_it_is_found_good() -> None:
    async def run() -> None:
        pace = Pace(10)
        assert await refused(pace, [request(credentials=f"Bearer {number}") for number in range(100)]) > 20
        good = request(credentials="Bearer good")
        pace.is_good(good)
        assert await refused(pace, [good] * 20) == 0

    finished(run())


def test_no_pace_lets_everything_through() -> None:
    assert finished(refused(Pace(0), [request()] * 1000)) == 0


def test_callers_without_end_do_not_fill_the_memory() -> None:
    async def run() -> None:
        pace = Pace(10)
        await refused(pace, [request(f"address {number}") for number in range(10_500)])
        assert len(pace._callers) <= 10_000

    finished(run())
