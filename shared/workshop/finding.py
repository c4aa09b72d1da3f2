"""What is wrong with a program: of which kind, where, and by how much.

All in data. The text is made of `shared.workshop.texts` when it is read.
"""

import math

from shared.languages import clauses, say
from shared.workshop import texts


class Words:
    """A template and the values of its fields, which may be words again.

    Text for a value is said as other rooms have it translated, if they do.
    """

    def __init__(self, template, **values):
        self.template, self.values = template, values

    def __str__(self):
        values = {
            name: clauses(value) if isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return say(self.template, **values)


class Finding:
    """What is wrong, by its `kind` and the values that belong to it.

    `kind` is a key of `texts.FINDINGS`, which names the `phase`: one of the
    loop, or a step of the check. `more` is said below, each on a line of its
    own: `Words`, or a line of the program.
    """

    def __init__(self, kind, *more, **values):
        self.kind = kind
        self.phase, template = texts.FINDINGS[kind]
        self._paragraphs = Words(template, **values), *more
        self._look_at = ()

    def and_also(self, *more):
        """Return the same finding, with more said below."""
        self._paragraphs += more
        return self

    def look_at(self, *lines):
        """Return the same finding, with lines to look at if it names none."""
        self._look_at = lines
        return self

    @property
    def text(self):
        return "\n".join(filter(None, map(str, self._paragraphs)))

    def __str__(self):
        look = texts.LOOK.get(self.phase)
        if look and not any(map(_names_line, self._paragraphs)):
            return "\n".join([self.text, str(Words(look)), *self._look_at])
        return self.text


def _names_line(part):
    """Tell whether what is said names a line of the program, or is one."""
    if not isinstance(part, Words):
        return (part or "").startswith("  ")  # as `Answer.quoted` has it
    values = part.values
    words = [value for value in values.values() if isinstance(value, Words)]
    return "line" in values or any(map(_names_line, words))


def place(record, step):
    """Say in which epoch and batch a step is, counted from 0."""
    epoch, batch = divmod(step, record.steps)
    return Words(texts.PLACE, epoch=epoch + 1, batch=batch + 1)


def times(n):
    return Words(texts.ONCE) if n == 1 else Words(texts.TIMES, n=n)


def where(line):
    """Say in which line something is, if that is known."""
    if line:
        return Words(texts.IN_LINE, line=line)
    return Words(texts.SOMEWHERE)


def lines(numbers):
    """Name lines by their numbers, each once."""
    numbers = sorted(set(numbers))
    template = texts.ONE_LINE if len(numbers) == 1 else texts.LINES
    return Words(template, numbers=", ".join(map(str, numbers)))


def grid(size):
    """Describe a grid by its height and width."""
    return Words(texts.GRID, height=size[0], width=size[1])


def made_in(batch, step):
    """Return the lines in which the layers that compute a step are made.

    `batch` is what a trace tells of one; lines that are not known are None.
    """
    pairs = zip(batch["steps"], batch["lines"], strict=True)
    return [line for name, line in pairs if name == step]


def convolution(batch, n):
    """Say which convolution is meant, counted from 1, and where it is made.

    `batch` is what a trace tells of one.
    """
    known = made_in(batch, "conv2d")
    line = known[n - 1] if n <= len(known) else None
    if line:
        return Words(texts.CONVOLUTION_IN_LINE, n=n, line=line)
    return Words(texts.CONVOLUTION, n=n)


def told_apart(x, y, digits=6):
    """Return two numbers as text, with more digits if they look the same."""
    while digits < 17 and f"{x:.{digits}g}" == f"{y:.{digits}g}":
        digits += 1
    return f"{x:.{digits}g}", f"{y:.{digits}g}"


def these(shapes):
    """Describe parameters by their shapes."""
    if not shapes:
        return Words(texts.NOTHING)
    *others, last = map(_numbers, shapes)
    if not others:
        return last
    first, *others = others
    for second in others:
        first = Words(texts.NEXT, first=first, second=second)
    return Words(texts.LAST, first=first, last=last)


def _numbers(shape):
    n, shape = math.prod(shape), tuple(shape)
    if n == 1:
        return Words(texts.ONE_NUMBER, shape=shape)
    return Words(texts.NUMBERS, n=n, shape=shape)


def images(numbers):
    """Describe images by their numbers, which are counted from 0."""
    first, last = numbers[0] + 1, numbers[-1] + 1
    if numbers != list(range(first - 1, last)):
        if len(numbers) <= 3:
            few = ", ".join(f"{n + 1:,}" for n in numbers)
            return Words(texts.FEW_IMAGES, numbers=few)
        few = ", ".join(f"{n + 1:,}" for n in numbers[:3])
        return Words(texts.SOME_IMAGES, n=len(numbers), numbers=few)
    if first == last:
        return Words(texts.ONE_IMAGE, number=first)
    return Words(texts.IMAGES, first=first, last=last)
