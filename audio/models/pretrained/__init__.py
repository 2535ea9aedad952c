"""Networks and weights that were trained elsewhere, read from files without running their code."""
