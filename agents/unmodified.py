"""Runs the unmodified `clearml_agent`, which starts each task through our launcher in place of its interpreter.

    python -m agents.unmodified clearml_agent daemon --queue audio …

The daemon decides by its own environment variables whether *every* task gets an environment or none does, and starts
a task as `sys.executable -m clearml_agent execute --id …`. The one thing that is set here is that name, in this
process: the launcher can then decide for each task, and sees how it ended.
"""

import os
import runpy
import sys

LAUNCHER = "SOUNDYARD_LAUNCHER"  # path of the executable that stands in for the interpreter


def main() -> None:
    launcher = os.environ.get(LAUNCHER)
    if launcher:
        sys.executable = launcher
    sys.argv = sys.argv[1:]
    runpy.run_module("clearml_agent", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
