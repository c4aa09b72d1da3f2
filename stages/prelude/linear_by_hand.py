"""Prelude: linear by hand.

Training at its smallest: a line through a few points, `k * x + b`, with NumPy
and two derivatives worked out on paper. The loss is the mean of the squared
distances between line and points. Its derivative by `k` says how the loss
grows with `k`; a step the other way makes it smaller, if it is short enough.

What to look at:

- The chain rule, by hand: the square gives `2 * (pred - y)`, the line inside
  it `x` for `k` and 1 for `b`.
- All points are used at every step, so this is gradient descent, and not the
  stochastic one, which takes a few at a time.
- The slope settles within a few steps, the intercept takes thousands. The loss
  is a long valley: steep across, so that a larger `lr` would throw the line
  from one side to the other and out, and nearly level along.
- A tutorial that has these 15 points reports `k` 0.3645 and `b` 0.0204 after
  10,000 steps. That line is down on the floor of the valley, but at the near
  end. The lowest point is at 0.2600 and 0.7477.
"""


def fit(
    x,  # (n,) float64
    y,  # (n,)
    log,  # takes every line and its loss
    epochs=10_000,
    lr=0.005,
):
    k, b = 0.0, 0.0

    for epoch in range(epochs):
        pred = k * x + b
        loss = ((pred - y) ** 2).mean()
        log(k, b, loss)

        k_grad = (2 * (pred - y) * x).mean()
        b_grad = (2 * (pred - y)).mean()
        k -= k_grad * lr
        b -= b_grad * lr

    return k, b


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
