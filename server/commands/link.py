"""`python -m server link`: a new one-time link to the page, for whoever owns the data folder; it holds for a day."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from server.app.process import announcement, browser
from server.commands import CommandError, add_data, opened
from server.domain.users import links
from server.settings import Settings
from server.store.upkeep.lock import is_held

NAME, HELP = "link", "print a new one-time link that opens the page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument(
        "--open", action="store_true", help="also open it in the browser, where there is a screen"
    )
    parser.add_argument("--to", default="", metavar="PATH", help="a place of the page, such as /queues")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    told = announcement.read(settings.data) if is_held(settings.data) else None
    if told is None:
        raise CommandError(
            f"no server runs on {settings.data}: start it (it prints a link), or give its --data"
        )
    if told.settings.auth != "open":
        raise CommandError(f"it runs with --auth {told.settings.auth}, and is opened at {told.settings.url}")
    store = opened(settings.data)
    try:
        secret = links.make(store, datetime.now(timezone.utc))
    finally:
        store.close()
    address = links.address(told.settings.url, secret, arguments.to)
    print(address)
    if arguments.open and browser.is_graphical():
        browser.show(address, settings.data)
    return 0
