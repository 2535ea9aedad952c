"""TensorBoard's writer, which goes on when the disk is full: what it can't keep is still reported."""

from pathlib import Path
from typing import Any

from tasks.running.outages import first_line, say


class SteadyWriter:
    """Shaped like a SummaryWriter. A write that fails costs the file on this machine, not the run.

    The SDK reports a value before TensorBoard writes it down, so that nothing but the copy here is lost.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None
        self._failing = False

    def __getattr__(self, method: str) -> Any:
        if not method.startswith("add_") and method not in ("flush", "close"):
            raise AttributeError(method)
        return lambda *values, **options: self._call(method, *values, **options)

    def _call(self, method: str, *values: Any, **options: Any) -> None:
        try:
            if self._writer is None:
                self._writer = self._open()
            getattr(self._writer, method)(*values, **options)
        except OSError as fault:
            self._writer = None  # its thread has ended: the next call opens another file
            if not self._failing:
                say(
                    f"note: {self._folder} can't be written ({first_line(fault)}); curves are reported all the same."
                )
            self._failing = True
        else:
            self._failing = self._failing and method != "flush"

    def _open(self) -> Any:
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self._folder))
