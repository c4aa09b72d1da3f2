"""Run a program: seed it, follow its training, report what came of it.

The command line, `shared.proof`, `shared.extras` and `shared.workshop` may
enter. This room uses `shared.data` and what is below it.
"""
