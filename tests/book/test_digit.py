"""A digit is read in the browser as torch and the command line read it."""

import base64
import io
import json

import matplotlib.pyplot as plt
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


def places(network, images):
    """Return what torch computes with the published numbers of a network.

    For each place of an image what it adds to the scores of the ten digits,
    (n, 10, places). They add up to the scores.
    """
    numbers = torch.frombuffer(
        bytearray(base64.b64decode(network["numbers"])), dtype=torch.float32
    )
    if not network["layers"]:
        bias, weights = numbers[:10], numbers[10:].view(784, 10)
        return images[:, None] * weights.T + bias[:, None] / 784
    grid, at = images.view(-1, 1, 28, 28), 0
    for inputs, outputs, kernel, stride, padding in network["layers"]:
        n = outputs * inputs * kernel**2
        weight = numbers[at : at + n].view(outputs, inputs, kernel, kernel)
        bias = numbers[at + n : at + n + outputs]
        grid = F.conv2d(grid, weight, bias, stride, padding).relu()
        at += n + outputs
    assert at == len(numbers)
    return grid.flatten(2) / grid[0, 0].numel()


def scores(network, images):
    """Return the scores of the ten digits, (n, 10)."""
    return places(network, images).sum(2)


# Numbers go to a page in base64: as a list they take seconds.
READ = """(text) => {
  const all = reader.floats(text), images = []
  for (let i = 0; i < all.length; i += 784) {
    images.push(all.subarray(i, i + 784))
  }
  const found = document.getElementById("reading").textContent
  const read = ([key, network]) => {
    network.numbers = reader.floats(network.numbers)
    return [key, images.map((image) =>
      reader.logProbs(reader.evidence(network, image)))]
  }
  const { networks } = JSON.parse(found)
  return Object.fromEntries(Object.entries(networks).map(read))
}"""


def base64_of(numbers):
    return base64.b64encode(numbers.tobytes()).decode()


def test_every_network_gives_the_scores_that_torch_gives(page, digits):
    images = digits.x_valid[:1000]
    found = page.evaluate(READ, base64_of(images.numpy()))
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
    size = int(draws.integers(10, 300))
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


PREPARE = """({text, width, height}) => {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  return Array.from(reader.prepare(
    {values: new Float64Array(bytes.buffer), width, height}))
}"""


def test_a_picture_is_prepared_as_the_command_line_prepares_it(page):
    bar = np.zeros((35, 50))  # 12.5 pixels high when it is 20 wide
    bar[5:30, 5:45] = 1
    small = np.zeros((9, 9))  # and this one grows
    small[2:7, 4] = small[2, 3:6] = 1
    cut = np.zeros((40, 40))  # and this one goes beyond the edge
    cut[15:25, :30] = 1
    for number, grey in enumerate([bar, small, cut, *map(drawn, range(12))]):
        height, width = grey.shape
        found = page.evaluate(
            PREPARE,
            {
                "text": base64_of(grey),
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


def wait_until_read(page):
    page.wait_for_function(
        "document.querySelector('td.reads').textContent !== ''"
    )


def pixels(page, canvas):
    """Return what a canvas shows, (height, width, 4) numbers to 255."""
    address = page.locator(canvas).evaluate("canvas => canvas.toDataURL()")
    png = base64.b64decode(address.partition(",")[2])
    return np.array(Image.open(io.BytesIO(png)).convert("RGBA"), int)


def sample(number):
    """Return one of the samples as MNIST has it, 784 floats."""
    sheet = plt.imread(published.RESULTS / "pictures" / "digits.png")
    ink = sheet[:28, 28 * number : 28 * (number + 1), 3]
    return torch.from_numpy((ink * 255).round() / 256).reshape(1, 784)


def test_a_sample_is_read_by_all_twelve(page):
    assert reads(page) == [""] * 12
    trained = published.read("ladder")
    button = page.locator("[data-sample='0']")
    button.focus()
    page.keyboard.press("Enter")
    label = str(trained["digits"][0])
    assert button.text_content() == label
    assert reads(page) == [label] * 12
    status = page.locator(".write [role=status]").text_content()
    assert status == f"stage 12 reads {label}"
    drawn = 1 - pixels(page, ".paper")[5::10, 5::10, 0] / 255
    assert drawn.reshape(1, 784) == pytest.approx(sample(0), abs=0.01)
    page.get_by_role("button", name="Clear").click()
    assert reads(page) == [""] * 12
    for canvas in (".paper", ".seen", ".evidence"):
        assert (pixels(page, canvas) == 255).all()


def test_bars_and_numbers_are_the_probabilities(page):
    trained = published.read("ladder")
    page.locator("[data-sample='8']").click()
    rows = page.locator("tr[data-network]")
    for row, stage in zip(rows.all(), LADDER, strict=True):
        network = trained["networks"][trained["stages"][stage.name]["network"]]
        expected = scores(network, sample(8)).softmax(1)[0]
        cells = row.locator("td:not(.reads)")
        bars = cells.evaluate_all(
            "cells => cells.map(c => Number(c.style.getPropertyValue('--p')))"
        )
        assert bars == pytest.approx(expected.tolist(), abs=1e-3)
        for text, p in zip(
            cells.all_text_contents(), expected.tolist(), strict=True
        ):
            assert float(text or 0) == pytest.approx(100 * p, abs=0.6)
        read = row.locator(".reads").text_content()
        assert read == str(expected.argmax().item())


def draw(page, top, bottom):
    """Draw a line from top to bottom, in shares of the paper's height."""
    box = page.locator(".paper").bounding_box()
    x, height = box["x"] + box["width"] / 2, box["height"]
    page.mouse.move(x, box["y"] + top * height)
    page.mouse.down()
    page.mouse.move(x, box["y"] + bottom * height, steps=8)
    page.mouse.up()
    wait_until_read(page)


def test_a_digit_is_drawn_with_the_mouse(page):
    hint = page.get_by_text("Draw a digit here")
    assert hint.is_visible()
    draw(page, 0.15, 0.85)
    assert not hint.is_visible()
    assert reads(page).count("1") >= 10
    ink = pixels(page, ".paper")[..., 0] < 128
    assert ink[42:238, 140].all()
    assert not ink[:25].any()
    assert not ink[:, :120].any()
    box = page.locator(".paper").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)  # the pen is up
    assert (pixels(page, ".paper")[..., 0] < 128).sum() == ink.sum()


def test_it_is_drawn_where_the_pen_is_however_large_the_paper_is(page):
    page.locator(".paper").evaluate("c => { c.style.width = '140px' }")
    draw(page, 0.15, 0.85)
    ink = pixels(page, ".paper")[..., 0] < 128
    assert ink[42:238, 140].all()
    assert not ink[:, :120].any()


def test_a_digit_is_drawn_with_a_finger(visit):
    page = visit("digit.html", 360, has_touch=True, is_mobile=True)
    paper = page.locator(".paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    before = page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)
    x = box["x"] + box["width"] / 2
    # Upwards: anywhere else that scrolls the page down.
    places = [box["y"] + box["height"] * i / 8 for i in range(7, 0, -1)]
    for kind, at in (
        ("touchStart", places[:1]),
        *(("touchMove", [place]) for place in places[1:]),
        ("touchEnd", []),
    ):
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for y in at]},
        )
    wait_until_read(page)
    assert page.evaluate("scrollY") == before
    assert reads(page).count("1") >= 10


