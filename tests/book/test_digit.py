"""A digit is read in the browser as torch and the command line read it."""

import base64
import io
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from shared.data import standin
from shared.extras import pictures
from shared.results import published
from stages import LADDER

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit):
    return visit("digit.html")


def scores(network, images):
    """Return what torch computes with the published numbers of a network."""
    numbers = torch.frombuffer(
        bytearray(base64.b64decode(network["numbers"])), dtype=torch.float32
    )
    if not network["layers"]:
        bias, weights = numbers[:10], numbers[10:].view(784, 10)
        return images @ weights + bias
    grid, at = images.view(-1, 1, 28, 28), 0
    for inputs, outputs, kernel, stride, padding in network["layers"]:
        n = outputs * inputs * kernel**2
        weight = numbers[at : at + n].view(outputs, inputs, kernel, kernel)
        bias = numbers[at + n : at + n + outputs]
        grid = F.conv2d(grid, weight, bias, stride, padding).relu()
        at += n + outputs
    assert at == len(numbers)
    return grid.mean((2, 3))


READ = """(images) => Object.fromEntries(
  Object.entries(JSON.parse(document.getElementById("reading").textContent)
    .networks).map(([key, network]) => {
      network.numbers = reader.floats(network.numbers)
      return [key, images.map((image) =>
        reader.logProbs(reader.evidence(network, image)))]
    }))"""


def test_every_network_gives_the_scores_that_torch_gives(page, digits):
    images = digits.x_valid[:1000]
    found = page.evaluate(READ, images.tolist())
    networks = published.read("ladder")["networks"]
    assert found.keys() == networks.keys()
    for key, network in networks.items():
        expected = scores(network, images).log_softmax(1)
        read = torch.tensor(found[key])
        assert (read - expected).abs().max() < 1e-4
        assert (read.argmax(1) == expected.argmax(1)).all()


def test_every_stage_reads_with_the_weights_that_it_learned(page):
    stages = published.read("ladder")["stages"]
    rows = page.locator("tr[data-network]")
    assert rows.locator("input").evaluate_all(
        "inputs => inputs.map(input => input.value)"
    ) == [stage.name for stage in LADDER]
    assert rows.evaluate_all(
        "rows => rows.map(row => row.dataset.network)"
    ) == [stages[stage.name]["network"] for stage in LADDER]


def drawn(number):
    """Return a picture of a digit, as large, thick and dark as may be."""
    draws = np.random.default_rng(number)
    [image] = standin.draw(np.array([number % 10]), seed=number)
    image = image.reshape(28, 28).astype(np.uint8)
    size = int(draws.integers(28, 300))
    image = Image.fromarray(image).resize(
        (size, size), Image.Resampling.BICUBIC
    )
    grey = np.asarray(image, float)
    if number % 3 == 0:  # a thin pen
        grey = np.where(grey > 0.8 * grey.max(), grey, 0)
    grey = np.pad(grey, [tuple(draws.integers(0, 40, 2)) for _ in range(2)])
    grey += draws.uniform(0, 12, grey.shape)
    grey = grey.clip(0, 255) / 255
    return 1 - grey if number % 2 else grey


PREPARE = """({values, width, height}) => Array.from(reader.prepare(
  {values: Float64Array.from(values), width, height}))"""


def test_a_picture_is_prepared_as_the_command_line_prepares_it(page):
    for number in range(12):
        grey = drawn(number)
        height, width = grey.shape
        found = page.evaluate(
            PREPARE,
            {
                "values": grey.flatten().tolist(),
                "width": width,
                "height": height,
            },
        )
        expected = pictures.prepare(grey).numpy()
        apart = np.abs(np.array(found) - expected)
        assert apart.max() <= 1 / 256, number  # one level, where it is a tie
        assert np.count_nonzero(apart) <= 8, number


