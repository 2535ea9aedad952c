"""What is wrong with a data set: copies of a sound, leaks, silence, clipping."""
