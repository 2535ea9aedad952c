"""Whether what the Hugging Face hub holds is on this machine or can be fetched, told at once.

The hub's own client tries again and again for up to a minute where there is no network. Here what was fetched before is
taken without asking, and otherwise the hub is asked for a sign of life, once.
"""

import os
from pathlib import Path
from typing import Any

from audio.errors import ConfigError
from audio.models.pretrained.encoder_files import SETTINGS, WEIGHTS

PATIENCE = 5.0  # s for a sign of life
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
YES = ("1", "true", "yes", "on")


def options(name: str, weights: bool) -> dict[str, Any]:
    """What `from_pretrained` is told besides the name of an encoder: with what is here, to take that alone.

    `weights`: they are wanted too. Raises ConfigError when it is neither here nor to be had.
    """
    if Path(name).exists() or is_here(name, weights):
        return {"local_files_only": True}
    reason = unreachable()
    if reason:
        raise ConfigError(
            f"The encoder {name!r} is not on this machine, and the Hugging Face hub can't be asked for it: {reason}. "
            f"Fetch it where there is a network (hf download {name}) and give its folder as `encoder`, or put it into "
            "this machine's cache of the hub; pretrained=false with an empty `encoder` takes random weights."
        )
    return {}


def is_here(name: str, weights: bool) -> bool:
    """Whether the settings, and the weights if they are wanted, were fetched before."""
    from huggingface_hub import try_to_load_from_cache

    def found(file: str) -> bool:
        try:
            return isinstance(try_to_load_from_cache(name, file), str)
        except ValueError:  # no name that the hub could have
            return False

    return found(SETTINGS) and (not weights or any(found(file) for file in WEIGHTS))


def unreachable() -> str:
    """Why the hub can't be asked; empty when it answers."""
    for variable in OFFLINE:
        if os.environ.get(variable, "").strip().lower() in YES:
            return f"{variable} is set"
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
    except Exception as error:  # whatever the client's transport raises
        return f"there is no way to {constants.ENDPOINT} ({str(error).strip() or type(error).__name__})"
    return ""
