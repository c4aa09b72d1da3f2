"""Python code as a list of words, whatever its layout."""

import ast
import io
import tokenize

LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def words(code):
    """Return the names, numbers, strings and signs of some Python code."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [token.string for token in tokens if token.type not in LAYOUT]


def contains(code, part):
    """Tell whether `part`, such as "nn.Linear", stands in some code.

    Layout does not matter, and comments do not count; names are whole.
    """
    code, part = words(code), words(part)
    n = len(part)
    return any(code[i : i + n] == part for i in range(len(code) - n + 1))


def lines(code):
    """Count the lines that say something: no blanks, comments, docstrings.

    Nor an `if __name__ == "__main__":` at the end, which only starts it.
    """
    tree = ast.parse(code)
    silent = [node for node in tree.body[-1:] if isinstance(node, ast.If)]
    for node in ast.walk(tree):
        has_body = isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef
        )
        if has_body and ast.get_docstring(node):
            silent.append(node.body[0])
    written = {
        line
        for token in tokenize.generate_tokens(io.StringIO(code).readline)
        if token.type not in LAYOUT
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in silent:
        written -= set(range(node.lineno, node.end_lineno + 1))
    return len(written)
