"""Non-negative least squares of relative errors, many small problems at once."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_RIDGE = 1e-9


def fit_relative(design: Floats, weights: Floats) -> Floats:
    """Coefficients x >= 0 with least `sum over r of w_r (sum over p of design[r, p] x_p - 1)^2`.

    The columns are terms divided by the measured times, so that relative errors are minimised. All
    supports are tried: of those with non-negative coefficients the best one is the solution (the
    conditions of Karush, Kuhn and Tucker), which is exact, and quick for the few terms of a model.

    Args:
        design: candidates x rows x terms.
        weights: folds x rows, 0 where a row is held out.

    Returns:
        Coefficients, candidates x folds x terms.

    """
    candidates, _, terms = design.shape
    folds = weights.shape[0]
    products = np.einsum("crp,crq->crpq", design, design).reshape(candidates, -1, terms * terms)
    gram = np.matmul(weights, products).reshape(candidates * folds, terms, terms)
    right = np.matmul(weights, design).reshape(candidates * folds, terms)
    scale = np.sqrt(np.einsum("bpp->bp", gram))
    scale = np.where(scale > 0, scale, 1.0)
    gram = gram / (scale[:, :, None] * scale[:, None, :])
    right = right / scale
    return (_best_support(gram, right) / scale).reshape(candidates, folds, terms)


def _best_support(gram: Floats, right: Floats) -> Floats:
    """The non-negative minimiser of `x' G x - 2 x' b` for each problem; the columns of G have length 1."""
    problems, terms = right.shape
    best = np.zeros((problems, terms))
    least = np.zeros(problems)
    for size in range(1, terms + 1):
        for support in combinations(range(terms), size):
            chosen = list(support)
            inner = gram[:, chosen][:, :, chosen] + _RIDGE * np.eye(size)
            part = right[:, chosen]
            solution = np.linalg.solve(inner, part[:, :, None])[:, :, 0]
            # At the solution of a support the quadratic form is -x' b.
            value = -(solution * part).sum(axis=1)
            better = (solution >= 0).all(axis=1) & (value < least - 1e-12)
            least = np.where(better, value, least)
            full = np.zeros((problems, terms))
            full[:, chosen] = solution
            best = np.where(better[:, None], full, best)
    return best
