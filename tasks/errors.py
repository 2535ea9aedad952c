"""Errors that a person can act on: the message says what is wrong and what to do, and is shown without a traceback."""


class SoundyardError(Exception):
    """Base class; `str(error)` is meant to be read by the person at the keyboard."""


class NotConfigured(SoundyardError):
    """No ClearML server is configured, or its configuration can't be used."""


class Unreachable(SoundyardError):
    """The configured server does not answer, or what answers is not a ClearML server."""


class WrongCredentials(SoundyardError):
    """The configured server refuses the access key."""


class BadParameter(SoundyardError):
    """A parameter's text can't be read as its type, or its value makes no sense."""


class NotRunnable(SoundyardError):
    """An agent could not run this checkout's code as it stands."""


class NothingThere(SoundyardError):
    """A dataset, a model or a template that a task builds on does not exist yet."""


class NoResult(SoundyardError):
    """A task has nothing to show for its work: a search none of whose trials finished, say."""
