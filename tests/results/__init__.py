"""The published results are those of the code."""
