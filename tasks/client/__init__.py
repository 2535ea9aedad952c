"""What a ClearML server is asked: where it is, whose id that is, which folds a dataset has, what was decided."""
