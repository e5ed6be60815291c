"""Directions follow the codes, and the tables ask every party the same."""

import pandas as pd
import pytest

from casebook import load
from casebook.data import CASES
from casebook.incentives import (
    QUESTIONS,
    TO,
    arrows,
    direction,
    other_directions,
    signs,
    unequal,
)

ORDER = {"planning": "", "foreknowledge": "", "alt": ""}


def claim(**codes):
    return pd.DataFrame([{"claim_id": "X001", **ORDER, **codes}])


@pytest.mark.parametrize(
    ("planning", "foreknowledge", "points"),
    [
        ("", "", ""),
        ("CLERK:+", "", "to a part"),
        ("", "CLERK:-", "away from one"),
        ("CLERK:?;OWNER:?", "", "depends"),
        ("CLERK:?;OWNER:+", "CLERK:?", "to a part"),
        ("CLERK:-", "OWNER:?", "away from one"),
        ("CLERK:+", "CLERK:-", "depends"),
        ("CLERK:+;OWNER:-", "", "depends"),
    ],
)
def test_a_claim_points_where_its_signs_agree(planning, foreknowledge, points):
    assert direction(claim(planning=planning, foreknowledge=foreknowledge)).tolist() == [points]


def test_a_sign_has_no_weight():
    many = claim(planning="A:+;B:+;C:+", foreknowledge="A:+;B:+;C:-")
    assert direction(many).tolist() == ["depends"]


def test_swapping_the_signs_swaps_the_direction_of_every_real_claim():
    claims = load("claims")
    swapped = claims.assign(
        **{name: claims[name].str.translate({43: "-", 45: "+"}) for name in QUESTIONS}
    )
    mirror = {"to a part": "away from one", "away from one": "to a part"}
    assert direction(swapped).tolist() == direction(claims).replace(mirror).tolist()


def test_signs_are_one_row_each():
    found = signs(claim(planning="CLERK:+;OWNER:?", foreknowledge="CLERK:-"))
    assert found[["question", "actor", "sign"]].to_numpy().tolist() == [
        ["planning", "CLERK", "+"],
        ["planning", "OWNER", "?"],
        ["foreknowledge", "CLERK", "-"],
    ]
    assert signs(claim()).empty and list(signs(claim())) == [
        "claim_id",
        "question",
        "actor",
        "sign",
    ]


def test_other_directions_are_those_of_the_listed_codes():
    both = claim(planning="CLERK:?", alt="planning=CLERK:-|CLERK:+,OWNER:?;certainty=2")
    assert other_directions(both).tolist() == ["away from one or to a part"]
    same = claim(planning="CLERK:+", alt="planning=CLERK:+,OWNER:?")
    assert other_directions(same).tolist() == [""]
    dropped = claim(planning="CLERK:?", alt="planning=")
    assert other_directions(dropped).tolist() == [""]
    assert other_directions(claim()).tolist() == [""]


def test_the_index_of_the_claims_is_kept():
    some = load("claims").iloc[[40, 20]]
    assert direction(some).index.equals(some.index)
    assert other_directions(some).index.equals(some.index)


@pytest.mark.parametrize("case", CASES)
def test_every_party_and_every_claim_is_asked_the_same(case):
    assert unequal(load("actors", case), load("claims", case)) == []


@pytest.mark.parametrize(
    ("table", "column", "value", "told"),
    [
        ("actors", "stated_interest", " ", "HAMAS: stated_interest is empty."),
        ("claims", "reason_against", "", "C012: reason_against is empty."),
        ("claims", "incentive", "NA", "C012: incentive is empty."),
    ],
)
def test_who_was_spared_a_question_is_named(table, column, value, told):
    tables = {name: load(name) for name in ("actors", "claims")}
    spared = tables[table]
    row = spared.index[(spared.iloc[:, 0] == told.partition(":")[0])][0]
    spared.loc[row, column] = value
    assert unequal(tables["actors"], tables["claims"]) == [told]


def test_one_reason_twice_is_not_two_reasons():
    claims = load("claims")
    row = claims.index[claims["claim_id"] == "C012"][0]
    claims.loc[row, "reason_against"] = claims.loc[row, "reason_for"]
    assert unequal(load("actors"), claims) == ["C012: both reasons are the same sentence."]


@pytest.mark.parametrize("case", CASES)
def test_no_party_is_argued_for_or_against_at_greater_length(case):
    """Mean words per reason and side stay within a factor of two of each other."""
    claims = load("claims", case)
    side = claims["source_id"].map(load("sources", case).set_index("source_id")["side"])
    said = claims[claims["source_id"] != "S00"]
    for column in ("reason_for", "reason_against"):
        words = said[column].str.split().str.len().groupby(side).mean()
        assert words.max() <= 2.1 * words.min(), words


@pytest.mark.parametrize("case", CASES)
def test_no_reason_speaks_for_or_against_what_happened(case):
    """Reasons are about gain and cost: none calls a claim true, false or a lie."""
    claims = load("claims", case)
    reasons = pd.concat([claims["reason_for"], claims["reason_against"]])
    assert not reasons.str.contains(r"\b(?:true|false|lie|lies|liar|guilty)\b").any()


def test_the_figure_has_a_mark_for_each_claim_and_a_row_for_each_party():
    counts = pd.DataFrame(
        {"depends": [0, 3], "to a part": [2, 0]},
        index=["Bakery", "A party with a rather long name"],
    )
    axes = arrows(counts, "Marks").axes[0]
    drawn = sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() in "<o>")
    assert drawn == counts.to_numpy().sum()
    assert len(axes.get_yticklabels()) == len(counts)
    left, _, right = (label.get_text().replace("\n", " ") for label in axes.get_xticklabels())
    assert (left, right) == ("points away from a part", f"points {TO}")
