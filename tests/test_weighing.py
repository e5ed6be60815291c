"""The matrix of clashing accounts, and what several voices can add."""

import pandas as pd
import pytest

from casebook import weighing
from casebook.data import load
from casebook.verification import READINGS
from casebook.weighing import (
    OPEN,
    belief_range,
    effective_sources,
    matrix,
    matrix_figure,
    outside,
    range_sentence,
    range_sliders,
    slider_panel,
    standing,
    updated,
)


def rows(*told, **more):
    """Claims with (planning, foreknowledge, verif_status), numbered from X1 in the text's order."""
    table = pd.DataFrame(told, columns=["planning", "foreknowledge", "verif_status"])
    table["claim_id"] = [f"X{number}" for number in range(1, len(table) + 1)]
    plain = {"source_id": "S01", "naming": "NAMED", "certainty": 3, "nv_reach": 0}
    return table.assign(**{**plain, "nv_by_source": "N", **more})


@pytest.fixture(params=["article", "practice"])
def claims(request):
    return load("claims", request.param)


def test_the_matrix_keeps_the_order_of_the_text_and_sorts_the_actors():
    claims = rows(
        ("OWNER:?;CLERK:+", "", "UNSTATED"), ("", "", "UNSTATED"), ("", "CLERK:-", "UNSTATED")
    ).iloc[::-1]
    table = matrix(claims)
    assert list(table.index) == ["X3", "X1"]
    assert list(table.columns) == [
        ("planning", "CLERK"),
        ("planning", "OWNER"),
        ("foreknowledge", "CLERK"),
        ("foreknowledge", "OWNER"),
    ]
    assert list(table.loc["X1"]) == ["+", "?", "", ""]
    assert list(table.loc["X3"]) == ["", "", "-", ""]


def test_a_plus_settles_nothing_unless_the_text_supports_the_claim():
    unsupported = standing(rows(*[("CLERK:+", "", "UNSTATED")] * 9))
    assert list(unsupported.loc[("planning", "CLERK")]) == [0, 0, 9, OPEN]
    supported = standing(rows(("CLERK:+", "", "UNSTATED"), ("CLERK:-", "", "PUBLIC_RECORD")))
    assert list(supported.loc[("planning", "CLERK")]) == [1, 0, 1, "supports a -"]


def test_supported_claims_that_clash_or_hang_on_a_reading_settle_nothing():
    clash = rows(("CLERK:+", "", "CORROB_IN_TEXT"), ("CLERK:-", "", "SELF_REVIEWED"))
    reading = rows(("CLERK:?", "", "CORROB_IN_TEXT"))
    for claims in (clash, reading):
        assert standing(claims).loc[("planning", "CLERK"), "the text"] == OPEN


def test_every_actor_is_asked_both_questions(claims):
    table = standing(claims)
    assert table.index.get_level_values("question").value_counts().nunique() == 1
    assert set(table["the text"]) == {OPEN}


def test_a_wider_reading_leaves_no_more_outside():
    claims = rows(
        ("CLERK:+", "", "UNSTATED"),
        ("CLERK:-", "", "UNSTATED"),
        ("CLERK:+", "", "UNSTATED"),
        ("CLERK:?", "", "UNSTATED"),
        nv_reach=[1, 2, 3, 0],
        nv_by_source=["N", "Y", "N", "N"],
    )
    assert list(outside(claims).loc[("planning", "CLERK")]) == [
        "1 −, 2 +",
        "1 −, 1 +",
        "0 −, 1 +",
        "0 −, 0 +",
        "0 −, 2 +",
    ]
    assert list(outside(claims).columns) == ["no disclaimer", *READINGS]


def test_the_figure_has_a_row_for_each_pointed_claim_with_voice_and_certainty(claims):
    names = dict.fromkeys(["LEADERS", "QUDS", "HEZBOLLAH", "COUNCIL", "FLEET"], "An actor")
    fig = matrix_figure(claims, "wide", names, "Title")
    *labels, _ = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    table = matrix(claims)
    pointed = table[table.isin(["+", "-"]).any(axis=1)]
    for label, claim in zip(labels, pointed.index, strict=True):
        row = claims.set_index("claim_id").loc[claim]
        assert label.startswith(f"{claim} · ") and f" · {row.certainty}" in label
        assert label.endswith("*") == (1 <= row.nv_reach <= 3)
    drawn = [text.get_text() for axes in fig.axes for text in axes.texts]
    assert drawn.count("−") == (table == "-").to_numpy().sum()
    assert drawn.count("+") == (table == "+").to_numpy().sum()
    assert drawn.count("?") == (pointed == "?").to_numpy().sum()


