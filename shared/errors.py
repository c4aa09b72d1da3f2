"""The two ways in which a command ends early, each with one clear line."""


class InputError(Exception):
    """What the user asked for cannot be done; the command exits with 2."""


class RunError(Exception):
    """Something went wrong on the way; the command exits with 1."""
