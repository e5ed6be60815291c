"""How far two coders agree: raw, and beyond what chance would give."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def raw_agreement(first: Sequence[object], second: Sequence[object]) -> float:
    """The share of items with the same label, 0 to 1; `first` and `second` have one label each."""
    return float(np.mean([a == b for a, b in zip(first, second, strict=True)]))


def cohen_kappa(
    first: Sequence[object], second: Sequence[object], order: Sequence[object] | None = None
) -> float:
    """Cohen's kappa: 1 complete, 0 as chance would give; nan where both use one label throughout.

    Without `order` every disagreement counts the same (Cohen 1960). With `order`, all labels from
    lowest to highest, a disagreement counts as the square of its distance (Cohen 1968).
    """
    labels = list(order) if order else sorted({*first, *second}, key=str)
    place = {label: i for i, label in enumerate(labels)}
    observed = np.zeros((len(labels), len(labels)))
    for a, b in zip(first, second, strict=True):
        observed[place[a], place[b]] += 1
    observed /= len(first)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0))
    steps = np.subtract.outer(np.arange(len(labels)), np.arange(len(labels)))
    cost = steps**2 if order else steps != 0
    by_chance = float((cost * expected).sum())
    return 1 - float((cost * observed).sum()) / by_chance if by_chance else float("nan")


def by_column(
    first: pd.DataFrame, second: pd.DataFrame, ordered: dict[str, list[int]], nominal: list[str]
) -> pd.DataFrame:
    """One row a column: rows, same, measure, agreement, commonest, share_commonest.

    `first` and `second` are two codings of the same claims in the same order; `ordered` gives the
    labels of each column that has an order, from lowest to highest.
    """
    rows = []
    for column in [*nominal, *ordered]:
        a, b = first[column].tolist(), second[column].tolist()
        counts = pd.Series(a + b).value_counts()
        rows.append(
            {
                "column": column,
                "rows": len(a),
                "same": raw_agreement(a, b),
                "measure": "weighted kappa" if column in ordered else "kappa",
                "agreement": cohen_kappa(a, b, ordered.get(column)),
                "commonest": str(counts.index[0]) or "(empty)",
                "share_commonest": float(counts.iloc[0] / (2 * len(a))),
            }
        )
    return pd.DataFrame(rows)
