"""One of the other processes of a training: it joins the group, hears what to train, and trains its part.

python -m audio.training.replica      as `audio.training.launch` starts it
"""

import os

from audio.distributed import Distributed
from audio.training.launch import DEVICE, READY
from audio.training.train import take_part


def join() -> None:
    """Say that this process is ready, wait for the first one's settings, and take part until the training ends."""
    print(READY, flush=True)
    take_part(Distributed(os.environ.get(DEVICE, "auto")))


if __name__ == "__main__":
    join()
