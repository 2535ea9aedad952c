"""The tasks that a server keeps, at a shell: `soundyard tasks list`, `show`, `watch`, `compare`, `clone` and others."""
