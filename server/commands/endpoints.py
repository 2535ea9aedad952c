"""`python -m server endpoints`: every endpoint this server answers, with the role it needs and what it does."""

from __future__ import annotations

import argparse
from itertools import groupby

from rich.console import Console
from rich.table import Table

import server.services
from server.api import registry
from server.settings import Settings

NAME, HELP = "endpoints", "list every endpoint of the API"
assert server.services, "importing the services registers the endpoints"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("service", nargs="?", default="", help="only this service, such as `tasks`")
    parser.add_argument("--markdown", action="store_true", help="as it stands in docs/server-endpoints.md")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.markdown:
        print(markdown())
        return 0
    table = Table("endpoint", "role", "what it does")
    for one in registry.all_endpoints():
        if one.name.startswith(arguments.service):
            table.add_row(one.name, one.role or "–", one.summary)
    Console().print(table)
    return 0


def markdown() -> str:
    """One table a service."""
    parts = []
    for service, endpoints in groupby(registry.all_endpoints(), key=lambda one: one.name.partition(".")[0]):
        rows = [
            f"| `{one.name}` | {one.role or '–'} | served | {_escaped(one.summary)} |" for one in endpoints
        ]
        head = ["| endpoint | role | state | what it does |", "|---|---|---|---|"]
        parts.append("\n".join([f"### {service} ({len(rows)})", "", *head, *rows]))
    return "\n\n".join(parts)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
