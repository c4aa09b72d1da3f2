"""A run is followed and reported as it is."""
