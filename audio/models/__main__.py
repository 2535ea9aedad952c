"""List the networks there are, and of those that others have trained what is known of them; or tell of a file.

python -m audio.models
python -m audio.models yamnet.onnx
"""

import argparse
import sys
from collections.abc import Sequence

from audio import registry
from audio.command_line import print_anything
from audio.encoder import Encoder
from audio.errors import AudioError
from audio.models.pretrained.onnx_about import about_model
from audio.models.registry import find, names


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m audio.models", description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="*", help="encoders in ONNX files, of which is told what they are")
    given = parser.parse_args(arguments)
    print_anything()
    try:
        for file in given.file:
            print(f"{file}: {about_model('onnx', file)}")
    except AudioError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not given.file:
        print(listed())
    return 0


def listed() -> str:
    """A line on each network, and one more on what an encoder hears and under which licence."""
    lines = []
    for name in names():
        lines.append(f"{name:24} {find(name).about}")
        known = registry.models.entry(name).options.get("encoder")
        if isinstance(known, Encoder):
            lines.append(f"{'':24} {known}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
