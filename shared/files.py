"""Files that are either whole or not there, and files of text."""

import os
from contextlib import contextmanager

from shared.errors import InputError
from shared.languages import say


def text_of(path):
    """Return the text of a file; raises InputError if it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            say("{path} is no text in UTF-8", path=path)
        ) from error


@contextmanager
def replacing(path):
    """Yield a path beside `path` to write to, then move it into place.

    Whoever reads `path` meanwhile sees the old file or the new one, never a
    part. If the block raises, `path` stays as it was and nothing is left.
    Folders that are missing are made; raises OSError as any writing does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
