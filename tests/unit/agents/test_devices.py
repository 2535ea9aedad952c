"""GPUs are asked for by index; what does not exist is refused before an agent starts."""

import pytest

from agents import devices


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Gives a function that puts an nvidia-smi on the path that lists what it is told."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def with_gpus(*names: str, status: int = 0) -> None:
        lines = "".join(f"echo '{index}, {name}'\n" for index, name in enumerate(names))
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{lines}exit {status}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)

    return with_gpus


def test_without_a_driver_there_is_no_gpu(machine):
    assert devices.present() == {}
    with pytest.raises(devices.NoSuchDevice, match="--cpu-only"):
        devices.check("0")


def test_a_driver_that_fails_is_no_gpu(machine):
    machine("A", status=9)
    assert devices.present() == {}


def test_gpus_that_exist_are_accepted(machine):
    machine("NVIDIA A", "NVIDIA B")
    assert devices.present() == {"0": "NVIDIA A", "1": "NVIDIA B"}
    devices.check("0")
    devices.check("0,1")
    devices.check("all")


def test_a_gpu_that_does_not_exist_is_named_with_those_that_do(machine):
    machine("NVIDIA A")
    with pytest.raises(devices.NoSuchDevice, match=r"no GPU 3 .*0 \(NVIDIA A\)"):
        devices.check("0,3")
