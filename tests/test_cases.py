"""A text becomes a case: nothing is coded for the reader, nothing of the reader's is lost."""

import random

import pandas as pd
import pytest

from casebook import cases, data
from casebook.cases import TO_CODE, CaseError, case_problems, complete, fill, new_case
from casebook.cues import by_sentence, is_hedged, practice_sentences, run_detector, scores
from casebook.data import DATA, load, tables
from casebook.figures import show, strip, voice_bars
from casebook.incentives import arrows, direction, other_directions, signs, unequal
from casebook.sources import (
    bounds_by,
    fewest_people,
    most_people,
    overlap_picture,
    people_bars,
    unnamed,
)
from casebook.verification import READINGS, covered, holder
from casebook.view import readers_view, voice

TEXT = (
    "# Ferry Was Late\n\n*Nobody says why.*\n\nThe ferry may have waited, the cook said. It left.\n"
)


@pytest.fixture
def make(tmp_path):
    """A function that writes a file and makes a case from it, in a folder of the test."""

    def from_text(text, name="ferry.txt"):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return new_case(file, tmp_path / "cases")

    return from_text


@pytest.fixture
def dispatch(tmp_path):
    """The practice dispatch as a reader's case, coded by a student who agrees with us."""
    case = new_case(DATA / "practice" / "dispatch.md", tmp_path)
    for table in TO_CODE:
        fill(case, table, load(table, "practice"))
    return case


def sentences(case):
    rows = load("sentences", case).itertuples(index=False)
    return {(row.paragraph, row.sentence): row.text for row in rows}


def told(case):
    return [" | ".join(row) for row in case_problems(case).itertuples(index=False)]


# The whole way round


def test_a_coded_case_gives_back_the_tables_it_was_coded_with(dispatch):
    complete(dispatch)
    for table in TO_CODE:
        pd.testing.assert_frame_equal(load(table, dispatch), load(table, "practice"))
    assert case_problems(dispatch).empty


def test_its_sentences_are_those_that_the_codes_count(dispatch):
    numbered = sentences(dispatch)
    assert {place: numbered[place] for place in practice_sentences()} == practice_sentences()
    assert numbered[0, 1] == "Port Anselm Helped Plan the Raid That Emptied the Long Pool"
    assert numbered[0, 2].startswith("People close to the raiders") and "*" not in numbered[0, 2]


def test_the_measures_of_lessons_02_to_05_are_the_same_on_it(dispatch):
    def measure(case):
        claims, sources = load("claims", case), load("sources", case)
        places = load("detector", "practice")[["paragraph", "sentence"]]
        found = run_detector(practice_sentences(), {"hedges": load("hedges")["cue"]})["hedges"] > 0
        groups = unnamed(sources, institutions=True)
        return [
            fewest_people(groups),
            most_people(groups),
            bounds_by(groups, "side").to_dict(),
            voice(claims).value_counts().to_dict(),
            is_hedged(claims).sum(),
            scores(by_sentence(claims, places)["hedged"], found),
            direction(claims).to_list(),
            other_directions(claims).to_list(),
            signs(claims).to_dict(),
            unequal(load("actors", case), claims),
            [covered(claims, reading).to_list() for reading in READINGS],
            holder(claims).to_list(),
            readers_view(claims, case).to_dict(),
        ]

    assert measure(dispatch) == measure("practice")


def test_the_figures_of_lessons_02_to_05_are_drawn_from_it(dispatch, capsys):
    claims, groups = load("claims", dispatch), unnamed(load("sources", dispatch))
    side = claims["source_id"].map(load("sources", dispatch).set_index("source_id")["side"])
    for figure in (
        strip(claims),
        voice_bars(pd.crosstab(claims["kind"], voice(claims)), "kinds"),
        people_bars(groups, "people"),
        overlap_picture(groups, "overlaps"),
        arrows(pd.crosstab(side, direction(claims)), "directions"),
    ):
        show(figure, alt="A figure of a reader's own case.")


# Making a case


def test_a_new_case_is_uncoded_and_has_every_column(make):
    case = make(TEXT)
    for table in TO_CODE:
        assert load(table, case).empty
        assert list(load(table, case).columns) == list(load(table, "practice").columns)
    assert sentences(case) == {
        (0, 1): "Ferry Was Late",
        (0, 2): "Nobody says why.",
        (1, 1): "The ferry may have waited, the cook said.",
        (1, 2): "It left.",
    }


