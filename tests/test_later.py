"""Who rests on whom, and two counts in one form."""

import pandas as pd
import pytest

from casebook.data import CASES, load
from casebook.later import dependencies, record_picture, rests_on, toll_steps

INVENTED = {"Brantry", "Ossel", "COUNCIL", "FLEET", "LEAGUE", "MINISTRY"}


def record(**rests):
    """Four rows A to D, a day apart; `rests` says what some rest on."""
    names = list("ABCD")
    return pd.DataFrame(
        {
            "id": names,
            "date": pd.date_range("2030-01-01", periods=4),
            "origin": ["mill", "mill", "baker", "baker"],
            "confirmed": "seen in one secondary report",
            "depends_on": [rests.get(name, "") for name in names],
        }
    )


def test_arrows_lead_from_a_report_to_those_it_rests_on():
    graph = dependencies(record(B="A", D="B;C"))
    assert set(graph.edges) == {("B", "A"), ("D", "B"), ("D", "C")}
    assert set(graph) == set("ABCD")


def test_a_chain_is_followed_to_its_beginning():
    rows = record(B="A", C="B", D="C")
    assert rests_on(rows, "D") == ["A", "B", "C"]
    assert rests_on(rows, "A") == []


def test_what_cannot_be_a_chain_is_told():
    with pytest.raises(ValueError, match="B rests on X, which is not in the table"):
        dependencies(record(B="X"))
    with pytest.raises(ValueError, match="circle"):
        dependencies(record(A="B", B="A"))
    with pytest.raises(ValueError, match="circle: A"):
        dependencies(record(A="A"))
    with pytest.raises(LookupError, match='no row "L99"'):
        rests_on(record(), "L99")


def test_the_picture_has_a_lane_per_origin_a_name_per_row_and_an_arrow_per_edge():
    fig = record_picture(record(B="A", D="A"), "Who rests on whom")
    axes = fig.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mill", "baker"]
    names = [text.get_text() for text in axes.texts]
    assert sorted(filter(None, names)) == list("ABCD") and names.count("") == 2
    assert axes.get_xticklabels()[0].get_text() == "01 Jan 2030"


def test_an_arrow_between_neighbours_goes_round_their_markers():
    """A straight one would lie between two markers that nearly touch, and not be seen."""
    fig = record_picture(record(B="A", D="A"), "x")
    bends = {text.arrow_patch.get_connectionstyle().rad for text in fig.axes[0].texts[:2]}
    assert len(bends) == 2 and min(map(abs, bends)) < 0.5 < max(map(abs, bends))


def test_the_picture_does_not_depend_on_the_order_of_the_rows():
    rows = record(B="A")
    one, other = (record_picture(table, "x").axes[0] for table in (rows, rows[::-1]))
    places = [{t.get_text(): t.get_position() for t in axes.texts} for axes in (one, other)]
    assert places[0] == places[1]


@pytest.mark.parametrize("case", CASES)
def test_both_places_are_drawn_alike(case):
    tolls = load("tolls", case)
    panels = toll_steps(tolls, "things", "Two counts").axes
    assert len(panels) == 4
    upper, lower = panels[:2], panels[2:]
    assert upper[0].get_ylim() == upper[1].get_ylim()
    assert all(axes.get_ylim()[0] == 0 and axes.get_yscale() == "linear" for axes in panels)
    assert len({axes.get_xlim() for axes in panels}) == 1
    names = [axes.get_title(loc="left").split("\n")[0] for axes in upper]
    assert names == sorted(tolls["place"].unique())
    for name, pair in zip(names, zip(upper, lower, strict=True), strict=True):
        figures = tolls[tolls["place"] == name].sort_values("as_of")["figure_low"]
        for axes in pair:
            steps, exact, open_end = axes.lines
            assert list(steps.get_ydata()) == list(figures)
            assert steps.get_drawstyle() == "steps-post"
            assert len(exact.get_ydata()) + len(open_end.get_ydata()) == len(figures)
    looks = [[(line.get_color(), line.get_marker()) for line in axes.lines] for axes in panels]
    assert looks == [looks[0]] * 4


def test_an_upper_end_that_is_open_is_marked():
    tolls = load("tolls")
    open_end = toll_steps(tolls, "people killed", "x").axes[0].lines[2].get_ydata()
    gaza = tolls[tolls["place"] == "Gaza"]
    wanted = gaza.loc[gaza["figure_high"].isna(), "figure_low"]
    assert list(open_end) == list(wanted)


def test_the_practice_route_meets_nothing_of_the_other_case():
    for name in ("later_record", "tolls", "forecast_questions"):
        text = load(name, "practice").to_string().lower()
        for word in ("hamas", "israel", "iran", "gaza", "killed"):
            assert word not in text, (name, word)


def test_the_article_uses_no_value_of_the_practice_case():
    assert not set(load("tolls")["place"]) & INVENTED
    about = load("later_record")["about"].str.split(";").explode()
    assert not set(about) & INVENTED


def test_dependences_of_the_practice_record_point_back_in_time():
    rows = load("later_record", "practice")
    days = rows.set_index("id")["date"]
    for start, end in dependencies(rows).edges:
        assert days[end] < days[start]
