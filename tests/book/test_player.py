"""The player shows the twelve programs as one that changes."""

import re

import pytest

from shared.reading.lineage import lineage
from stages import LADDER

pytestmark = pytest.mark.browser

CODE = [stage.code.strip("\n") for stage in LADDER]


def program(page):
    """Return the program that the screen shows, from the places of lines."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".screen p.here")]
          .map(p => [new DOMMatrix(getComputedStyle(p).transform).m42,
                     p.textContent])
          .sort((a, b) => a[0] - b[0]).map(([_, text]) => text).join("\\n")"""
    )


@pytest.fixture
def player(visit):
    return visit("play.html", reduced_motion="reduce")


def test_the_slider_shows_all_twelve_programs_one_by_one(player):
    slider = player.get_by_role("slider", name="Stage")
    slider.focus()
    for stage, code in zip(LADDER, CODE, strict=True):
        assert program(player) == code
        assert slider.get_attribute("aria-valuetext").startswith(stage.name)
        link = player.get_by_role("status").get_by_role("link")
        assert link.get_attribute("href") == f"{stage.target}.html"
        player.keyboard.press("ArrowRight")
    assert program(player) == CODE[-1]
    player.keyboard.press("ArrowLeft")
    assert program(player) == CODE[-2]


def test_the_lines_that_light_up_are_the_new_ones(player):
    programs = lineage(LADDER)
    player.get_by_role("slider", name="Stage").focus()
    for stage, lines in list(zip(LADDER, programs, strict=True))[1:]:
        player.keyboard.press("ArrowRight")
        lit = player.locator(".screen p.new.here").all_text_contents()
        assert sorted(lit) == sorted(
            line.text
            for line in lines
            if line.born == stage.name and line.text.strip()
        )


def test_a_line_that_stays_is_the_same_element_and_glides(visit):
    page = visit("play.html")
    line = page.locator(".screen p", has_text="loss.backward()")
    line.evaluate(
        "line => { line.kept = true; line.glided = [];"
        " line.addEventListener('transitionrun', (event) =>"
        " line.glided.push(event.propertyName)) }"
    )
    slider = page.get_by_role("slider", name="Stage")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert line.evaluate("line => line.kept")
    page.wait_for_function(
        "line => line.glided.includes('transform')", arg=line.element_handle()
    )
    # To begin is what takes time: lines out of sight are moved at once.
    slider.fill("11")
    page.wait_for_function("document.getAnimations().length === 0")
    slider.fill("12")
    page.wait_for_function("document.getAnimations().length > 0")
    glide = page.evaluate("document.getAnimations().length")
    assert 10 < glide < 60


def test_a_slow_processor_has_few_lines_to_set_off_in_each_frame(visit):
    page = visit("play.html")
    page.get_by_role("slider", name="Stage").fill("11")
    page.wait_for_function("document.getAnimations().length === 0")
    moved = page.evaluate(
        """() => new Promise((done) => {
          const slider = document.querySelector(".player input"), moved = []
          let before = []
          const look = () => {
            const lines = [...document.querySelectorAll(".screen p")]
            const now = lines.map((line) => line.style.transform)
            moved.push(now.filter((place, i) => place !== before[i]).length)
            before = now
            moved.length < 30 ? requestAnimationFrame(look) : done(moved)
          }
          look()
          slider.value = 12
          slider.dispatchEvent(new Event("input"))
          moved.length = 0
          requestAnimationFrame(look)
        })"""
    )
    assert max(moved) <= 30 < sum(moved)


def test_nothing_moves_where_a_reader_wants_no_motion(player):
    player.get_by_role("slider", name="Stage").focus()
    player.keyboard.press("ArrowRight")
    assert player.evaluate("document.getAnimations().length") == 0


def test_it_plays_to_the_last_and_begins_again(player):
    player.clock.install()
    button = player.get_by_role("button", name="Play")
    button.click()
    assert program(player) == CODE[1]
    player.clock.run_for(60_000)
    assert program(player) == CODE[-1]
    assert button.is_visible()
    button.click()
    assert program(player) == CODE[0]
    player.get_by_role("button", name="Pause").click()
    player.clock.run_for(60_000)
    assert program(player) == CODE[0]


def test_a_click_on_a_cell_shows_its_line(player):
    cell = player.locator('.survival rect[data-stage="8"]').nth(20)
    life = cell.get_attribute("data-life")
    cell.click()
    assert program(player) == CODE[8]
    looked_at = player.locator(".screen p.looked-at")
    assert looked_at.get_attribute("data-life") == life
    box, screen = looked_at.bounding_box(), player.locator(".screen")
    assert screen.bounding_box()["y"] <= box["y"]


def test_an_address_leads_to_a_stage(player, site):
    player.goto((site / "index.html").as_uri())
    player.goto(f"{(site / 'play.html').as_uri()}#stage-07")
    assert program(player) == CODE[6]


def test_the_map_has_a_cell_for_each_line_in_the_colour_of_its_stage(player):
    for column, lines in enumerate(lineage(LADDER)):
        cells = player.locator(
            f'.survival rect[data-stage="{column}"][data-life]'
        ).evaluate_all("cells => cells.map(cell => cell.className.baseVal)")
        assert cells == [
            f"born-{line.born}" for line in lines if line.text.strip()
        ]


def test_without_scripts_the_twelve_programs_can_be_read(visit):
    page = visit("play.html", java_script_enabled=False)
    assert not page.get_by_role("slider").is_visible()
    page.get_by_text("All twelve, one below the other").click()
    for listing, code in zip(
        page.locator(".listing").all(), CODE, strict=True
    ):
        assert listing.is_visible()
        lines = listing.locator("li").all_text_contents()
        assert "\n".join(lines) == code


def test_the_index_has_it_too(visit):
    page = visit("index.html", reduced_motion="reduce")
    page.get_by_role("slider", name="Stage").fill("12")
    assert program(page) == CODE[-1]
    assert re.search(r"12 accelerator", page.locator(".now").text_content())
