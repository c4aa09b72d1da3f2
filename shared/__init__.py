"""What the programs, the commands and the tests share, room by room.

A room is a folder; its docstring says what it is for and who may enter. What
may use what is a contract in pyproject.toml, which `make lint` checks. Rows
of the table of stages are handed in: nothing here imports `stages`.
"""
