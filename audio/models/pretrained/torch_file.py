"""Reading a file that torch has saved, without running code from it; what is none is told by what it is instead."""

import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from audio.errors import AudioError
from audio.models.pretrained import safe_file

STARTS = {  # first bytes → what such a file is
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"RIFF": "a sound (WAV) or a picture (WebP)",
    b"fLaC": "a sound (FLAC)",
    b"OggS": "a sound (Ogg)",
    b"ID3": "a sound (MP3)",
    b"%PDF": "a document (PDF)",
    b"\x89HDF": "an HDF5 file, as Keras writes it",
    b"\x93NUMPY": "a numpy array",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself; fetch it: git lfs pull",
    b"<!doctype": "a web page: the download gave a page instead of the file",
    b"<html": "a web page: the download gave a page instead of the file",
}


def read(path: Path, error: type[AudioError], purpose: str) -> Any:
    """What the file holds: tensors, numbers, text, lists and dicts. `purpose` is what it is wanted for, in messages.

    Raises `error`: it is not there, is no file, can't be read, or was not saved by torch.
    """
    try:
        there, is_folder = path.exists(), path.is_dir()
    except OSError as fault:  # of a folder above it
        raise error(f"{path} can't be read: {fault.strerror or fault}.") from fault
    if not there:
        raise error(f"There is no {purpose} at {path}.")
    if is_folder:
        inside = sorted(one.name for one in path.glob("*.pt"))[:5]
        hint = f"; it holds {', '.join(inside)}" if inside else ""
        raise error(f"{path} is a folder, and the {purpose} has to be a file{hint}.")
    try:
        with path.open("rb") as file:
            file.read(1)
        with warnings.catch_warnings():  # in which torch advises what we refuse
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as fault:
        raise error(f"{path} can't be read: {fault.strerror or fault}.") from fault
    except Exception as fault:  # torch raises many kinds for a file that is not its own
        raise error(f"{path} is not a readable {purpose}: {_instead(path, fault)}.") from fault


def _instead(path: Path, fault: Exception) -> str:
    """What a file is that torch can't read."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        return "it is empty (0 bytes)"
    if start.startswith(b"PK"):
        return _archive(path, fault)
    for bytes_, what in STARTS.items():
        if start.lower().startswith(bytes_.lower()):
            return f"it is {what}"
    if safe_file.begins_so(start):
        return "it is in the format safetensors, which weights=FILE takes"
    if _is_text(start):
        return "it is a text file"
    if start[:1] == b"\x80":
        return _pickled(fault)
    return "torch has not saved it, or it is damaged"


def _archive(path: Path, fault: Exception) -> str:
    if not zipfile.is_zipfile(path):
        return "it breaks off, as after a transfer that was interrupted; copy or download it again"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any("/code/" in name or name.endswith("/constants.pkl") for name in names):
        return "it is an exported model (TorchScript); take the model.pt that a training writes"
    if not any(name.endswith("data.pkl") for name in names):
        return f"it is a zip archive without weights (it holds {', '.join(names[:3]) or 'nothing'})"
    return _pickled(fault)


def _pickled(fault: Exception) -> str:
    if not isinstance(fault, pickle.UnpicklingError):
        return "it is damaged; copy or download it again"
    named = re.search(r"(?:GLOBAL|Global|global) ([\w.]+)", str(fault))
    objects = f" ({named[1]})" if named else ""
    return (
        f"it holds Python objects{objects} besides weights, and they are not loaded, as that could run their code. "
        "Save the weights alone: torch.save(model.state_dict(), FILE)"
    )


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as fault:
        if fault.start < len(start) - 4:  # else a letter that the 512 bytes cut in two
            return False
        text = start[: fault.start].decode("utf-8")
    return all(letter.isprintable() or letter.isspace() for letter in text)
