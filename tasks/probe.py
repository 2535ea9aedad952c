"""A trained network as it is, and one linear layer that is fitted in seconds to what it makes of the clips.

    python -m tasks.probe --weights ID
    python -m tasks.probe --encoder yamnet.onnx --shots 10
    python -m tasks.probe --model wav2vec2 --pretrained true

Enough for a first answer from 5 to 20 clips a class (`--shots`), or for whether an encoder is worth more work. The
embeddings of the clips are kept on this machine: a second probe takes as long as the fit. What comes of it is a model
as of any training, which is evaluated, published and served.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from audio.config import Group, ProbeConfig
from tasks.running.session import job, session

INPUTS = Group("Inputs")


@dataclass
class ProbeParameters(ProbeConfig):
    """A trained network as it is, and a linear layer behind it that is fitted in seconds."""

    dataset_id: str = INPUTS(
        "", "ClearML dataset with a clip store; empty: the newest finished one of the project"
    )

    def check(self) -> None:
        """Raises ConfigError: a model, an encoder, a file or a device that is not there."""
        from audio import models
        from audio.devices import pick_device
        from audio.training.probing.probe import training_of
        from tasks import lookup

        if not lookup.is_id(self.weights):  # whose network is known once its file is here
            models.check(training_of(self))
        pick_device(self.device)

    def check_inputs(self) -> None:
        """Raises NothingThere, ConfigError: a dataset, a fold of it, or a model that is not there."""
        from tasks import lookup
        from tasks.client import folds

        folds.refuse(lookup.dataset(self.dataset_id, lookup.here()), [self.fold])
        lookup.file_named(self.weights)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("probe"), ProbeParameters, arguments, __doc__) as run:
        from audio.clips.store import ClipStore
        from audio.training.probing.probe import probe
        from tasks import lookup, train
        from tasks.running import progress

        parameters: Any = run.parameters
        dataset_id, folder = lookup.pinned_dataset(run)
        file = run.line.persist("fetching the model", lambda: lookup.file_named(parameters.weights))
        found = probe(
            replace(parameters, weights=file),
            ClipStore.open(folder),
            run.folder,
            progress=progress.counted("clips", share=(0, 0.9)),
        )
        print(found.text(), flush=True)
        if found.accuracy is not None:
            run.logger.report_scalar("accuracy", "validation", iteration=1, value=found.accuracy.value)
        run.line.wait("The probe is done; its model waits to be uploaded.")
        train.publish(run, found.settings, found.result, dataset_id)


if __name__ == "__main__":
    main()
