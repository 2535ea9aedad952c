"""Two hours of sound are preprocessed, inspected, listed and heard in the memory of a few minutes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.clips.store import ClipStore
from audio.training.train import train
from tests.unit.audio.conftest import ignore

pytestmark = pytest.mark.slow
LIMIT = 400  # MiB above what the process takes before it sees the file
HEAD = """
import sys
from pathlib import Path

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024

"""
PREPROCESS = (
    HEAD
    + """
from audio.clips.table import clip_table
from audio.config import PreprocessConfig
from audio.inspection.inspect import inspect
from audio.preprocessing.preprocess import preprocess
from audio.clips.store import ClipStore

base = status("VmRSS")
config = PreprocessConfig(dataset="folder", data=sys.argv[1])
preprocess(config, Path(sys.argv[2]), progress=lambda *_: None)
made = status("VmHWM") - base
store = ClipStore.open(sys.argv[2])
inspect(store, progress=lambda *_: None)
clip_table(store, store.index, progress=lambda *_: None)
print(made, status("VmHWM") - base)
"""
)
PREDICT = (
    HEAD
    + """
from audio.inference.predictor import Predictor

predictor = Predictor(sys.argv[1], hop=float(sys.argv[3]))
base = status("VmRSS")
found = predictor.file(sys.argv[2])
print(status("VmHWM") - base, len(found.starts), found.duration)
"""
)


EVENTS = (
    HEAD
    + """
from audio.events.config import EventConfig
from audio.events.hearing import Detector

detector = Detector(sys.argv[1], EventConfig(hop=float(sys.argv[3]), threshold=0.1))
base = status("VmRSS")
found = detector.file(sys.argv[2])
print(status("VmHWM") - base, len(found.events), found.duration)
"""
)


def figures(code: str, *arguments: object) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, cwd=Path(__file__).parents[4], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


SECONDS = 7200
NOISE = (0.05 * np.random.default_rng(0).standard_normal((44100, 2))).astype(np.float32)


def write_wav(path: Path) -> None:
    """Stereo noise that grows louder, at 44.1 kHz."""
    with soundfile.SoundFile(path, "w", 44100, 2, subtype="PCM_16") as file:
        for i in range(SECONDS):
            file.write(NOISE * (1 + i / SECONDS))


def write_m4a(path: Path) -> None:
    """Noise that grows louder, in a container that FFmpeg alone reads."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        for i in range(SECONDS):
            second = NOISE[:16000, 0] * (1 + i / SECONDS)
            frame = av.AudioFrame.from_ndarray(second[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, 16000 * i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module", params=[write_wav, write_m4a], ids=["wav", "m4a"])
def long_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    suffix = request.param.__name__.removeprefix("write_")
    path = tmp_path_factory.mktemp("long") / "in" / "noise" / f"two hours.{suffix}"
    path.parent.mkdir(parents=True)
    request.param(path)
    return path


def test_it_is_preprocessed_and_looked_at(long_file: Path, tmp_path: Path):
    made, looked_at = figures(PREPROCESS, long_file.parents[1], tmp_path / "store")
    store = ClipStore.open(tmp_path / "store")
    assert store.index["duration"].iloc[0] == pytest.approx(SECONDS, abs=0.1)
    assert not list((tmp_path / "store").glob("pending-*"))
    assert made < LIMIT and looked_at < LIMIT, (made, looked_at)


@pytest.mark.parametrize("hop", [600.0, 0.5])
def test_it_is_heard(long_file: Path, store: ClipStore, tiny, tmp_path: Path, hop: float):
    model = train(tiny, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    taken, windows, duration = figures(PREDICT, model, long_file, hop)
    assert duration == pytest.approx(SECONDS, abs=0.1)
    assert windows == pytest.approx(SECONDS / hop, abs=5)
    assert taken < LIMIT, taken


def test_its_events_are_found(long_file: Path, store: ClipStore, tiny, tmp_path: Path):
    model = train(tiny, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    taken, events, duration = figures(EVENTS, model, long_file, 0.5)
    assert duration == pytest.approx(SECONDS, abs=0.1)
    assert events > 0 and taken < LIMIT, taken
