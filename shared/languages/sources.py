"""What there is to translate, and whether it is."""

import ast
import json
import re

from shared.languages import FOLDER, keys

# In a script of the book: say("It is fine").
SAID = re.compile(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"')


def of_markdown(text):
    """Return the paragraphs of a Markdown text, the cells of its tables."""
    return [text for block in keys.blocks(text) for text in block.paragraphs]


def of_code(source):
    """Return the messages that some Python hands to `say`, in order."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] == "say"
        and node.args
    ]
    calls.sort(key=lambda node: (node.lineno, node.col_offset))
    return [
        part.value
        for call in calls
        for part in _choices(call.args[0])
        if isinstance(part, ast.Constant)
    ]


def _choices(node):
    """Return the texts among which an expression chooses."""
    if isinstance(node, ast.IfExp):
        return [*_choices(node.body), *_choices(node.orelse)]
    return [node]


def of_script(source):
    """Return the messages that a script of the book hands to `say`."""
    return [json.loads(f'"{text}"') for text in SAID.findall(source)]


def wanted(sources):
    """Return the keys of some paragraphs, {file: keys}, each of them once.

    `sources` are {file: paragraphs}; a key belongs to the first that has it.
    """
    seen, found = set(), {}
    for file, paragraphs in sources.items():
        found[file] = []
        for paragraph in paragraphs:
            parsed = keys.parsed(paragraph)
            if parsed.words and parsed.key not in seen:
                seen.add(parsed.key)
                found[file].append(parsed.key)
    return found


def compared(sources, language):
    """Return what is missing in the table of a language, and left over.

    Both are {file: keys}, in the order of reading.
    """
    asked = wanted(sources)
    every = {key for keys in asked.values() for key in keys}
    held = {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((FOLDER / language).glob("*.json"))
        if path.name != "glossary.json"
    }
    known = {key for found in held.values() for key in found}
    missing = {
        file: [key for key in found if key not in known]
        for file, found in asked.items()
    }
    over = {
        file: [key for key in found if key not in every]
        for file, found in held.items()
    }
    return missing, over


def written(found):
    """Return a table of translations as the text of its file."""
    return json.dumps(found, ensure_ascii=False, indent=0) + "\n"
