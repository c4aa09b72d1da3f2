"""Slips that the text of a program shows, whatever it does.

Each function takes an `Answer`. It returns the line of the first slip of its
kind, or the line and more; 0 or None if there is none.
"""

import ast
import re

from shared.workshop.answer import FUNCTIONS, first, loads, nodes

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
# What computes one number for all along a dimension.
OVER_A_DIMENSION = ("sum", "mean", "logsumexp", "amax")


def not_called(answer):
    """Return the line and name of a method that lacks its "()"."""
    called = {id(node.func) for node in nodes(answer.tree, ast.Call)}
    for node in ast.walk(answer.tree):
        match node:
            case ast.Expr(value=ast.Attribute(attr=name)):
                if name in METHODS:
                    return node.lineno, ast.unparse(node)
            case ast.Attribute(attr="is_available"):
                if id(node) not in called:
                    return node.lineno, ast.unparse(node)
    return None


def dropped(answer, method):
    """Return the lines that call a method and drop what it returns."""
    return [
        call.lineno
        for node in nodes(answer.tree, ast.Expr)
        for call in getattr(node.value, "elts", [node.value])
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", "") == method
    ]


def in_vain(answer):
    """Return line and name of a call that returns a new tensor, dropped."""
    for node in nodes(answer.tree, ast.Expr):
        match node.value:
            case ast.Call(func=ast.Attribute(attr=name), keywords=given):
                in_place = "inplace" in [keyword.arg for keyword in given]
                if name in RETURNS_ANEW and not in_place:
                    return node.lineno, name
    return None


def no_grad_alone(answer):
    """Return the line that calls `torch.no_grad` without `with`."""
    alone = nodes(answer.tree, ast.Expr)
    return first(n for n in alone if ast.unparse(n).endswith("no_grad()"))


def updated_anew(answer, name):
    """Return the line of an update that makes a new tensor of this name."""
    return first(
        node
        for node in nodes(answer.tree, ast.Assign)
        if [getattr(target, "id", "") for target in node.targets] == [name]
        and loads(node.value, name)
        and "grad" in ast.unparse(node.value)
    )


def negated(answer):
    """Return the line of a `=-` where `-=` is meant."""
    lines = enumerate(answer.code.splitlines(), 1)
    return next((n for n, line in lines if re.search(r"\w =- ", line)), 0)


def bound_anew(answer):
    """Return line and name where a loop binds its own name anew.

    As `p = p - ...` does, where `p -= ...` is meant.
    """
    for loop in nodes(answer.tree, ast.For):
        name = getattr(loop.target, "id", "")
        for part in nodes(loop, ast.Assign):
            to = [getattr(target, "id", "") for target in part.targets]
            if name and to == [name] and loads(part.value, name):
                return part.lineno, name
    return None


def overwritten(answer, name):
    """Return the line in `train` that sets an argument of it anew."""
    return first(
        part
        for node in answer.tree.body
        if getattr(node, "name", "") == "train"
        for part in nodes(node, ast.Name)
        if (part.id, type(part.ctx)) == (name, ast.Store)
    )


def rounds_down(answer):
    """Return the line that divides and rounds down."""
    divisions = nodes(answer.tree, ast.BinOp)
    return first(n for n in divisions if isinstance(n.op, ast.FloorDiv))


def adds_gradient(answer):
    """Return the line that adds a gradient to something."""
    return first(
        node
        for node in nodes(answer.tree, ast.AugAssign)
        if isinstance(node.op, ast.Add) and "grad" in ast.unparse(node.value)
    )


def divides_by(answer, size):
    """Return the line that divides by a size of batches, or its name."""
    return first(
        node
        for node in nodes(answer.tree, ast.BinOp)
        if isinstance(node.op, ast.Div)
        and ast.unparse(node.right) in (str(size), "batch_size")
    )


def given_name(answer, name):
    """Return the line that gives a class another name, and calls it not."""
    return first(
        node
        for node in nodes(answer.tree, ast.Assign)
        if getattr(node.value, "id", "") == name
    )


