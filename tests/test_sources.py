"""Bounds on people: never above what is possible, never below what the text demands."""

import itertools

import matplotlib.pyplot as plt
import networkx as nx
import pandas as pd
import pytest

from casebook import load
from casebook.data import CASES
from casebook.sources import (
    apart,
    bounds_by,
    fewest_people,
    most_people,
    overlap_graph,
    overlap_picture,
    people_bars,
    seats,
    unnamed,
)


def groups(*rows):
    """A table of groups from (source_id, n_min, n_max, may_overlap_with)."""
    table = pd.DataFrame(rows, columns=["source_id", "n_min", "n_max", "may_overlap_with"])
    return table.astype({"n_min": "Int64", "n_max": "Int64"})


def head_count(places):
    return len({number for numbers in places.values() for number in numbers})


def fewest_by_trying(table):
    """The true minimum, by trying ever more people, each in some set of groups that overlap."""
    graph = overlap_graph(table)
    sizes = dict(graph.nodes(data="weight"))
    cliques = list(nx.find_cliques(graph))
    for people in itertools.count(max(sizes.values())):
        for chosen in itertools.combinations_with_replacement(cliques, people):
            if all(sum(n in clique for clique in chosen) >= size for n, size in sizes.items()):
                return people


TWO_ROOMS = groups(("S01", 2, 2, "S02"), ("S02", 3, None, "S01"), ("S03", 1, 1, ""))
CHAIN = groups(("S11", 2, 2, "S14"), ("S14", 4, 4, "S11;S15"), ("S15", 2, 2, "S14"))
TRIANGLE = groups(("S01", 1, 1, "S02;S03"), ("S02", 2, 2, "S01;S03"), ("S03", 1, 1, "S01;S02"))
RING = groups(*[(f"S0{n}", 1, 1, f"S0{(n - 1) % 5};S0{(n + 1) % 5}") for n in range(5)])


@pytest.mark.parametrize(
    ("table", "fewest"), [(TWO_ROOMS, 4), (CHAIN, 4), (TRIANGLE, 2), (RING, 2)]
)
def test_the_lower_bound_is_the_one_worked_out_by_hand(table, fewest):
    assert fewest_people(table) == fewest


@pytest.mark.parametrize("table", [TWO_ROOMS, CHAIN, TRIANGLE])
def test_the_lower_bound_is_the_true_minimum(table):
    assert fewest_people(table) == fewest_by_trying(table)


def test_a_ring_of_five_needs_one_more_than_the_bound_says():
    assert fewest_people(RING) == 2
    assert fewest_by_trying(RING) == head_count(seats(RING, overlaps=True)) == 3


def test_groups_set_apart_share_no_line():
    graph = overlap_graph(RING)
    assert not [pair for pair in itertools.combinations(apart(RING), 2) if graph.has_edge(*pair)]


def test_an_overlap_can_only_lower_the_bound():
    alone = CHAIN.assign(may_overlap_with="")
    assert fewest_people(alone) == 8 > fewest_people(CHAIN)


def test_one_open_group_leaves_no_upper_bound():
    assert most_people(TWO_ROOMS) is None
    assert most_people(CHAIN) == 8


def test_a_line_to_a_group_outside_the_table_does_not_count():
    assert list(overlap_graph(groups(("S01", 2, 2, "S02;S99"), ("S02", 1, 1, "S01"))).edges) == [
        ("S01", "S02")
    ]


def test_a_recording_is_not_counted_as_people():
    with pytest.raises(ValueError, match="S04 has no n_min"):
        fewest_people(groups(("S04", None, None, "")))


@pytest.mark.parametrize("table", [TWO_ROOMS, CHAIN, TRIANGLE, RING])
@pytest.mark.parametrize("overlaps", [True, False])
def test_everybody_has_a_seat_and_nobody_sits_in_groups_kept_apart(table, overlaps):
    places, graph = seats(table, overlaps=overlaps), overlap_graph(table)
    for name, size in graph.nodes(data="weight"):
        assert len(set(places[name])) == size
    for one, other in itertools.combinations(places, 2):
        if not (overlaps and graph.has_edge(one, other)):
            assert not set(places[one]) & set(places[other])


def test_institutions_come_only_on_request():
    sources = load("sources")
    assert set(unnamed(sources)["naming"]) == {"CONFIDENTIAL", "UNIDENTIFIED"}
    also = unnamed(sources, institutions=True)
    assert set(also["naming"]) == {"CONFIDENTIAL", "UNIDENTIFIED", "INSTITUTION"}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("institutions", [True, False])
def test_in_both_cases_the_bound_can_be_reached(case, institutions):
    table = unnamed(load("sources", case), institutions=institutions)
    assert head_count(seats(table, overlaps=True)) == fewest_people(table)
    assert head_count(seats(table, overlaps=False)) == table["n_min"].sum()


def test_bounds_by_side_treats_a_missing_side_as_one():
    table = bounds_by(CHAIN.assign(side=["A", "A", ""]), "side")
    assert table.to_dict("index") == {
        "none stated": {"groups": 1, "added up": 2, "fewest": 2},
        "A": {"groups": 2, "added up": 6, "fewest": 4},
    }


def test_the_bars_have_a_box_for_every_person_in_every_group():
    fig = people_bars(CHAIN, "Bars")
    assert [len(panel.patches) for panel in fig.axes] == [8, 8]
    assert "8 people" in fig.axes[0].get_title("left") and "4 people" in fig.axes[1].get_title(
        "left"
    )
    plt.close(fig)


def test_the_picture_names_every_group_with_its_size_and_label():
    labels = ["two cooks", "four people of the kitchen", "two guests"]
    fig = overlap_picture(CHAIN.assign(label=labels), "Picture")
    told = {text.get_text() for text in fig.axes[0].texts}
    assert told == {"S11\n2", "S14\n4", "S15\n2", *labels}
    plt.close(fig)


# The report's attributions, counted the way of the baseline.


def test_every_source_of_an_attribution_speaks_in_that_paragraph():
    known = load("sources").set_index("source_id")["paragraphs"].str.split(";")
    for row in load("attributions").itertuples():
        for source in filter(None, row.source_id.split(";")):
            assert str(row.paragraph) in known[source], row.attribution_id


def test_every_group_of_the_report_has_an_attribution():
    told = {s for row in load("attributions")["source_id"] for s in row.split(";")}
    wanted = set(load("sources")["source_id"]) - {"S00", "S14"}  # S14 is nested in S15's
    assert wanted <= told


def test_attributions_stand_in_the_order_of_the_text():
    table = load("attributions")
    places = list(zip(table["paragraph"], table["sentence"], strict=True))
    assert places == sorted(places)
    assert not (table.loc[table["source_kind"] == "no_source_stated", "source_id"] != "").any()


@pytest.mark.parametrize("given", [{"S01", "S02"}, ["S01"], load("sources")["n_min"]])
def test_ids_or_a_column_in_place_of_a_table_are_refused_in_words(given):
    with pytest.raises(TypeError, match="rows of the table sources, with all their columns, not a"):
        fewest_people(given)


def test_a_table_that_lacks_a_column_is_refused_in_words():
    groups = load("sources")[["source_id", "n_min"]]
    with pytest.raises(ValueError, match=r"lacks the column may_overlap_with\. Keep all columns"):
        fewest_people(groups)
