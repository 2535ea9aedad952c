"""What starts workers: finds the server, writes the agent's configuration, runs the unmodified `clearml-agent daemon`.

python -m agents.start --queue audio --gpus 0       one agent on this machine's first GPU
python -m agents.start --queue audio --cpu-only     one without a GPU
python -m agents.stop                               ends every agent that this checkout has started
python -m agents.list                               lists them, and what they keep on the disk
python -m agents.prune                              clears what is not needed any more
"""

from audio.interruption import watch_programs
from tasks.client import late

watch_programs()
late.put_off()  # the agent's own imports too
