"""A page in another language is the same page, in other words."""

import re

import pytest

from shared.book import build, edition
from shared.languages import table
from stages import LADDER, TABLE

PAGE = """<!doctype html>
<html lang="en"><head><title>One – Two</title>
<link rel="stylesheet" href="style.css">
<link rel="alternate" hreflang="zh-CN" href="zh/a.html">
<meta name="description" content="x"></head><body>
<a class="language" href="zh/a.html" hreflang="zh-CN" lang="zh-CN">中文</a>
{}
<script src="names.js"></script><script src="script.js"></script>
</body></html>"""
WORDS = {
    "One": "一",
    "Two": "二",
    "See `code` and [this](b.html#c) of 7.": "[这](b.html#c) 7 与 `code`",
    "Close": "关",
    "held": "成立",
    'It is <span class="for">blue</span>.': '是<span class="for">蓝</span>。',
}


def translated(body, words=WORDS):
    page = edition.translated(PAGE.format(body), words.get, "zh-CN")
    return page.partition("</a>")[2].partition("<script")[0].strip()


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (
            "<p>See <code>code</code> and <a href='b.html#c'>this</a>"
            " of 7.</p>",
            '<p><a href="b.html#c">这</a> 7 与 '
            '<code class="short">code</code></p>',
        ),
        (
            '<p>It is <span class="for">blue</span>.</p>',
            '<p>是<span class="for">蓝</span>。</p>',
        ),
        ("<pre>Two</pre><code>One</code>", "<pre>Two</pre><code>One</code>"),
        ('<p translate="no">Two</p>', '<p translate="no">Two</p>'),
        (
            '<label><input type="radio">One</label>',
            '<label><input type="radio">一</label>',
        ),
        (
            '<button aria-label="Close">x-1</button>',
            '<button aria-label="关">x-1</button>',
        ),
        (
            "<dd>0.9 <small>held</small></dd>",
            "<dd>0.9 <small>成立</small></dd>",
        ),
        (
            "<p><span>One</span>; <span>Two</span></p>",
            "<p><span>一</span>；<span>二</span></p>",
        ),
        (
            "<p>Nobody translated this.</p>",
            '<p><span lang="en">Nobody translated this.</span></p>',
        ),
        (
            '<img src="pictures/a.png" alt="One"><a href="#x">Two</a>',
            '<img src="../pictures/a.png" alt="一"><a href="#x">二</a>',
        ),
    ],
)
def test_words_change_and_the_rest_stays(body, wanted):
    assert translated(body) == wanted


def test_the_page_says_its_language_and_leads_to_the_other():
    page = edition.translated(PAGE.format(""), WORDS.get, "zh-CN")
    assert page.startswith('<!doctype html>\n<html lang="zh-CN">')
    assert "<title>一 – 二</title>" in page
    assert '<link rel="alternate" hreflang="en" href="../a.html">' in page
    assert 'href="../a.html" hreflang="en" lang="en">English</a>' in page
    assert 'href="../style.css"' in page
    assert '<script src="names.js"></script>' in page
    assert '<script src="../script.js"></script>' in page


def test_each_page_is_there_in_both_editions(site):
    english = {path.name for path in site.glob("*.html")}
    assert {path.name for path in site.glob("zh/*.html")} == english
    assert len(english) == len(TABLE) + len(build.PAGES) + 1
    for path in site.glob("**/*.html"):
        assert path.stat().st_size < 600_000


def test_what_chinese_pages_link_to_is_there(site):
    anchors = {
        path: set(re.findall(r' id="([^"]+)"', path.read_text()))
        for path in site.glob("**/*.html")
    }
    for path in site.glob("zh/*.html"):
        links = re.findall(r' (?:href|src)="([^"]+)"', path.read_text())
        assert len(links) > 20
        for link in links:
            # Notebooks are there twice as well, but not in this folder.
            if re.match(r"\w+:|notebooks/", link):
                continue
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.exists(), (path, link)
            assert not anchor or anchor in anchors[target], (path, link)


def code_of(page):
    """Return the lines of the program that a page shows."""
    found = re.findall(r'<code style="[^"]*">(.*?)</code>', page, re.S)
    return [re.sub("<[^>]*>", "", line) for line in found]


def test_the_code_is_the_same_in_both_editions(site):
    for stage in LADDER:
        name = f"{stage.target}.html"
        english, chinese = (
            code_of((site / folder / name).read_text())
            for folder in ("", "zh")
        )
        assert english == chinese
        assert len(english) > 30


def test_names_are_found_by_their_chinese_words(site):
    names, words, *_ = (site / "zh" / "names.js").read_text().splitlines()
    label = table("zh")["{1} dataloader"].replace("{1}", "07")
    assert f'["{label}", ' in names
    assert f'"Copied": "{table("zh")["Copied"]}"' in words
