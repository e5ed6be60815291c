"""Exercises as source notebooks for nbgrader (0.9, metadata schema 3), an assignment for each case.

nbgrader removes stored outputs, so a check here asserts, in the student's own session, what the
marker compares outside of it. The digests of the answers stand in a hidden test: the released
notebook knows forms only, as a hand-out does. A test's value is its points, which nbgrader takes as
partial credit. The pack's own metadata stay, so `casebook mark` marks these notebooks too.
"""

import ast
import copy
import pprint
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from casebook.check import Entry
from casebook.grading import bundle
from casebook.grading.build import notebook_text
from casebook.grading.exercise import grade_id, role
from casebook.grading.handout import HandoutError, for_credit
from casebook.grading.key import Key
from casebook.grading.notebooks import stub

SCHEMA = 3
HAND_IN = "## Hand in\n\nSave: **Ctrl + S** (on a Mac **Cmd + S**). Then submit, as in your course."
ANSWER = "{stub}\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
CHECK = """\
from casebook.check import check, readable

{asked}
"""
ASKED = """\
check({call})
assert readable({call}), "Not ready yet: the sentence above says why.\""""
HIDDEN = "# After you hand in, your function is tried here on other inputs.\n"
TEST = """\
### BEGIN HIDDEN TESTS
{imports}from casebook.check import answer as _answer, judge as _judge

_entry = {entry}
{judged}
assert _verdict.points, _verdict.feedback
_verdict.points
### END HIDDEN TESTS"""
EXISTS = "{} is there already, and holds something else. Move it away, or choose another folder."
NEXT_STEPS = """\
Next, in the course's folder: nbgrader generate_assignment ex01, and so on for each.
Students need pandas, matplotlib and networkx; library and data are in each assignment.
nbgrader tests in the student's own session, where code can read the tests or replace them. Where
that matters, mark with casebook mark, which takes these notebooks too."""


def write_course(folder: Path, keys: Sequence[Key]) -> list[Path]:
    """Write source/NAME/ for every key, and return these folders. Raises HandoutError."""
    content: dict[Path, bytes] = {}
    places = []
    for key in keys:
        place = folder / "source" / key.stem
        places.append(place)
        content |= {place / name: told for name, told in assignment(key).items()}
    try:
        for path, told in content.items():
            if path.exists() and path.read_bytes() != told:
                raise HandoutError(EXISTS.format(path))
        for path, told in content.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(told)
    except OSError as error:
        raise HandoutError(f"{error.filename} cannot be written: {error.strerror}.") from error
    return places


def assignment(key: Key) -> dict[str, bytes]:
    """Path -> content of one assignment: its notebook, and what it needs to run."""
    notebook = source_notebook(key)
    texts = {
        f"{key.stem}.ipynb": notebook_text(notebook),
        bundle.forms_name(key): bundle.forms(key),
    }
    # nbgrader copies all of it for every student; the baseline is large, and few exercises use it.
    named = "\n".join(cell.source for cell in notebook.cells)
    data = {
        name: told
        for name, told in bundle.data().items()
        if not name.startswith("data/baseline/") or Path(name).stem in named
    }
    return {name: text.encode() for name, text in texts.items()} | bundle.library() | data


def source_notebook(key: Key) -> NotebookNode:
    """The instructor's notebook: solutions and hidden tests between nbgrader's marks."""
    maker = _Maker(key)
    notebook = for_credit(key.solved, key.exercise.name, key.exercise.cases)
    hidden = [cell for cell in copy.deepcopy(key.clean.cells) if role(cell) == "hidden"]
    # A student's cell after a hidden test could report what it has met, so these come last.
    cells = [cell for cell in notebook.cells if role(cell) != "handin"] + hidden
    notebook.cells = [maker.converted(cell) for cell in cells]
    return notebook


class _Maker:
    """Turns the cells of one key into nbgrader's."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.questions = {question.id: question for question in key.exercise.questions}
        cells = key.exercise.notebook.cells
        self.written = {grade_id(cell): str(cell.source) for cell in cells if role(cell) == "prose"}

    def converted(self, cell: NotebookNode) -> NotebookNode:
        """The cell with nbgrader's metadata and the source that they go with."""
        name, part = grade_id(cell), role(cell)
        if not part and cell.source.startswith("## Hand in\n"):
            cell.source = HAND_IN
        if part in ("", "task"):
            return cell
        told: dict[str, Any] = {"grade": False, "solution": False, "locked": True}
        match part:
            case "answer":
                told |= {"solution": True, "locked": False}
                first = stub(self.questions[name])
                cell.source = ANSWER.format(stub=first, solution=cell.source)
            case "prose":
                told |= {"grade": True, "solution": True, "locked": False}
                told["points"] = self.questions[name].points
                cell.source = self.written[name]  # nbgrader replaces all of it
            case "check":
                entry = self.key.entries[name]
                told |= {"grade": True, "points": entry["points"]}
                cell.source = _check(cell.source) + _test(entry, cell.source)
            case "hidden":
                entry = self.key.entries[name]
                told |= {"grade": True, "points": entry["points"]}
                cell.source = HIDDEN + _test(entry, cell.source)
        names = {"grade_id": cell.id, "schema_version": SCHEMA, "task": False}
        cell.metadata["nbgrader"] = told | names | {"cell_type": cell.cell_type}
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
        return cell


def _check(source: str) -> str:
    """What students see of a check cell."""
    arguments = [*map(ast.unparse, _call(source).args), *_keywords(source)]
    return CHECK.format(asked=_within(source, ASKED.format(call=", ".join(arguments))))


def _test(entry: Entry, source: str) -> str:
    """The hidden test that judges as the marker does, by the same entry."""
    pairs = (keyword.partition("=") for keyword in _keywords(source))
    functions = ", ".join(f"{name!r}: {inputs}" for name, _, inputs in pairs)
    question = entry["id"].removesuffix(".hidden")
    judged = f"_verdict = _judge(_entry, _answer({question!r}, globals(), {{{functions}}}))"
    return TEST.format(
        imports="import pandas as pd\n" if "import pandas as pd" in source else "",
        entry=pprint.pformat(entry, width=100, sort_dicts=False),
        judged=_within(source, judged),
    )


def _keywords(source: str) -> list[str]:
    """The keyword arguments of a cell's call, as source."""
    return [f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in _call(source).keywords]


def _call(source: str) -> ast.Call:
    """The call check(...) or hidden(...) that a cell ends with."""
    last = ast.parse(source).body[-1]
    if isinstance(last, ast.With):
        last = last.body[-1]
    assert isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
    return last.value


def _within(source: str, code: str) -> str:
    """The code where a check cell makes its call: after what it sets up, inside its `with`."""
    *before, last = ast.parse(source).body
    lines = [
        ast.unparse(one) for one in before if not isinstance(one, (ast.Import, ast.ImportFrom))
    ]
    if isinstance(last, ast.With):
        lines.append(f"with {', '.join(map(ast.unparse, last.items))}:")
        code = textwrap.indent(code, "    ")
    return "\n".join([*lines, code])
