"""Preludes: what stage 01 takes for granted."""
