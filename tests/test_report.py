"""What an instructor gets from results: marks that add up, pages, sheets, and clear sentences."""

import csv
import json
import re
import shutil
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from handins import key, sources
from nbclient import NotebookClient
from nbformat import read, write
from nbformat.v4 import new_markdown_cell, new_notebook
from openpyxl import load_workbook
from typer.testing import CliRunner

from casebook.cli import app
from casebook.grading import class_report
from casebook.grading.collect import collect
from casebook.grading.exercise import Criterion
from casebook.grading.feedback import upload_name
from casebook.grading.gradebook import Policy, ReportError, due_dates, with_missing
from casebook.grading.mark import read_keys
from casebook.grading.report import report
from casebook.grading.results import save
from casebook.grading.roster import Roster
from casebook.grading.sheet import Mark, answers, carried_over

QUESTIONS = {f"ex00.q{n}": 1.0 for n in range(1, 9)}
ROSTER = "Student,ID,SIS Login ID,Ex00 task (81)\n{}"


def result(student, right, attempt="1", prose="Four people.", **more):
    """A result in which the first `right` questions are right and the others wrong."""
    told = {
        name: {"points": 1.0 if n < right else 0.0, "possible": 1.0,
               "status": "right" if n < right else "wrong", "given": "12" if n < right else "7",
               "feedback": "Yes." if n < right else "7 counts <every> row.", "items": []}
        for n, name in enumerate(QUESTIONS)
    }  # fmt: skip
    told["ex00.q6"]["items"] = [["C01", '"EVENT"', 1.0], ["C02", '"MOTIVE"', float(right > 5)]]
    told["ex00.q9"] = {"points": 0.0, "possible": 2.0, "given": prose, "feedback": "",
                       "status": "pending" if prose else "unanswered"}  # fmt: skip
    return {
        "exercise": "ex00", "case": "article", "version": key().exercise.version,
        "student": student, "attempt": attempt, "file": f"{student}_4711_88_ex00.ipynb",
        "handed_in": "2026-11-20T10:00:00", "status": "marked", "message": "",
        "points": float(right), "points_possible": 10.0, "pending": ["ex00.q9"] if prose else [],
        "questions": told, "digests": {"submission": f"{student}{attempt}"},
    } | more  # fmt: skip


def stored(folder, *results):
    for one in results:
        save(folder / one["exercise"] / one["student"] / f"{one['attempt']}.json", one)
    return folder


def made(tmp_path, *results, **options):
    """The reports on some results, in tmp_path/out."""
    stored(tmp_path / "results", *results)
    return report(tmp_path / "results", tmp_path / "out", sources(), **options)


def marks(tmp_path):
    table = pd.read_csv(tmp_path / "out" / "marks.csv", keep_default_na=False)
    return table.to_dict("records")


def fill(path, **points):
    """Write points into a sheet by criterion, or into a cell by its name."""
    book = load_workbook(path)
    for row in book["marks"].iter_rows(2):
        for column, name in ((4, "points"), (5, "comment"), (6, "second")):
            if row[2].value in points.get(name, {}):
                row[column].value = points[name][row[2].value]
    book.save(path)


def explain(path, **short):
    """Write the texts of short names into a sheet."""
    book = load_workbook(path)
    for row, (name, text) in enumerate(short.items(), 2):
        book["comments"].cell(row, 1, name)
        book["comments"].cell(row, 2, text)
    book.save(path)


def pages(tmp_path):
    with zipfile.ZipFile(tmp_path / "out" / "feedback" / "ex00.zip") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_round_of_a_prose_answer(tmp_path):
    summary = made(tmp_path, result("ada", 6))
    assert any("1 answer. Fill" in line for line in summary.told)
    assert (tmp_path / "out/gradebook.csv").read_text() == "student,ex00\nada,\n"
    assert "6 of 10 points so far" in pages(tmp_path)["ada_4711_88_ex00.html"]
    sheet = tmp_path / "out" / "free_text.xlsx"
    fill(sheet, points={"The bound": 1, "The reason": "0,5"}, comment={"The bound": "[c1]!"})
    explain(sheet, c1="Who says at most?")
    before = sheet.read_bytes()
    summary = made(tmp_path, result("ada", 6))
    assert sheet.read_bytes() == before and sheet not in summary.written
    assert (tmp_path / "out/gradebook.csv").read_text() == "student,ex00\nada,7.5\n"
    page = pages(tmp_path)["ada_4711_88_ex00.html"]
    assert "7.5 of 10 points." in page
    assert "Who says at most?!" in page


