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
from nbformat import read
from openpyxl import load_workbook
from typer.testing import CliRunner

from casebook.cli import app
from casebook.grading import class_report
from casebook.grading.feedback import upload_name
from casebook.grading.gradebook import Policy, ReportError, due_dates
from casebook.grading.report import report
from casebook.grading.results import save

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
    told["ex00.q9"] = {"points": 0.0, "possible": 2.0, "status": "pending", "given": prose,
                       "feedback": ""}  # fmt: skip
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
    before = sheet.read_bytes()
    summary = made(tmp_path, result("ada", 6))
    assert sheet.read_bytes() == before and sheet not in summary.written
    assert (tmp_path / "out/gradebook.csv").read_text() == "student,ex00\nada,7.5\n"
    page = pages(tmp_path)["ada_4711_88_ex00.html"]
    assert "7.5 of 10 points." in page
    assert "Write a comment here once, and use it by its short name: [c1]!" in page


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
    early = result("ada", 7, "1", prose="", handed_in="2026-11-20T10:00:00")
    late = result("ada", 8, "2", prose="", handed_in="2026-11-22T11:00:00")
    due = due_dates(["ex00=2026-11-20T12:00"])
    made(tmp_path, early, late, policy=Policy("last", due, 10))
    assert [(r["days_late"], r["points"], r["counts"]) for r in marks(tmp_path)] == [
        (0, 7.0, False),
        (2, 6.4, True),
    ]
    made(tmp_path, policy=Policy("best", due, 10))
    assert [r["counts"] for r in marks(tmp_path)] == [True, False]
    assert "Another attempt of yours counts" in str(pages(tmp_path))


def test_what_canvas_calls_late_is_late(tmp_path):
    one = result("ada", 8, prose="", file="ada_LATE_4711_88_ex00.ipynb")
    made(tmp_path, one, policy=Policy("last", due_dates(["ex00=2026-12-01"]), 25))
    assert marks(tmp_path)[0]["points"] == 6.0


def test_a_due_date_that_is_none_is_told():
    for text in ("tomorrow", "ex00", "ex00=31.12.2026"):
        with pytest.raises(ReportError, match="--due ex02="):
            due_dates([text])


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


def test_difficulty_and_discrimination(tmp_path):
    results = [result(f"s{n:02}", n % 9, prose="") for n in range(18)]
    answers = class_report.answers(results, {})
    table = class_report.questions(answers).set_index("question")
    assert table.loc["ex00.q1", "share of points"] == 0.89
    assert table.loc["ex00.q8", "share of points"] == 0.11
    assert table["discrimination"].between(0.3, 1).all()
    few = class_report.questions(class_report.answers(results[:4], {}))
    assert few["discrimination"].isna().all()


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
