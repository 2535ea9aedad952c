"""Which program the words of a command line call."""

import os
import sys
import warnings
from collections.abc import Sequence
from difflib import get_close_matches

from audio.command_line import print_anything, unknown
from audio.folders import state
from soundyard import __version__, completion, programs

LAST = ("doctor", "completion", "stop")  # in the help
OPTIONS = ("--help", "-h", "--version", "--verbose")
QUIET = {  # what libraries say on every run, and no person acts on
    "CLEARML_LOG_LEVEL": "ERROR",
    "CLEARML_SUPPRESS_UPDATE_MESSAGE": "1",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
}


def run(words: list[str]) -> int:
    """Gives the exit status: 2 for a command line that can't be understood."""
    print_anything()
    if completion.asked():
        return _complete(completion.words())
    verbose = words[:1] == ["--verbose"]
    words = words[1:] if verbose else words
    if not words or words[0] in ("--help", "-h"):
        print(about())
        return 0
    if words[0] == "--version":
        print(f"soundyard {__version__}")
        return 0
    if found := programs.find(words):
        program, rest = found
        programs.speak_of_all()
        if not verbose and not program.starts_others:
            be_quiet()
        return program.run(rest)
    return _group(words[0], words[1:]) if words[0] in groups() else _unknown(words[0])


def _complete(words: list[str]) -> int:
    """Tell a shell how the line goes on; `words` are those that are whole."""
    if found := programs.find(words):
        completion.consumed(len(words) - len(found[1]))
        found[0].complete(found[1])
    elif words and words[0] in groups():
        completion.consumed(1)
        completion.answer(completion.one_of(programs.below(words[0]), ("--help",)))
    elif not words:
        completion.answer(completion.one_of(commands(), OPTIONS))
    return 0


def be_quiet() -> None:
    """Of the libraries in this process; what the environment already asks for stays."""

    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def commands() -> dict[str, str]:
    """The first words that are understood, and what they are for, in the order of the help."""
    found = {one.name: one.about for one in programs.PROGRAMS.values() if " " not in one.name}
    found["data"] = "the data sets: list, check, fetch"
    return {name: found[name] for name in (*(one for one in found if one not in LAST), *LAST)}


def groups() -> set[str]:
    """First words that need a second."""
    return {name.split()[0] for name in programs.PROGRAMS if " " in name} - set(programs.PROGRAMS)


def about() -> str:
    """What `--help` prints."""
    lines = [
        "usage: soundyard [--verbose] COMMAND ...",
        "",
        "Train and hear audio classifiers: tasks that are tracked, queued, and run by agents.",
        "",
        *(f"  {name:12}{text}" for name, text in commands().items()),
        "",
        "  --version   the version",
        "  --verbose   before the command: what the libraries say, too",
        "",
        "soundyard COMMAND --help tells of its options.",
        f"What is written here is in {state()}",
        "SOUNDYARD_STATE names another folder. By itself it is .soundyard: in the checkout; when installed, in the "
        "current folder if there is one, else in the home folder.",
    ]
    return "\n".join(lines)


def _group(name: str, rest: Sequence[str]) -> int:
    below = programs.below(name)
    if rest and rest[0] not in ("--help", "-h"):
        return _refuse(f"soundyard {name}", rest[0], below)
    print(f"usage: soundyard {name} {{{','.join(below)}}} ...\n")
    for word, text in below.items():
        print(f"  {word:12}{text}")
    return 0 if rest else 2


def _unknown(name: str) -> int:
    if name.startswith("-"):
        print(f"soundyard: error: {unknown(name, OPTIONS)}", file=sys.stderr)
        return 2
    return _refuse("soundyard", name, commands())


def _refuse(program: str, name: str, known: dict[str, str]) -> int:
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    print(f"{program}: error: there is no command {name!r}; {hint}", file=sys.stderr)
    return 2