def test_a_new_answer_gets_a_sheet_of_its_own_and_old_marks_stay(tmp_path):
    made(tmp_path, result("ada", 6))
    fill(tmp_path / "out" / "free_text.xlsx", points={"The bound": 1.5, "The reason": 0})
    made(tmp_path, result("bob", 2))
    second = load_workbook(tmp_path / "out" / "free_text_2.xlsx")["marks"]
    assert second.max_row == 3
    book = pd.read_csv(tmp_path / "out" / "gradebook.csv").set_index("student")["ex00"]
    assert book["ada"] == 7.5 and pd.isna(book["bob"])


def test_the_sheet_has_no_names_and_no_formulas(tmp_path):
    text = '=HYPERLINK("x")\x07 and\nmore'
    made(tmp_path, *(result(f"student{n}", n, prose=text) for n in range(5)))
    sheet = load_workbook(tmp_path / "out" / "free_text.xlsx")["marks"]
    rows = list(sheet.iter_rows(2))
    assert len(rows) == 10
    assert not any("student" in str(cell.value) for row in rows for cell in row)
    assert {row[7].data_type for row in rows[::2]} == {"s"}
    assert rows[0][7].value == '=HYPERLINK("x")  and\nmore'
    ids = [row[0].value for row in rows[::2]]
    assert ids == sorted(ids)  # an order by digest, not by name or by points


@pytest.mark.parametrize("points", [2, -0.5, "much", True, "nan"])
def test_points_outside_the_rubric_are_refused_with_their_cell(tmp_path, points):
    made(tmp_path, result("ada", 6))
    fill(tmp_path / "out" / "free_text.xlsx", points={"The bound": points})
    with pytest.raises(ReportError, match=r"free_text\.xlsx, sheet marks, cell E2: .* 0 to 1\.5"):
        made(tmp_path, result("ada", 6))


@pytest.mark.parametrize("comment", ["[c1]", "Well. [c2]"])
def test_a_short_name_without_a_text_is_refused_with_its_cell(tmp_path, comment):
    made(tmp_path, result("ada", 6))
    fill(tmp_path / "out" / "free_text.xlsx", comment={"The reason": comment})
    name = comment[-3:-1]
    with pytest.raises(ReportError, match=rf"sheet marks, cell F3: \[{name}\] has no text"):
        made(tmp_path, result("ada", 6))
    explain(tmp_path / "out" / "free_text.xlsx", c1="One.", c2="Two.")
    made(tmp_path, result("ada", 6))


def test_a_text_handed_in_again_is_read_once(tmp_path):
    made(tmp_path, result("ada", 6))
    both = {"points": {"The bound": 1, "The reason": 0}, "second": {"The bound": 1}}
    fill(tmp_path / "out" / "free_text.xlsx", **both)
    summary = made(tmp_path, result("ada", 7, "2"))
    assert [(row["points"], row["to_mark"]) for row in marks(tmp_path)] == [(7.0, 0), (8.0, 0)]
    assert not (tmp_path / "out" / "free_text_2.xlsx").exists()
    assert any("of 1 criteria" in line for line in summary.told)
    made(tmp_path, result("ada", 7, "3", prose="Five."), result("bob", 1))
    assert [row["to_mark"] for row in marks(tmp_path)] == [0, 0, 1, 1]


