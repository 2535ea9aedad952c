"""Plugins: files, folders and modules of the user's that add models, data sets, front ends, …

A plugin is named by a parameter, `plugins`, and imported before anything is looked up. Its source travels with the task
and with it the files beside it that it imports, so that an agent on another machine has them; a checkpoint names those
it needs. What a plugin adds, it registers itself: see `audio.registry`.
"""

from audio.plugins.loading import Plugin, load, named, origin, places
from audio.plugins.needed import Need, differing, lacking, needs

__all__ = ["Need", "Plugin", "differing", "lacking", "load", "named", "needs", "origin", "places"]
