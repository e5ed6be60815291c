"""The simulator: drawn, enumerated and worked out by Bayes, three ways that must agree."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from casebook.simulator import (
    VOICES,
    WORLDS,
    World,
    brier,
    calibration,
    dependency_aware,
    enumerate_world,
    head_counting,
    name_counting,
    readings,
    simulate,
    standard_error,
)

# Every parameter differs from its default and from every other, so none can stand for another.
CROWDED = World(
    prior=0.3,
    sources=3,
    access=0.8,
    origins=2,
    origin_access=0.65,
    sharing=0.55,
    party=0.35,
    lean=-0.6,
    heard=0.75,
    named_seen=0.15,
    named_repeats=0.45,
    named_party=0.85,
    hedge_seen=0.1,
    hedge_unseen=0.7,
)
SMALL = {
    "crowded": CROWDED,
    "one source": World(sources=1),
    "suits yes": replace(CROWDED, lean=0.9, origins=1),
    **{name: replace(world, sources=3) for name, world in WORLDS.items()},
}
N = 300_000
ERRORS = 4.5  # standard errors; the draws are fixed by a seed, so this fails for a bug, not luck


def dispatch(hedged=False, times=1, true=0, **voices):
    """A table of one kind of dispatch."""
    row = {**dict.fromkeys(VOICES, 0), **voices, "hedged": hedged, "times": times, "true": true}
    return pd.DataFrame([row])


@pytest.mark.parametrize("world", SMALL.values(), ids=SMALL)
def test_simulated_scores_are_the_exact_ones_within_chance(world):
    drawn, exact = simulate(world, N, seed=6), enumerate_world(world)
    for name, forecast in readings(exact, world).items():
        off = brier(drawn, readings(drawn, world)[name]) - brier(exact, forecast)
        assert abs(off) <= ERRORS * standard_error(exact, forecast) / math.sqrt(N), name


@pytest.mark.parametrize("world", SMALL.values(), ids=SMALL)
def test_each_kind_of_dispatch_comes_as_often_as_enumeration_says(world):
    drawn, exact = simulate(world, N, seed=7), enumerate_world(world)
    both = exact.merge(drawn, on=[*VOICES, "hedged"], how="outer", suffixes=("", "_drawn"))
    assert both["times"].notna().all(), "drawn, but impossible by enumeration"
    for column in ("times", "true"):
        p, drawn_share = both[column], both[f"{column}_drawn"].fillna(0) / N
        # Many rows are looked at, so a little wider; one dispatch of slack for the rarest rows.
        assert (abs(drawn_share - p) <= 5.5 * np.sqrt(p * (1 - p) / N) + 1 / N).all()


@pytest.mark.parametrize("world", SMALL.values(), ids=SMALL)
def test_the_dependency_aware_reader_finds_the_enumerated_share_of_yes(world):
    exact = enumerate_world(world)
    assert exact["times"].sum() == pytest.approx(1)
    assert dependency_aware(exact, world) == pytest.approx(exact["true"] / exact["times"])


def test_one_origin_is_one_witness_however_many_repeat_it():
    world = World(sharing=1.0, origin_access=0.7)
    for number in (1, 2, 6):
        assert dependency_aware(dispatch(named_for=number), world) == pytest.approx([0.7])
    assert head_counting(dispatch(named_for=2), world) == pytest.approx([49 / 58])


def test_where_everybody_looked_head_counting_is_bayes():
    table = simulate(WORLDS["independent"], 20_000, seed=1)
    by_head, by_name, aware = readings(table, WORLDS["independent"]).values()
    assert aware == pytest.approx(by_head)
    assert brier(table, by_name) > brier(table, by_head)


def test_an_interested_voice_counts_less_for_its_interest_than_against_it():
    world = World(party=0.4, lean=0.8)
    suits = dependency_aware(dispatch(party_named_for=1), world)[0]
    against_interest = dependency_aware(dispatch(party_named_against=1), world)[0]
    plain = dependency_aware(dispatch(named_against=1), world)[0]
    assert 0.5 < suits < 0.55
    assert against_interest == pytest.approx(plain)
    assert dependency_aware(dispatch(party_named_against=1), replace(world, lean=-0.8))[0] > 0.45


def test_a_hedge_tells_something_only_if_the_reporter_hedges_for_a_reason():
    sure, hedged = dispatch(unnamed_for=3), dispatch(unnamed_for=3, hedged=True)
    world = World(sharing=0.6)
    assert dependency_aware(sure, world) == pytest.approx(dependency_aware(hedged, world))
    careful = replace(world, hedge_seen=0.1, hedge_unseen=0.9)
    assert dependency_aware(sure, careful) > dependency_aware(hedged, careful)


def test_name_counting_sees_names_only():
    table = dispatch(named_for=1, unnamed_against=3, party_named_for=1, party_unnamed_against=2)
    assert name_counting(table, World()) == pytest.approx([49 / 58])
    assert head_counting(table, World()) == pytest.approx([1 / (1 + (7 / 3) ** 3)])


def test_names_help_in_one_world_and_mislead_in_another():
    helped, misled = (
        {name: brier(table, forecast) for name, forecast in readings(table, world).items()}
        for world in (WORLDS["names help"], WORLDS["names mislead"])
        for table in [simulate(world, 50_000, seed=2)]
    )
    assert helped["dependency-aware"] < helped["name-counting"] < helped["head-counting"]
    assert misled["dependency-aware"] < misled["head-counting"] < 0.25 < misled["name-counting"]


def test_who_assumes_the_wrong_world_does_worse_than_who_knows_it():
    world = WORLDS["echo"]
    table = simulate(world, 50_000, seed=3)
    scores = {
        sharing: brier(table, dependency_aware(table, replace(world, sharing=sharing)))
        for sharing in (0.0, 0.5, 0.8, 0.99)
    }
    assert min(scores, key=scores.get) == 0.8
    assert scores[0.0] > scores[0.5]
    assert scores[0.0] == pytest.approx(brier(table, head_counting(table, world)))


@pytest.mark.parametrize("chunk", [1, 7, 999, 10_000])
def test_the_chunk_does_not_matter(chunk):
    whole = simulate(CROWDED, 1_000, seed=5)
    pd.testing.assert_frame_equal(simulate(CROWDED, 1_000, seed=5, chunk=chunk), whole)


def test_the_seed_does():
    first, again, other = (simulate(CROWDED, 1_000, seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_the_table_says_what_it_counts():
    table = simulate(replace(CROWDED, sources=12), 5_000)
    assert table["times"].sum() == 5_000
    assert (table["true"] <= table["times"]).all()
    assert table[VOICES].sum(axis=1).between(0, 12).all()
    assert not table.duplicated([*VOICES, "hedged"]).any()
    assert (table[VOICES].max() > 0).all()


def test_brier_and_its_error_by_hand():
    table = dispatch(times=4, true=3)
    assert brier(table, np.array([0.8])) == pytest.approx((3 * 0.04 + 0.64) / 4)
    spread = np.std([0.04, 0.04, 0.04, 0.64])
    assert standard_error(table, np.array([0.8])) == pytest.approx(spread / 2)
    assert standard_error(table, np.array([0.5])) == 0


def test_calibration_by_hand():
    kinds = [(4, 1), (6, 3), (10, 10), (5, 5)]
    table = pd.concat([dispatch(times=times, true=true) for times, true in kinds])
    curve = calibration(table, np.array([0.3, 0.3 - 1e-13, 1.0, 0.95]))
    assert curve["n"].tolist() == [10, 15]
    assert curve["share_true"].tolist() == [0.4, 1.0]
    assert curve["forecast"].tolist() == pytest.approx([0.3, 14.75 / 15])


def test_who_knows_the_world_is_calibrated():
    table = simulate(CROWDED, N, seed=8)
    curve = calibration(table, dependency_aware(table, CROWDED))
    error = np.sqrt(curve["forecast"] * (1 - curve["forecast"]) / curve["n"])
    assert (abs(curve["share_true"] - curve["forecast"]) <= ERRORS * error).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prior", 0),
        ("prior", 1.0),
        ("access", 0.4),
        ("access", 1),
        ("sharing", -0.1),
        ("heard", "often"),
        ("heard", True),
        ("party", float("nan")),
        ("lean", -1.5),
        ("sources", 0),
        ("sources", 13),
        ("sources", 2.0),
        ("origins", 0),
        ("hedge_seen", None),
    ],
)
def test_a_world_names_its_bad_value(name, value):
    with pytest.raises(ValueError, match=rf"World: {name} must be a .*number from .* to .*, not"):
        World(**{name: value})


def test_a_world_takes_numbers_of_numpy_and_the_limits():
    World(prior=np.float64(0.4), sources=np.int64(4), lean=-1, access=0.5, sharing=1, heard=0)


@pytest.mark.parametrize("bad", [{"n": 0}, {"n": 1e6}, {"n": -5}, {"chunk": 0}, {"n": True}])
def test_simulate_names_its_bad_value(bad):
    with pytest.raises(ValueError, match=f"simulate: {next(iter(bad))} must be a whole number"):
        simulate(World(), **bad)


@pytest.mark.parametrize("large", [{"sources": 4}, {"sources": 2, "origins": 3}])
def test_a_large_world_is_not_enumerated(large):
    with pytest.raises(ValueError, match=r"enumerate_world: .* at most .*; simulate larger"):
        enumerate_world(World(**large))


def test_an_assumed_world_that_cannot_be_is_named_with_the_row():
    table = pd.concat([dispatch(named_for=1), dispatch(party_named_for=1)], ignore_index=True)
    with pytest.raises(ValueError, match="never prints row 1 of the table"):
        dependency_aware(table, World(party=0))


@pytest.mark.parametrize("forecast", [[0.5], [0.5, 1.2], [0.5, float("nan")], [[0.5, 0.5]]])
def test_a_forecast_that_is_none_is_refused(forecast):
    table = pd.concat([dispatch(), dispatch(hedged=True)])
    for score in (brier, standard_error, calibration):
        with pytest.raises(ValueError, match="one number from 0 to 1 for each of the 2 rows"):
            score(table, forecast)


def test_a_world_in_which_nobody_is_heard_leaves_the_prior():
    world = World(heard=0, prior=0.2)
    table = simulate(world, 100)
    for forecast in readings(table, world).values():
        assert forecast == pytest.approx([0.2] * len(table))
