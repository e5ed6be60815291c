"""Hand-ins built in code, for the tests of the marker: ex00, honest, broken and hostile."""

import atexit
import copy
import functools
import shutil
import tempfile
from pathlib import Path

import ex00
import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from casebook.grading.exercise import read_exercise
from casebook.grading.key import Key, make_key
from casebook.grading.mark import mark
from casebook.grading.marker import Row
from casebook.grading.sandbox import Limits, program_missing

FULL = 8.0  # the points of ex00 that are given at once; two more are prose
SHORT = Limits(
    cell_seconds=1.5, submission_seconds=5, memory_mb=700, processes=40, file_mb=8, scratch_mb=16
)
walled = pytest.mark.skipif(bool(program_missing()), reason=program_missing() or "no wall")


@functools.cache
def sources() -> Path:
    """The folder with ex00's sources."""
    folder = Path(tempfile.mkdtemp(prefix="ex00-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    ex00.write_sources(folder)
    return folder


@functools.cache
def key() -> Key:
    return make_key(read_exercise(sources() / "ex00.ipynb"), "article")


def solved() -> NotebookNode:
    """A submission that is right everywhere, with some prose."""
    notebook = copy.deepcopy(key().solved)
    cell(notebook, "prose", "q9").source = "At least four people.\n\nNobody can say more."
    return notebook


def cell(notebook: NotebookNode, role: str, question: str) -> NotebookNode:
    """The cell of a role and question: cell(notebook, "answer", "q3")."""
    wanted = {"role": role, "grade_id": f"ex00.{question}"}
    return next(c for c in notebook.cells if c.metadata.get("casebook") == wanted)


def place(notebook: NotebookNode, role: str, question: str) -> int:
    return notebook.cells.index(cell(notebook, role, question))


def with_answers(**answers: str) -> NotebookNode:
    """A right submission but for these answer cells: with_answers(q3="answer_3 = 1")."""
    notebook = solved()
    for question, source in answers.items():
        cell(notebook, "answer", question).source = source
    return notebook


def own_cell(source: str) -> NotebookNode:
    """A cell that a student added."""
    return new_code_cell(source)


def write(notebook: NotebookNode, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def mark_these(
    folder: Path, notebooks: dict[str, NotebookNode], limits: Limits = SHORT
) -> dict[str, Row]:
    """Mark notebooks by student; student -> row."""
    for student, notebook in notebooks.items():
        write(notebook, folder / "in" / f"{student}_ex00.ipynb")
    rows = mark(folder / "in", folder / "out", sources(), limits=limits)
    return {row.submission.student: row for row in rows}


def points(row: Row) -> dict[str, float]:
    """Question -> points, of what a program marks: all but the prose of q9."""
    questions = row.result["questions"].items()
    return {q.partition(".")[2]: t["points"] for q, t in questions if q != "ex00.q9"}