def test_marks_in_a_sheet_of_older_ids_still_count(tmp_path):
    made(tmp_path, result("ada", 6))
    path = tmp_path / "out" / "free_text.xlsx"
    (answer,) = answers([result("ada", 6)], {"ex00.q9": ()})
    workbook = load_workbook(path)
    for row in (2, 3):
        assert workbook["marks"].cell(row, 1).value == answer.id
        workbook["marks"].cell(row, 1, answer.id_before)
    workbook.save(path)
    fill(path, points={"The bound": 1, "The reason": 0})
    made(tmp_path)
    assert marks(tmp_path)[0]["points"] == 7.0
    assert not (tmp_path / "out" / "free_text_2.xlsx").exists()


def test_of_one_text_twice_in_older_sheets_the_one_with_points_counts():
    criteria = {"ex00.q9": (Criterion("The bound", 1.5),)}
    both = answers([result("ada", 6), result("ada", 6, "2")], criteria)
    for done, open_ in (both, both[::-1]):
        marks = {
            (done.id_before, "The bound"): Mark(1.0, "", None),
            (open_.id_before, "The bound"): Mark(None, "", None),
        }
        assert carried_over(both, marks)[done.id, "The bound"].points == 1.0


def test_a_sheet_that_was_changed_or_is_none_is_told(tmp_path):
    made(tmp_path, result("ada", 6))
    path = tmp_path / "out" / "free_text.xlsx"
    book = load_workbook(path)
    book["marks"]["C2"] = "Style"
    book.save(path)
    with pytest.raises(
        ReportError, match=r"cell C2: the rubric of ex00\.q9 has no criterion 'Style'"
    ):
        made(tmp_path, result("ada", 6))
    path.write_text("no workbook")
    with pytest.raises(ReportError, match=r"free_text\.xlsx cannot be read"):
        made(tmp_path, result("ada", 6))


def test_one_answer_in_two_sheets_with_other_marks_is_told(tmp_path):
    made(tmp_path, result("ada", 6))
    out = tmp_path / "out"
    shutil.copy(out / "free_text.xlsx", out / "free_text_2.xlsx")
    made(tmp_path, result("ada", 6))
    fill(out / "free_text_2.xlsx", points={"The bound": 1})
    with pytest.raises(ReportError, match="stands in another sheet too"):
        made(tmp_path, result("ada", 6))


def test_two_readers_are_compared_and_the_first_counts(tmp_path):
    made(tmp_path, *(result(f"s{n}", 5) for n in range(4)))
    fill(
        tmp_path / "out" / "free_text.xlsx",
        points={"The bound": 1, "The reason": 0},
        second={"The bound": 1, "The reason": 0.5},
    )
    summary = made(tmp_path, *(result(f"s{n}", 5) for n in range(4)))
    (line,) = [line for line in summary.told if "two readers" in line]
    assert "50% of 8 criteria" in line
    assert {row["points"] for row in marks(tmp_path)} == {6.0}


def test_which_attempt_counts_and_what_late_costs(tmp_path):
    own = {"prose": "", "file": "ada/ex00.ipynb"}
    early = result("ada", 7, "1", handed_in="2026-11-20T10:00:00", **own)
    late = result("ada", 8, "2", handed_in="2026-11-22T11:00:00", **own)
    due = due_dates(["ex00=2026-11-20T12:00"])
    made(tmp_path, early, late, policy=Policy("last", due, 10))
    assert [(r["days_late"], r["points"], r["counts"]) for r in marks(tmp_path)] == [
        (0, 7.0, False),
        (2, 6.4, True),
    ]
    made(tmp_path, policy=Policy("best", due, 10))
    assert [r["counts"] for r in marks(tmp_path)] == [True, False]
    assert "Another attempt of yours counts" in str(pages(tmp_path))


