"""What people see and hear of a run: figures, samples, the writer they go to."""
