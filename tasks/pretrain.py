"""Clips without their labels to weights that a training starts from.

    python -m tasks.pretrain
    python -m tasks.pretrain --epochs 200 --model cnn-wide --dataset_id ID

A network learns to hear two augmented views of a sound as one (BYOL-A). Its labels are not looked at: any recordings
do, also of one folder alone. A training starts from what was learned, with `--weights` and the id of this task's model
or its file, with the same model and features. Clips of the fold that is held out (`fold`) take no part, so that there
can be results on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audio.config import TrainConfig, same_as
from tasks import train
from tasks.running.session import job, session


@dataclass
class PretrainParameters(train.TrainParameters):
    """Clips without their labels to weights that a training starts from."""

    objective: str = same_as(TrainConfig, "objective", default="byol")
    validation: str = same_as(TrainConfig, "validation", default="none")
    learning_rate: float = same_as(TrainConfig, "learning_rate", default=0.001)


def main(arguments: Sequence[str] | None = None) -> None:
    with session(job("pretrain"), PretrainParameters, arguments, __doc__) as run:
        train.carry_out(run)


if __name__ == "__main__":
    main()