def test_the_last_row_counts_the_question_marks_of_the_other_claims():
    claims = rows(
        ("CLERK:+", "", "UNSTATED"),
        ("CLERK:?;OWNER:?", "", "UNSTATED"),
        ("CLERK:?", "", "UNSTATED"),
        ("", "", "UNSTATED"),
        nv_reach=[0, 1, 0, 1],
    )
    fig = matrix_figure(claims, "narrow", {"CLERK": "the clerk", "OWNER": "the owner"}, "Title")
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert labels == ["X1 · named · 3", "2 others, 1 of them *"]
    assert [text.get_text() for text in fig.axes[0].texts] == ["+", "2 ?", "1 ?"]
    assert not fig.axes[1].texts


def test_the_figure_refuses_a_reading_that_there_is_not(claims):
    with pytest.raises(LookupError, match="narrow"):
        matrix_figure(claims, "broad", {}, "Title")


@pytest.mark.parametrize(("reach", "says"), [(1, "* covered by"), (0, "no row here is covered by")])
def test_the_legend_explains_a_star_only_where_there_is_one(reach, says):
    claims = rows(("CLERK:+", "", "UNSTATED"), nv_reach=reach)
    fig = matrix_figure(claims, "narrow", {"CLERK": "the clerk"}, "Title")
    assert fig.legends[0].get_texts()[0].get_text().startswith(says)


def test_updating_by_hand():
    assert updated(0.2, 3) == pytest.approx(3 / 7)
    assert updated(0.2, 3, 2) == pytest.approx(9 / 13)
    assert updated(0.5, 1, 40) == 0.5
    assert updated(0.5, 1 / 4) == pytest.approx(0.2)
    assert updated(0, 3, 4) == 0 and updated(1, 3, 4) == 1


def test_two_steps_are_one_step_of_two_voices():
    assert updated(updated(0.3, 2), 2) == pytest.approx(updated(0.3, 2, 2))


def test_one_origin_heard_n_times_is_one_source():
    for voices in (1, 4, 40):
        assert effective_sources(voices, 0) == voices
        assert effective_sources(voices, 1) == 1
    assert effective_sources(4, 0.2) == pytest.approx(2.5)


def test_the_range_holds_every_point_inside_and_touches_its_ends():
    before, ratio, rho = (0.1, 0.6), (0.5, 4), (0, 1)
    low, high = belief_range(5, before, ratio, rho)
    grid = [
        updated(b, r, effective_sources(5, a))
        for b in (0.1, 0.35, 0.6)
        for r in (0.5, 0.9, 1, 2, 4)
        for a in (0, 0.3, 1)
    ]
    assert (low, high) == (min(grid), max(grid))


def test_fixed_assumptions_give_a_point():
    low, high = belief_range(3, (0.2, 0.2), (3, 3), (1, 1))
    assert low == high == updated(0.2, 3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: updated(1.2, 3), "before is 1.2"),
        (lambda: updated(float("nan"), 3), "before is nan"),
        (lambda: updated(0.2, 0), "ratio is 0"),
        (lambda: updated(0.2, float("nan")), "ratio is nan"),
        (lambda: effective_sources(0, 0.5), "voices is 0"),
        (lambda: effective_sources(4, -0.1), "rho is -0.1"),
        (lambda: belief_range(4, (0.5, 0.1), (1, 2), (0, 1)), "lower end first"),
        (lambda: belief_range(4, (0.1, 0.5), (1, 2), (0, 2)), "rho is 2"),
    ],
)
def test_bad_assumptions_get_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_sentence_states_what_was_assumed_and_never_rounds_to_certainty():
    told = range_sentence(12, (0.001, 0.5), (1, 3), (0, 1))
    assert told == (
        "12 voices, before under 1% to 50%, ratio 1 to 3, rho 0 to 1: under 1% to over 99%."
    )


def test_the_sentence_follows_the_sliders():
    panel = slider_panel(voices=4, before=(0.1, 0.5), ratio=(1.5, 3), rho=(0, 1))
    *sliders, told = panel.children
    assert told.value == range_sentence(4, (0.1, 0.5), (1.5, 3), (0, 1))
    sliders[0].value, sliders[3].value = 7, (0.5, 0.5)
    assert told.value == range_sentence(7, (0.1, 0.5), (1.5, 3), (0.5, 0.5))


def test_without_a_screen_the_sliders_are_one_line_of_text(monkeypatch):
    shown = []
    monkeypatch.setattr(weighing, "display", lambda data, raw: shown.append(data))
    range_sliders(voices=4, before=(0.1, 0.5), ratio=(1.5, 3), rho=(0, 1))
    assert shown[0]["text/plain"].startswith("Four sliders")
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
