"""The sheet on which readers mark free text: written once, read back, never written over.

A row is one answer by one criterion. The rows are shuffled and without names; the same text of a
student has the same id in every run and attempt, so that marks find their answer again.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from casebook.grading.exercise import Criterion
from casebook.grading.gradebook import ReportError, own_name

NAME = "free_text{}.xlsx"
WIDTHS = {
    "answer": 14, "question": 10, "criterion": 26, "possible": 9, "points": 9, "comment": 34,
    "second points": 9, "text": 90,
}  # fmt: skip
COLUMNS = tuple(WIDTHS)
MARKS, COMMENTS = "marks", "comments"
SHORT = re.compile(r"\[(\w+)\]")  # [c1] in a comment stands for a text of the second sheet
SHORT_TOLD = "Write a text here once; [c1] in a comment of the other sheet then stands for it."


@dataclass(frozen=True)
class Answer:
    """One prose answer of a result, and the criteria by which it is read."""

    result: tuple[str, str, str]  # exercise, student, attempt
    question: str
    text: str
    criteria: tuple[Criterion, ...]
    id: str  # the same for the same text handed in again, so that it is read once
    id_before: str  # how older sheets name it


@dataclass(frozen=True)
class Mark:
    """What readers gave for one criterion; None where nothing stands yet."""

    points: float | None
    comment: str
    second: float | None


Marks = dict[tuple[str, str], Mark]  # (answer id, criterion) -> mark


def answers(
    results: Iterable[Mapping[str, Any]], criteria: Mapping[str, Sequence[Criterion]]
) -> list[Answer]:
    """The prose answers that are to be read, in an order that tells nothing of their writers."""
    found = []
    for result in results:
        for question in result["pending"]:
            name = own_name(result)
            text = result["questions"][question]["given"]
            own = _digest(result["student"], result["case"], question, text)
            before = _digest(*name, question, result["digests"]["submission"])
            found.append(Answer(name, question, text, tuple(criteria[question]), own, before))
    return sorted(found, key=lambda answer: (answer.question, answer.id, answer.id_before))


def _digest(*parts: str) -> str:
    whole = "\n".join(parts)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def write(folder: Path, new: Sequence[Answer]) -> Path:
    """A sheet for answers that stand in no sheet yet, under a name that is free."""
    number, path = 1, folder / NAME.format("")
    while path.exists():
        number += 1
        path = folder / NAME.format(f"_{number}")
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = MARKS
    _fill(sheet, new)
    comments = book.create_sheet(COMMENTS)
    comments.append(["short", "text", SHORT_TOLD])
    comments.append(["c1"])
    for column in "BC":
        comments.column_dimensions[column].width = 90
    book.save(path)
    return path


def _fill(sheet: Worksheet, new: Sequence[Answer]) -> None:
    sheet.append(list(COLUMNS))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    lines = [(answer, number) for answer in new for number in range(len(answer.criteria))]
    for row, (answer, number) in enumerate(lines, 2):
        criterion = answer.criteria[number]
        told = [answer.id, answer.question, criterion.name, criterion.points]
        sheet.append([*told, None, None, None, None])
        cell = sheet.cell(row, len(COLUMNS))
        cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", answer.text) if number == 0 else ""
        cell.data_type = "s"  # what starts with = is no formula
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.add_data_validation(_limit(len(lines) + 1))
    for number, width in enumerate(WIDTHS.values()):
        sheet.column_dimensions["ABCDEFGH"[number]].width = width
    sheet.freeze_panes = "A2"


def _limit(last: int) -> DataValidation:
    """Lets the office program itself refuse points outside the rubric, down to row `last`."""
    return DataValidation(
        type="decimal", operator="between", formula1="0", formula2="$D2", allow_blank=True,
        error="From 0 to what is possible here.", errorTitle="Outside the rubric",
        showErrorMessage=True, sqref=f"E2:E{last} G2:G{last}",
    )  # fmt: skip


def read(folder: Path, criteria: Mapping[str, Sequence[Criterion]]) -> Marks:
    """The marks of every sheet in a folder, by `criteria` of each question.

    Raises ReportError with the cell that is wrong.
    """
    possible = {(q, c.name): c.points for q, known in criteria.items() for c in known}
    marks: Marks = {}
    for path in sorted(folder.glob(NAME.format("*"))):
        if path.name.startswith("~$"):  # an office program's own, while it has the sheet open
            continue
        for key, mark in _read_one(path, possible).items():
            if key in marks and marks[key] != mark:
                raise ReportError(
                    f'{path.name}: answer {key[0]}, "{key[1]}", stands in another sheet too, with '
                    "other marks. Keep it in one."
                )
            marks[key] = mark
    return marks


def _read_one(path: Path, possible: Mapping[tuple[str, str], float]) -> Marks:
    try:
        book = load_workbook(path)
        sheet, comments = book[MARKS], book[COMMENTS]
    except Exception as error:  # whatever openpyxl raises for a file that is no workbook
        told = f"{path.name} cannot be read as a sheet of this pack ({error}). Save it as .xlsx."
        raise ReportError(told) from error
    titles = [cell.value for cell in sheet[1]]
    if missing := [name for name in COLUMNS[:7] if name not in titles]:
        raise ReportError(f"{path.name}: the column {missing[0]!r} is gone from sheet {MARKS}.")
    short = {str(row[0]).strip(): str(row[1]).strip()
             for row in comments.iter_rows(min_row=2, max_col=2, values_only=True)
             if row[0] and row[1]}  # fmt: skip
    place = {name: titles.index(name) for name in COLUMNS[:7]}
    marks = {}
    for row in sheet.iter_rows(2):
        cells = {name: row[number] for name, number in place.items()}
        if cells["answer"].value is None:
            continue
        question, criterion = str(cells["question"].value), str(cells["criterion"].value)
        if (question, criterion) not in possible:
            raise ReportError(
                f"{path.name}, sheet {MARKS}, cell {cells['criterion'].coordinate}: the rubric of "
                f"{question} has no criterion {criterion!r}. Change only points and comments."
            )
        most = possible[question, criterion]
        marks[str(cells["answer"].value), criterion] = Mark(
            _points(cells["points"], most, path),
            _comment(cells["comment"], short, path),
            _points(cells["second points"], most, path),
        )
    return marks


def _comment(cell: Any, short: Mapping[str, str], path: Path) -> str:
    """A comment with its short names written out."""
    comment = str(cell.value or "").strip()
    if unknown := [name for name in SHORT.findall(comment) if name not in short]:
        raise ReportError(
            f"{path.name}, sheet {MARKS}, cell {cell.coordinate}: [{unknown[0]}] has no text in "
            f"sheet {COMMENTS}. Write one there, or take the square brackets away."
        )
    return SHORT.sub(lambda found: short[found[1]], comment)


def _points(cell: Any, most: float, path: Path) -> float | None:
    value = cell.value
    if isinstance(value, str):
        value = value.strip().replace(",", ".") or None
    if value is None:
        return None
    try:
        points = float(value)
    except (TypeError, ValueError):
        points = math.nan
    if isinstance(value, bool) or not 0 <= points <= most:
        raise ReportError(
            f"{path.name}, sheet {MARKS}, cell {cell.coordinate}: {cell.value!r} is outside the "
            f"rubric, which gives 0 to {most:g} here."
        )
    return points


def carried_over(found: Iterable[Answer], marks: Marks) -> Marks:
    """The marks, with those of older sheets also under the answers' ids of today.

    Older sheets may have the same text twice: the one with points counts.
    """
    older: Marks = {}
    for answer in found:
        for criterion in answer.criteria:
            mark = marks.get((answer.id_before, criterion.name))
            key = answer.id, criterion.name
            if mark and (mark.points is not None or key not in older):
                older[key] = mark
    return older | marks


def points_by_question(
    found: Iterable[Answer], marks: Marks
) -> dict[tuple[str, str, str], dict[str, float | None]]:
    """Result -> question -> points, None while a criterion is not marked."""
    points: dict[tuple[str, str, str], dict[str, float | None]] = {}
    for answer in found:
        given = [marks[answer.id, c.name].points if (answer.id, c.name) in marks else None
                 for c in answer.criteria]  # fmt: skip
        done = [one for one in given if one is not None]
        whole = sum(done) if len(done) == len(given) else None
        points.setdefault(answer.result, {})[answer.question] = whole
    return points
