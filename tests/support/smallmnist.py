"""Four files shaped like MNIST's, small and random."""

import gzip

import numpy as np

from shared.data import mnist


def idx(array):
    """Write an array in the IDX format, as its definition has it."""
    shape = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()


def contents():
    """Return {name: bytes} of 70 images to train on and 20 to test on."""
    random = np.random.default_rng(0)

    def some(n, *shape):
        return idx(random.integers(0, 10, (n, *shape), dtype=np.uint8))

    arrays = some(70, 28, 28), some(70), some(20, 28, 28), some(20)
    return dict(zip(mnist.FILES, arrays, strict=True))


def save(folder, contents, suffix=".gz"):
    """Write files of these contents to a new folder, gzipped or not."""
    folder.mkdir(parents=True)
    for name, content in contents.items():
        if suffix:
            content = gzip.compress(content)
        (folder / f"{name}{suffix}").write_bytes(content)
