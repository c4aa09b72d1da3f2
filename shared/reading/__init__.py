"""The change between two stages, as text: in a terminal and in README.md.

`shared.book`, `shared.workshop`, `shared.extras` and the command line may
enter. This room reads what was measured from `shared.results`.
"""
