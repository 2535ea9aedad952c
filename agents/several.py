"""Which agents one command starts: one, one for each GPU, or several on the CPU."""

import argparse
from collections.abc import Iterator

from agents import devices
from tasks.errors import SoundyardError


class Contradiction(SoundyardError):
    """Options that can't be meant together."""


def wanted(options: argparse.Namespace) -> Iterator[tuple[str | None, str | None]]:
    """GPUs (None: none, empty: the first if there is one) and name of each. Raises: Contradiction, NoSuchDevice."""
    if options.drain < 0 or not 0 <= options.gpu_free <= 1:
        raise Contradiction("--drain is a number of seconds, and --gpu-free a share from 0 to 1.")
    if options.workers < 1:
        raise Contradiction("--workers is 1 or more.")
    if options.workers > 1 and (options.all or options.gpus or not options.cpu_only):
        raise Contradiction("--workers shares the CPU among agents: add --cpu-only. For every GPU: --all.")
    if options.all:
        found = devices.present()
        if not found:
            devices.check("all")
        for index in found:
            yield index, f"{options.name}-gpu{index}" if options.name else None
        return
    gpus = None if options.cpu_only else options.gpus or ""
    for number in range(1, options.workers + 1):
        yield gpus, options.name if number == 1 or not options.name else f"{options.name}-{number}"
