"""The notebooks of a key: the student's, the marker's clean one, and one that is solved."""

from collections.abc import Callable, Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from casebook.grading.exercise import Exercise, Question, grade_id, role
from casebook.values import MIME, Value

LOCKED = ("setup", "given", "check", "hidden", "handin")
PROSE_STUB = "*Write your answer here: double-click, type, then run the cell.*"


def student_notebook(exercise: Exercise, case: str, sources: list[str]) -> NotebookNode:
    """What a student gets; `sources` holds the finished source of every cell of the solution."""
    pairs = zip(exercise.notebook.cells, sources, strict=True)
    cells = [_cell(cell, source, exercise) for cell, source in pairs if role(cell) != "hidden"]
    return _notebook(exercise, case, cells)


def clean_notebook(
    exercise: Exercise, case: str, sources: list[str], values: Mapping[str, Value]
) -> NotebookNode:
    """The marker's notebook: stubs, and checks with the right values as their stored outputs."""
    cells = []
    for cell, source in zip(exercise.notebook.cells, sources, strict=True):
        new = _cell(cell, source, exercise)
        if role(cell) in ("check", "hidden"):
            _store(new, values[grade_id(cell)])
        cells.append(new)
    return _notebook(exercise, case, cells)


def solved_notebook(
    exercise: Exercise, case: str, sources: list[str], answer: Callable[[NotebookNode], str]
) -> NotebookNode:
    """A student's notebook with the author's answers in it."""
    solved = [
        answer(cell) if role(cell) == "answer" else source
        for cell, source in zip(exercise.notebook.cells, sources, strict=True)
    ]
    return student_notebook(exercise, case, solved)


def task_text(question: Question, task: str, form: str, hint: str) -> str:
    """The text above an answer: number, points, task, form of the answer, folded hint."""
    points = f"{question.points:g} point{'' if question.points == 1 else 's'}"
    parts = [f"## Question {question.number} ({points})", task]
    parts.append(f"**Form of the answer:** {form}")
    if hint:
        parts.append(f"<details><summary>Hint</summary>\n\n{hint}\n\n</details>")
    return "\n\n".join(parts)


def stub(question: Question) -> str:
    """What stands in an answer cell before anything is answered."""
    default = PROSE_STUB if question.kind == "prose" else f"{question.name} = ..."
    return question.stub.strip() or default


def _cell(cell: NotebookNode, source: str, exercise: Exercise) -> NotebookNode:
    part = role(cell)
    metadata: dict[str, Any] = {}
    if part:
        name = grade_id(cell) or f"{exercise.name}.{part}"
        told = "setup" if part == "given" else part
        metadata["casebook"] = {"role": told, "grade_id": name}
    if part in LOCKED:
        metadata |= {"editable": False, "deletable": False}
    if part == "answer":
        metadata["tags"] = ["raises-exception"]
    new = NotebookNode(
        cell_type=cell.cell_type, id=_slug(cell, exercise), metadata=metadata, source=source
    )
    if cell.cell_type == "code":
        new.update(execution_count=None, outputs=[])
    return new


def _store(cell: NotebookNode, value: Value) -> None:
    """Give a check cell its output, and a count: nbval compares no cell without one."""
    data = {"text/plain": "", MIME: value}
    cell.outputs = [{"output_type": "display_data", "data": data, "metadata": {}}]
    cell.execution_count = 1


def _notebook(exercise: Exercise, case: str, cells: list[NotebookNode]) -> NotebookNode:
    metadata = {
        "casebook": {"exercise": exercise.name, "case": case, "version": exercise.version},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook: NotebookNode = nbformat.from_dict(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )
    return notebook


def _slug(cell: NotebookNode, exercise: Exercise) -> str:
    """A readable cell id: "q3-answer", "setup", "text-4"."""
    if not role(cell):
        return f"text-{exercise.notebook.cells.index(cell) + 1}"
    name = grade_id(cell).partition(".")[2].replace(".", "-") or role(cell)
    return f"{name}-{role(cell)}" if role(cell) in ("task", "answer", "prose", "check") else name
