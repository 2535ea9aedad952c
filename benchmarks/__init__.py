"""What is measured, against what, and how to run it again."""

from audio.interruption import watch_programs

watch_programs()
