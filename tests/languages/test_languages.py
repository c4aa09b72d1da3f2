"""Paragraphs are found in the table whatever their figures and layout."""

import json

import pytest

from shared import languages
from shared.errors import InputError
from shared.languages import keys, sources


@pytest.fixture
def table(monkeypatch, tmp_path):
    """Return a function that sets the Chinese table."""

    def write(**entries):
        (tmp_path / "zh").mkdir(exist_ok=True)
        for name, found in entries.items():
            (tmp_path / "zh" / f"{name}.json").write_text(json.dumps(found))
        languages.table.cache_clear()

    for module in (languages, sources):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    yield write
    languages.table.cache_clear()


@pytest.mark.parametrize(
    ("paragraph", "key"),
    [
        ("Stage 07 reaches\n  0.92.", "Stage {1} reaches {2}."),
        ("1,564 steps, 3e-14, 90.2%, 2 %", "{1} steps, {2}, {3}, {4} %"),
        ("in float64, with SHA-256", "in float64, with SHA-{1}"),
        ("`x[0]` and [3](a1.html#2)", "`x[0]` and [{1}](a1.html#2)"),
        ('<b class="c1">1</b>', '<b class="c1">{1}</b>'),
        ("{n:.2f} of 3", "{n:.2f} of {1}"),
        ("“It’s …”", '"It\'s ..."'),
        ("[01 from scratch](stages/a.py)", "{1} from scratch"),
        ("![ten digits](a.png)", "ten digits"),
        ("**all of 31**", "all of {1}"),
        ("**all** of **31**", "**all** of **{1}**"),
    ],
)
def test_numbers_and_layout_are_no_part_of_a_key(paragraph, key):
    assert keys.parsed(paragraph).key == key


@pytest.mark.parametrize(
    "text", ["0.92", "`x`, `y_2`", "encore-fast", "shared/book", "3: {n}", ""]
)
def test_where_there_are_no_words_there_is_nothing_to_translate(text):
    assert not keys.parsed(text).words
    assert keys.parsed(f"{text} s").words


def test_a_message_is_said_with_its_values_in_either_language(table):
    table(commands={"{who} took {1} steps in {s:.1f} s": "{s:.1f} 秒 {1} 步"})
    text = "{who} took 20 steps in {s:.1f} s"
    assert languages.say(text, who="It", s=2) == "It took 20 steps in 2.0 s"
    with languages.use("zh"):
        assert languages.current() == "zh"
        assert languages.say(text, who="It", s=2) == "2.0 秒 20 步"
        assert languages.say("No words for {it}.", it=7) == "No words for 7."
    assert languages.current() == "en"


def test_a_figure_that_is_measured_anew_keeps_its_translation(table):
    table(readme={"{1} of {2} digits": "{2} 个数字中的 {1} 个"})
    for one, other in (("179", "10,000"), ("3e-14", "0.5%")):
        said = languages.translated(f"**{one} of {other} digits**", "zh")
        assert said == f"**{other} 个数字中的 {one} 个**"
    assert languages.translated("179 of 10,000 images", "zh") is None
    assert languages.translated("179 of 10,000 digits") is None


def test_a_text_is_translated_block_by_block_and_code_is_left_alone(table):
    table(
        notes={"A title": "标题", "Two lines of {1}.": "{1} 的两行。"},
        readme={"one {1}": "一 {1}", "head": "头", "cell": "格"},
    )
    text = (
        "# A title\n\nTwo lines\nof 7.\n\n```sh\nTwo lines of 7.\n```\n\n"
        "- one 1\n  - one 2\n\n| head | 3 |\n|---|---|\n| `a` | cell |\n\n"
        "<!-- one -->\nEnglish.\n"
    )
    assert languages.markdown(text) == text
    assert languages.markdown(text, "zh") == (
        "# 标题\n\n7 的两行。\n\n```sh\nTwo lines of 7.\n```\n\n"
        "- 一 1\n  - 一 2\n\n| 头 | 3 |\n|---|---|\n| `a` | 格 |\n\n"
        "<!-- one -->\nEnglish.\n"
    )


def test_a_language_that_is_not_there_is_one_clear_line():
    with pytest.raises(InputError, match="'tlh': choose en or zh"):
        languages.use("tlh")
    assert languages.current() == "en"


def test_what_is_missing_and_what_is_left_over_is_listed_by_file(table):
    table(notes={"one": "一"}, book={"gone": "没了", "two {1}": "二"})
    missing, over = sources.compared(
        {"notes.json": ["one", "two 2", "three"], "book.json": ["three"]},
        "zh",
    )
    assert missing == {"notes.json": ["three"], "book.json": []}
    assert over == {"notes.json": [], "book.json": ["gone"]}


def test_messages_are_found_in_code_and_in_scripts():
    code = 'say("a" "b"); x.say("c" if y else "d", n=1); say(f"{e}"); no("f")'
    assert sources.of_code(code) == ["ab", "c", "d"]
    assert sources.of_script('say("a"); say(\n "it\\"s", { n })') == [
        "a",
        'it"s',
    ]
