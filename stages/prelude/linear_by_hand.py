"""Prelude: linear by hand.

Training at its smallest: a line through a few points, `k * x + b`, with NumPy
and two derivatives worked out on paper. The loss is the mean of the squared
errors, the vertical distances between points and line. Its derivative with
respect to `k` says how the loss grows with `k`; a step in the other direction
makes the loss smaller, if the step is short enough.

What to look at:

- The chain rule, by hand: the square gives `2 * (pred - y)`, the line inside
  it gives `x` for `k` and 1 for `b`.
- Every step uses all points, so this is gradient descent. Stochastic gradient
  descent uses a few at a time.
- The loss is a long, narrow valley. A few steps lead down to its floor. The
  floor is nearly level, and it takes thousands of steps to follow it to the
  lowest point. A larger `lr` would be faster there. But the sides are steep:
  with 15 points and an `lr` above 0.023, each step ends higher on the other
  side than it began.
- After 10 steps through the 15 points, `k` is 0.357 and `b` 0.059. That line
  is on the floor of the valley, but far from the lowest point, at 0.2600 and
  0.7477, which 10,000 steps reach. So a loss that has almost stopped falling
  does not mean that the parameters have arrived.
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
