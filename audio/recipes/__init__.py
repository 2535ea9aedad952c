"""What a preset is, and the presets that are tutorials as written; all of them are listed in `audio.presets`."""
