"""Write down the versions of all packages that results are measured with."""

from importlib.metadata import distributions

from shared.files import replacing

OURS = ("torch-in-twelve", "pip", "setuptools", "wheel")


def write(path):
    """Write a constraints file for pip: the versions installed here.

    A version that needs a newer Python than the project does is a constraint
    for that Python only; older ones get what fits them.
    """
    pinned = {}
    for package in distributions():
        name = package.metadata["Name"].lower().replace("_", "-")
        if name not in OURS:
            # Without the build, such as the "+cpu" of 2.13.0+cpu.
            pinned[name] = f"{name}=={package.version.partition('+')[0]}"
            if oldest := _oldest_python(package):
                pinned[name] += f'; python_version >= "{oldest}"'
    lines = ["# Made by `make results`: what they were measured with."]
    lines += [pinned[name] for name in sorted(pinned)]
    with replacing(path) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _oldest_python(package):
    """Return the oldest Python that a package is for, if it is above 3.10."""
    wanted = package.metadata["Requires-Python"] or ""
    for part in wanted.split(","):
        if part.strip().startswith(">=3."):
            minor = part.strip().split(".")[1]
            if int(minor) > 10:
                return f"3.{minor}"
    return None
