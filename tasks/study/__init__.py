"""A search for hyperparameters from within: which values come next, the trainings, what was found."""
