"""Why a request is not answered: a class each, with the status and the word by which programs know it."""

from audio.errors import AudioError


class Refused(AudioError):
    """A request that is answered with an error; the message is for who asked."""

    status = 400
    code = "bad_request"


class Unheard(Refused):
    """What was sent is no sound, or damaged."""

    status, code = 422, "cannot_be_heard"


class TooLarge(Refused):
    """Too many bytes, or too long a sound."""

    status, code = 413, "too_large"


class TooSlow(Refused):
    """The upload did not come in time."""

    status, code = 408, "too_slow"


class Busy(Refused):
    """More requests than may wait."""

    status, code = 503, "busy"


class Overdue(Refused):
    """The answer took longer than it may."""

    status, code = 504, "overdue"


class NotAllowed(Refused):
    """There is no token, or a wrong one."""

    status, code = 401, "not_allowed"
