"""What the tables that come from outside promise beyond their schemas."""

import json
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from urllib.parse import urlsplit

import pandas as pd
import pytest

from casebook.data import DATA, read_table, schema

FOLDERS = {"later_record": "article", "tolls": "article", "drift": "article"}
FOLDERS |= {"admiralty": "scales", "probability_words": "scales"}
FOLDERS |= {
    f"polnear_{name}": "baseline" for name in ("articles", "annotators", "cues", "unnamed_sources")
}

# Column with the source, column with the day, column with the level, table by table.
PROVENANCE = {
    "later_record": ("how_sourced", "date", "confirmed"),
    "tolls": ("source", "as_of", "confirmed"),
    "drift": ("outlet", "date", "confirmed"),
    "admiralty": ("source", "as_of", "confirmed"),
    "probability_words": ("source", "as_of", "status"),
}

# Forums, blogs, aggregators and archives of other people's texts: end of the host name.
NOT_PUBLISHERS = (
    "12ft.io",
    "archive.is",
    "archive.ph",
    "archive.today",
    "blogspot.com",
    "dnyuz.com",
    "headtopics.com",
    "jvarchive.com",
    "medium.com",
    "pastebin.com",
    "quora.com",
    "reddit.com",
    "scribd.com",
    "substack.com",
    "t.me",
    "thecoli.com",
    "wordpress.com",
)
# A copy of the report under any other host name still has its headline or slug in its path.
REPORT_IN_PATH = re.compile(r"brings-new-scrutiny|hamas-iran-israel-attack")


def table(name: str) -> pd.DataFrame:
    return read_table(DATA / FOLDERS[name] / f"{name}.csv", schema(f"schemas/{name}.json"))


def urls() -> Iterator[tuple[str, str]]:
    """(table, address) for each address in the tables of facts."""
    for name in PROVENANCE:
        for url in table(name)["url"]:
            if url:
                yield name, url


