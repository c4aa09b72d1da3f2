"""Preludes and encores do what their notes say."""