def test_cues_are_suggested_and_not_coded(make):
    suggested = load("suggestions", make(TEXT))
    rows = [tuple(row) for row in suggested.itertuples(index=False)]
    assert (1, 1, "may", "hedge", "EPIST_MODAL") in rows
    assert (1, 1, "said", "reporting", "NEUTRAL") in rows
    assert set(suggested["list"]) <= {"hedge", "booster", "reporting"}


def test_a_second_call_changes_nothing_and_makes_what_was_lost(make):
    case = make(TEXT)
    (case / "claims.csv").write_text("my work", "utf-8")
    (case / "actors.csv").unlink()
    assert make(TEXT) == case
    assert (case / "claims.csv").read_text("utf-8") == "my work"
    assert load("actors", case).empty


def test_another_text_under_the_same_name_is_refused(make):
    case = make(TEXT)
    (case / "claims.csv").write_text("my work", "utf-8")
    with pytest.raises(CaseError, match=r"ferry with another text already.*another name"):
        make(TEXT + "One more sentence.")
    assert (case / "claims.csv").read_text("utf-8") == "my work"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no words"),
        (b" \n\t\n...\n", "holds no words"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "is not a text file"),
        (b"%PDF-1.7 whatever", "is a PDF"),
        (b"word " * 20_001, "holds 20,001 words"),
        (b"x" * 1_000_001, "more than 1,000,000 bytes"),
    ],
)
def test_a_file_without_an_article_is_told_in_a_sentence(make, tmp_path, content, said):
    with pytest.raises(CaseError, match=said):
        make(content)
    assert not (tmp_path / "cases").exists()


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(CaseError, match=r"no file my\.txt in .*"):
        new_case(tmp_path / "my.txt", tmp_path)
    with pytest.raises(CaseError, match="is a folder"):
        new_case(tmp_path, tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_gives_the_same_sentences(make, encoding):
    text = "“It left,” the café’s cook said – late.\r\n\r\nIt may be back.\r\n"
    expected = {(1, 1): "“It left,” the café’s cook said – late.", (2, 1): "It may be back."}
    assert sentences(make(text.encode(encoding), f"{encoding}.txt")) == expected


def test_one_line_without_a_full_stop_is_one_sentence(make):
    assert sentences(make("ferry left nobody knows why")) == {(1, 1): "ferry left nobody knows why"}


def test_lines_that_a_program_wrapped_are_one_paragraph(make):
    long = "The ferry left the old pier of Tarn at seven that morning and nobody on board"
    wrapped = f"{long}\nknew why it had not waited for the mayor. It came back\nat noon.\n\nNext.\n"
    assert list(sentences(make(wrapped))) == [(1, 1), (1, 2), (2, 1)]
    pasted = "The ferry left without its passengers.\nIt came back at noon.\nNobody knew why.\n"
    assert list(sentences(make(pasted, "b.txt"))) == [(1, 1), (2, 1), (3, 1)]


def test_random_bytes_never_end_in_anything_but_a_case_or_a_sentence(make):
    rng = random.Random(9)
    for number in range(60):
        content = bytes(rng.choices(range(256), k=rng.randrange(400)))
        try:
            case = make(content, f"{number}.txt")
        except CaseError as why:
            assert str(why).endswith(".")
        else:
            assert not load("sentences", case).empty


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("My Article (2).txt", "my_article_2"),
        ("article.txt", "my_article"),
        ("Practice.md", "my_practice"),
        ("...txt", "case"),
        ("über.txt", "über"),
    ],
)
def test_a_case_is_named_after_its_file_and_never_like_one_of_the_pack(make, file, name):
    assert make(TEXT, file).name == name


# Finding a case


def test_a_case_in_my_work_is_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "OWN_CASES", tmp_path / "own")
    file = tmp_path / "ferry.txt"
    file.write_text(TEXT, "utf-8")
    new_case(file)
    assert len(load("sentences", "ferry")) == 4
    assert {"sentences", "hedges", "polnear_articles"} <= set(tables("ferry"))
    assert not {"tolls", "spans"} & set(tables("ferry"))
    for unknown in ("fery", "", "../own/../own"):
        with pytest.raises(LookupError, match="Known: article, practice, ferry"):
            load("claims", unknown)


