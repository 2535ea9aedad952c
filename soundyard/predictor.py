"""A model that is ready to listen, by its file, its id on the server, or as the newest that was published."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from audio.datasets.contract import audio_files
from audio.errors import DatasetError
from audio.inference.predictor import Predictor as _Predictor

LATEST = "latest published"
FILES = (".pt", ".onnx", ".ts")


class Predictor(_Predictor):
    """Hears sounds: `Predictor("model.onnx")("siren.wav").top()`.

    `model` is a checkpoint (`model.pt`), an exported file (`model.onnx`), the id of a model on the server, or
    `"latest published"`: the model of the project that was published last, an ONNX file too. An ONNX file takes
    neither torch nor a server: onnxruntime, numpy, soundfile and soxr alone.
    """

    def __init__(
        self,
        model: str | Path,
        device: str = "auto",
        hop: float | None = None,
        precision: str = "fp32",
        plugins: Sequence[str] = (),
        calibrated: bool = False,
    ) -> None:
        """`hop`: s between windows of what is longer than one; None: half a window. `precision`: fp32, and of a
        checkpoint bf16 and fp16. `plugins`: files that add the model's network or front end.

        `calibrated`: probabilities at the temperature that the training fitted on its development clips.

        Raises:
            CheckpointError: there is no such file, or it is no model.
            ConfigError: a device or package that is not here; `calibrated`, and the model keeps no calibration.
            NothingThere: there is no such model on the server, or none was published.
        """
        if plugins:
            from audio import plugins as loading

            loading.load(list(plugins))
        super().__init__(file_of(model), device, hop, precision, calibrated)

    def __call__(self, sound: Any, rate: float | None = None, *, embeddings: bool = False) -> Any:
        """A `Prediction` for one sound, an iterator of them for several.

        One is a file's path, its bytes, or an open binary file; with `rate` (Hz) an array `(frames,)` or
        `(frames, channels)`, or an iterator of such blocks. Several are a folder, which is searched to its bottom, or a
        list of sounds: they share batches, and come in order as soon as each is heard. With `embeddings` each has what
        the model's last layer was given. Memory does not grow with a file's length or with their number.

        Raises:
            Undecodable: a sound can't be heard; of several, when its turn has come.
            ConfigError: what was given is no sound, or the model gives out no embeddings.
            DatasetError: there is no sound in the folder.
        """
        if rate is None and isinstance(sound, str | Path) and Path(sound).is_dir():
            files = audio_files(Path(sound))
            if not files:
                raise DatasetError(f"There is no sound file in the folder {sound}, nor in those in it.")
            return self.several(files, embeddings)
        if rate is None and _are_several(sound):
            return self.several(sound, embeddings)
        return self.sound(sound, rate, embeddings)


def _are_several(sound: Any) -> bool:
    one = isinstance(sound, str | Path | bytes | bytearray | memoryview) or hasattr(sound, "read")
    return not one and not hasattr(sound, "__array__") and isinstance(sound, Iterable)


def file_of(model: str | Path) -> Path:
    """The file of a model that is named by its path, its id, or `latest published`. Raises NothingThere."""
    named = str(model)
    if isinstance(model, Path) or Path(named).exists() or named.lower().endswith(FILES) or "/" in named:
        return Path(named).expanduser()
    from tasks import lookup

    return lookup.file_to_hear("" if named == LATEST else named)
