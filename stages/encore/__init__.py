"""Encores: where to go on from stage 12."""
