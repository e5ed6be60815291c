"""The tables are what the data package says, and what the codebook allows."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from frictionless import Package

from casebook.codebook import alternatives, problems
from casebook.data import CASES, DATA, load, tables

RESOURCES = json.loads((DATA / "datapackage.json").read_text("utf-8"))["resources"]


@pytest.fixture(scope="module")
def report():
    return Package(str(DATA / "datapackage.json")).validate()


@pytest.mark.parametrize("number", range(len(RESOURCES)), ids=[r["name"] for r in RESOURCES])
def test_table_is_as_its_schema_says(report, number):
    task = report.tasks[number]
    assert task.valid, task.flatten(["rowNumber", "fieldName", "message"])[:5]


def test_every_table_in_data_is_described():
    described = {resource["path"] for resource in RESOURCES}
    assert described == {p.relative_to(DATA).as_posix() for p in DATA.rglob("*.csv")}


@pytest.mark.parametrize("resource", RESOURCES, ids=[r["name"] for r in RESOURCES])
def test_every_table_has_title_source_and_licence(resource):
    assert resource["title"] and resource["description"].endswith(".") and resource["sources"]
    assert resource.get("licenses") or "licence" in resource["description"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("table", ["claims", "headline"])
def test_the_codes_keep_the_codebook(case, table):
    assert problems(load(table, case), load("sources", case)) == []


@pytest.mark.parametrize("case", CASES)
def test_claims_stand_in_the_order_of_the_text(case):
    claims = load("claims", case)
    places = list(zip(claims["paragraph"], claims["sentence"], strict=True))
    assert places == sorted(places)


@pytest.mark.parametrize("case", CASES)
def test_a_repeated_proposition_is_worded_the_same(case):
    claims = load("claims", case)
    assert claims.groupby("prop_id")["proposition"].nunique().max() == 1


@pytest.mark.parametrize("case", CASES)
def test_every_source_speaks_where_the_sources_table_says(case):
    claims = pd.concat([load("claims", case), load("headline", case)])
    for source in load("sources", case).to_dict("records"):
        rows = claims[claims["source_id"] == source["source_id"]]
        listed = {int(n) for n in source["paragraphs"].split(";")}
        spoken = set(rows["paragraph"]) - {0}
        assert spoken == listed - {0}, source["source_id"]
        assert source["first_paragraph"] == min(listed)


@pytest.mark.parametrize("case", CASES)
def test_overlap_is_mutual_and_has_a_reason(case):
    sources = load("sources", case).set_index("source_id")
    others = {
        name: set(filter(None, row.split(";"))) for name, row in sources["may_overlap_with"].items()
    }
    for name, overlaps in others.items():
        assert bool(overlaps) == bool(sources.loc[name, "overlap_reason"]), name
        assert all(name in others[other] for other in overlaps), name


@pytest.mark.parametrize("case", CASES)
def test_every_side_is_a_party_and_every_party_is_complete(case):
    actors = load("actors", case)
    sides = set(load("sources", case)["side"]) - {""}
    assert sides <= set(actors["actor_id"])
    assert (actors.drop(columns="note") != "").all(axis=None)
    assert (
        actors.drop(columns=["actor_id", "note"]).map(lambda text: len(text.split())).max(axis=None)
        <= 20
    )


def test_the_two_codings_cover_every_settled_claim():
    settled = set(load("claims")["claim_id"]) | set(load("headline")["claim_id"])
    coded = set(load("claims_coder_a")["claim_id"]) & set(load("claims_coder_b")["claim_id"])
    added = {"C201", "C202", "C203"}  # units that one coder added: see decisions.md
    assert settled - coded == added


def test_alternatives_read_as_written():
    assert alternatives("kind=EVENT|MOTIVE;certainty=2") == {
        "kind": ["EVENT", "MOTIVE"],
        "certainty": ["2"],
    }
    assert alternatives("") == {}


def test_types_are_those_a_student_needs():
    claims = load("claims")
    assert (claims["certainty"] >= 3).sum() > 0
    assert list(claims["certainty"].cat.categories) == [0, 1, 2, 3, 4]
    assert str(claims["n_max"].dtype) == "Int64"
    assert claims.loc[claims["source_id"] == "S00", "n_min"].isna().all()
    assert claims["cue_min"].isna().sum() == 0
    assert str(load("tolls")["as_of"].dtype).startswith("datetime64")


def test_an_unknown_table_lists_the_known_ones_and_the_nearest():
    with pytest.raises(
        LookupError, match=r'Did you mean "claims"\?.*Known: .*later_record'
    ) as error:
        load("clams")
    assert "practice" not in str(error.value)


def test_an_unknown_case_lists_the_known_ones():
    with pytest.raises(LookupError, match="Known: article, practice"):
        load("claims", "novel")


def test_practice_tables_are_not_offered_for_what_only_the_article_has():
    assert "drift" in tables("article") and "drift" not in tables("practice")
    assert "spans" in tables("practice") and "admiralty" in tables("practice")


def test_agreement_is_that_of_the_two_codings(root, tmp_path):
    """Drift: data/article/agreement.csv is generated from the two coders' tables."""
    fresh = tmp_path / "agreement.csv"
    subprocess.run([sys.executable, root / "tools" / "make_agreement.py", fresh], check=True)
    assert fresh.read_text("utf-8") == (DATA / "article" / "agreement.csv").read_text("utf-8")
