"""setup.sh: what it says before gigabytes are fetched, and what it asks of uv and pip, which are stood in for here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

NOTE = "UV_TORCH_BACKEND=cpu make demo"
SEEN = Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists() or shutil.which("nvidia-smi") is not None
pytestmark = pytest.mark.skipif(os.uname().sysname != "Linux", reason="CUDA comes along on Linux alone")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with setup.sh and an environment whose programs write down how they were called."""
    folder = tmp_path / "é % here"
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "setup.sh", folder)
    (folder / "requirements.txt").touch()
    program(folder, "python", 0)
    program(folder, "uv", 0)
    return folder


def program(folder: Path, name: str, status: int) -> None:
    file = folder / ".venv" / "bin" / name
    file.write_text(
        f'#!/bin/sh\necho "{name} $* ${{UV_TORCH_BACKEND:-}}" >> "{folder}/calls"\nexit {status}\n'
    )
    file.chmod(0o755)


def setup(folder: Path, **more: str) -> str:
    kept = {k: v for k, v in os.environ.items() if k != "UV_TORCH_BACKEND"}
    done = subprocess.run(
        ["sh", str(folder / "setup.sh"), "runtime"],
        env={**kept, **more},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.skipif(SEEN, reason="this machine has a GPU")
def test_a_machine_without_a_gpu_is_told_of_the_small_installation_once(checkout):
    assert NOTE in setup(checkout)
    assert (checkout / ".venv" / ".runtime").exists()
    assert setup(checkout) == ""


def test_who_has_chosen_is_not_told_and_uv_hears_of_the_choice(checkout):
    assert NOTE not in setup(checkout, UV_TORCH_BACKEND="cpu")
    assert "uv pip install -r requirements.txt cpu" in (checkout / "calls").read_text()


def test_where_torch_is_there_already_nothing_is_said(checkout):
    (checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "torch").mkdir(parents=True)
    assert NOTE not in setup(checkout)


def test_pip_stands_in_for_uv_and_it_is_said_that_it_does_not_know_the_choice(checkout):
    program(checkout, "uv", 1)
    said = setup(checkout, UV_TORCH_BACKEND="cpu")
    assert "trying pip, which does not know UV_TORCH_BACKEND" in said
    assert (
        "python -m pip install --disable-pip-version-check -r requirements.txt"
        in (checkout / "calls").read_text()
    )
