"""The IDX decoder decodes exactly or raises its one error, whatever comes."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.data.idx import BadFileError, decode
from tests.support.smallmnist import idx

shapes = st.one_of(
    st.tuples(st.integers(0, 50)),
    st.tuples(st.integers(0, 5), st.integers(0, 30), st.integers(0, 30)),
)


def arrays(shape):
    """Return a strategy for bytes in this shape."""
    return st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).integers(
            0, 256, shape, dtype=np.uint8
        )
    )


def decodes_exactly_or_not_at_all(content):
    """Check this of `content`; return whether it decoded."""
    tracemalloc.start()
    try:
        decoded = decode(content)
    except BadFileError:
        return False
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 100_000
    assert idx(decoded) == content
    return True


@given(shapes.flatmap(arrays))
def test_what_was_written_is_read(array):
    decoded = decode(idx(array))
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, array)


@given(st.binary(max_size=200))
def test_random_bytes(content):
    decodes_exactly_or_not_at_all(content)


@given(
    st.sampled_from([b"\0\0\x08\1", b"\0\0\x08\3", b"\0\0\x08\2"]),
    st.lists(
        st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1)), max_size=4
    ),
    st.binary(max_size=40),
)
def test_random_headers(magic, shape, data):
    header = b"".join(n.to_bytes(4, "big") for n in shape)
    decodes_exactly_or_not_at_all(magic + header + data)


@given(shapes.flatmap(arrays), st.data())
def test_random_truncations(array, data):
    content = idx(array)
    length = data.draw(st.integers(0, len(content) - 1))
    assert not decodes_exactly_or_not_at_all(content[:length])


@given(shapes.flatmap(arrays), st.binary(min_size=1, max_size=9))
def test_more_than_the_header_says(array, more):
    assert not decodes_exactly_or_not_at_all(idx(array) + more)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x08\1\0\0",
        b"\0\0\x09\1\0\0\0\0",
        b"\0\0\x08\2\0\0\0\1\0\0\0\1x",
        b"\0\0\x08\1\0\0\0\2x",
        b"\0\0\x08\1\0\0\0\2xyz",
        b"\0\0\x08\3" + b"\xff" * 12 + b"x",
        b"<!DOCTYPE html>",
    ],
)
def test_known_ways_to_be_wrong(content):
    assert not decodes_exactly_or_not_at_all(content)
