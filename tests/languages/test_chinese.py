"""The Chinese edition is whole, and says what the English one says."""

import json
import re
from collections import Counter

import pytest

from shared.languages import FOLDER, keys, sources, table
from stages import translations

CHINESE = sorted((FOLDER / "zh").glob("*.json"))
TABLES = {
    path.name: json.loads(path.read_text(encoding="utf-8"))
    for path in CHINESE
    if path.name != "glossary.json"
}
GLOSSARY = json.loads((FOLDER / "zh" / "glossary.json").read_text("utf-8"))
PAIRS = [pair for found in TABLES.values() for pair in found.items()]

# Where a word is no term: the beginnings of paragraphs.
NO_TERM = {
    "mean": (
        "What the words mean",
        "What makes it different",
        "After {1} steps through",
        "So `make prove` asks for more",
    ),
    "model": ("An accuracy near {1}",),
    "class": ("For a class",),
    "channel": ("A convolution expects the shape (n, channels",),
    "step": ("zero_grad between backward and step",),
    "in place": ("Both are trained in float64", "Stage {1} on other data"),
    "the change": ("To change a tensor", "`tensor.data`"),
}


@pytest.fixture(scope="module")
def compared(site):
    pages = [path.read_text() for path in sorted(site.glob("*.html"))]
    return sources.compared(translations.everything(pages), "zh")


def listed(found):
    return "\n".join(
        f"{file}: {text}" for file, texts in found.items() for text in texts
    )


def test_nothing_is_missing(compared):
    missing, _ = compared
    assert not listed(missing), (
        f"no translation yet, see `make translations`:\n{listed(missing)}"
    )


def test_nothing_is_left_over(compared):
    _, over = compared
    assert not listed(over), f"nobody says this any more:\n{listed(over)}"


def test_a_paragraph_is_translated_once():
    counts = Counter(key for key, _ in PAIRS)
    assert [key for key, n in counts.items() if n > 1] == []


def test_every_key_is_one():
    """Or it would never be found."""
    for key, value in PAIRS:
        assert keys.parsed(key).key == key
        assert value.strip() == value != ""


def parts(text):
    """Return code, targets of links, tags and fields of a paragraph."""
    found = [token[0] for token in keys.TOKEN.finditer(text) if token["kept"]]
    return Counter(found)


@pytest.mark.parametrize("file", TABLES)
def test_code_fields_and_links_are_the_same_on_both_sides(file):
    for key, value in TABLES[file].items():
        assert parts(value) == parts(key), (key, value)


def test_the_terms_are_those_of_the_glossary():
    seen, wrong = Counter(), []
    for key, value in PAIRS:
        words = keys.TOKEN.sub("`", key)
        for term, chinese in GLOSSARY.items():
            # Not a part of a name, such as prelude-autograd or torch.device.
            name = r"(?<![\w.\-/=]){}(?:e?s)?(?!\.?[\w(=/\-])"
            if not re.search(name.format(term), words, re.I):
                continue
            seen[term] += 1
            if chinese not in value and not key.startswith(
                NO_TERM.get(term, ())
            ):
                wrong.append((term, chinese, key, value))
    assert len(seen) > 80
    assert not wrong, "\n".join(map(str, wrong))


def test_punctuation_is_chinese():
    """And a space stands between Chinese and code, numbers or Latin words."""
    wide, narrow = r"[\u4e00-\u9fff]", r"[A-Za-z0-9`{}]"
    for value in dict(PAIRS).values():
        bare = re.sub("`+[^`]+`+", "`", value)
        # Fields with names may stand for Chinese.
        bare = re.sub(r"\[|\]\([^)]*\)|<[^>]*>|\*|\{[a-z][^}]*\}", "", bare)
        assert not re.search(rf"{wide}[,;:?!]|{wide}\.(\s|$)", bare), value
        assert not re.search(f"{wide}{narrow}|{narrow}{wide}", bare), value


def test_the_table_is_read_from_all_files():
    assert table("zh") == dict(PAIRS)
