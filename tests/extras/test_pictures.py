"""A picture of a digit becomes an image as MNIST's are."""

import numpy as np
import pytest
import torch
from PIL import Image

from shared.errors import InputError
from shared.extras import pictures


def write(path, pixels):
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "digit.png"


@pytest.fixture
def seven():
    """A 7 as grey levels, dark on light, far from the middle."""
    grey = np.full((120, 200), 0.9)
    grey[20:30, 20:60] = 0.1
    grey[30:100, 50:60] = 0.1
    return grey


def prepared(path):
    return pictures.prepare(pictures.read(path))


def test_images_of_mnist_are_left_as_they_are(few, path, on_mnist):
    """But for faint borders, and where the mass lies between two pixels."""
    same = 0
    for image in few.x_valid:
        write(path, (image.view(28, 28) * 256).byte().numpy())
        same += (prepared(path) - image).abs().max() <= pictures.FAINT
    assert same >= 0.95 * len(few.x_valid)


@pytest.mark.parametrize("scale", [0.2, 1, 7])
@pytest.mark.parametrize("light_on_dark", [False, True])
def test_size_and_polarity_do_not_matter(seven, path, scale, light_on_dark):
    wanted = pictures.prepare(seven).view(28, 28)
    grey = np.uint8(255 * (1 - seven if light_on_dark else seven))
    picture = Image.fromarray(grey)
    size = [round(scale * n) for n in picture.size]
    picture.resize(size, Image.Resampling.BOX).save(path)
    image = prepared(path).view(28, 28)
    assert image.dtype == torch.float32
    assert (image - wanted).abs().mean() < 0.02


def test_the_digit_fills_the_box_and_its_mass_is_in_the_middle(seven):
    image = pictures.prepare(seven).view(28, 28).numpy()
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == 10  # 40 x 80 keeps its proportions
    assert image.max() == 255 / 256
    for axis in (0, 1):
        mass = image.sum(1 - axis) @ np.arange(28) / image.sum()
        assert abs(mass - 14) <= 0.5


@pytest.mark.parametrize("ink", [0, 255])
def test_a_transparent_background_is_paper(seven, path, ink):
    pixels = np.full((*seven.shape, 4), ink, np.uint8)
    pixels[..., 3] = np.where(seven < 0.5, 255, 0)
    write(path, pixels)
    assert torch.allclose(prepared(path), pictures.prepare(seven), atol=0.01)


def test_colours_palettes_and_16_bits_are_read(seven, path):
    grey = np.uint8(seven * 255)
    wanted = pictures.prepare(seven)
    rgb = Image.fromarray(np.stack([grey] * 3, axis=2))
    for picture in (
        rgb,
        rgb.quantize(4),
        Image.fromarray(grey).convert("LA"),
        Image.fromarray(grey).convert("1", dither=0),
        Image.fromarray((seven * 65535).astype(np.uint16)),
    ):
        picture.save(path)
        assert torch.allclose(prepared(path), wanted, atol=0.1), picture.mode


def test_a_thin_pen_is_made_thicker():
    thin, thick = np.zeros((2, 500, 500))
    thin[100:400, 249:251] = 1
    thick[100:400, 235:265] = 1  # 2 of 20 pixels
    ink = pictures.prepare(thin).sum() / pictures.prepare(thick).sum()
    assert 0.7 < ink < 1.4  # and not a fifteenth


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_picture_is_refused(path, grey):
    write(path, np.full((20, 30), grey, np.uint8))
    with pytest.raises(InputError, match=r"nothing to see on .*digit\.png"):
        pictures.read(path)


def test_what_is_no_picture_is_refused(path, tmp_path, seven):
    with pytest.raises(InputError, match="No such file"):
        pictures.read(path)
    with pytest.raises(InputError, match="Is a directory"):
        pictures.read(tmp_path)
    path.write_text("P1 1 1 0")
    with pytest.raises(InputError, match="is no PNG file"):
        pictures.read(path)
    Image.fromarray(np.uint8(seven * 255)).save(path, format="JPEG")
    with pytest.raises(InputError, match="is no PNG file"):
        pictures.read(path)
    write(path, np.uint8(seven * 255))
    content = path.read_bytes()
    for length in range(0, len(content) - 20, 7):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"no PNG file|can't be read"):
            pictures.read(path)


def test_a_picture_that_would_fill_memory_is_refused(path, monkeypatch, seven):
    write(path, np.uint8(seven * 255))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(InputError, match="can't be read"):
        pictures.read(path)