def made_in_loop(answer):
    """Return the line in a loop that makes a model anew."""
    return first(
        part
        for loop in nodes(answer.tree, ast.For, ast.While)
        for part in _models(loop, answer)
    )


def made_at_top(answer):
    """Return the line outside of functions that makes what is learned."""
    return first(
        node
        for node in answer.tree.body
        if isinstance(node, ast.Assign)
        and (
            _models(node, answer)
            or re.search(r"Sequential\(|randn?\(|zeros\(", ast.unparse(node))
        )
    )


def same_key(answer):
    """Return line and key of a dictionary that has the key twice."""
    for node in nodes(answer.tree, ast.Dict):
        keys = [ast.unparse(key) for key in node.keys if key]
        for i, key in enumerate(keys):
            if key in keys[:i]:
                return node.keys[i].lineno, key
    return None


def _models(tree, answer):
    """Return the calls that make a model.

    By a class of the file, or by a function that makes an `nn.Sequential`.
    """
    makers = {
        node.name
        for node in answer.tree.body
        if isinstance(node, ast.ClassDef)
        or (
            isinstance(node, ast.FunctionDef)
            and node.name != "train"
            and "Sequential" in ast.unparse(node)
        )
    }
    calls = nodes(tree, ast.Call)
    return [call for call in calls if getattr(call.func, "id", "") in makers]


def returns_in_loop(answer):
    """Return the line of a `return` within a loop."""
    return first(
        part
        for loop in nodes(answer.tree, ast.For, ast.While)
        for part in nodes(loop, ast.Return)
    )


def returns_nothing(answer):
    """Return line and name of functions that return nothing.

    Only of those that are never called for what they do alone.
    """
    alone = {
        getattr(node.value.func, "id", "")
        for node in nodes(answer.tree, ast.Expr)
        if isinstance(node.value, ast.Call)
    }
    return [
        (node.lineno, node.name)
        for node in nodes(answer.tree, ast.FunctionDef)
        if node.name not in {"__init__", "train", *alone}
        and not nodes(node, ast.Yield, ast.YieldFrom)
        and not any(part.value for part in nodes(node, ast.Return))
    ]


def global_device(answer):
    """Return the line where a function uses a device from outside of it."""
    outside = {
        name
        for node in answer.tree.body
        if not isinstance(node, FUNCTIONS) and "device" in ast.unparse(node)
        for _, name in _stored(node)
    }
    for node in answer.tree.body:
        if not isinstance(node, FUNCTIONS):
            continue
        own = {arg.arg for arg in nodes(node, ast.arg)}
        own |= {name for _, name in _stored(node)}
        for statement in node.body:
            for part in nodes(statement, ast.Name):
                if part.id in outside - own:
                    return part.lineno
    return 0


def late_lambda(answer, line):
    """Return the name in a function of this line that its loop sets anew."""
    for loop in nodes(answer.tree, ast.For, ast.comprehension):
        names = {part.id for part in nodes(loop.target, ast.Name)}
        for made in answer.on(line):
            if not isinstance(made, ast.Lambda):
                continue
            own = {arg.arg for arg in made.args.args}
            for name in sorted(names - own):
                if loads(made.body, name):
                    return name
    return ""


def self_outside(answer):
    """Return line and name of a function with a stray `self`."""
    methods = {
        id(part)
        for node in nodes(answer.tree, ast.ClassDef)
        for part in node.body
    }
    for node in nodes(answer.tree, ast.FunctionDef):
        if id(node) not in methods and _begins_with_self(node):
            return node.lineno, node.name
    return None


def lacks_self(answer):
    """Return line and name of a method without `self`."""
    for node in nodes(answer.tree, ast.ClassDef):
        for part in node.body:
            if not isinstance(part, ast.FunctionDef) or part.decorator_list:
                continue
            if not _begins_with_self(part):
                return part.lineno, part.name
    return None


