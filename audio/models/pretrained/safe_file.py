"""Files in the format safetensors: tensors by their names, and nothing that could run."""

from pathlib import Path

from torch import Tensor

from audio.errors import ConfigError

LARGEST_HEADER = 100_000_000  # bytes, by the format's own rule


def begins_so(start: bytes) -> bool:
    """Whether a file that begins with these bytes is one: the size of a header, then JSON."""
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= LARGEST_HEADER


def is_one(path: Path) -> bool:
    """Whether a file is of that format, whatever it is called; False for what is not there."""
    try:
        with path.open("rb") as file:
            return begins_so(file.read(9))
    except OSError:
        return False


def read(path: Path) -> dict[str, Tensor]:
    """Its tensors. Raises ConfigError: it is damaged, or the package is missing."""
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise ConfigError(
            f"{path} is in the format safetensors, whose package is missing: pip install safetensors"
        ) from error
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ConfigError(
            f"{path} is a damaged safetensors file ({' '.join(str(error).split())[:150]}); copy or download it again."
        ) from error
    return tensors