@pytest.mark.parametrize(
    ("file", "handed_in", "days"),
    [
        ("ada_LATE_4711_88_ex00.ipynb", "2026-11-20T10:00:00", 1),
        ("ada_LATE_4711_88_ex00.ipynb", "2026-12-03T10:00:00", 3),
        ("ada_4711_88_ex00.ipynb", "2026-12-03T10:00:00", 0),
        ("submissions/ada_4711_88_ex00.zip/ex00.ipynb", "2026-12-03T10:00:00", 0),
        ("ada/ada_4711_88_ex00.ipynb", "2026-12-03T10:00:00", 3),  # a name of the student's choice
        ("ada_ex00_LATE_.ipynb", "2026-11-20T10:00:00", 0),
    ],
)
def test_a_name_that_canvas_gave_tells_what_is_late(file, handed_in, days):
    policy = Policy("last", due_dates(["ex00=2026-11-30T23:59"]))
    assert policy.days_late(result("ada", 8, file=file, handed_in=handed_in)) == days
    assert "without _LATE it was on time" in policy.told()


def test_a_due_date_that_is_none_is_told():
    for text in ("tomorrow", "ex00", "ex00=31.12.2026"):
        with pytest.raises(ReportError, match="--due ex02="):
            due_dates([text])
    for offset in ("+01:00", "Z"):
        with pytest.raises(ReportError, match="Times are local"):
            due_dates([f"ex00=2026-11-30T23:59{offset}"])


def test_a_date_alone_is_the_whole_day():
    policy = Policy("last", due_dates(["ex00=2026-11-30"]))
    times = ("2026-11-30T23:59:59", "2026-12-01T00:00:00")
    late = [policy.days_late(result("a", 1, file="a.ipynb", handed_in=time)) for time in times]
    assert late == [0, 1]


@pytest.mark.parametrize("name", ["ex0", "ex12", "ex00_practice", ""])
def test_a_due_date_of_no_exercise_is_refused(tmp_path, name):
    with pytest.raises(ReportError, match=rf"'{name}'.* results of: ex00\."):
        made(tmp_path, result("ada", 1), policy=Policy("last", due_dates([f"{name}=2026-11-30"])))


def test_the_gradebook_is_the_export_with_points(tmp_path):
    roster = tmp_path / "export.csv"
    roster.write_text(
        ROSTER.format('"Lovelace, Ada",4711,ada,\n"Babbage, Bob",4712,bob,\n"Doe, Jo",4,jo,\n')
    )
    summary = made(tmp_path, result("ada", 6, prose=""), result("bob", 2, prose=""), roster=roster)
    with (tmp_path / "out" / "gradebook.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [list(row.values()) for row in rows] == [
        ["Lovelace, Ada", "4711", "ada", "6.0"],
        ["Babbage, Bob", "4712", "bob", "2.0"],
        ["Doe, Jo", "4", "jo", ""],
    ]
    assert list(rows[0])[-1] == "Ex00 task (81)"
    assert any("Nothing handed in: 1 time;" in line for line in summary.told)
    assert marks(tmp_path)[-1]["status"] == "nothing handed in"


def test_canvas_gets_its_line_of_points_possible_back(tmp_path):
    roster = tmp_path / "export.csv"
    lines = (
        "Student,ID,Section,{}Final Score\n    Points Possible,,,{}(read only)\n"
        '"Lovelace, Ada",7,A,{}9\n'
    )
    roster.write_text(lines.format("Exercise 00 (81),", "12,", ","))
    own = result("Ada_Lovelace", 6, prose="")
    made(tmp_path, own, roster=roster)
    book = tmp_path / "out" / "gradebook.csv"
    head, line = "    Points Possible,,,", '"Lovelace, Ada",7,A,6.0\n'
    assert book.read_text() == f"Student,ID,Section,Exercise 00 (81)\n{head}12\n{line}"
    roster.write_text(lines.format("", "", ""))  # a column that Canvas has still to make
    made(tmp_path, own, roster=roster)
    assert book.read_text() == f"Student,ID,Section,ex00\n{head}10.0\n{line}"


