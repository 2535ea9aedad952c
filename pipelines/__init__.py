"""Chains of tasks, by the names of their templates; and the demo that runs the main one from nothing."""

from audio.interruption import watch_programs

watch_programs()