def test_a_case_in_a_relative_folder_is_loaded(make, tmp_path, monkeypatch):
    case = make(TEXT)
    monkeypatch.chdir(tmp_path)
    assert sentences(case.relative_to(tmp_path)) == sentences(case)


def test_the_reader_s_texts_are_git_ignored(root):
    assert root / "my_work" in cases.data.OWN_CASES.parents
    assert "/my_work/" in (root / ".gitignore").read_text("utf-8").splitlines()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_tables_are_read_as_spreadsheets_save_them(dispatch, separator, encoding):
    path = dispatch / "sources.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    text = table.to_csv(index=False, sep=separator, lineterminator="\r\n")
    path.write_bytes((text + separator * 12 + "\r\n").encode(encoding))
    pd.testing.assert_frame_equal(load("sources", dispatch), load("sources", "practice"))
    assert case_problems(dispatch).empty


# Filling


def test_fill_changes_the_named_cells_and_no_others(make):
    case = make(TEXT)
    fill(case, "claims", 'claim_id, proposition\nC001, "It waited, long."\nC002, It left.')
    fill(case, "claims", "claim_id, certainty\nC002, 3\n*, 1")
    fill(case, "claims", "claim_id, certainty\n*, 4")
    claims = load("claims", case)
    assert claims["proposition"].to_list() == ["It waited, long.", "It left."]
    assert claims["certainty"].to_list() == [1, 3]


@pytest.mark.parametrize(
    ("table", "rows", "said"),
    [
        ("claims", "claim_id, colour\nC001, red", 'no column "colour"'),
        ("claims", "certainty\n3", 'need the column "claim_id"'),
        ("claims", "claim_id, proposition\nC001, one, two", r"C001.*has 3 cells.*quotation marks"),
        ("claims", "", 'need the column "claim_id"'),
        ("sentences", "paragraph\n1", "no table"),
    ],
)
def test_rows_that_fit_no_table_are_refused_and_leave_it_as_it_was(make, table, rows, said):
    case = make(TEXT)
    before = (case / f"{table}.csv").read_bytes()
    with pytest.raises(CaseError, match=said):
        fill(case, table, rows)
    assert (case / f"{table}.csv").read_bytes() == before


def test_fill_refuses_a_table_in_which_a_row_would_be_lost(make):
    case = make(TEXT)
    header = (case / "claims.csv").read_text("utf-8")
    (case / "claims.csv").write_text(header + "C001\nC001\n", "utf-8")
    with pytest.raises(CaseError, match='two rows "C001"'):
        fill(case, "claims", "claim_id, certainty\nC001, 3")


def test_fill_keeps_the_reader_s_own_columns(make):
    case = make(TEXT)
    fill(case, "claims", "claim_id, certainty\nC001, 1")
    path = case / "claims.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.insert(1, "my_note", "ask the cook")
    table.to_csv(path, index=False)
    fill(case, "claims", "claim_id, certainty\nC001, 3\nC002, 2")
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)[["claim_id", "certainty", "my_note"]]
    assert rows.values.tolist() == [["C001", "3", "ask the cook"], ["C002", "2", ""]]


@pytest.mark.parametrize("case", ["article", "practice"])
def test_the_cases_of_the_pack_are_not_changed(case):
    with pytest.raises(CaseError, match="is not changed"):
        fill(case, "claims", "claim_id, certainty\nC001, 3")


def test_complete_fills_what_follows_and_keeps_what_is_there(make):
    case = make(TEXT)
    fill(
        case, "claims", "claim_id, paragraph, source_id, naming\nC001, 1, S01, NAMED\nC002, 1, S00,"
    )
    fill(
        case,
        "sources",
        "source_id, source_type, naming, n_min\nS00, AUTHOR, NA,\nS01, EXPERT, UNIDENTIFIED, 2",
    )
    complete(case)
    claims, sources = load("claims", case), load("sources", case)
    assert claims["naming"].to_list() == ["NAMED", "NA"]
    assert claims["source_type"].to_list() == ["EXPERT", "AUTHOR"]
    assert claims["n_min"].to_list() == [2, pd.NA]
    assert claims["incentive"].to_list() == ["", "NA"]
    assert claims["kind"].to_list() == ["", ""]
    assert sources["paragraphs"].to_list() == ["1", "1"]