def test_two_students_of_one_name_keep_their_own_results(tmp_path):
    roster = tmp_path / "export.csv"
    roster.write_text(
        'Student,ID,Section,Ex00 task (81)\n"Doe, Jane",4711,A,\n"Doe, Jane",4712,A,\n'
    )
    (tmp_path / "in").mkdir()
    for number in (4711, 4712):
        (tmp_path / "in" / f"doejane_{number}_88_ex00.ipynb").write_text("{}")
    found = collect(tmp_path / "in", roster)
    assert [(one.status, one.message) for one in found] == [("", "")] * 2
    own = [
        result(one.student, right, one.attempt, prose="", file=one.file)
        for one, right in zip(found, (6, 2), strict=True)
    ]
    made(tmp_path, *own, roster=roster)
    assert (tmp_path / "out" / "gradebook.csv").read_text() == (
        'Student,ID,Section,Ex00 task (81)\n"Doe, Jane",4711,A,6.0\n"Doe, Jane",4712,A,2.0\n'
    )


def test_the_gradebook_is_not_written_over_the_roster(tmp_path):
    roster = tmp_path / "out" / "gradebook.csv"
    roster.parent.mkdir()
    roster.write_text(text := ROSTER.format('"Lovelace, Ada",4711,ada,9\n'))
    with pytest.raises(ReportError, match="Give another folder"):
        made(tmp_path, result("ada", 6), roster=tmp_path / "out" / ".." / "out" / "gradebook.csv")
    assert roster.read_text() == text


def test_a_moodle_worksheet_gets_its_grades(tmp_path):
    roster = tmp_path / "worksheet.csv"
    roster.write_text(
        "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade\n"
        "Participant 31,ada,007,ada@x.org,Submitted,,10.00\n"
    )
    made(tmp_path, result("ada", 6, prose=""), roster=roster)
    assert (tmp_path / "out" / "gradebook.csv").read_text() == (
        "Identifier,Full name,Email address,ID number,Maximum Grade,Grade\n"
        "Participant 31,ada,ada@x.org,007,10.00,6.0\n"
    )


def test_marked_students_whom_the_roster_lacks_are_named(tmp_path):
    roster = tmp_path / "export.csv"
    roster.write_text(ROSTER.format('"Lovelace, Ada",4711,ada,\n'))
    summary = made(tmp_path, result("ada", 6), roster=roster)
    assert not any("not in this roster" in line for line in summary.told)
    summary = made(tmp_path, *(result(f"s{n:02}", 2) for n in range(11)), roster=roster)
    (line,) = [line for line in summary.told if "not in this roster" in line]
    assert line.startswith("11 students with marks are not") and "s00, s01," in line
    assert "s09, ..." in line and "s10" not in line


@pytest.mark.parametrize("file", ["bob_4712_88_ex00.docx", "bob_4712_88_essay.docx"])
def test_a_file_that_failed_was_handed_in(tmp_path, file):
    roster = tmp_path / "export.csv"
    roster.write_text(ROSTER.format('"Lovelace, Ada",4711,ada,\n"Babbage, Bob",4712,bob,\n'))
    broken = result("bob", 0, prose="", status="not JSON", questions={}, file=file, exercise="")
    save(tmp_path / "results" / "unmarked" / "bob" / "1.json", broken)
    summary = made(tmp_path, result("ada", 6), roster=roster)
    assert [row["status"] for row in marks(tmp_path)] == ["not JSON", "marked"]
    assert not any("Nothing handed in" in line for line in summary.told)
    assert any("Not marked: 1 file" in line for line in summary.told)


def test_a_file_that_failed_stands_for_the_exercise_that_its_name_says():
    lines = [("ex01", "ada", "marked", "a.ipynb"), ("ex02", "ada", "marked", "b.ipynb"),
             ("", "bob", "not JSON", "bob_1_88_ex02-1.docx")]  # fmt: skip
    table = pd.DataFrame(lines, columns=["exercise", "student", "status", "file"])
    roster = Roster("plain", pd.DataFrame(), ("ada", "bob"), {})
    missing = with_missing(table, roster).iloc[3:]
    assert missing[["exercise", "student"]].values.tolist() == [["ex01", "bob"]]


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("ex00.ipynb (81)", True),
        ("Assignment: Exercise 0 (Real)", True),
        ("EX-00", True),
        ("Exercise 10 (4700)", False),
        ("Exam 0", False),
        ("Example (0)", False),
    ],
)
def test_the_gradebook_finds_the_exports_own_heading(tmp_path, heading, found):
    roster = tmp_path / "export.csv"
    roster.write_text(f'Student,ID,SIS Login ID,{heading}\n"Lovelace, Ada",4711,ada,\n')
    made(tmp_path, result("ada", 6, prose=""), roster=roster)
    columns = list(pd.read_csv(tmp_path / "out" / "gradebook.csv"))
    assert columns[-1] == (heading if found else "ex00")


