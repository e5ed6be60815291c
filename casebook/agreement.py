"""How far coders agree: raw, and beyond what chance would give."""

import functools
import math
import random
import statistics
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from casebook.text import words

Labels = Sequence[object]  # one coder's labels, an item each, in the same order for all coders


def raw_agreement(first: Labels, second: Labels) -> float:
    """The share of items with the same label, 0 to 1; nan if there is no item."""
    if not len(first) and not len(second):
        return math.nan
    return float(np.mean([a == b for a, b in zip(first, second, strict=True)]))


def cohen_kappa(first: Labels, second: Labels, order: Sequence[object] | None = None) -> float:
    """Cohen's kappa: 1 complete, 0 as chance would give; nan where both use one label throughout.

    Without `order` every disagreement counts the same (Cohen 1960). With `order`, all labels from
    lowest to highest, a disagreement counts as the square of its distance (Cohen 1968). Every
    item needs both labels; a label that `order` lacks is a ValueError.
    """
    place = _places([first, second], order)
    observed = np.zeros((len(place), len(place)))
    for a, b in zip(first, second, strict=True):
        observed[place[a], place[b]] += 1
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / max(len(first), 1)
    steps = np.subtract.outer(np.arange(len(place)), np.arange(len(place)))
    return _beyond_chance(observed, expected, steps**2 if order else steps != 0)


def krippendorff_alpha(*codings: Labels, order: Sequence[object] | None = None) -> float:
    """Krippendorff's alpha for two coders or more: 1 complete, 0 as chance would give.

    `None` or a missing value of pandas says that a coder gave no label; an item with one label
    only has nothing to compare it with and is left out. nan where only one label is left.
    Nominal, or with `order` (all labels from lowest to highest) ordinal: a disagreement counts as
    the square of the number of labels given between the two, each end half (Hayes and Krippendorff
    2007, Communication Methods and Measures 1, 77-89).
    """
    place = _places(codings, order)
    items = list(zip(*codings, strict=True))
    counts = np.zeros((len(items), len(place)))
    for row, labels in zip(counts, items, strict=True):
        for label in filter(_given, labels):
            row[place[label]] += 1
    counts = counts[counts.sum(axis=1) > 1]
    weighted = counts / (counts.sum(axis=1, keepdims=True) - 1)
    observed = weighted.T @ counts - np.diag(weighted.sum(axis=0))
    totals = counts.sum(axis=0)
    expected = (np.outer(totals, totals) - np.diag(totals)) / max(totals.sum() - 1, 1)
    middles = totals.cumsum() - totals / 2
    apart = np.subtract.outer(middles, middles) ** 2 if order else 1 - np.eye(len(place))
    return _beyond_chance(observed, expected, apart)


def _given(label: object) -> bool:
    return label is not None and not pd.isna(label)


def _places(codings: Iterable[Labels], order: Sequence[object] | None) -> dict[object, int]:
    """Label -> its row in a table of labels."""
    used = {label for coding in codings for label in coding if _given(label)}
    if order is None:
        return {label: place for place, label in enumerate(sorted(used, key=str))}
    if unknown := sorted(used - set(order), key=str):
        raise ValueError(f'The label "{unknown[0]}" has no place in the order {list(order)}.')
    return {label: place for place, label in enumerate(order)}


def _beyond_chance(
    observed: npt.NDArray[np.float64],
    expected: npt.NDArray[np.float64],
    cost: npt.NDArray[Any],
) -> float:
    """1 - observed cost / cost by chance, of two tables of pairs of labels; nan without chance."""
    by_chance = float((cost * expected).sum())
    return 1 - float((cost * observed).sum()) / by_chance if by_chance else math.nan


def bootstrap(
    codings: Sequence[Labels],
    groups: Sequence[Hashable],
    measure: Callable[..., float] = cohen_kappa,
    seed: int = 2023,
    draws: int = 2000,
) -> tuple[float, float]:
    """The middle 95 % of `measure(*codings)` when whole groups of items are drawn with replacement.

    Percentile bootstrap (Efron 1979) over clusters: `groups` names the group of each item, such as
    its paragraph, because neighbours resemble each other. Draws in which the measure is nan are
    left out; (nan, nan) if there are fewer than two others, or two groups. The same seed gives
    the same interval.
    """
    members: dict[Hashable, list[tuple[object, ...]]] = {}
    for group, *labels in zip(groups, *codings, strict=True):
        members.setdefault(group, []).append(tuple(labels))
    rng, values = random.Random(seed), []
    for _ in range(draws if len(members) > 1 else 0):
        drawn = rng.choices(list(members.values()), k=len(members))
        value = measure(*zip(*(item for group in drawn for item in group), strict=True))
        if not math.isnan(value):
            values.append(value)
    if len(values) < 2:
        return math.nan, math.nan
    cuts = statistics.quantiles(values, n=40, method="inclusive")
    return cuts[0], cuts[-1]


def word_labels(text: str, marks: Iterable[tuple[int, int, str]], none: str = "none") -> list[str]:
    """A label for each word of `text`: that of the first mark (start, end, label) that touches it.

    Marks are places in the text, text[start:end]; a word without a mark is `none`.
    """
    placed = list(marks)
    return [
        next((label for start, end, label in placed if start < word.end and word.start < end), none)
        for word in words(text)
    ]


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


def column_intervals(
    both: pd.DataFrame, columns: Iterable[str], ordered: dict[str, list[int]], draws: int = 500
) -> pd.DataFrame:
    """One row a column, low and high: the bootstrap interval of its kappa, drawn by paragraphs.

    `both` has two codings of the same claims side by side, their columns ending in _a and _b;
    kappa is weighted where `ordered` gives the labels of a column, from lowest to highest.
    """
    ends = {}
    for column in columns:
        codings = [both[f"{column}_a"].tolist(), both[f"{column}_b"].tolist()]
        kappa = functools.partial(cohen_kappa, order=ordered.get(column))
        ends[column] = bootstrap(codings, both["paragraph_a"], kappa, draws=draws)
    return pd.DataFrame.from_dict(ends, orient="index", columns=["low", "high"])
