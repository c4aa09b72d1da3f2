"""The file that is checked, as text: what it imports, defines and leaves."""

import ast
import sys

FUNCTIONS = ast.FunctionDef, ast.ClassDef


class Answer:
    """The code of a program, parsed.

    Lines are told by their numbers; 0 says that there is none. Raises
    SyntaxError or ValueError if the code can't be parsed.
    """

    def __init__(self, code):
        self.code = code
        self.tree = bare(ast.parse(code))

    def quoted(self, number):
        """Return a line of the program, to be shown below what is said."""
        lines = self.code.splitlines()
        if type(number) is not int or not 0 < number <= len(lines):
            return ""
        return f"  {number}: {lines[number - 1].strip()}"

    def unlike(self, *others):
        """Return the lines of code that stand in none of the other programs.

        Their comments and their indent aside.
        """
        usual = {text for other in others for _, text in other.lines()}
        return [n for n, text in self.lines() if text not in usual]

    def lines(self):
        """Yield number and text of each line of code, without comments."""
        begin = min((node.lineno for node in self.tree.body), default=1)
        for number, line in enumerate(self.code.splitlines(), 1):
            text = line.partition("  #")[0].strip()
            if number >= begin and text and not text.startswith("#"):
                yield number, text

    def foreign_imports(self):
        """Yield the line and name of each import that is not allowed."""
        for node in ast.walk(self.tree):
            for name in _imported(node):
                package = name.partition(".")[0]
                if package not in ("torch", *sys.stdlib_module_names):
                    yield node.lineno, name

    def imports(self):
        """Return {name: line} of what is imported."""
        return {
            (alias.asname or alias.name).partition(".")[0]: node.lineno
            for node in nodes(self.tree, ast.Import, ast.ImportFrom)
            for alias in node.names
        }

    def stands(self, code, start):
        """Return the line at which code of the start still stands.

        That is a function of that name, a class that is as it was, or a call
        or slice.
        """
        if code.isidentifier():
            old = [n for n in nodes(start.tree, *FUNCTIONS) if n.name == code]
            if any(isinstance(n, ast.FunctionDef) for n in old):
                return self.defines(code)
        elif code.endswith((")", "]")):
            old = [ast.parse(code, mode="eval").body]
        else:
            return 0
        old = [ast.dump(node) for node in old]
        return first(n for n in ast.walk(self.tree) if ast.dump(n) in old)

    def named(self, code):
        """Return the first line that names the last part of some code.

        That of `shuffle=True` is an argument, `shuffle`.
        """
        last, argument, _ = code.rpartition(".")[2].partition("=")
        names = ("arg",) if argument else ("id", "attr")
        return first(
            node
            for node in ast.walk(self.tree)
            if last in [getattr(node, name, "") for name in names]
        )

    def all_named(self, name):
        """Return all lines that name a variable or an argument."""
        return sorted(
            {
                node.lineno
                for node in ast.walk(self.tree)
                if name in (getattr(node, "id", ""), getattr(node, "arg", ""))
            }
        )

    def names_on(self, line, name):
        """Tell whether a line names this, alone or as an attribute."""
        return any(
            name in (getattr(node, "id", ""), getattr(node, "attr", ""))
            for node in self.on(line)
        )

    def on(self, line):
        """Return what begins in a line, parsed."""
        return [n for n in ast.walk(self.tree) if _line(n) == line]

    def defines(self, name, within=""):
        """Return the line of the function or class of this name.

        Only in subclasses of what ends with `within`, if that is given.
        """
        trees = [self.tree]
        if within:
            trees = [
                node
                for node in nodes(self.tree, ast.ClassDef)
                if any(ast.unparse(b).endswith(within) for b in node.bases)
            ]
        return first(
            node
            for tree in trees
            for node in nodes(tree, *FUNCTIONS)
            if node.name == name
        )

    def method(self, class_, name):
        """Return the line of a method of a class of the file."""
        return first(
            part
            for node in nodes(self.tree, ast.ClassDef)
            if node.name == class_
            for part in nodes(node, ast.FunctionDef)
            if part.name == name
        )

    def calls(self, name):
        """Return the first line that calls a function by its name."""
        return first(_calls(self.tree, name))

    def loads(self, name):
        """Tell whether what has this name is used anywhere."""
        return loads(self.tree, name)

    def made(self, attribute, line):
        """Return the line that makes the thing whose attribute is used.

        In a `line`, the first time; 0 if it has no name or was not assigned.
        """
        names = [
            node.value.id
            for node in self.on(line)
            if isinstance(node, ast.Attribute)
            and node.attr == attribute
            and isinstance(node.value, ast.Name)
        ]
        return bound(self.tree).get(names[0], 0) if names else 0

    def attribute(self, name):
        """Return the line of an `__init__` that sets this attribute."""
        return first(
            part
            for node in nodes(self.tree, ast.FunctionDef)
            if node.name == "__init__"
            for part in nodes(node, ast.Attribute)
            if (part.attr, type(part.ctx)) == (name, ast.Store)
        )

    def attribute_of(self, name, attribute, line):
        """Tell whether a line takes this attribute of what has this name."""
        return any(
            isinstance(node, ast.Attribute)
            and node.attr == attribute
            and ast.unparse(node.value) == name
            for node in self.on(line)
        )

    def asked_of_modules(self, line):
        """Return the names that a line imports or takes from something."""
        return [
            name
            for node in self.on(line)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.ImportFrom)
                else [getattr(node, "attr", "")]
            )
        ]

    def parent_of(self, line):
        """Return what the class around a line inherits from, as text."""
        for node in nodes(self.tree, ast.ClassDef):
            if node.lineno <= line <= node.end_lineno:
                return ", ".join(map(ast.unparse, node.bases))
        return ""

    def plain_class(self, name):
        """Return the line of a class of this name without parents."""
        classes = nodes(self.tree, ast.ClassDef)
        return first(n for n in classes if n.name == name and not n.bases)

    def numbers(self, value):
        """Return the lines with this number, defaults of arguments aside."""
        defaults = {
            id(part)
            for node in nodes(self.tree, ast.arguments)
            for default in (*node.defaults, *node.kw_defaults)
            if default
            for part in ast.walk(default)
        }
        return [
            node.lineno
            for node in nodes(self.tree, ast.Constant)
            if type(node.value) is type(value)
            and node.value == value
            and id(node) not in defaults
        ]

    def unused(self, begin, target):
        """Return the line and name of what was used in the beginning alone.

        Something that the exercise begins with, its target does not have, and
        the program neither uses nor has removed; None if there is nothing.
        """
        there, usual, now = (
            bound(answer.tree) | answer.imports()
            for answer in (begin, target, self)
        )
        for name, line in now.items():
            special = name.startswith("__")
            gone = name in there.keys() - usual.keys() and not special
            if gone and not self.loads(name):
                return line, name
        return None

    def hooks(self):
        """Return the line that has something called with a module."""
        return first(
            node
            for node in nodes(self.tree, ast.Attribute)
            if node.attr.startswith("register_forward")
        )

    def ranges(self):
        """Return the calls of `range` that count batches, parsed."""
        calls = _calls(self.tree, "range")
        return [call for call in calls if not loads(call, "epochs")]

    def loops_over(self, name):
        """Return the lines of loops over something of this name."""
        loops = nodes(self.tree, ast.For)
        return [loop.lineno for loop in loops if loads(loop.iter, name)]

    def loops(self):
        """Return the lines in which `for` loops begin."""
        return [loop.lineno for loop in nodes(self.tree, ast.For)]

    def loops_in(self, function):
        """Tell whether there is a loop in a function of the file itself."""
        return any(
            nodes(node, ast.For, ast.While)
            for node in self.tree.body
            if getattr(node, "name", "") == function
        )

    def leaves_loop(self):
        """Return the line of the first `break`."""
        return first(nodes(self.tree, ast.Break))

    def returned(self):
        """Return the line in which `train` returns, the last one."""
        lines = [
            part.lineno
            for node in self.tree.body
            if getattr(node, "name", "") == "train"
            for part in nodes(node, ast.Return)
        ]
        return max(lines, default=0)

    def passed_to(self, name):
        """Return the lines in which functions return that are handed on.

        To what has this name, in a call.
        """
        passed = {
            getattr(arg, "id", "")
            for call in _calls(self.tree, name)
            for arg in call.args
        }
        return [
            part.lineno
            for node in nodes(self.tree, ast.FunctionDef)
            if node.name in passed
            for part in nodes(node, ast.Return)
        ]

    def recording_off(self, line):
        """Return the last line before this that switches recording off."""
        lines = [
            node.lineno
            for node in nodes(self.tree, ast.With)
            if node.lineno < line and "no_grad" in ast.unparse(node.items[0])
        ]
        return max(lines, default=0)