class _Structure(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]


def test_pages_stand_alone_and_escape_what_students_wrote(tmp_path):
    made(tmp_path, result("<b>ada", 6, prose="<script>alert(1)</script>"))
    (page,) = pages(tmp_path).values()
    structure = _Structure()
    structure.feed(page)
    assert "script" not in structure.tags and "b" not in structure.tags
    assert all(link.startswith("#q") for link in structure.links)
    assert "http" not in page
    assert structure.tags.count("h1") == 1 and "main" in structure.tags
    assert '<html lang="en">' in page
    assert "7 counts &lt;every&gt; row." in page


def test_a_file_that_was_not_marked_gets_a_page_and_no_points(tmp_path):
    broken = result("bob", 0, prose="", status="not JSON", message="It is cut off.", questions={})
    made(tmp_path, result("ada", 6), broken)
    assert "could not be marked: not JSON" in str(pages(tmp_path))
    assert pd.read_csv(tmp_path / "out/gradebook.csv")["student"].tolist() == ["ada"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("doe_1_88_ex02-1.ipynb", "doe_1_88_ex02-1.html"),
        ("Jane Doe_31_assignsubmission_file_/ex02.ipynb",
         "Jane Doe_31_assignsubmission_file_/ex02.html"),
        ("week 2.zip/doe_1_88_ex02.ipynb", "doe_1_88_ex02.html"),
    ],
)  # fmt: skip
def test_a_page_is_named_as_the_platform_wants_it(file, name):
    assert upload_name(file) == name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("../../x.ipynb", "x.html"),
        ("/etc/x.ipynb", "etc/x.html"),
        ("a.zip/../b/x.ipynb", "b/x.html"),
    ],
)
def test_a_page_stays_in_the_folder_where_it_is_unpacked(file, name):
    assert upload_name(file) == name


def test_difficulty_and_discrimination(tmp_path):
    results = [result(f"s{n:02}", n % 9, prose="") for n in range(18)]
    answers = class_report.answers(results, {})
    table = class_report.questions(answers).set_index("question")
    assert table.loc["ex00.q1", "share of points"] == 0.89
    assert table.loc["ex00.q8", "share of points"] == 0.11
    assert table["discrimination"].drop("ex00.q9").between(0.3, 1).all()
    few = class_report.questions(class_report.answers(results[:4], {}))
    assert few["discrimination"].isna().all()


def test_results_that_fit_no_key_are_told(tmp_path):
    assert not any("--term" in line for line in made(tmp_path, result("ada", 6)).told)
    keys, _ = read_keys(sources(), "autumn")
    handed_out = keys["ex00", "article"].exercise.version
    for seed in (None, "spring"):
        summary = made(tmp_path, result("ada", 6, version=handed_out), seed=seed)
        (line,) = [line for line in summary.told if "--term" in line]
        assert line.startswith("1 result is of a hand-out")
    assert not any("--term" in line for line in made(tmp_path, seed="autumn").told)


def test_the_class_report_counts_free_text_once_all_of_it_is_read(tmp_path):
    html = tmp_path / "out" / "class" / "ex00_article.html"
    made(tmp_path, result("ada", 6), result("bob", 6, prose="Five."))
    assert '<th scope="row">ex00.q9' not in html.read_text("utf-8")
    assert "ex00.q9: 2 answers still to be read" in html.read_text("utf-8")
    fill(tmp_path / "out" / "free_text.xlsx", points={"The bound": 1, "The reason": 0})
    made(tmp_path, result("cy", 6, prose=""))
    answers = pd.read_json(tmp_path / "out" / "class" / "ex00_article.json", dtype=False)
    row = class_report.questions(answers).set_index("question").loc["ex00.q9"]
    assert (row["students"], row["share of points"], row["some"]) == (3, 0.33, 2)
    assert "still to be read" not in html.read_text("utf-8")
    assert "Five." not in html.read_text("utf-8")  # free text is no known wrong answer


