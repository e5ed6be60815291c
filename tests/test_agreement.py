"""Agreement beyond chance, against values worked out by hand."""

import math

import pytest

from casebook.agreement import cohen_kappa, raw_agreement

YES, NO = "yes", "no"


def pairs(*counts):
    """Two codings from (first, second, how often)."""
    rows = [(a, b) for a, b, n in counts for _ in range(n)]
    return [a for a, _ in rows], [b for _, b in rows]


def test_kappa_by_hand():
    first, second = pairs((YES, YES, 20), (YES, NO, 5), (NO, YES, 10), (NO, NO, 15))
    assert raw_agreement(first, second) == pytest.approx(0.7)
    assert cohen_kappa(first, second) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


def test_a_skewed_column_can_agree_often_and_no_better_than_chance():
    first, second = pairs((YES, YES, 90), (YES, NO, 5), (NO, YES, 5))
    assert raw_agreement(first, second) == pytest.approx(0.9)
    assert cohen_kappa(first, second) < 0


def test_one_label_throughout_has_no_kappa():
    assert math.isnan(cohen_kappa([YES, YES], [YES, YES]))


def test_weights_by_hand():
    first, second = [0, 1, 2, 3], [0, 1, 2, 2]
    by_chance = sum((a - b) ** 2 for a in first for b in second) / 16
    assert cohen_kappa(first, second, [0, 1, 2, 3]) == pytest.approx(1 - 0.25 / by_chance)


def test_with_an_order_a_near_miss_costs_less_than_a_far_one():
    near = cohen_kappa([0, 1, 2, 3], [0, 1, 2, 2], [0, 1, 2, 3])
    far = cohen_kappa([0, 1, 2, 3], [0, 1, 2, 0], [0, 1, 2, 3])
    assert near > far


def test_codings_of_different_length_are_refused():
    with pytest.raises(ValueError):
        raw_agreement([YES], [YES, NO])
