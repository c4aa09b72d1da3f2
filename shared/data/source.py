"""Find the files of a data set, or fetch them, and verify what was found.

No data set is known here by name: a `Source` says which files there are, on
which mirrors, and how each is known.
"""

import hashlib
import os
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from filelock import FileLock
from tqdm.auto import tqdm

from shared.data.idx import BadFileError, decode, gunzip
from shared.errors import InputError, RunError
from shared.files import replacing
from shared.languages import say

CACHE = Path(__file__).parents[2] / "data"
ATTEMPTS = 3  # at fetching a file from a mirror that is only busy
RETRY_AFTER = 600  # seconds before a failed download is tried again


class UnavailableError(RunError):
    """A data set is not available; the message tells why."""


class Known(NamedTuple):
    """How a file is known: the size of its content in bytes, and a SHA-256.

    That of the decompressed content or, where nobody has published it, of
    the gzipped file. A file that is not gzipped is then known by its size
    and form alone.
    """

    size: int
    sha256: str | None = None
    gzip_sha256: str | None = None


class Source(NamedTuple):
    """The files of a data set: their name, where they are, how to know them.

    `files` maps each name to what is `Known` of it; `others` maps the
    SHA-256 of content that is sometimes mistaken for it to what that is.
    """

    name: str
    mirrors: tuple[str, ...]
    files: dict[str, Known]
    others: dict[str, str]

    @property
    def cache(self):
        """The folder that downloads are kept in."""
        return CACHE / self.name.lower()

    def variable(self, what):
        """Return a name of the environment, such as "MNIST_DIR"."""
        return f"{self.name.upper().replace('-', '_')}_{what}"

    def setting(self, what):
        """Return what the environment says under that name, or ""."""
        return os.environ.get(self.variable(what), "")


def contents(source, insist, names):
    """Return the content of each file of a `Source` by `names`, verified.

    From the folder that the user named, or else from the cache, fetched if
    need be. `insist` tries the mirrors even if they failed a moment ago.
    Raises InputError for a wrong folder and UnavailableError.
    """
    if folder := source.setting("DIR"):
        return [_from_folder(source, Path(folder), name) for name in names]
    return [_from_cache(source, name, insist) for name in names]


def verified(source, path, name):
    """Return the decompressed content of `path`, known to be its `name`.

    Reads `path` as gzip if its suffix is `.gz`. Raises BadFileError if the
    content is not that of `name`, FileNotFoundError and other OSErrors if
    there is nothing to read.
    """
    known = source.files[name]
    with open(path, "rb") as file:
        data = file.read(most_bytes(source, name) + 1)
    gzipped = path.suffix == ".gz"
    content = gunzip(data, known.size) if gzipped else data
    if len(content) != known.size:
        if len(content) > known.size:
            raise BadFileError(
                say("holds more bytes than {known:,}", known=known.size)
            )
        raise BadFileError(
            say(
                "holds {n:,} bytes, not {known:,}",
                n=len(content),
                known=known.size,
            )
        )
    found = _sha256(content)
    if what := source.others.get(found):
        raise BadFileError(say("is {what}", what=what))
    wanted = known.sha256
    if not wanted and gzipped:
        found, wanted = _sha256(data), known.gzip_sha256
    if wanted and found != wanted:
        raise BadFileError(
            say(
                "has SHA-256 {found}…, not {wanted}…",
                found=found[:12],
                wanted=wanted[:12],
            )
        )
    if not wanted:
        decode(content)
    return content


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def most_bytes(source, name):
    """Return how many bytes `name` may have, gzipped or not.

    Gzip makes a file smaller, but random ones a little larger.
    """
    return source.files[name].size + 1024


