"""Events: on their way in, as curves, lists and histories on their way out, and what is kept of them on a task."""
