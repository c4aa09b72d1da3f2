"""The tests, in the rooms of what they test; `support` is what helps them.

What several rooms share is in conftest.py. Published results are looked at
by one test alone, in `results`; the others make do with fresh copies.
"""
