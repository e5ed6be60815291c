"""Agreement beyond chance, against values worked out by hand and against another library."""

import functools
import importlib
import math
import random

import pandas as pd
import pytest

from casebook.agreement import (
    bootstrap,
    by_column,
    cohen_kappa,
    column_intervals,
    krippendorff_alpha,
    raw_agreement,
    word_labels,
)
from casebook.data import load

# nltk.metrics exports only some of its modules; this one is imported by its full name.
AnnotationTask = importlib.import_module("nltk.metrics.agreement").AnnotationTask

YES, NO, BLANK = "yes", "no", None
STEPS = [0, 1, 2, 3, 4]
# Twelve units and four observers, the example that Krippendorff works out in his papers.
FOUR = (
    [1, 2, 3, 3, 2, 1, 4, 1, 2, BLANK, BLANK, BLANK],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, BLANK, 3],
    [BLANK, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, BLANK],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, BLANK],
)


def pairs(*counts):
    """Two codings from (first, second, how often)."""
    rows = [(a, b) for a, b, n in counts for _ in range(n)]
    return [a for a, _ in rows], [b for _, b in rows]


def task(codings, **options):
    """The same codings as the other library wants them, blanks left out."""
    rows = [
        (str(coder), str(item), label)
        for coder, labels in enumerate(codings)
        for item, label in enumerate(labels)
        if label is not None
    ]
    return AnnotationTask(rows, **options)


def drawn(seed, coders=2, items=40, blanks=0.0):
    """Codings that resemble each other, on five steps, some of them blank."""
    rng = random.Random(seed)
    truth = [rng.choice(STEPS) for _ in range(items)]

    def one(step):
        if rng.random() < blanks:
            return None
        return step if rng.random() < 0.7 else rng.choice(STEPS)

    return [[one(step) for step in truth] for _ in range(coders)]


def test_kappa_by_hand():
    first, second = pairs((YES, YES, 20), (YES, NO, 5), (NO, YES, 10), (NO, NO, 15))
    assert raw_agreement(first, second) == pytest.approx(0.7)
    assert cohen_kappa(first, second) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


def test_a_skewed_column_can_agree_often_and_no_better_than_chance():
    first, second = pairs((YES, YES, 90), (YES, NO, 5), (NO, YES, 5))
    assert raw_agreement(first, second) == pytest.approx(0.9)
    assert cohen_kappa(first, second) < 0
    assert krippendorff_alpha(first, second) < 0


def test_the_same_raw_agreement_has_two_kappas():
    """The two tables of 100 by which Feinstein and Cicchetti (1990) showed the paradox."""
    even = pairs((YES, YES, 40), (YES, NO, 9), (NO, YES, 6), (NO, NO, 45))
    skewed = pairs((YES, YES, 80), (YES, NO, 10), (NO, YES, 5), (NO, NO, 5))
    assert raw_agreement(*even) == raw_agreement(*skewed) == 0.85
    assert cohen_kappa(*even) == pytest.approx(0.70, abs=0.005)
    assert cohen_kappa(*skewed) == pytest.approx(0.32, abs=0.005)


@pytest.mark.parametrize("measure", [cohen_kappa, krippendorff_alpha])
def test_one_label_throughout_has_no_agreement_beyond_chance(measure):
    assert math.isnan(measure([YES, YES], [YES, YES]))


@pytest.mark.parametrize("measure", [raw_agreement, cohen_kappa, krippendorff_alpha])
def test_nothing_to_compare_is_not_a_number_and_no_crash(measure):
    assert math.isnan(measure([], []))


@pytest.mark.parametrize("measure", [raw_agreement, cohen_kappa, krippendorff_alpha])
def test_codings_of_different_length_are_refused(measure):
    with pytest.raises(ValueError):
        measure([YES], [YES, NO])


def test_weights_by_hand():
    first, second = [0, 1, 2, 3], [0, 1, 2, 2]
    by_chance = sum((a - b) ** 2 for a in first for b in second) / 16
    assert cohen_kappa(first, second, [0, 1, 2, 3]) == pytest.approx(1 - 0.25 / by_chance)


@pytest.mark.parametrize(
    "measure",
    [cohen_kappa, lambda first, second, order: krippendorff_alpha(first, second, order=order)],
)
def test_with_an_order_a_near_miss_costs_less_than_a_far_one(measure):
    near = measure([0, 1, 2, 3], [0, 1, 2, 2], [0, 1, 2, 3])
    far = measure([0, 1, 2, 3], [0, 1, 2, 0], [0, 1, 2, 3])
    assert near > far


def test_a_label_without_a_place_in_the_order_is_named():
    with pytest.raises(ValueError, match='"4" has no place'):
        cohen_kappa([0, 4], [0, 1], [0, 1, 2])
    with pytest.raises(ValueError, match='"4" has no place'):
        krippendorff_alpha([0, 4], [0, None], order=[0, 1, 2])


def test_an_order_may_have_labels_that_nobody_used():
    assert cohen_kappa([0, 1], [0, 1], STEPS) == 1
    assert krippendorff_alpha([0, 1], [0, 1], order=STEPS) == 1


@pytest.mark.parametrize("seed", range(5))
def test_another_library_computes_the_same_kappas(seed):
    first, second = drawn(seed)
    assert cohen_kappa(first, second) == pytest.approx(task([first, second]).kappa())
    squared = task([first, second], distance=lambda a, b: (a - b) ** 2)
    assert cohen_kappa(first, second, STEPS) == pytest.approx(squared.weighted_kappa())


