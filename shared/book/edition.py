"""A finished page of the book, in another language.

A page is translated by what stands on it: each run of words in a block, and
each attribute that is read, so that nothing can be forgotten. Code stays.
"""

import re
from html import escape

from lxml import html

from shared.book.prose import inline
from shared.languages import keys

INLINE = {
    *("a", "abbr", "b", "code", "del", "em", "i", "img", "input", "ins"),
    *("kbd", "mark", "q", "s", "span", "strong", "sub", "sup", "var"),
}
CODE = {"code", "kbd", "pre", "script", "style", "svg", "template", "textarea"}
READ = (
    *("title", "aria-label", "alt", "placeholder"),
    *("data-label", "data-heading"),
)
LETTER = re.compile("[A-Za-z]")
DASH = " – "  # in the title of a page
# Between what is translated on its own.
MARKS = {",": "、", ";": "；", ":": "：", ".": "。", "(": "（", ")": "）"}
# What a page of the edition has beside it, or on it, or far away.
OWN = re.compile(r"#|[\w-]+\.html\b|notebooks/|names\.js$|\w+:")


def translated(page, translate, language):
    """Return the HTML of a page as `translate` has its paragraphs.

    `translate` takes a paragraph of Markdown, and returns another, or None
    where it has none: that stays as it is, marked as English. `language` is
    what the page is then in, such as "zh-CN".
    """
    root = html.document_fromstring(page)
    root.set("lang", language)
    _attributes(root, translate)
    _title(root, translate)
    _block(root.body, translate)
    _links(root)
    for lead in root.find_class("lead")[:1]:
        text = " ".join(lead.text_content().split())
        root.head.xpath("meta[@name='description']")[0].set("content", text)
    return html.tostring(root, encoding="unicode", doctype="<!doctype html>")


def paragraphs(page):
    """Return what `translated` asks to be translated of a page, in order."""
    found = []
    translated(page, found.append, "en")
    return [text for text in found if keys.parsed(text).words]


def _title(root, translate):
    title = root.head.find("title")
    parts = title.text.split(DASH)
    title.text = DASH.join(translate(part) or part for part in parts)
    for meta in root.head.xpath("meta[@name='description']"):
        if not root.find_class("lead"):
            text = meta.get("content")
            meta.set("content", translate(text) or text)


def _attributes(root, translate):
    """Translate the attributes that are shown or read aloud."""
    condition = " or ".join(f"@{name}" for name in READ)
    for element in root.body.xpath(f".//*[{condition}]"):
        for name in READ:
            text = element.get(name, "")
            before = ""
            if name == "title" and element.get("class") == "api":
                # Which name it is about, then a sentence.
                name_of_it, colon, text = text.partition(": ")
                before = name_of_it + colon
            if LETTER.search(text):
                element.set(name, before + (translate(text) or text))


def _links(root):
    """Let links of a page lead from the folder of this edition.

    Pages, notebooks and names.js are beside it; all else is in the folder
    above, and so is the English edition, to which the switch leads.
    """
    for name in ("href", "src"):
        for element in root.xpath(f"//*[@{name}]"):
            link = element.get(name)
            if element.get("hreflang"):
                element.set("hreflang", "en")
                element.set(name, f"../{link.rpartition('/')[2]}")
            elif not OWN.match(link):
                element.set(name, f"../{link}")
    for switch in root.find_class("language"):
        switch.set("lang", "en")
        switch.text = "English"


def _block(element, translate):
    """Translate what stands in an element, block by block."""
    if element.tag in CODE or element.get("translate") == "no":
        return
    parts, run = [], []
    for part in _parts(element):
        if isinstance(part, str) or part.tag in INLINE:
            run.append(part)
        else:
            parts += [*_run(run, translate), part]
            run = []
            if isinstance(part.tag, str):  # no comment
                _block(part, translate)
    _fill(element, parts + _run(run, translate))


def _run(run, translate):
    """Return some text and inline elements, in a row, translated."""
    said = [part for part in run if isinstance(part, str)]
    if not any(map(LETTER.search, said)):
        for part in run:
            if not isinstance(part, str):
                _block(part, translate)
        return [
            MARKS.get(part.strip(), part) if isinstance(part, str) else part
            for part in run
        ]
    start, end = 0, len(run)
    while _silent(run[start]):
        start += 1
    while _silent(run[end - 1]):
        end -= 1
    core = run[start:end]
    text = _markdown(core)
    if (value := translate(text)) is None:
        span = html.Element("span", lang="en")
        if keys.parsed(text).words:
            _fill(span, core)
            core = [span]
    else:
        before = " " * text[:1].isspace()
        after = " " * text[-1:].isspace()
        core = [before, *_fragment(inline(value)), after]
    return run[:start] + core + run[end:]


def _silent(part):
    """Tell whether a part of a run has no words, such as a button's arrow."""
    if isinstance(part, str):
        return not part.strip()
    if part.tag == "code":
        return False
    return part.get("aria-hidden") == "true" or not part.text_content().strip()


def _markdown(parts):
    """Return text and inline elements as Markdown."""
    return "".join(
        part if isinstance(part, str) else _element(part) for part in parts
    )


def _element(element):
    inside = _markdown(_parts(element))
    names = set(element.attrib)
    match element.tag:
        case "code":
            return f"`{element.text_content()}`"
        case "a" if names == {"href"}:
            return f"[{inside}]({element.get('href')})"
        case "em" if not names:
            return f"*{inside}*"
        case "strong" if not names:
            return f"**{inside}**"
    said = "".join(
        f' {name}="{escape(value)}"' if value else f" {name}"
        for name, value in element.attrib.items()
    )
    end = "" if element.tag in ("img", "input") else f"</{element.tag}>"
    return f"<{element.tag}{said}>{inside}{end}"


def _parts(element):
    """Return what an element holds: texts and elements, in turns."""
    parts = [element.text or ""]
    for child in element:
        parts += [child, child.tail or ""]
    return parts


def _fill(element, parts):
    """Let an element hold these texts and elements, and nothing else."""
    del element[:]
    element.text = ""
    for part in parts:
        if not isinstance(part, str):
            part.tail = ""
            element.append(part)
        elif len(element):
            element[-1].tail += part
        else:
            element.text += part


def _fragment(text):
    """Return some HTML as texts and elements."""
    return _parts(html.fragment_fromstring(text, create_parent=True))
