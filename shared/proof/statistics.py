"""Compare accuracies over seeds: are two means the same, or no worse?"""

EQUIVALENT = 0.03  # margin of accuracy for groups of stages to be equivalent
NO_LESS = 0.005  # margin of accuracy for a declared change to be no worse
CONFIDENCE = 0.95


def equivalent(a, b, margin=EQUIVALENT):
    """Return the p-value of two one-sided Welch tests (TOST).

    `a` and `b` are accuracies over seeds. A small value says that their
    means differ by less than `margin`, either way.
    """
    return max(no_less(a, b, margin), no_less(b, a, margin))


def no_less(a, b, margin=NO_LESS):
    """Return the p-value of a one-sided Welch test.

    A small value says that the mean of `a` is above that of `b` minus
    `margin`.
    """
    # Not at the top: only this needs scipy, the margins are for all.
    from scipy import stats

    shifted = [x + margin for x in a]
    test = stats.ttest_ind(shifted, b, equal_var=False, alternative="greater")
    return float(test.pvalue)


def significant(p):
    """Tell whether a p-value is small enough for `CONFIDENCE`."""
    return p < 1 - CONFIDENCE
