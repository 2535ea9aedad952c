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


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """Puts an nvidia-smi on the path that answers each of our questions with its own text."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(listed="", memory="", parts="", status=0):
        for name, text in (("listed", listed), ("memory", memory), ("parts", parts)):
            (tmp_path / name).write_text(text)
        (tmp_path / "nvidia-smi").write_text(
            "#!/bin/sh\nPATH=/usr/bin:/bin\n"
            'case "$*" in\n'
            f'  "--query-gpu=index,name --format=csv,noheader") cat {tmp_path}/listed ;;\n'
            f'  "--query-gpu=index,memory.free,memory.total --format=csv,noheader,nounits") cat {tmp_path}/memory ;;\n'
            f'  "-L") cat {tmp_path}/parts ;;\n'
            f'  *) echo "0, not asked for" ;;\nesac\nexit {status}\n'
        )
        (tmp_path / "nvidia-smi").chmod(0o755)

    return put


def test_a_name_may_have_a_comma_and_other_lines_say_nothing(answers):
    answers(listed="0, NVIDIA A, 80GB\nwarning\n 1 , B \n")
    assert devices.present() == {"0": "NVIDIA A, 80GB", "1": "B"}


@pytest.mark.parametrize(
    ("asked", "free", "why"),
    [
        ("0", 0.5, ""),
        ("1", 0.5, "of GPU 1, 1.0 of 4.0 GiB are free; something else uses it (--gpu-free 0.5)"),
        ("1", 0.25, ""),
        ("0, 1", 0.5, "of GPU 1, 1.0 of 4.0 GiB are free; something else uses it (--gpu-free 0.5)"),
        ("all", 0.5, "of GPU 1, 1.0 of 4.0 GiB are free; something else uses it (--gpu-free 0.5)"),
        ("0,7", 0.5, "GPU 7 is not there any more: nvidia-smi does not list it"),
        ("2", 0.9, ""),
        ("3", 0.9, ""),
        ("MIG-1/2,GPU-a", 0.9, ""),
        ("MIG-1,1", 0.5, "of GPU 1, 1.0 of 4.0 GiB are free; something else uses it (--gpu-free 0.5)"),
    ],
)
def test_a_gpu_is_occupied_when_less_than_its_share_is_free(answers, asked, free, why):
    answers(memory="0, 2048, 4096\n1, 1024, 4096\n2, [N/A], 4096\n3, 10, [N/A]\nwarning, x\n")
    assert devices.occupied(asked, free) == why


def test_a_program_that_does_not_answer_is_told_or_means_no_gpu(answers, tmp_path, monkeypatch):
    answers(listed="0, A\n", parts="GPU 0: A (UUID: GPU-a)\n")
    run = devices.subprocess.run
    monkeypatch.setattr(devices.subprocess, "run", lambda *one, **how: run(*one, **{**how, "timeout": 0.2}))
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    assert devices.present() == {} and devices.parts() == set()
    assert devices.occupied("0", 0.5).startswith("nvidia-smi does not answer (")
    (tmp_path / "nvidia-smi").unlink()
    assert devices.parts() == set() and devices.occupied("0", 0.5).startswith("nvidia-smi does not answer (")


def test_it_is_given_half_a_minute_to_answer(monkeypatch):
    given = {}
    monkeypatch.setattr(devices.subprocess, "run", lambda command, **how: given.update(how))
    devices._nvidia_smi("-L")
    assert given["timeout"] == 30


def test_parts_of_a_gpu_are_asked_for_by_their_ids(answers):
    parts = "GPU 0: A (UUID: GPU-a-b)\n  MIG 1g.5gb Device 0: (UUID: MIG-c/1/0)\n"
    answers(listed="0, A\n1, B\n", parts=parts)
    assert devices.parts() == {"GPU-a-b", "MIG-c/1/0"}
    devices.check("MIG-c/1/0")
    devices.check("GPU-a-b, 1")
    with pytest.raises(devices.NoSuchDevice, match=r"no GPU MIG-x, 7 in .*0 \(A\), 1 \(B\)\.$"):
        devices.check("MIG-x,7,0")
    with pytest.raises(devices.NoSuchDevice, match="no GPU 2"):
        devices.check("2")