# Breaking the codebook

BREACHES = [
    ("claims", "D002", "kind", "WEATHER", 'kind "WEATHER": the codes are EVENT,'),
    ("claims", "D002", "certainty", "9", 'certainty "9": the codes are 0, 1, 2, 3, 4'),
    ("claims", "D002", "certainty", "4", "only a row with a BOOSTER"),
    ("claims", "D002", "paragraph", "two", 'paragraph "two": wanted is a whole number from 0'),
    ("claims", "D002", "chain_len", "7", "a whole number from 0 to 2"),
    ("claims", "D002", "planning", "port", "a party and a sign, as in"),
    ("claims", "D002", "alt", "kind", "columns and codes, as in"),
    ("claims", "D002", "proposition", "", "it may not be empty"),
    ("claims", "D002", "sentence", "7", "sentence 1.7: the text has no such sentence"),
    ("claims", "D013", "cue_min", "maybe", 'cue_min "maybe": these words are not in that'),
    ("claims", "D003", "reason_for", "", "reason_for is empty"),
    ("claims", "D003", "source_id", "S77", "no such row in sources"),
    ("headline", "DH01", "incentive", "FOR", 'incentive "FOR": a row of the reporters'),
    ("sources", "S03", "side", "MOON", 'side "MOON": no such row in actors'),
    ("sources", "S03", "may_overlap_with", "S09", "S09 does not name S03 there"),
    ("sources", "S03", "n_min", "-1", "a whole number from 1"),
    ("actors", "FLEET", "kind", "boats", 'kind "boats": the codes are'),
]


@pytest.mark.parametrize(("table", "row", "column", "value", "said"), BREACHES)
def test_a_breach_is_told_with_row_column_value_and_rule(dispatch, table, row, column, value, said):
    key = load(table, dispatch).columns[0]
    fill(dispatch, table, pd.DataFrame({key: [row], column: [value]}))
    assert any(line.startswith(f"{table} | {row} | ") and said in line for line in told(dispatch))


def test_all_breaches_are_told_at_once(dispatch):
    for table, row, column, value, _ in BREACHES:
        key = load("claims" if table == "headline" else table, "practice").columns[0]
        fill(dispatch, table, pd.DataFrame({key: [row], column: [value]}))
    lines = told(dispatch)
    for wanted in ("WEATHER", '"two"', '"7"', '"port"', '"maybe"', "MOON", '"boats"', "DH01"):
        assert any(wanted in line for line in lines), wanted


def test_a_row_that_comes_twice_is_told(dispatch):
    path = dispatch / "sources.csv"
    path.write_text(path.read_text("utf-8") + path.read_text("utf-8").splitlines()[-1], "utf-8")
    assert any('source_id "S20": that name is taken' in line for line in told(dispatch))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("claim_id,colour\n", "The column prop_id is missing"),
        ("claim_id,claim_id\n", "claim_id is there twice"),
        ("claim_id\nC001,too,much\n", "more cells than there are columns"),
        ("claim_id;prop_id\nC001;P001\n", "The column paragraph is missing"),
        ("\x00\x01\x02", "is not a text file"),
    ],
)
def test_a_broken_table_is_told_and_nothing_raises(dispatch, text, said):
    (dispatch / "claims.csv").write_text(text, "utf-8")
    assert any(said in line for line in told(dispatch))


def test_a_lost_table_is_told(dispatch):
    (dispatch / "sources.csv").unlink()
    assert told(dispatch) == ["sources |  | sources.csv is not a file."]


def test_an_uncoded_case_is_told_that_it_is(make):
    assert told(make(TEXT)) == ["claims |  | There is no row yet."]


def test_a_table_that_cannot_be_typed_sends_the_reader_to_the_list(dispatch):
    fill(dispatch, "claims", "claim_id, paragraph\nD002, two")
    with pytest.raises(ValueError, match=r"claims\.csv does not keep.*case_problems"):
        load("claims", dispatch)
