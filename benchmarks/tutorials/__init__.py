"""The tutorials' presets measured on ESC-10 in the layouts of their sets, as written beside as it should be."""