def bare(tree):
    """Return a program without its notes, and without the tail of a stage."""
    body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
        )
    ]
    if body and ast.get_docstring(tree) is not None:
        body = body[1:]
    return ast.Module(body, [])


def nodes(tree, *types):
    """Return what is of these types in some code."""
    return [node for node in ast.walk(tree) if isinstance(node, types)]


def first(found):
    """Return the first line of these nodes, 0 if there are none."""
    return min((node.lineno for node in found), default=0)


def loads(tree, name):
    """Tell whether what has this name is used anywhere in some code."""
    return any(
        (node.id, type(node.ctx)) == (name, ast.Load)
        for node in nodes(tree, ast.Name)
    )


def bound(tree):
    """Return {name: line} of what is defined or assigned, loops aside."""
    found = {}
    for node in nodes(tree, *FUNCTIONS, ast.Assign):
        if isinstance(node, FUNCTIONS):
            found.setdefault(node.name, node.lineno)
            continue
        for target in node.targets:
            for part in nodes(target, ast.Name):
                if isinstance(part.ctx, ast.Store):
                    found.setdefault(part.id, part.lineno)
    return found


def _calls(tree, name):
    """Return the calls of a function by its name."""
    calls = nodes(tree, ast.Call)
    return [call for call in calls if getattr(call.func, "id", "") == name]


def _line(node):
    return getattr(node, "lineno", None)


def _imported(node):
    """Return the names of the modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{'.' * node.level}{node.module or ''}"]
    return []
