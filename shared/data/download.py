"""Fetch a file over HTTP without ever waiting for long."""

import queue
import threading

import requests

from shared.languages import say

ANSWER_WITHIN = 5  # seconds for a server's name, connection and headers
SILENCE = 20  # seconds in which at least one chunk must arrive
CHUNK = 16_384  # bytes; with SILENCE, a rate of 800 bytes a second
PATIENCE = 5  # seconds to wait, at most, because a server asks for it


class DownloadError(Exception):
    """A server did not send a file; the message tells why.

    `again` is the number of seconds after which it is worth asking this
    server once more, None if it isn't.
    """

    def __init__(self, message, again=None):
        super().__init__(message)
        self.again = again


def chunks(url):
    """Yield what `url` answers: first its size, None if unknown, then bytes.

    Proxies are those of the environment; certificates are verified. Raises
    DownloadError for any failure: within `ANSWER_WITHIN` seconds if no
    headers come, within `SILENCE` seconds if the bytes stop or only trickle.
    """
    # A thread does the asking, because nothing else puts a limit on looking
    # up a name, on trying one address after the other, or on a read that
    # gets a byte now and then. It is left to itself when time is up.
    arrived = queue.Queue()
    given_up = threading.Event()

    def ask():
        try:
            with requests.get(
                url,
                stream=True,
                timeout=(ANSWER_WITHIN, SILENCE),
                headers={"Accept-Encoding": "identity"},
            ) as response:
                response.raise_for_status()
                arrived.put(response.headers.get("Content-Length"))
                for chunk in response.iter_content(CHUNK):
                    if given_up.is_set():
                        return
                    arrived.put(chunk)
                arrived.put(None)
        except requests.RequestException as error:
            arrived.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        size = _next(
            arrived, ANSWER_WITHIN, say("no answer in {s} s", s=ANSWER_WITHIN)
        )
        yield int(size) if size and size.isdigit() else None
        slow = say("less than {n:,} bytes in {s} s", n=CHUNK, s=SILENCE)
        while (chunk := _next(arrived, SILENCE, slow)) is not None:
            yield chunk
    finally:
        given_up.set()


def _next(arrived, seconds, complaint):
    """Return the next thing that arrived; raise DownloadError for errors."""
    try:
        item = arrived.get(timeout=seconds)
    except queue.Empty:
        raise DownloadError(complaint) from None
    if isinstance(item, requests.RequestException):
        raise _explained(item) from item
    return item


def _explained(error):
    """Return a DownloadError that says in a few words what went wrong."""
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        message = say("answer {status}", status=status)
        message = f"{message} {error.response.reason or ''}".rstrip()
        if status == 429 or status >= 500:
            wanted = error.response.headers.get("Retry-After", "1")
            if wanted.isdigit() and int(wanted) <= PATIENCE:
                return DownloadError(message, again=int(wanted))
        return DownloadError(message)
    if isinstance(error, requests.exceptions.ProxyError):
        return DownloadError(say("its proxy can't be reached"))
    if isinstance(error, requests.exceptions.SSLError):
        return DownloadError(say("no valid certificate"))
    if isinstance(error, requests.Timeout):
        return DownloadError(say("no answer in {s} s", s=ANSWER_WITHIN))
    if isinstance(error, requests.TooManyRedirects):
        return DownloadError(say("redirects without end"))
    if isinstance(error, requests.exceptions.InvalidSchema | ValueError):
        return DownloadError(say("not an address that can be asked"))
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return DownloadError(say("connection cut off"), again=1)
    if isinstance(error, requests.ConnectionError):
        return DownloadError(say("can't be reached"))
    return DownloadError(type(error).__name__)
