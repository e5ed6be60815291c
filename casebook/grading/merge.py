"""A student's cells in a clean notebook: what the marker, and handin(), run.

Set-up, checks and hidden checks come from the clean notebook. From the submission comes every
unlocked code cell, in the student's order; nothing it says of roles, points, tags or outputs
counts. A question's check stands after the last cell that may belong to the question. Hidden
checks come last of all: a student's cell after them could report the inputs it has met.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

LOCKED = {"setup", "check", "hidden", "handin"}
JUDGED = {"check", "hidden"}
# nbval runs such a cell, lets it raise, and compares nothing.
STUDENT_TAGS = ["raises-exception", "nbval-ignore-output"]


@dataclass(frozen=True)
class Merged:
    """The notebook to run, and what the instructor should know of how it came about."""

    notebook: NotebookNode
    duplicates: tuple[str, ...]  # questions with more than one answer cell, all of them run
    absent: tuple[str, ...]  # questions whose answer cell is not there
    prose: dict[str, str]  # question -> the student's text


def tag(cell: Any) -> tuple[str, str]:
    """A cell's (role, grade_id) as its metadata has them; "" for what is missing or odd."""
    metadata = cell.get("metadata")
    own = metadata.get("casebook") if isinstance(metadata, dict) else None
    if not isinstance(own, dict):
        return "", ""
    role, grade_id = own.get("role"), own.get("grade_id")
    return role if isinstance(role, str) else "", grade_id if isinstance(grade_id, str) else ""


def question_of(grade_id: str) -> str:
    """The question that a check belongs to: "ex01.q7.hidden" -> "ex01.q7"."""
    return grade_id.removesuffix(".hidden")


def merge(clean: NotebookNode, submission: NotebookNode) -> Merged:
    """The submission's unlocked code cells among the clean notebook's set-up and checks."""
    questions = [grade_id for role, grade_id in map(tag, clean.cells) if role == "check"]
    theirs = [cell for cell in submission.cells if cell.get("cell_type") == "code"]
    first, last = _spans(theirs, questions)
    after = _own_cells_by_place(clean, first, last)
    cells = list(after[-1])
    answers: Counter[str] = Counter()
    for place, cell in enumerate(theirs):
        role, grade_id = tag(cell)
        if role not in LOCKED:
            answers[grade_id] += 1
            cells.append(_student_cell(cell, _belongs(grade_id, place, last)))
        cells += after[place]
    cells += [cell for cell in clean.cells if tag(cell)[0] == "hidden"]
    notebook = new_notebook(cells=cells, metadata=clean.metadata)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return Merged(
        notebook,
        tuple(q for q in questions if answers[q] > 1),
        tuple(q for q in questions if not answers[q]),
        _prose(clean, submission),
    )


def _spans(theirs: list[Any], questions: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    """The places of each question's first and last cell; the very last place where it has none."""
    end = len(theirs) - 1
    places = {q: [p for p, cell in enumerate(theirs) if question_of(tag(cell)[1]) == q]
              for q in questions}  # fmt: skip
    first = {q: min(found, default=end) for q, found in places.items()}
    return first, {q: max(found, default=end) for q, found in places.items()}


def _belongs(grade_id: str, place: int, last: dict[str, int]) -> str:
    """The question of an unlocked cell: its own, or the next one whose check is to come."""
    if grade_id in last:
        return grade_id
    return min((q for q in last if last[q] >= place), key=lambda q: last[q], default="")


def _own_cells_by_place(
    clean: NotebookNode, first: dict[str, int], last: dict[str, int]
) -> dict[int, list[Any]]:
    """The clean notebook's cells by the place after which each is run; -1 is before all.

    Checks follow their question's last cell. Set-up follows the checks that it follows in the
    clean notebook, and comes before the next question's first cell wherever that stands.
    """
    after: dict[int, list[Any]] = defaultdict(list)
    tags = [tag(cell) for cell in clean.cells]
    place = -1
    for number, (role, grade_id) in enumerate(tags):
        if role == "check":
            place = last[grade_id]
            after[place].append(clean.cells[number])
        elif role == "setup":
            coming = [first[i] for r, i in tags[number:] if r == "check"]
            after[min([place, *(spot - 1 for spot in coming[:1])])].append(clean.cells[number])
    return after


def _student_cell(cell: Any, question: str) -> NotebookNode:
    """A student's source, and nothing else of theirs."""
    metadata = {"casebook": {"role": "answer", "grade_id": question}, "tags": STUDENT_TAGS}
    new: NotebookNode = new_code_cell(source=_text(cell), metadata=metadata)
    return new


def _prose(clean: NotebookNode, submission: NotebookNode) -> dict[str, str]:
    """What the student wrote under each prose question, cells of one id joined."""
    asked = [grade_id for role, grade_id in map(tag, clean.cells) if role == "prose"]
    return {
        question: "\n\n".join(_text(c) for c in submission.cells if tag(c) == ("prose", question))
        for question in asked
    }


def _text(cell: Any) -> str:
    """A cell's source; a lone surrogate, which no file can hold, becomes a question mark."""
    source = cell.get("source", "")
    text = source if isinstance(source, str) else "".join(map(str, source))
    return text.encode("utf-8", "replace").decode()
