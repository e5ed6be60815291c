"""A coding that breaks the codebook is told so: row, column, value, rule."""

import pytest

from casebook.codebook import labels, problems
from casebook.data import load

BREACHES = [
    ("reporters", "incentive", "FOR", 'incentive "FOR": a row of the reporters'),
    ("attributed", "reason_for", "", "reason_for is empty"),
    ("attributed", "author_stance", "OWN", 'author_stance "OWN"'),
    ("plain", "cue_min", "may", 'cue_min "may"'),
    ("plain", "certainty", 4, "certainty 4"),
    ("plain", "certainty", 2, "certainty 2: NONE"),
    ("open", "certainty", 3, "OPEN and 0 go together"),
    ("plain", "certainty", 0, "OPEN and 0 go together"),
    ("evidence", "event_value", "CT+", "for an EVIDENCE_STATE it is Uu"),
    ("reporters", "verif_status", "NV_SCOPE", "no reading of the disclaimer"),
    ("plain", "alt", "colour=red", 'alt "colour"'),
    ("plain", "alt", "kind=WEATHER", "no such label"),
    ("plain", "alt", "custody=N", "that is the code the row has"),
    ("attributed", "source_id", "S99", "no such row in sources"),
    ("attributed", "naming", "NAMED", "the group has"),
    ("attributed", "n_min", 40, "the group has"),
]


@pytest.fixture
def rows():
    """Positions of rows of the article of some kinds, by name."""
    claims = load("claims")
    own, plain = claims["source_id"] == "S00", claims["hedge_type"] == "NONE"
    unnamed = (claims["naming"] == "UNIDENTIFIED") & plain & (claims["kind"] == "EVENT")
    return {
        "reporters": claims.index[own & plain][0],
        "attributed": claims.index[unnamed][0],
        "plain": claims.index[plain & (claims["kind"] == "EVENT")][0],
        "open": claims.index[claims["kind"] == "OPEN"][0],
        "evidence": claims.index[claims["kind"] == "EVIDENCE_STATE"][0],
    }


@pytest.mark.parametrize(("row", "column", "value", "said"), BREACHES)
def test_a_breach_is_named(rows, row, column, value, said):
    claims = load("claims")
    claims.loc[rows[row], column] = value
    found = problems(claims, load("sources"))
    name = claims.loc[rows[row], "claim_id"]
    assert any(line.startswith(f"{name}, ") and said in line for line in found), found


def test_labels_of_a_free_column_are_refused():
    with pytest.raises(LookupError, match="verify_by"):
        labels("verify_by")
