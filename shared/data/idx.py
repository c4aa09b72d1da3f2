"""The IDX format of MNIST: bytes to arrays, gzipped or not."""

import math
import zlib

import numpy as np

from shared.languages import say


class BadFileError(Exception):
    """A file is not what its name says; the message tells why."""


def decode(content):
    """Return the array in the bytes of an IDX file, uint8 and read-only.

    The format: two zero bytes, 8 for unsigned bytes, the number of
    dimensions, each dimension as a big-endian 32-bit integer, the data.
    Source: http://yann.lecun.com/exdb/mnist/. Raises BadFileError for
    anything but an exact fit with one or three dimensions.
    """
    if content[:3] != b"\0\0\x08" or content[3:4] not in (b"\1", b"\3"):
        raise BadFileError(
            say("starts with {start!r}, not as IDX does", start=content[:4])
        )
    n_dims = content[3]
    header = 4 + 4 * n_dims
    if len(content) < header:
        raise BadFileError(
            say("ends after {n} bytes, in its header", n=len(content))
        )
    shape = np.frombuffer(content, ">u4", n_dims, offset=4).tolist()
    if math.prod(shape) != len(content) - header:
        raise BadFileError(
            say(
                "holds {n:,} bytes of data, not the {shape} of its header",
                n=len(content) - header,
                shape=" x ".join(map(str, shape)),
            )
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def gunzip(data, size):
    """Return the content of gzipped `data`, which should be `size` bytes.

    Never unpacks more than one byte beyond that. Raises BadFileError unless
    `data` is one whole gzip member of at most `size` bytes and nothing else.
    """
    gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = gzip.decompress(data, size + 1)
    except zlib.error as error:
        raise BadFileError(say("is no sound gzip file")) from error
    if len(content) > size:
        raise BadFileError(
            say("unpacks to more than {size:,} bytes", size=size)
        )
    if not gzip.eof:
        raise BadFileError(say("is cut off after {n:,} bytes", n=len(data)))
    if gzip.unused_data:
        raise BadFileError(say("goes on after the end of its gzip data"))
    return content
