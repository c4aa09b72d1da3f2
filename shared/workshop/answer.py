"""The file that is checked, as text: what it imports, defines and leaves."""

import ast
import sys

# What leaves a tensor as it is, and returns another.
RETURNS_ANEW = {
    "relu",
    "view",
    "reshape",
    "flatten",
    "unflatten",
    "squeeze",
    "unsqueeze",
    "permute",
    "transpose",
    "softmax",
    "log_softmax",
    "mean",
    "sum",
    "clamp",
    "avg_pool2d",
    "adaptive_avg_pool2d",
}
# Methods without which a training goes wrong: to name one is not to call it.
METHODS = {"backward", "step", "zero_grad", "train", "eval", "zero_"}


class Answer:
    """The code of a program, parsed.

    Raises SyntaxError or ValueError if it can't be.
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

    def foreign_imports(self):
        """Yield the line and name of each import that is not allowed."""
        for node in ast.walk(self.tree):
            for name in _imported(node):
                package = name.partition(".")[0]
                if package not in ("torch", *sys.stdlib_module_names):
                    yield node.lineno, name

    def not_called(self):
        """Return the line and name of a method that lacks its "()"."""
        called = {
            id(node.func)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
        }
        for node in ast.walk(self.tree):
            match node:
                case ast.Expr(value=ast.Attribute(attr=name)):
                    if name in METHODS:
                        return node.lineno, ast.unparse(node)
                case ast.Attribute(attr="is_available"):
                    if id(node) not in called:
                        return node.lineno, ast.unparse(node)
        return None

    def stands(self, code, start):
        """Return the line at which code of the start still stands, or 0.

        That is a function of that name, a class that is as it was, or a call
        or slice.
        """
        if code.isidentifier():
            old = [
                n
                for n in ast.walk(start.tree)
                if isinstance(n, ast.FunctionDef | ast.ClassDef)
                and n.name == code
            ]
            if any(isinstance(n, ast.FunctionDef) for n in old):
                return self.defines(code)
        elif code.endswith((")", "]")):
            old = [ast.parse(code, mode="eval").body]
        else:
            return 0
        old = [ast.dump(node) for node in old]
        lines = [n.lineno for n in ast.walk(self.tree) if ast.dump(n) in old]
        return min(lines, default=0)

    def named(self, code):
        """Return the first line that names the last part of some code.

        That of `shuffle=True` is an argument, `shuffle`.
        """
        last, argument, _ = code.rpartition(".")[2].partition("=")
        names = ("arg",) if argument else ("id", "attr")
        lines = [
            node.lineno
            for node in ast.walk(self.tree)
            if last in [getattr(node, name, "") for name in names]
        ]
        return min(lines, default=0)

    def defines(self, name, within=""):
        """Return the line of the function or class of this name, or 0.

        Only in subclasses of what ends with `within`, if that is given.
        """
        trees = [self.tree]
        if within:
            trees = [
                node
                for node in ast.walk(self.tree)
                if isinstance(node, ast.ClassDef)
                and any(ast.unparse(b).endswith(within) for b in node.bases)
            ]
        lines = [
            node.lineno
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and node.name == name
        ]
        return min(lines, default=0)

    def calls(self, name):
        """Return the first line that calls a function by its name, or 0."""
        lines = [
            node.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == name
        ]
        return min(lines, default=0)

    def dropped(self, method):
        """Return the lines that call a method and drop what it returns."""
        return [
            call.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr)
            for call in getattr(node.value, "elts", [node.value])
            if isinstance(call, ast.Call)
            and getattr(call.func, "attr", "") == method
        ]

    def in_vain(self):
        """Return line and name of a call that returns a new tensor, dropped.

        None if there is none.
        """
        for node in ast.walk(self.tree):
            match node:
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(attr=name), keywords=given
                    )
                ):
                    in_place = "inplace" in [keyword.arg for keyword in given]
                    if name in RETURNS_ANEW and not in_place:
                        return node.lineno, name
        return None

    def global_in_functions(self, name):
        """Return the line where a function uses the global of a name, or 0.

        A function other than `train`, which has an argument of that name.
        """
        for node in self.tree.body:
            if (
                not isinstance(node, ast.FunctionDef | ast.ClassDef)
                or node.name == "train"
            ):
                continue
            own = any(
                name in (getattr(part, "arg", ""), getattr(part, "attr", ""))
                or (getattr(part, "id", ""), type(getattr(part, "ctx", 0)))
                == (name, ast.Store)
                for part in ast.walk(node)
                if not isinstance(part, ast.keyword)
            )
            for part in ast.walk(node):
                if getattr(part, "id", "") == name and not own:
                    return part.lineno
        return 0

    def made(self, attribute, line):
        """Return the line that makes the thing whose attribute is used.

        In a `line`, the first time; 0 if it has no name or was not assigned.
        """
        names = [
            node.value.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute)
            and (node.attr, node.lineno) == (attribute, line)
            and isinstance(node.value, ast.Name)
        ]
        return _bound(self.tree).get(names[0], 0) if names else 0

    def attribute(self, name):
        """Return the line of an `__init__` that sets this attribute, or 0."""
        lines = [
            part.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef) and node.name == "__init__"
            for part in ast.walk(node)
            if isinstance(part, ast.Attribute)
            and (part.attr, type(part.ctx)) == (name, ast.Store)
        ]
        return min(lines, default=0)

    def self_outside(self):
        """Return line and name of a function with a stray `self`, or None."""
        methods = {
            id(part)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ClassDef)
            for part in node.body
        }
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.FunctionDef) or id(node) in methods:
                continue
            if [arg.arg for arg in node.args.args][:1] == ["self"]:
                return node.lineno, node.name
        return None

    def lacks_self(self):
        """Return line and name of a method without `self`, or None."""
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.ClassDef):
                continue
            for part in node.body:
                if not isinstance(part, ast.FunctionDef) or (
                    part.decorator_list
                ):
                    continue
                if [arg.arg for arg in part.args.args][:1] != ["self"]:
                    return part.lineno, part.name
        return None

    def parent_of(self, line):
        """Return what the class around a line inherits from, as text."""
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.ClassDef)
                and node.lineno <= line <= node.end_lineno
            ):
                return ", ".join(map(ast.unparse, node.bases))
        return ""

    def asked_of_modules(self, line):
        """Return the names that a line imports or takes from something."""
        return [
            name
            for node in ast.walk(self.tree)
            if getattr(node, "lineno", None) == line
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.ImportFrom)
                else [getattr(node, "attr", "")]
            )
        ]

    def attribute_of(self, name, attribute, line):
        """Tell whether a line takes this attribute of what has this name."""
        return any(
            isinstance(node, ast.Attribute)
            and (node.attr, node.lineno) == (attribute, line)
            and ast.unparse(node.value) == name
            for node in ast.walk(self.tree)
        )

    def names_on(self, line, name):
        """Tell whether a line names this, alone or as an attribute."""
        return any(
            name in (getattr(node, "id", ""), getattr(node, "attr", ""))
            for node in ast.walk(self.tree)
            if getattr(node, "lineno", None) == line
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

    def loads(self, name):
        """Tell whether what has this name is used anywhere."""
        return any(
            isinstance(node, ast.Name)
            and (node.id, type(node.ctx)) == (name, ast.Load)
            for node in ast.walk(self.tree)
        )

    def set_once(self):
        """Return name and line of a counter that no epoch sets back.

        A `while` in a loop counts with it, and it is set before that loop
        alone. None if there is none.
        """
        for outer in ast.walk(self.tree):
            if not isinstance(outer, ast.For | ast.While):
                continue
            for inner in ast.walk(outer):
                if inner is outer or not isinstance(inner, ast.While):
                    continue
                within = _stored(inner)
                anew = {name for _, name in _stored(outer) - within}
                before = {
                    name: line
                    for line, name in sorted(_stored(self.tree))
                    if line < outer.lineno
                }
                for part in ast.walk(inner.test):
                    name = getattr(part, "id", "")
                    counts = name in {name for _, name in within} - anew
                    if counts and name in before:
                        return name, before[name]
        return None

    def unpacked(self):
        """Return where what a function returns gets names in another order.

        The line, the function, and both orders as text; None if nowhere.
        """
        returned = {
            node.name: names
            for node in self.tree.body
            if isinstance(node, ast.FunctionDef)
            for part in ast.walk(node)
            if isinstance(part, ast.Return) and (names := _names(part.value))
        }
        for node in ast.walk(self.tree):
            match node:
                case ast.Assign(
                    targets=[target], value=ast.Call(func=ast.Name(id=name))
                ):
                    names, usual = _names(target), returned.get(name, [])
                    if names != usual and sorted(names) == sorted(usual):
                        both = map(", ".join, (usual, names))
                        return node.lineno, name, *both
        return None

    def numbers(self, value):
        """Return the lines with this number, defaults of arguments aside."""
        defaults = {
            id(part)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.arguments)
            for default in (*node.defaults, *node.kw_defaults)
            if default
            for part in ast.walk(default)
        }
        return [
            node.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant)
            and type(node.value) is type(value)
            and node.value == value
            and id(node) not in defaults
        ]

    def unused(self, start, target):
        """Return the line and name of what was used in the start alone.

        Something that the start defines or imports, the target does not, and
        the program neither uses nor has removed; None if there is nothing.
        """
        there, usual, now = (
            _bound(answer.tree) | answer.imports()
            for answer in (start, target, self)
        )
        for name, line in now.items():
            if name in there.keys() - usual.keys() and not self.loads(name):
                return line, name
        return None

    def imports(self):
        """Return {name: line} of what is imported."""
        return {
            (alias.asname or alias.name).partition(".")[0]: node.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }

    def loops_in(self, function):
        """Tell whether there is a loop in a function of the file itself."""
        return any(
            isinstance(part, ast.For | ast.While)
            for node in self.tree.body
            if getattr(node, "name", "") == function
            for part in ast.walk(node)
        )

    def leaves_loop(self):
        """Return the line of the first `break`, 0 if there is none."""
        lines = [n.lineno for n in ast.walk(self.tree) if type(n) is ast.Break]
        return min(lines, default=0)

    def passes_once(self):
        """Tell whether it makes something that is looped over only once."""
        return any(
            isinstance(node, ast.GeneratorExp | ast.Yield | ast.YieldFrom)
            or (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") in ("iter", "map", "zip")
            )
            for node in ast.walk(self.tree)
        )


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


def _imported(node):
    """Return the names of the modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{'.' * node.level}{node.module or ''}"]
    return []


def _names(node):
    """Return the names in a tuple of nothing else, or []."""
    if not isinstance(node, ast.Tuple):
        return []
    names = [getattr(part, "id", "") for part in node.elts]
    return names if all(names) else []


def _stored(tree):
    """Return a set of (line, name), of all that is assigned."""
    return {
        (node.lineno, node.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _bound(tree):
    """Return {name: line} of what is defined or assigned, loops aside."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.setdefault(node.name, node.lineno)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name) and isinstance(
                        part.ctx, ast.Store
                    ):
                        found.setdefault(part.id, part.lineno)
    return found
