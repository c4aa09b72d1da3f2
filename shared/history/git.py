"""Call git, so that what comes of it is the same for everybody."""

import os
import subprocess

from shared.errors import RunError
from shared.languages import say


def git(*arguments, stdin=""):
    """Run a git command; return what it prints.

    Settings of the reader, in files or in variables, have no effect. `stdin`
    is what the command reads. Raises RunError if there is no git, or if the
    command fails.
    """
    return _run(arguments, stdin).stdout.decode()


def merge_file(current, base, other, *options):
    """Call `git merge-file` on three paths.

    Returns the merged text, and whether it has conflicts.
    """
    done = _run(
        ("merge-file", "-p", *options, current, base, other),
        codes=range(128),  # the number of conflicts
    )
    return done.stdout.decode(), done.returncode > 0


def _run(arguments, stdin="", codes=(0,)):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *arguments],
            input=stdin.encode(),
            capture_output=True,
            env=kept
            | {
                "HOME": os.devnull,
                "XDG_CONFIG_HOME": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_DEFAULT_HASH": "sha1",
            },
        )
    except FileNotFoundError as error:
        raise RunError(
            say(
                "this needs git, which was not found: {address}",
                address="https://git-scm.com",
            )
        ) from error
    if done.returncode not in codes:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        command = next(a for a in arguments if not a.startswith("--"))
        raise RunError(f"git {command}: {said[0] if said else 'failed'}")
    return done
