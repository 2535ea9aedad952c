"""Sound to logits: data sets, preprocessing, front ends, models, training and evaluation.

Knows torch; knows nothing of ClearML, the server or tasks. What it reports goes to a writer that is
handed in.
"""

from audio.interruption import watch_programs

watch_programs()