def test_the_class_report_says_what_was_asked(tmp_path):
    html = tmp_path / "out" / "class" / "ex00_article.html"
    made(tmp_path, result("ada", 6))
    row = '<th scope="row">ex00.q{}</th>'
    assert html.read_text("utf-8").count(row.format("6: Code each claim.")) == 3
    assert row.format("1: How many rows name a person?") in html.read_text("utf-8")
    made(tmp_path, result("ada", 6, version="0123456789ab"))  # of another hand-out: other words
    assert html.read_text("utf-8").count(row.format("6")) == 3


def test_the_words_of_a_question_are_the_bold_ones_the_sentence_before_and_the_parts():
    task = (
        "## Question 4 (1 point)\n\nOh. Read on. **What does\n`x` say?** Or:\n\n"
        '- `a`: an *old* hat\n- `"well"`: no part\n\n**Form of the answer:** a dict'
    )
    cell = new_markdown_cell(task, metadata={"casebook": {"role": "task", "grade_id": "ex00.q4"}})
    assert class_report.wording(new_notebook(cells=[cell])) == {
        ("ex00.q4", ""): "Read on. What does x say?",
        ("ex00.q4", "a"): "an old hat",
    }


def test_the_class_report_has_wrong_answers_splits_and_a_notebook_that_runs(tmp_path):
    made(tmp_path, *(result(f"s{n:02}", n % 9, prose="") for n in range(18)))
    folder = tmp_path / "out" / "class"
    html = (folder / "ex00_article.html").read_text("utf-8")
    assert "7 counts &lt;every&gt; row." in html
    assert re.search(r"<td>C02</td><td>&#34;MOTIVE&#34;</td>", html)
    assert "http" not in html
    notebook = read(folder / "ex00_article.ipynb", 4)
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    assert "ex00.q8" in str(notebook.cells[1].outputs)
    assert "s01" not in (folder / "ex00_article.json").read_text()


def test_a_class_notebook_that_somebody_went_on_from_is_kept(tmp_path):
    made(tmp_path, result("ada", 6))
    path = tmp_path / "out" / "class" / "ex00_article.ipynb"
    notebook = read(path, 4)
    notebook.cells.append(new_markdown_cell("What I would ask the class."))
    write(notebook, path)
    kept = path.read_bytes()
    made(tmp_path, result("bob", 2))
    assert path.read_bytes() == kept
    assert len(pd.read_json(path.with_suffix(".json"))["student"].unique()) == 2


def test_no_results_and_foreign_results_are_a_sentence(tmp_path):
    with pytest.raises(ReportError, match="no results"):
        report(tmp_path, tmp_path / "out", sources())
    with pytest.raises(ReportError, match="no exercise of this pack"):
        made(tmp_path, result("ada", 1, exercise="ex77"))
    (tmp_path / "results/ex00/x").mkdir(parents=True)
    (tmp_path / "results/ex00/x/1.json").write_text("{")
    with pytest.raises(ReportError, match=r"1\.json cannot be read"):
        report(tmp_path / "results", tmp_path / "out", sources())


def test_the_command_says_what_it_wrote(tmp_path, monkeypatch):
    stored(tmp_path / "results", result("ada", 6))
    monkeypatch.setattr("casebook.grading.report.report.__defaults__", (Path(sources()),))
    done = CliRunner().invoke(
        app, ["report", str(tmp_path / "results"), "-o", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert "free_text.xlsx" in done.output and "No due date was set." in done.output
    wrong = CliRunner().invoke(
        app, ["report", str(tmp_path / "none"), "-o", str(tmp_path), "--due", "x"]
    )
    assert wrong.exit_code == 1 and wrong.stderr.count("\n") == 1
    assert json.loads((tmp_path / "out/class/ex00_article.json").read_text())