def _from_folder(source, folder, name):
    """Return the content of `name` in the folder that the user named."""
    problems = []
    # torchvision leaves the files in MNIST/raw below the folder it is given.
    below = folder / source.name.replace("-", "") / "raw"
    for place in (folder, below):
        for path in (place / name, place / f"{name}.gz"):
            try:
                return verified(source, path, name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except BadFileError as error:
                problems.append(f"{path} {error}")
            except OSError as error:
                problems.append(f"{path}: {error.strerror}")
    if not problems:
        problems = [
            say(
                "{folder} holds neither {name} nor {name}.gz"
                if folder.is_dir()
                else "{folder} is not a folder",
                folder=folder,
                name=name,
            )
        ]
    raise InputError(
        say(
            "{variable} is not {data}: {problems}",
            variable=source.variable("DIR"),
            data=source.name,
            problems="; ".join(problems),
        )
    )


def _from_cache(source, name, insist):
    """Return the content of `name` in the cache, fetched if need be.

    Of several processes one fetches, the others wait for it and find what
    it left. Raises UnavailableError.
    """
    path = source.cache / f"{name}.gz"
    with suppress(BadFileError, OSError):
        return verified(source, path, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(source.cache.with_suffix(".lock")):
            return _fetched(source, path, name, insist)
    except OSError as error:
        raise UnavailableError(
            say(
                "{data} cannot be saved in {folder}: {reason}",
                data=source.name,
                folder=path.parent,
                reason=error.strerror,
            )
        ) from error


def _fetched(source, path, name, insist):
    """Return the content of `name`, fetched to `path` unless it is there."""
    try:
        return verified(source, path, name)
    except FileNotFoundError:
        pass
    except BadFileError as error:
        print(
            say(
                "{path} {error}; it is downloaded again",
                path=path,
                error=error,
            ),
            file=sys.stderr,
        )
        path.unlink()
    # Nobody else is writing: these were left by a process that was killed.
    for part in path.parent.glob(f".{name}-*"):
        part.unlink()

    failed = path.with_name("unreachable.txt")
    if failed.exists() and not insist:
        age = time.time() - failed.stat().st_mtime
        if age < RETRY_AFTER:
            minutes = max(1, round(age / 60))
            raise UnavailableError(
                f"{failed.read_text(encoding='utf-8')} "
                + say(
                    "Last tried {minutes} minutes ago."
                    if minutes > 1
                    else "Last tried {minutes} minute ago.",
                    minutes=minutes,
                )
            )
    try:
        _fetch(source, path, name)
    except UnavailableError as error:
        failed.write_text(str(error), encoding="utf-8")
        raise
    failed.unlink(missing_ok=True)
    return verified(source, path, name)


def mirrors(source):
    """Return the addresses to fetch from, each ending with a slash.

    Those in the environment, as in `MNIST_MIRRORS`, separated by spaces, take
    the place of the public ones.
    """
    named = source.setting("MIRRORS").split()
    return [f"{mirror.rstrip('/')}/" for mirror in named or source.mirrors]


def _fetch(source, path, name):
    """Fetch `name` to `path` from the first mirror that has a good copy.

    A mirror that is only busy, or cuts the connection, is asked up to
    `ATTEMPTS` times, after the others had their turn. Raises
    UnavailableError.
    """
    # Not at the top: requests takes a while, and most runs fetch nothing.
    from shared.data.download import DownloadError

    asked = mirrors(source)
    failures = {}
    wait = 0
    for _ in range(ATTEMPTS):
        time.sleep(wait)
        busy = []
        for mirror in asked:
            try:
                with replacing(path) as part:
                    most = most_bytes(source, name)
                    _save(f"{mirror}{name}.gz", part, most)
                    verified(source, part, name)
                return
            except BadFileError as error:
                failures[mirror] = say("sent a file that {error}", error=error)
            except DownloadError as error:
                failures[mirror] = str(error)
                if error.again is not None:
                    busy.append(mirror)
                    wait = max(wait, error.again)
        asked = busy
        if not asked:
            break
    reasons = [
        f"{urlsplit(mirror).netloc or mirror}: {reason}"
        for mirror, reason in failures.items()
    ]
    raise UnavailableError(
        say(
            "{data} is not available: {reasons}.",
            data=source.name,
            reasons="; ".join(reasons),
        )
    )


def _save(url, path, most):
    """Write what `url` answers to `path`, with a progress bar.

    Raises DownloadError, BadFileError for more than `most` bytes, and
    OSError if `path` can't be written.
    """
    from shared.data.download import chunks

    arriving = chunks(url)
    with (
        closing(arriving),
        open(path, "wb") as file,
        tqdm(
            desc=url.rpartition("/")[2],
            total=next(arriving),
            unit="B",
            unit_scale=True,
            disable=None,
            leave=False,
        ) as bar,
    ):
        for chunk in arriving:
            file.write(chunk)
            bar.update(len(chunk))
            if file.tell() > most:
                raise BadFileError(
                    say("is longer than {most:,} bytes", most=most)
                )
