"""The detector of hedges, and the measures of how well it does."""

import importlib.util
import math
import os
from pathlib import Path

import pandas as pd
import pytest

from casebook import cues
from casebook.data import CASES, DATA, load
from casebook.practice import practice_text
from casebook.text import words

HEDGES = ["may", "unlikely", "not unlikely", "so far", "about"]


def found(text, listed=HEDGES):
    return [cue.cue for cue in cues.find_cues(text, listed)]


# Finding


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It MAY rain.", ["may"]),
        ("Maybe the mayor came in mayonnaise.", []),
        ("It is not unlikely.", ["not unlikely"]),
        ("It is unlikely, not unlikely.", ["unlikely", "not unlikely"]),
        ("So far, so good; so far away.", ["so far", "so far"]),
        ("So", []),
        ("It ends with so", []),
        ("may", ["may"]),
        ("“May”—may?", ["may", "may"]),
        ("about-face", []),
        ("", []),
        ("… ! 42 %", []),
    ],
)
def test_whole_words_are_found_and_the_longest_cue_wins(text, wanted):
    assert found(text) == wanted


def test_a_cue_says_where_it_stands():
    text = "So it is, they said, NOT  unlikely."
    (cue,) = cues.find_cues(text, HEDGES)
    assert text[cue.start : cue.end] == "NOT  unlikely"


def test_an_empty_list_and_empty_cues_find_nothing():
    assert found("It may rain.", []) == []
    assert found("It may rain.", ["", "  ", "…"]) == []


def test_a_longer_cue_does_not_hide_what_follows_it():
    assert found("not unlikely may so far", HEDGES) == ["not unlikely", "may", "so far"]


def test_the_detector_counts_each_list_in_each_sentence():
    texts = {(1, 1): "It may, it may.", (1, 2): "She said so.", (3, 1): ""}
    table = cues.run_detector(texts, {"hedges": iter(["may"]), "reporting": ["said"]})
    assert table.to_dict("list") == {
        "paragraph": [1, 1, 3],
        "sentence": [1, 2, 1],
        "hedges": [2, 0, 0],
        "reporting": [0, 1, 0],
    }


def test_a_text_without_sentences_gives_an_empty_table_with_its_columns():
    assert cues.number_sentences(" \n\n ") == {}
    assert [*cues.run_detector({}, {"hedges": ["may"]})] == ["paragraph", "sentence", "hedges"]


def test_sentences_are_numbered_by_paragraph():
    texts = cues.number_sentences("One. “Two?” she said.\n\nThree.")
    assert texts == {(1, 1): "One.", (1, 2): "“Two?” she said.", (2, 1): "Three."}
    assert cues.practice_sentences()[5, 2] == "Someone inside the waterworks had given it to them."


# What our coding says


def claims(*rows):
    columns = ["paragraph", "sentence", "cue_min", "hedge_type", "kind", "source_id"]
    return pd.DataFrame(rows, columns=columns)


CODED = claims(
    (1, 1, "", "NONE", "EVENT", "S00"),
    (1, 1, "may | about", "EPIST_MODAL+QUANT", "EVENT", "S01"),
    (1, 2, "surely", "BOOSTER", "MOTIVE", "S00"),
    (2, 1, "", "NONE", "OPEN", "S00"),
    (2, 2, "surely | About", "BOOSTER+QUANT", "EVENT", "S02"),
)


def test_a_booster_alone_is_no_hedge_and_an_open_question_is_one():
    assert cues.is_hedged(CODED).tolist() == [False, True, False, True, True]


def test_one_claim_is_enough_for_a_sentence_and_one_without_claims_is_plain():
    places = pd.DataFrame({"paragraph": [2, 1, 1, 9], "sentence": [1, 2, 1, 9]})
    gold = cues.by_sentence(CODED, places.astype("Int64"))
    assert gold["hedged"].tolist() == [True, False, True, False]
    assert gold["attributed"].tolist() == [False, False, True, False]
    assert gold["hedged"].dtype == bool
    assert gold["paragraph"].tolist() == [2, 1, 1, 9]


def test_the_tuned_list_has_each_hedge_once_and_nothing_empty():
    assert cues.gold_cues(CODED.iloc[:4]) == ["about", "may"]


# Measuring: 3 hits, 1 false alarm, 2 misses, 4 right silences, by hand

GOLD = [True] * 5 + [False] * 5
SAID = [True] * 3 + [False] * 2 + [True] + [False] * 4


def test_known_values():
    assert cues.count(GOLD, SAID) == (3, 1, 2, 4)
    assert cues.precision(GOLD, SAID) == 3 / 4
    assert cues.recall(GOLD, SAID) == 3 / 5
    assert cues.f1(GOLD, SAID) == pytest.approx(6 / 9)
    assert cues.kappa(GOLD, SAID) == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert list(cues.scores(GOLD, SAID)) == ["precision", "recall", "F1", "kappa"]


def test_always_plain_has_no_precision_no_recall_and_no_kappa():
    never = [False] * 10
    assert math.isnan(cues.precision(GOLD, never))
    assert cues.recall(GOLD, never) == cues.f1(GOLD, never) == cues.kappa(GOLD, never) == 0


