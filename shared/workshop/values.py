"""What the names in a line of a program stand for, when it stops there."""

import ast
import inspect
import linecache
from types import ModuleType

import torch

from shared.workshop import texts
from shared.workshop.finding import Words

MOST = 4  # that are told: a line has few more
NOTHING = object()  # what a name stands for that is not found


def named(frame, line):
    """Return what each name in a line stands for, as JSON can hold it.

    Modules, what comes with Python, and the function that is called aside.
    """
    file = frame.f_code.co_filename
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:  # it was edited meanwhile
        return []
    here = [n for n in ast.walk(tree) if getattr(n, "lineno", None) == line]
    here.sort(key=lambda node: node.col_offset)
    called = {id(n.func) for n in here if isinstance(n, ast.Call)}
    changed = {id(n.target) for n in here if isinstance(n, ast.AugAssign)}
    found = {}
    for node in here:
        loaded = isinstance(getattr(node, "ctx", None), ast.Load)
        if id(node) in called or not (loaded or id(node) in changed):
            continue
        match node:
            case ast.Name(id=name):
                scopes = frame.f_locals, frame.f_globals
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
                name = f"self.{attribute}"
                own = frame.f_locals.get("self")
                scopes = ({name: getattr(own, attribute, NOTHING)},)
            case _:
                continue
        value = next((s[name] for s in scopes if name in s), NOTHING)
        told = value is not NOTHING and not isinstance(value, ModuleType)
        if name != "self" and told and (is_ := _described(value)):
            found.setdefault(name, [name, *is_])
    return list(found.values())[:MOST]


def _described(value):
    """Return a kind of value, a key of `texts.VALUES`, and what it has."""
    if value is None:
        return ["none", {}]
    if isinstance(value, torch.Tensor):
        whole = not value.dtype.is_floating_point
        kind = "whole numbers" if whole else "tensor"
        kind = kind if value.numel() else "empty"
        learns = value.requires_grad
        return [kind, {"shape": list(value.shape), "learns": learns}]
    if isinstance(value, bool | int | str):
        return ["value", {"value": repr(value)[:40]}]
    if isinstance(value, float):
        short = f"{value:.6g}"
        whole = short.lstrip("-").isdigit()
        return ["value", {"value": f"{short}.0" if whole else short}]
    if isinstance(value, type):
        return ["class", {"type": value.__name__}]
    if inspect.isroutine(value):
        return ["function", {}]
    if isinstance(value, tuple | list | dict):
        return ["several", {"type": type(value).__name__, "n": len(value)}]
    if type(value).__name__.startswith("_"):  # such as a log of ours
        return []
    return ["object", {"type": type(value).__name__}]


def words(found):
    """Yield words for what was `named`."""
    for name, kind, has in found:
        if "shape" in has:
            has = {"shape": tuple(has["shape"])}
        yield Words(texts.VALUES[kind], name=name, **has)
