"""Files that are either whole or not there."""

import os
from contextlib import contextmanager


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