@pytest.mark.parametrize("blanks", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_another_library_computes_the_same_nominal_alpha(seed, blanks):
    codings = drawn(seed, coders=4, blanks=blanks)
    assert krippendorff_alpha(*codings) == pytest.approx(task(codings).alpha())


@pytest.mark.parametrize("blanks", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_another_library_computes_the_same_ordinal_alpha(seed, blanks):
    codings = drawn(seed, coders=4, blanks=blanks)
    comparable = [item for item in zip(*codings, strict=True) if 4 - item.count(None) > 1]
    given = [label for item in comparable for label in item if label is not None]

    def apart(a, b):
        between = sum(min(a, b) <= label <= max(a, b) for label in given)
        return (between - (given.count(a) + given.count(b)) / 2) ** 2 if a != b else 0

    assert krippendorff_alpha(*codings, order=STEPS) == pytest.approx(
        task(codings, distance=apart).alpha()
    )


def test_alpha_of_the_published_example():
    assert krippendorff_alpha(*FOUR) == pytest.approx(0.743, abs=0.0005)
    assert krippendorff_alpha(*FOUR, order=[1, 2, 3, 4, 5]) == pytest.approx(0.815, abs=0.0005)


def test_an_item_that_one_coder_alone_coded_changes_nothing():
    first, second = [YES, NO, YES, NO], [YES, NO, NO, None]
    assert krippendorff_alpha(first, second) == krippendorff_alpha(first[:3], second[:3])


def test_a_missing_value_of_pandas_is_a_blank():
    steps = load("claims")["certainty"]
    holes = steps.where(steps != 1)
    assert holes.isna().any()
    assert krippendorff_alpha(steps, holes, order=STEPS) == 1


def test_the_order_of_coders_and_items_does_not_matter():
    codings = drawn(7, coders=3, blanks=0.2)
    turned = [list(reversed(coding)) for coding in reversed(codings)]
    assert krippendorff_alpha(*codings) == pytest.approx(krippendorff_alpha(*turned))


def test_six_annotators_of_the_baseline():
    table = load("polnear_annotators")
    labels = [table[f"A{number}"] for number in range(1, 7)]
    assert krippendorff_alpha(*labels) == pytest.approx(0.808, abs=0.0005)


def test_the_interval_is_the_same_for_a_seed_and_holds_the_value():
    first, second = drawn(1, items=80)
    groups = [number // 4 for number in range(80)]
    low, high = bootstrap([first, second], groups)
    assert (low, high) == bootstrap([first, second], groups)
    assert low < cohen_kappa(first, second) < high


def test_items_that_hang_together_make_the_interval_wider():
    first, second = pairs((YES, YES, 20), (NO, NO, 20), (YES, NO, 8))
    alone = bootstrap([first, second], range(48), draws=500)
    together = bootstrap([first, second], [number // 8 for number in range(48)], draws=500)
    assert together[1] - together[0] > alone[1] - alone[0]


def test_one_group_has_no_interval():
    assert all(map(math.isnan, bootstrap([[YES, NO], [YES, YES]], ["one", "one"])))


def test_a_measure_that_never_exists_has_no_interval():
    assert all(map(math.isnan, bootstrap([[YES, YES], [YES, YES]], [1, 2], draws=50)))


def test_groups_that_do_not_fit_are_refused():
    with pytest.raises(ValueError):
        bootstrap([[YES, NO], [YES, NO]], [1])


def test_every_word_has_the_label_of_the_mark_that_touches_it():
    text = "“Perhaps not,” the cook said."
    marks = [(1, 12, "hedge"), (15, 23, "source"), (24, 28, "attribution")]
    labels = ["hedge", "hedge", "source", "source", "attribution"]
    assert word_labels(text, marks) == labels


def test_a_mark_of_half_a_word_counts_and_a_mark_of_nothing_does_not():
    assert word_labels("a longer word", [(4, 6, "half"), (9, 9, "empty")]) == [
        "none",
        "half",
        "none",
    ]


def test_where_marks_overlap_the_first_one_counts():
    assert word_labels("some people", [(0, 4, "hedge"), (0, 11, "source")]) == ["hedge", "source"]


def test_a_table_of_columns_says_which_label_is_commonest():
    first = load("claims_coder_a").head(30)
    table = by_column(first, first, {"certainty": STEPS}, ["kind"])
    assert table["same"].tolist() == [1, 1] and table["agreement"].tolist() == [1, 1]
    assert table["measure"].tolist() == ["kappa", "weighted kappa"]


def test_each_column_has_the_interval_of_the_kappa_that_fits_it():
    first, second = drawn(5, items=40)
    paragraphs = [number // 4 for number in range(40)]
    both = pd.DataFrame({"paragraph_a": paragraphs, "paragraph_b": paragraphs})
    both[["step_a", "word_a"]] = pd.DataFrame({"step": first, "word": first})
    both[["step_b", "word_b"]] = pd.DataFrame({"step": second, "word": second})
    labels = sorted({*first, *second})
    table = column_intervals(both, ["word", "step"], {"step": labels}, draws=60)
    assert table.index.tolist() == ["word", "step"]
    assert tuple(table.loc["word"]) == bootstrap([first, second], paragraphs, draws=60)
    weighted = functools.partial(cohen_kappa, order=labels)
    assert tuple(table.loc["step"]) == bootstrap([first, second], paragraphs, weighted, draws=60)
    assert tuple(table.loc["step"]) != tuple(table.loc["word"])


def test_a_column_with_one_label_has_no_interval():
    both = pd.DataFrame({"paragraph_a": [1, 2, 3], "sign_a": ["+"] * 3, "sign_b": ["+"] * 3})
    assert column_intervals(both, ["sign"], {}, draws=20).isna().all(axis=None)
