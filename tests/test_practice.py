"""The practice dispatch and its gold codes hang together, word by word."""

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
PRACTICE = ROOT / "data" / "practice"
TRUTH = ROOT / "exercises" / "solutions" / "practice_truth.csv"
DISPATCH = (PRACTICE / "dispatch.md").read_bytes().decode("utf-8")

HEDGES = {
    "EPIST_MODAL",
    "EPIST_LEX",
    "QUANT",
    "SCOPE",
    "NEG_EVID",
    "LITOTES",
    "HINDSIGHT",
    "ATTRIB",
    "CONCESSIVE",
    "BOOSTER",
}
LABELS = {
    "source_type": {
        "AUTHOR",
        "NAMED_OFFICIAL",
        "UNNAMED_OFFICIAL",
        "UNNAMED_INSIDER",
        "UNNAMED_PARTICIPANT",
        "EXPERT",
        "EXPERT_UNNAMED",
        "INSTITUTION",
        "PUBLIC_STATEMENT",
        "RECORDING",
        "DETAINEE_VIA_OFFICIAL",
    },
    "kind": {
        "EVENT",
        "BACKGROUND",
        "MOTIVE",
        "CAUSAL",
        "EVALUATION",
        "PREDICTION",
        "EVIDENCE_STATE",
        "OPEN",
        "SOURCING",
    },
    "naming": {"NAMED", "CONFIDENTIAL", "UNIDENTIFIED", "INSTITUTION", "NA"},
    "proximity": {
        "DIRECT",
        "OWN_STATE",
        "INSTITUTIONAL",
        "INSIDER_UNSPEC",
        "BRIEFED",
        "RELAYED",
        "ANALYST",
        "ARTEFACT",
        "NONE",
    },
    "verif_status": {
        "UNSTATED",
        "NV_EXPLICIT",
        "NV_SCOPE",
        "CONTESTED_IN_TEXT",
        "CORROB_IN_TEXT",
        "SELF_REVIEWED",
        "PUBLIC_RECORD",
        "UNKNOWABLE_NOW",
    },
    "author_stance": {"OWN", "NEUTRAL", "LEANS+", "LEANS-", "DISCLAIMS"},
    "incentive": {"FOR", "AGAINST", "MIXED", "UNCLEAR", "NA"},
    "certainty": {"0", "1", "2", "3", "4"},
    "nv_reach": {"0", "1", "2", "3"},
    "quote": {"Y", "P", "N"},
}


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


BODY = table(PRACTICE / "claims.csv")
HEADLINE = table(PRACTICE / "headline.csv")
ROWS = pd.concat([BODY, HEADLINE], ignore_index=True)
SOURCES = table(PRACTICE / "sources.csv")
SPANS = table(PRACTICE / "spans.csv").astype({"start": int, "end": int})


def paragraph_bounds() -> dict[int, tuple[int, int]]:
    """Body paragraphs from 1; headline and deck together are 0; the credit is left out."""
    blocks = [m.span() for m in re.finditer(r"\S[^\n]*", DISPATCH)]
    return {0: (blocks[0][0], blocks[1][1])} | dict(enumerate(blocks[2:-1], 1))


def spans_of(claim_id: str, kind: str) -> pd.DataFrame:
    return SPANS[(SPANS.claim_id == claim_id) & (SPANS.kind == kind)]


def test_every_slice_is_its_text():
    assert [DISPATCH[a:b] for a, b in zip(SPANS.start, SPANS.end, strict=True)] == list(SPANS.text)
    assert set(SPANS.kind) == {"cue", "source", "content", "attr_cue"}


def test_spans_lie_in_the_paragraph_of_their_claim_on_word_borders():
    bounds, where = paragraph_bounds(), dict(zip(ROWS.claim_id, ROWS.paragraph, strict=True))
    for span in SPANS.itertuples():
        low, high = bounds[int(where[span.claim_id])]
        assert low <= span.start < span.end <= high, span
        assert not re.search(r"\w\w", DISPATCH[span.start - 1 : span.start + 1]), span
        assert not re.search(r"\w\w", DISPATCH[span.end - 1 : span.end + 1]), span


@pytest.mark.parametrize("row", ROWS.to_dict("records"), ids=lambda row: row["claim_id"])
def test_each_claim_has_the_spans_its_codes_promise(row):
    claim_id = row["claim_id"]
    attributed = row["source_id"] != "S00"
    assert len(spans_of(claim_id, "content"))
    assert bool(len(spans_of(claim_id, "source"))) == attributed
    assert bool(len(spans_of(claim_id, "attr_cue"))) == attributed
    assert " | ".join(spans_of(claim_id, "cue").text) == row["cue_min"]
    assert bool(row["cue_min"]) == (row["hedge_type"] != "NONE")
    assert bool(row["reason_for"] and row["reason_against"]) == attributed


@pytest.mark.parametrize("column", LABELS)
def test_every_label_is_met_and_no_other(column):
    assert set(BODY[column]) == LABELS[column]


def test_every_hedge_type_is_met():
    used = {label for cell in BODY.hedge_type for label in cell.split("+")}
    assert used == HEDGES | {"NONE"}


def test_one_proposition_has_one_wording_and_one_truth():
    assert (ROWS.groupby("prop_id").proposition.nunique() == 1).all()
    truth = table(TRUTH)
    assert truth.prop_id.is_unique
    assert set(truth.prop_id) == set(ROWS.prop_id)
    assert set(truth.happened) == {"yes", "no", "partly"}


def test_a_source_group_is_the_same_in_every_row():
    columns = ["source_id", "source_type", "naming", "n_min", "n_max"]
    joined = ROWS.merge(SOURCES, on=columns, how="left", indicator=True)
    assert (joined["_merge"] == "both").all()
    for row in SOURCES.itertuples():
        quoted = sorted(BODY[BODY.source_id == row.source_id].paragraph.astype(int).unique())
        assert row.paragraphs == ";".join(map(str, quoted))
        assert row.first_paragraph == str(quoted[0])
        assert bool(row.reason_for_anonymity) == (row.naming == "CONFIDENTIAL")
    overlaps = {
        (row.source_id, other)
        for row in SOURCES.itertuples()
        for other in row.may_overlap_with.split(";")
        if other
    }
    assert overlaps == {(b, a) for a, b in overlaps}


def test_length_and_shape():
    words = [word for word in DISPATCH.split() if re.search(r"\w", word)]
    assert 850 <= len(words) <= 950
    assert 22 <= len(paragraph_bounds()) - 1 <= 30
    assert DISPATCH.startswith("# ") and "\r" not in DISPATCH


def test_the_headline_is_surer_than_the_body():
    headline = HEADLINE[HEADLINE.claim_id == "DH01"].iloc[0]
    body = BODY[BODY.prop_id == headline.prop_id]
    assert len(body)
    assert (body.certainty < headline.certainty).all()
    assert headline.hedge_type == "NONE" and (body.hedge_type != "NONE").all()


def test_actors_share_one_template():
    actors = table(PRACTICE / "actors.csv")
    assert {"REPORTERS", "NEWSPAPER", "READER", "COUNCIL", "FLEET"} <= set(actors.actor_id)
    assert actors.map(lambda cell: 1 <= len(cell.split()) <= 20).all(axis=None)
