"""What can go wrong with sound, as classes whose message says what to do."""

from audio.command_line import spoken


class AudioError(Exception):
    """Base of every error that a person can act on; the message is meant to be shown as it is."""

    def __str__(self) -> str:
        """With commands as the person types them who has come here."""
        return spoken(super().__str__())


class ConfigError(AudioError, ValueError):
    """A setting, or two settings together, that make no sense."""


class NothingUnheard(ConfigError):
    """Every clip that is to be judged by is one that the model was trained on."""


class PluginError(AudioError):
    """A plugin can't be found or imported, adds nothing, or uses a name that is taken."""


class DatasetError(AudioError):
    """A data set is unknown, absent, laid out differently than expected, or has nothing readable."""


class StoreError(AudioError):
    """A clip store is absent, incomplete, damaged or could not be written."""


class CheckpointError(AudioError):
    """A checkpoint is absent, unreadable, or was made for something else."""


class NonFiniteLoss(AudioError):
    """The loss became NaN or infinite; `clips` names the clips of the batch it happened in."""

    def __init__(self, message: str, clips: list[str]):
        super().__init__(message)
        self.clips = clips