def test_nothing_to_find_and_nothing_said_is_not_a_score():
    never = [False] * 10
    assert math.isnan(cues.recall(never, SAID))
    assert math.isnan(cues.f1(never, never)) and math.isnan(cues.kappa(never, never))
    assert cues.f1(never, SAID) == 0


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError):
        cues.f1(GOLD, SAID[:-1])


def test_series_with_any_index_and_missing_free_booleans_are_read():
    gold = pd.Series(GOLD, index=range(100, 110))
    assert cues.f1(gold, pd.Series(SAID, dtype="boolean")) == cues.f1(GOLD, SAID)


# Intervals


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    first = cues.bootstrap(GOLD, SAID, seed=1, draws=200)
    assert first == cues.bootstrap(GOLD, SAID, seed=1, draws=200)
    assert first != cues.bootstrap(GOLD, SAID, seed=2, draws=200)


def test_the_interval_holds_the_value_and_narrows_with_more_sentences():
    low, high = cues.bootstrap(GOLD, SAID, draws=500)
    many_low, many_high = cues.bootstrap(GOLD * 20, SAID * 20, draws=500)
    assert 0 <= low < cues.f1(GOLD, SAID) < high <= 1
    assert many_high - many_low < (high - low) / 2


def test_the_interval_of_a_share_is_near_the_textbook_one():
    """40 of 100: the normal approximation gives 0.40 plus or minus 1.96 * 0.049."""
    gold, said = [True] * 100, [True] * 40 + [False] * 60
    low, high = cues.bootstrap(gold, said, cues.recall, draws=4000)
    assert low == pytest.approx(0.304, abs=0.02) and high == pytest.approx(0.496, abs=0.02)


def test_a_measure_that_never_exists_has_no_interval():
    never = [False] * 10
    assert all(math.isnan(end) for end in cues.bootstrap(GOLD, never, cues.precision, draws=20))
    with pytest.raises(ValueError, match="no sentences"):
        cues.bootstrap([], [])


# The lists and the tables made with them


def test_the_hedges_have_the_codebook_s_types_and_reporting_words_are_not_among_them():
    lexicon = load("hedges")
    assert set(lexicon["hedge_type"]) == set(labels_of_hedges())
    assert not {"said", "says", "according to"} & set(lexicon["cue"])
    assert "according to" in set(load("reporting_verbs")["verb"])


def labels_of_hedges():
    codes = set(
        "+".join(pd.concat([load("claims", case) for case in CASES])["hedge_type"]).split("+")
    )
    return codes - {"NONE"}


@pytest.mark.parametrize(("table", "column"), [("hedges", "cue"), ("reporting_verbs", "verb")])
def test_every_entry_can_be_found_and_is_written_plainly(table, column):
    for cue in load(table)[column]:
        assert cue == cue.lower().strip()
        assert [found.cue for found in cues.find_cues(f"x {cue} y", [cue])] == [cue]


def test_the_tables_hold_counts_and_no_words():
    for case in CASES:
        table = load("detector", case)
        assert [*table.select_dtypes(exclude="number")] == ["hedge_types"]
        types = {part for cell in table["hedge_types"] for part in cell.split("+")} - {""}
        assert types <= labels_of_hedges() - {"BOOSTER"}
        assert ((table["hedges"] > 0) == (table["hedge_types"] != "")).all()


@pytest.mark.parametrize("case", CASES)
def test_every_coded_sentence_is_in_the_table(case):
    table, coded = load("detector", case), load("claims", case)
    places = set(zip(table["paragraph"], table["sentence"], strict=True))
    assert set(zip(coded["paragraph"], coded["sentence"], strict=True)) <= places
    assert len(places) == len(table)


def make_csv(root, article=None):
    spec = importlib.util.spec_from_file_location("tool", root / "tools" / "make_detector.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool.make_csv(article)


def test_the_dispatch_s_table_is_what_the_tool_makes(root):
    assert make_csv(root) == (DATA / "practice" / "detector.csv").read_text("utf-8")


def test_the_report_s_table_is_what_the_tool_makes(root):
    if "WHO_SAYS_SO_ARTICLE" not in os.environ:
        pytest.skip("only the text that was coded makes the same table: WHO_SAYS_SO_ARTICLE")
    made = make_csv(root, Path(os.environ["WHO_SAYS_SO_ARTICLE"]))
    assert made == (DATA / "article" / "detector.csv").read_text("utf-8")


def test_the_list_was_written_beside_the_dispatch_and_not_from_the_report_s_cues():
    """Most hedges of the dispatch are on the list; cues that only the report has mostly are not."""
    listed = {tuple(word.plain for word in words(cue)) for cue in load("hedges")["cue"]}

    def share(names):
        plain = {tuple(word.plain for word in words(cue)) for cue in names}
        return len(plain & listed) / len(plain)

    dispatch = set(cues.gold_cues(load("claims", "practice")))
    assert share(dispatch) > 0.7
    assert share(set(cues.gold_cues(load("claims"))) - dispatch) < 0.5


def test_the_dispatch_without_headline_is_what_is_searched():
    text = " ".join(cues.practice_sentences().values())
    assert practice_text()[1] in text and practice_text()[0].split("\n")[1] not in text
