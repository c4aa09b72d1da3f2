"""A mirror on 127.0.0.1 that misbehaves on command.

The first part of a path says how: a GET of /cut_50/NAME.gz sends half of the
file. Each method below is one way to misbehave.
"""

import functools
import gzip
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATUSES = {"not_found": 404, "forbidden": 403, "broken": 500}


@functools.cache
def bomb():
    """Return a megabyte of gzip that unpacks to a gigabyte, and no end."""
    packer, zeros = zlib.compressobj(wbits=16 + zlib.MAX_WBITS), bytes(1 << 20)
    first, more = (
        packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
        for _ in range(2)
    )
    return first + more * 1023


class Mirror(ThreadingHTTPServer):
    """Serves `contents`, {name: bytes}, gzipped; `asked` is what was asked."""

    daemon_threads = True

    def __init__(self, contents):
        super().__init__(("127.0.0.1", 0), Answer)
        self.archives = {
            f"{name}.gz": gzip.compress(content, mtime=0)
            for name, content in contents.items()
        }
        self.contents = contents
        self.asked = []
        self.closing = threading.Event()
        threading.Thread(
            target=self.serve_forever, args=(0.02,), daemon=True
        ).start()

    def url(self, manner):
        return f"http://127.0.0.1:{self.server_port}/{manner}/"

    def close(self):
        self.closing.set()
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    """One answer, in the manner that the path asks for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, manner, name = self.path.rsplit("/", 2)
        self.manner = manner
        self.name = name
        self.archive = self.server.archives[name]
        self.server.asked.append(f"{manner}/{name}")
        self.close_connection = True
        try:
            if manner in STATUSES:
                self.head(STATUSES[manner])
            else:
                getattr(self, manner)()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client has given up

    def log_message(self, *_):
        pass

    def head(self, status=200, length=0, **headers):
        self.send_response(status)
        self.send_header("Connection", "close")
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()

    def send(self, body, length=None):
        self.head(length=len(body) if length is None else length)
        self.wfile.write(body)

    def times(self):
        """Return how often this was asked for, counting now."""
        return self.server.asked.count(f"{self.manner}/{self.name}")

    def good(self):
        self.send(self.archive)

    def silent(self):
        self.server.closing.wait(60)

    def headers_then_silence(self):
        self.head(length=len(self.archive))
        self.server.closing.wait(60)

    def byte_a_second(self):
        self.head(length=len(self.archive))
        for i in range(60):
            self.wfile.write(self.archive[i : i + 1])
            if self.server.closing.wait(1):
                break

    def steady_50_kb_a_second(self):
        self.head(length=len(self.archive))
        for i in range(0, len(self.archive), 5_000):
            self.wfile.write(self.archive[i : i + 5_000])
            time.sleep(0.1)

    def cut_0(self):
        self.send(b"", len(self.archive))

    def cut_50(self):
        self.send(self.archive[: len(self.archive) // 2], len(self.archive))

    def cut_99(self):
        self.send(
            self.archive[: len(self.archive) * 99 // 100], len(self.archive)
        )

    def length_too_large(self):
        self.send(self.archive, len(self.archive) + 100)

    def length_too_small(self):
        self.send(self.archive, len(self.archive) - 5)

    def busy_for_a_second(self):
        if self.times() == 1:
            self.head(429, Retry_After="1")
        else:
            self.good()

    def busy_for_an_hour(self):
        self.head(429, Retry_After="3600")

    def good_after_two_retries(self):
        if self.times() <= 2:
            self.head(503)
        else:
            self.good()

    def never_available(self):
        self.head(503)

    def redirect(self):
        self.head(302, Location=f"/good/{self.name}")

    def redirect_loop(self):
        self.head(302, Location=self.path)

    def redirect_to_a_file(self):
        self.head(302, Location="file:///etc/hostname")

    def login_page(self):
        self.send(b"<!DOCTYPE html><title>Welcome to our network</title>")

    def bit_flipped(self):
        content = bytearray(self.server.contents[self.name[:-3]])
        content[len(content) // 2] ^= 1
        self.send(gzip.compress(content))

    def another_file(self):
        names = list(self.server.archives)
        self.send(self.server.archives[names[names.index(self.name) - 1]])

    def gzip_cut_off(self):
        self.send(self.archive[:-9])

    def gzip_with_more_behind(self):
        self.send(self.archive + b"more")

    def gzip_of_gzip(self):
        self.send(gzip.compress(self.archive))

    def endless(self):
        self.head(length=None)
        while not self.server.closing.is_set():
            self.wfile.write(bytes(1 << 16))

    def gzip_bomb(self):
        self.send(bomb())