def picture(path, mode):
    """Write a picture of a three as PNG, opaque or with a clear ground."""
    image = Image.new(mode, (120, 160), (255, 255, 255, 0)[: len(mode)])
    pen = ImageDraw.Draw(image)
    for top in (20, 75):
        box = (30, top, 90, top + 60)
        pen.arc(box, -150, 100, fill=(20, 30, 90, 255)[: len(mode)], width=9)
    image.save(path)
    return path


GREYS = """async (text) => {
  const blob = await (await fetch(`data:image/png;base64,${text}`)).blob()
  const bitmap = await createImageBitmap(blob)
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = canvas.getContext("2d")
  context.drawImage(bitmap, 0, 0)
  const found = reader.greys(
    context.getImageData(0, 0, canvas.width, canvas.height))
  return Array.from(found.values)
}"""


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_and_clear_ground_are_read_as_on_the_command_line(
    mode, page, tmp_path
):
    path = picture(tmp_path / "three.png", mode)
    text = base64.b64encode(path.read_bytes()).decode()
    expected = pictures.read(path).flatten()
    # A canvas keeps colours times opacity, so a level may be lost.
    assert page.evaluate(GREYS, text) == pytest.approx(expected, abs=2 / 255)


def reads(page):
    return page.locator("td.reads").all_text_contents()


def test_a_sample_is_read_by_all_twelve(page):
    assert reads(page) == [""] * 12
    trained = published.read("ladder")
    button = page.locator("[data-sample='0']")
    button.focus()
    page.keyboard.press("Enter")
    label = str(trained["digits"][0])
    assert button.text_content() == label
    assert reads(page) == [label] * 12
    assert label in page.locator(".why").text_content()
    page.get_by_role("button", name="Clear").click()
    assert reads(page) == [""] * 12


def test_a_digit_is_drawn_with_the_mouse(page):
    box = page.locator(".paper").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"]
    page.mouse.move(x, y + 40)
    page.mouse.down()
    page.mouse.move(x, y + 240, steps=8)
    page.mouse.up()
    page.wait_for_function(
        "document.querySelector('td.reads').textContent !== ''"
    )
    assert reads(page).count("1") >= 10


def test_a_picture_can_be_brought(page, tmp_path):
    path = picture(tmp_path / "three.png", "RGB")
    page.locator("input[type=file]").set_input_files(path)
    page.wait_for_function(
        "document.querySelector('td.reads').textContent !== ''"
    )
    assert reads(page).count("3") >= 10
    seen = page.locator(".seen").evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data)"
    )
    expected = pictures.prepare(pictures.read(path)).numpy()
    assert 255 - np.array(seen)[::4] == pytest.approx(expected * 255, abs=1)


def test_what_is_no_picture_is_refused_in_words(page):
    broken = {
        "name": "broken.png",
        "mimeType": "image/png",
        "buffer": io.BytesIO(b"not a picture").getvalue(),
    }
    page.locator("input[type=file]").set_input_files(broken)
    said = page.get_by_text("broken.png is no picture.")
    said.wait_for()
    assert reads(page) == [""] * 12


def test_another_stage_shows_what_speaks_to_it(page):
    page.locator("[data-sample='0']").click()
    side = "canvas => canvas.width"
    assert page.locator(".evidence").evaluate(side) == 4
    page.get_by_role("radio", name="01").check()
    assert page.locator(".evidence").evaluate(side) == 28
    assert "stage 01" in page.locator(".why").text_content()


def test_without_scripts_it_says_what_to_do(visit):
    page = visit("digit.html", java_script_enabled=False)
    assert page.get_by_text("encore-checkpoint").is_visible()
    assert not page.locator(".write").is_visible()


def test_the_reading_is_small(site):
    text = (site / "digit.html").read_text()
    data = text.partition('id="reading">')[2].partition("</script>")[0]
    assert json.loads(data).keys() == {"networks", "samples"}
    assert len(data) < 300 * 1024
