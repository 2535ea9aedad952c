"""The data folder as a whole: backed up, looked through, kept private, and kept small."""
