"""What is to be known of an encoder that others have trained, before it is used: whatever runs it, the same words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoder:
    """One encoder, as its authors publish it."""

    sample_rate: int = 0  # Hz that it hears; 0: not told
    window_seconds: float = 0.0  # that it hears at a time; 0: any length
    step_seconds: float = 0.0  # between windows; 0: one after the other
    output: str = ""  # the name of what it gives out as embeddings; empty: the only one, or one of that name
    licence: str = ""
    reference: str = ""

    def __str__(self) -> str:
        window = f"windows of {self.window_seconds:g} s" if self.window_seconds else "clips of any length"
        words = (self.licence or "licence not told", self.reference or "no reference")
        return f"{self.sample_rate} Hz, {window}, {', '.join(words)}"