def set_once(answer):
    """Return name and line of a counter that no epoch sets back.

    A `while` in a loop counts with it, and it is set before that loop alone.
    """
    for outer in nodes(answer.tree, ast.For, ast.While):
        for inner in nodes(outer, ast.While):
            if inner is outer:
                continue
            within = _stored(inner)
            anew = {name for _, name in _stored(outer) - within}
            before = {
                name: line
                for line, name in sorted(_stored(answer.tree))
                if line < outer.lineno
            }
            for part in ast.walk(inner.test):
                name = getattr(part, "id", "")
                counts = name in {name for _, name in within} - anew
                if counts and name in before:
                    return name, before[name]
    return None


def unpacked(answer):
    """Return where what a function returns gets names in another order.

    The line, the function, and both orders as text.
    """
    returned = {
        node.name: names
        for node in answer.tree.body
        if isinstance(node, ast.FunctionDef)
        for part in nodes(node, ast.Return)
        if (names := _names(part.value))
    }
    for node in nodes(answer.tree, ast.Assign):
        match node:
            case ast.Assign(
                targets=[target], value=ast.Call(func=ast.Name(id=name))
            ):
                names, usual = _names(target), returned.get(name, [])
                if names != usual and sorted(names) == sorted(usual):
                    both = map(", ".join, (usual, names))
                    return node.lineno, name, *both
    return None


def mixed_up(answer):
    """Return the line that makes `valid_dl` or such of `train_dl`.

    Or of `x_train` and the like, by these names alone.
    """
    for node in nodes(answer.tree, ast.Assign):
        to, of = map(ast.unparse, (node.targets[0], node.value))
        if "valid" in to and "train" in of and "valid" not in of:
            return node.lineno
    return 0


def drops_dimension(answer, line):
    """Tell whether a line computes over a dimension, and drops it."""
    return any(
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in OVER_A_DIMENSION
        and (node.args or node.keywords)
        and "keepdim" not in [given.arg for given in node.keywords]
        and not any(getattr(arg, "value", 0) is True for arg in node.args)
        for node in answer.on(line)
    )


def squeezes(answer):
    """Return the line that removes every dimension of size one."""
    return first(
        call
        for call in nodes(answer.tree, ast.Call)
        if getattr(call.func, "attr", "") == "squeeze"
        and len(call.args) == (ast.unparse(call.func) == "torch.squeeze")
        and not call.keywords
    )


def slices_tuple(answer, line):
    """Tell whether a line slices a tuple that is written there."""
    return any(
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Tuple | ast.List)
        for node in answer.on(line)
    )


def makes_a_list(answer):
    """Return the line that makes a list of what it loops over."""
    return first(
        node
        for node in nodes(answer.tree, ast.ListComp, ast.Call)
        if isinstance(node, ast.ListComp)
        or getattr(node.func, "id", "") in ("list", "tuple")
    )


def passes_once(answer):
    """Return the line that makes what can be looped over only once.

    What `__iter__` yields begins anew.
    """
    anew = {
        id(part)
        for node in nodes(answer.tree, ast.FunctionDef)
        if node.name == "__iter__"
        for part in ast.walk(node)
    }
    yields = nodes(answer.tree, ast.Yield, ast.YieldFrom)
    calls = nodes(answer.tree, ast.Call)
    return first(
        [
            *(node for node in yields if id(node) not in anew),
            *nodes(answer.tree, ast.GeneratorExp),
            *(
                call
                for call in calls
                if getattr(call.func, "id", "") in ("iter", "map", "zip")
            ),
        ]
    )


def lacks_lambda(answer, name, line):
    """Tell whether a line hands on a name that is an argument elsewhere.

    To a class of the file, as if it were a function.
    """
    arguments = {
        arg.arg
        for node in nodes(answer.tree, ast.arguments)
        for arg in node.args
    }
    return name in arguments and any(
        isinstance(call, ast.Call)
        and answer.defines(getattr(call.func, "id", ""))
        and any(loads(arg, name) for arg in call.args)
        for call in answer.on(line)
    )


def _begins_with_self(function):
    return [arg.arg for arg in function.args.args][:1] == ["self"]


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
        for node in nodes(tree, ast.Name)
        if isinstance(node.ctx, ast.Store)
    }
