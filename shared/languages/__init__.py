"""What the project says, in English or in another language.

Every room may use this one. English stands in the code, in the notes of the
stages, in README.md and on the pages of the book; a table of translations has
one entry for each paragraph of it, see `shared.languages.keys`. It is the
folder `zh/` beside this file: JSON, of which all files are one table.

    say("It took {seconds} s.", seconds=2)   a message, with its values
    translated("A paragraph of Markdown.")   or None
    local("A paragraph of Markdown.")        or else as it is
    markdown(text)                           a whole text, block by block
"""

import json
from functools import lru_cache
from pathlib import Path

from shared.errors import InputError
from shared.languages import keys

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "zh")
VARIABLE = "TORCH_IN_TWELVE_LANG"  # of the environment
_language = "en"


class use:
    """Speak a language from here on, or in a `with` block for its length.

    Raises InputError if there is no such language.
    """

    def __init__(self, language):
        global _language
        if language not in LANGUAGES:
            raise InputError(
                f"there is no language {language!r}: choose"
                f" {' or '.join(LANGUAGES)}"
            )
        self._before, _language = _language, language

    def __enter__(self):
        return self

    def __exit__(self, *error):
        global _language
        _language = self._before


def current():
    """Return the language that is spoken: "en" or "zh"."""
    return _language


@lru_cache
def table(language):
    """Return all translations to a language, {key: paragraph}."""
    found = {}
    for path in sorted((FOLDER / language).glob("*.json")):
        if path.name != "glossary.json":
            found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def translated(paragraph, language=None):
    """Return the translation of a paragraph of Markdown, or None.

    Into the language that is spoken, unless another is named. What is the
    whole of a link, an image or an emphasis is translated inside of it.
    """
    language = language or _language
    if language == "en":
        return None
    found = keys.parsed(paragraph)
    if not found.words:
        return None
    value = table(language).get(found.key)
    return None if value is None else found.filled(value)


def local(paragraph):
    """Return a paragraph in the language that is spoken, English without."""
    return translated(paragraph) or paragraph


def clauses(text):
    """Return clauses, separated by semicolons, each as `local` has it."""
    found = text.split("; ")
    said = [local(clause) for clause in found]
    return ("; " if said == found else "；").join(said)


def bracketed(text):
    """Return a text in brackets, those of the language that is spoken."""
    return f"（{text}）" if _language == "zh" else f"({text})"


def say(template, **fields):
    """Return a message in the language that is spoken.

    `template` is English, with fields in braces as `str.format` takes them:
    "{seconds:.1f} s". Where it has no translation, it stays English.
    """
    text = local(template)
    return keys.FIELD.sub(lambda found: found[0].format(**fields), text)


def markdown(text, language=None):
    """Return a Markdown text with every paragraph translated.

    Code blocks stay as they are, and so does what has no translation.
    """
    lines = text.split("\n")
    for block in reversed(keys.blocks(text)):
        found = [
            translated(cell, language) or cell for cell in block.paragraphs
        ]
        if found != list(block.paragraphs):
            lines[block.start : block.end] = [block.written(found)]
    return "\n".join(lines)
