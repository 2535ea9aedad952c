"""By which command a person has come, and so what texts that name one say: `python -m server` or `soundyard serve`."""

OWN = "python -m server"


class _State:
    """Of this process."""

    program = OWN


def by(program: str) -> None:
    """From here on texts name this program."""
    _State.program = program


def spoken(text: str) -> str:
    """A text with `python -m server …` in it, as the person would type it."""
    return text.replace(OWN, _State.program)
