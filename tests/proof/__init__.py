"""Promises hold, and what is broken is caught."""
