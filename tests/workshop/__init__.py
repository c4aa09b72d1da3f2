"""Right answers are accepted, wrong ones refused for their cause."""
