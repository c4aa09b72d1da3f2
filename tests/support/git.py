"""Call git as a reader would."""

import subprocess


def git(folder, *arguments):
    """Run a git command in a folder; return what it prints."""
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
