"""Tests of the notebooks: what is in them, and what comes of running them."""
