"""What the page needs on which a reader writes a digit."""

import base64

import numpy as np
from PIL import Image

from shared.results import published

SIZE = 28  # pixels
SAMPLES = 12


def content(book):
    """Return what the template of the page needs of the `book`.

    The networks are those of shared/results/ladder.json, the samples are the
    first digits of its picture, as levels from 0 to 255.
    """
    with Image.open(published.RESULTS / "pictures" / "digits.png") as picture:
        levels = np.asarray(picture.getchannel("A"))
    samples = [
        levels[:SIZE, SIZE * i : SIZE * (i + 1)].tobytes()
        for i in range(SAMPLES)
    ]
    return {
        "samples": book.trained["digits"][:SAMPLES],
        "reading": {
            "networks": book.trained["networks"],
            "samples": [base64.b64encode(s).decode() for s in samples],
        },
    }
