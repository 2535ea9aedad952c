"""What an agent runs: `python -m tasks.train` and its siblings.

Thin on purpose: parameters from a shell or from the server, one `Task.init`, one call into `audio/`, and what came
out of it as artifacts, models and plots. Importing this package imports neither torch nor clearml.
"""

from audio.interruption import watch_programs
from tasks.client import late

watch_programs()
late.put_off()
