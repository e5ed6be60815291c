"""A reader's own codes: read, compared with ours, and explained by the log."""

import pytest

from casebook.adjudication import (
    compare,
    decisions,
    phrases,
    practice_marks,
    read_codes,
    rules,
)
from casebook.codebook import labels
from casebook.cues import practice_sentences
from casebook.data import load
from casebook.word_marker import word_marker

IDS = ["C001", "C002", "C003", "C004"]


def read(text):
    return read_codes(text, IDS, "kind")


def test_the_rules_of_a_column_are_its_own_and_name_every_label():
    text = rules("kind")
    assert all(f"`{label}`" in text for label in labels("kind"))
    assert "#" not in text and "presupposed" not in text


def test_a_column_that_the_codebook_does_not_have_is_named():
    with pytest.raises(LookupError, match='no section on "mood"'):
        rules("mood")


def test_a_column_without_labels_cannot_be_read():
    with pytest.raises(LookupError, match="no list of labels"):
        read_codes("C001 ?", IDS, "proposition")


def test_codes_are_read_whatever_the_capitals_lines_and_order():
    codes = read("c003 evaluation\n\n  C001 EVENT C002 ?")
    assert codes == {"C001": "EVENT", "C002": None, "C003": "EVALUATION", "C004": None}
    assert list(codes) == IDS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("C001 EVNT", 'C001: "EVNT" is no label. Did you mean "EVENT"'),
        ("C001 42", 'C001: "42" is no label. Known'),
        ("C001 C002 EVENT", "C001 has no label"),
        ("C001 EVENT C002", "C002 has no label"),
        ("C001 EVENT C001 OPEN", "C001 stands there twice"),
        ("C099 EVENT", "C099 is not among the claims"),
        ("EVENT C001", '"EVENT" follows no claim'),
        ("C001 EVIDENCE STATE", '"EVIDENCE" is no label'),
        ("C001 EVENT or OPEN", '"or" follows no claim'),
        ("C001, EVENT", '"C001," follows no claim'),
    ],
)
def test_a_form_that_cannot_be_read_says_where_and_what(text, says):
    with pytest.raises(ValueError) as error:
        read(text)
    assert says in str(error.value)


def test_nothing_at_all_is_nothing_coded():
    assert set(read("").values()) == {None}


def test_a_label_is_the_same_accepted_or_different():
    claims = load("claims")
    codes = {"C022": "MOTIVE", "C088": "EVENT", "C003": "EVENT", "C016": None}
    table = compare(codes, claims, "kind").set_index("claim_id")
    assert table["verdict"].tolist() == ["same", "accepted", "differs", "not coded"]
    assert table.at["C022", "accepted"] == "EVENT or EVIDENCE_STATE"
    assert table.at["C016", "yours"] == "" and table.at["C016", "reference"] == "SOURCING"


def test_our_own_codes_are_all_the_same():
    claims = load("claims", "practice")
    codes = claims.set_index("claim_id")["kind"].to_dict()
    assert set(compare(codes, claims, "kind")["verdict"]) == {"same"}


def test_a_claim_that_is_not_in_the_table_is_an_error():
    with pytest.raises(KeyError):
        compare({"C999": "EVENT"}, load("claims"), "kind")


def test_the_log_is_found_by_claim_and_one_entry_at_a_time():
    (entry,) = decisions("C037")
    assert "including people who" in entry and "Attributions carried" not in entry
    assert "\n" not in entry


def test_a_claim_between_two_named_ones_is_found():
    assert decisions("C033") == decisions("C032")
    assert any("The planners" in entry for entry in decisions("C094"))


def test_and_does_not_mean_everything_between():
    assert not any("C030, C092 and C106" in entry for entry in decisions("C099"))


def test_a_claim_without_an_entry_and_a_part_of_a_name_have_none():
    assert decisions("C004") == [] and decisions("C0") == [] and decisions("") == []


def test_the_practice_log_is_its_own():
    assert any("this version" in entry.casefold() for entry in decisions("D063", "practice"))
    assert decisions("C037", "practice") == []
    with pytest.raises(LookupError, match='no case "other"'):
        decisions("C037", "other")


def test_phrases_are_divided_and_empty_ones_left_out():
    cells = {"hedge": " may |not  yet|", "source": "", "attribution": " | "}
    assert phrases(cells) == {"hedge": ["may", "not  yet"], "source": [], "attribution": []}


def test_a_phrase_that_is_misspelt_is_named():
    words = phrases({"hedge": "posibly"})
    with pytest.raises(ValueError, match="'posibly' does not stand in the sentence"):
        word_marker(practice_sentences()[8, 2], marks=words)


def test_our_marks_lie_on_their_words():
    sentence = practice_sentences()[8, 2]
    found = {(sentence[start:end], label) for start, end, label in practice_marks(sentence)}
    assert ("possibly", "hedge") in found and ("acknowledged", "attribution") in found
    assert ("Mira Stroud, who commands the port’s tug fleet", "source") in found


def test_a_booster_is_no_hedge():
    marks = practice_marks(practice_sentences()[12, 1])
    assert [label for _, _, label in marks] == ["attribution", "source"]


@pytest.mark.parametrize("text", ["", "Nobody wrote this."])
def test_a_sentence_from_elsewhere_has_no_marks(text):
    with pytest.raises(LookupError, match="no sentence of the practice dispatch"):
        practice_marks(text)