# As a reader drops or pastes a file: no browser lets a script do it.
GIVE = """([way, text, type]) => {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  const given = new DataTransfer()
  given.items.add(new File([bytes], "three.png", {type}))
  const event = way === "drop"
    ? new DragEvent("drop", {dataTransfer: given, bubbles: true})
    : new ClipboardEvent("paste", {clipboardData: given, bubbles: true})
  document.querySelector(way === "drop" ? ".paper" : "body")
    .dispatchEvent(event)
}"""


@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_a_picture_can_be_brought(way, page, tmp_path):
    path = picture(tmp_path / "three.png", "RGB")
    text = base64.b64encode(path.read_bytes()).decode()
    if way == "choose":
        page.locator("input[type=file]").set_input_files(path)
    else:
        page.evaluate(GIVE, [way, text, "text/plain"])
        assert reads(page) == [""] * 12  # that is no picture
        page.evaluate(GIVE, [way, text, "image/png"])
    wait_until_read(page)
    assert reads(page).count("3") >= 10
    seen = 255 - pixels(page, ".seen")[..., 0].flatten()
    expected = pictures.prepare(pictures.read(path)).numpy()
    assert seen == pytest.approx(expected * 255, abs=1)
    assert (pixels(page, ".paper")[..., 0] < 128).any()


def test_a_large_picture_is_read_as_well(page, tmp_path):
    small = Image.open(picture(tmp_path / "three.png", "RGB"))
    small.resize((3000, 4000)).save(tmp_path / "large.png")
    page.locator("input[type=file]").set_input_files(tmp_path / "large.png")
    wait_until_read(page)
    assert reads(page).count("3") >= 10


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


@pytest.mark.parametrize("stage", ["01", "12"])
def test_blue_speaks_for_the_digit_and_red_against(stage, page):
    trained = published.read("ladder")
    page.locator("[data-sample='0']").click()
    page.get_by_role("radio", name=stage).check()
    network = trained["networks"][trained["stages"][stage]["network"]]
    [adds] = places(network, sample(0))
    speaks = adds[trained["digits"][0]] - adds.mean(0)  # against the others
    strength = (speaks.abs() / speaks.abs().max()).sqrt()
    for_it, against = (
        255 - (255 - torch.tensor(color)) * strength[:, None]
        for color in ((0, 89, 204), (193, 26, 26))
    )
    expected = torch.where((speaks > 0)[:, None], for_it, against)
    shown = pixels(page, ".evidence").reshape(-1, 4)[:, :3]
    assert np.abs(shown - expected.numpy()).max() <= 1


def test_without_scripts_it_says_what_to_do(visit):
    page = visit("digit.html", java_script_enabled=False)
    assert page.get_by_text("encore-checkpoint").is_visible()
    assert not page.locator(".write").is_visible()


def test_the_reading_is_small(site):
    text = (site / "digit.html").read_text()
    data = text.partition('id="reading">')[2].partition("</script>")[0]
    assert json.loads(data).keys() == {"networks", "samples"}
    assert len(data) < 300 * 1024