def is_copy(url: str) -> bool:
    """Whether an address is on a forum or an aggregator, or looks like a copy of the report."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if any(host == bad or host.endswith("." + bad) for bad in NOT_PUBLISHERS):
        return True
    return not host.endswith("nytimes.com") and bool(REPORT_IN_PATH.search(parts.path.lower()))


def words_for(percent: float, scale: str) -> set[str]:
    """The terms of a scale whose band holds a percentage, both ends included."""
    bands = table("probability_words").query("scale == @scale")
    return set(bands.loc[(bands["low"] <= percent) & (percent <= bands["high"]), "term"])


# Provenance


@pytest.mark.parametrize("name", PROVENANCE)
def test_every_row_has_source_day_and_level(name: str) -> None:
    rows = table(name)
    for column in PROVENANCE[name]:
        blank = rows[column].isna() | (rows[column].astype(str).str.strip() == "")
        assert not blank.any(), f"{name}.{column} is empty in row {blank.idxmax()}"


def test_nothing_in_the_later_record_is_newer_than_its_last_check() -> None:
    rows = table("later_record")
    assert rows["date"].min() > pd.Timestamp("2023-10-07")
    assert (rows["date"] < rows["as_of"]).all()


def test_no_address_is_a_copy_or_a_forum() -> None:
    assert [found for found in urls() if is_copy(found[1])] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://www.reddit.com/r/news/1",
        "http://someone.blogspot.com/2023/10/x.html",
        "https://DNYUZ.com/2024/10/12/x",
        "https://example.org/2023/Hamas-Attack-on-Israel-Brings-New-Scrutiny-of-Groups-Ties/",
    ],
)
def test_a_copy_is_recognised(url: str) -> None:
    assert is_copy(url)


def test_a_publisher_is_not_taken_for_a_copy() -> None:
    assert not is_copy("https://www.notreddit.com/story")
    assert not is_copy("https://www.nytimes.com/2023/10/13/hamas-iran-israel-attack.html")


@pytest.mark.parametrize("name", ["later_record", "tolls", "drift"])
def test_quoted_fragments_have_six_words_at_most(name: str) -> None:
    text = (DATA / FOLDERS[name] / f"{name}.csv").read_text("utf-8")
    quoted = re.findall(r"“([^”]*)”", text)
    assert text.count("“") == text.count("”") == len(quoted)
    assert [part for part in quoted if len(part.split()) > 6] == []


def test_each_fact_about_the_report_says_how_it_is_known() -> None:
    facts = json.loads((DATA / "article" / "article.json").read_text("utf-8"))
    assert {"title", "outlet", "date", "words", "paragraphs", "how_to_find"} <= set(facts)
    for name, entry in facts.items():
        assert set(entry) == {"value", "how_known", "as_of"}, name
        assert all(str(part).strip() for part in entry.values()), name
        pd.to_datetime(entry["as_of"], format="%Y-%m-%d")


# The later record


def test_dependences_point_to_earlier_rows_and_make_no_circle() -> None:
    rows = table("later_record").set_index("id")
    edges = {row: {to for to in cell.split(";") if to} for row, cell in rows["depends_on"].items()}
    for row, targets in edges.items():
        assert targets <= set(rows.index), f"{row} depends on a row that is not there"
        for target in targets - {"L11"}:  # L10 and L11 are of the same day
            assert rows.loc[target, "date"] < rows.loc[row, "date"]
    tuple(TopologicalSorter(edges).static_order())  # raises CycleError


def test_the_agency_copy_is_tied_to_the_report_it_shares_intelligence_with() -> None:
    rows = table("later_record").set_index("id")
    assert rows.loc["L10", "depends_on"] == "L11"
    assert rows.loc["L23", "depends_on"] == "L21"


def test_every_question_is_met_by_voices_of_more_than_one_side() -> None:
    rows = table("later_record")
    for question in ("planning", "foreknowledge", "support"):
        origins = set(rows.loc[rows["bears_on"].str.contains(question), "origin"])
        assert {"Iran's government or Guards", "US government or intelligence"} <= origins, question
        assert "documents seized by the Israeli military" in origins or question == "planning"


# Tolls


def test_both_places_are_followed_alike() -> None:
    rows = table("tolls")
    days = rows.groupby("place")["as_of"].nunique()
    assert set(days.index) == {"Israel", "Gaza"}
    assert (days >= 3).all()
    assert days.max() <= 1.5 * days.min()
    for column in ("who_counted", "includes", "period", "source"):
        assert (rows.groupby("place")[column].agg(lambda cell: (cell != "").all())).all()


def test_some_publications_give_both_figures_on_the_same_day() -> None:
    pairs = table("tolls").groupby(["as_of", "url"])["place"].nunique()
    assert (pairs == 2).sum() >= 3


def test_a_toll_has_an_upper_end_only_where_its_words_give_one() -> None:
    rows = table("tolls")
    open_end = rows["wording"].isin(["at least", "over"])
    assert rows.loc[open_end, "figure_high"].isna().all()
    assert (rows.loc[~open_end, "figure_low"] == rows.loc[~open_end, "figure_high"]).all()


def test_the_toll_for_israel_went_up_and_came_down() -> None:
    rows = table("tolls").query("place == 'Israel'").set_index("as_of").sort_index()["figure_low"]
    assert rows["2023-10-11"] == 1200
    assert rows["2023-10-15"] == 1400
    assert rows["2023-11-10"] == 1200
    assert rows.idxmax() < pd.Timestamp("2023-11-10")


def test_the_toll_for_gaza_only_grows() -> None:
    rows = table("tolls").query("place == 'Gaza'").set_index("as_of").sort_index()["figure_low"]
    assert rows.is_monotonic_increasing


# Retellings


def test_faithful_retellings_are_marked_as_such_and_only_they() -> None:
    rows = table("drift")
    assert ((rows["type_of_drift"] == "none") == (rows["kept_or_changed"] == "kept")).all()
    assert (rows["kept_or_changed"] == "kept").any()


def test_the_schema_warns_that_no_rate_follows() -> None:
    assert "no rate" in schema("schemas/drift.json")["description"]


# Scales


def test_the_marks_that_nobody_can_give_have_no_rank() -> None:
    rows = table("admiralty").set_index(["scale", "grade"])["rank"]
    assert rows.isna().sum() == 2
    assert pd.isna(rows["source", "F"]) and pd.isna(rows["item", "6"])
    assert rows["source"].dropna().tolist() == [1, 2, 3, 4, 5]
    assert rows["item"].dropna().tolist() == [1, 2, 3, 4, 5]


def test_bands_lie_within_0_and_100_and_have_a_width() -> None:
    rows = table("probability_words")
    assert (rows["low"].isna() == rows["high"].isna()).all()
    assert rows.loc[rows["low"].isna(), "term"].tolist() == ["possible"]
    bands = rows.dropna(subset=["low"])
    assert bands["low"].between(0, 100).all() and bands["high"].between(0, 100).all()
    points = bands[bands["low"] >= bands["high"]]
    assert points["term"].tolist() == ["certain", "impossible"]
    assert points["low"].tolist() == points["high"].tolist() == [100, 0]


def test_each_scale_has_all_its_bands() -> None:
    assert table("probability_words").dropna().groupby("scale")["term"].size().to_dict() == {
        "Kent 1964": 7,
        "ICD 203": 7,
        "PHIA": 7,
        "IPCC AR4": 7,
        "IPCC AR5": 9,
    }


@pytest.mark.parametrize(
    ("percent", "scale", "terms"),
    [
        (82, "ICD 203", {"very likely"}),
        (82, "PHIA", {"highly likely"}),
        (82, "IPCC AR4", {"likely"}),
        (82, "IPCC AR5", {"likely"}),
        (82, "Kent 1964", {"probable"}),
        (52, "ICD 203", {"roughly even chance"}),
        (52, "PHIA", set()),
        (52, "IPCC AR4", {"about as likely as not"}),
        (52, "IPCC AR5", {"about as likely as not"}),
        (52, "Kent 1964", {"chances about even"}),
        (61, "Kent 1964", set()),
        (15, "Kent 1964", set()),
    ],
)
def test_one_percentage_has_other_words_on_other_scales(
    percent: float, scale: str, terms: set[str]
) -> None:
    assert words_for(percent, scale) == terms


# PolNeAR

KINDS = [
    "named_person",
    "named_institution",
    "unnamed_insider",
    "unnamed_other",
    "document_or_poll",
    "pronoun_unresolved",
    "no_source_stated",
]


def test_totals_of_the_baseline() -> None:
    rows = table("polnear_articles")
    insiders = rows["unnamed_insider"] > 0
    explained = rows["anonymity_explained"] == 1
    assert len(rows) == 1004
    assert explained.sum() == 43
    assert insiders.sum() == 306
    assert (insiders & explained).sum() == 38
    by_publisher = rows.loc[explained, "publisher"].value_counts()
    assert (by_publisher["wash-post"], by_publisher["nyt"]) == (18, 12)
    assert rows[["words", "attributions"]].median().tolist() == [586, 18]


def test_kinds_of_source_add_up_to_the_attributions() -> None:
    rows = table("polnear_articles")
    assert (rows[KINDS].sum(axis=1) == rows["attributions"]).all()
    assert (rows["attributed_words"] <= rows["words"]).all()


def test_counts_of_cues_and_nouns_never_exceed_the_attributions() -> None:
    articles = table("polnear_articles").groupby("publisher")[["attributions", *KINDS]].sum()
    cues = table("polnear_cues").groupby("publisher")["count"].sum()
    assert (cues <= articles["attributions"]).all()
    nouns = table("polnear_unnamed_sources").groupby(["publisher", "kind"])["count"].sum()
    for (publisher, kind), count in nouns.items():
        assert count <= articles.loc[publisher, kind]


def test_six_annotators_labelled_every_token_of_four_articles() -> None:
    rows = table("polnear_annotators")
    assert len(rows) == 3061
    assert rows["article"].nunique() == 4
    for _, tokens in rows.groupby("article")["token"]:
        assert tokens.tolist() == list(range(len(tokens)))
