"""Notebooks of the programs and the exercises, for Jupyter and for Colab.

`build` makes them, and their cells call `cells`. The command line may enter.
This room uses `shared.workshop` and what is below it.
"""
