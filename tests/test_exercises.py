"""The keys of the pack's exercises, through the real marker."""

import copy
import re

import nbformat
import pytest
from handins import walled

from casebook.grading.build import exercises
from casebook.grading.exercise import SOLUTIONS
from casebook.grading.key import make_key
from casebook.grading.mark import mark
from casebook.values import MIME

RUBRICS = SOLUTIONS.parents[1] / "instructor" / "rubrics"
KEYS = [make_key(exercise, case) for exercise in exercises() for case in exercise.cases]
NAMES = [f"{key.exercise.name}-{key.case}" for key in KEYS]


def sure(key):
    """The points that a program gives."""
    return sum(q.points for q in key.exercise.questions if q.kind != "prose")


def handins(key):
    """Student -> notebook: one right, one untouched, then the first, second ... wrong answers."""
    notebooks = {"right": key.solved, "stub": key.student}
    for number in range(max(map(len, key.wrongs.values()))):
        notebook = copy.deepcopy(key.solved)
        for cell in notebook.cells:
            about = cell.metadata.get("casebook", {})
            wrongs = key.wrongs.get(about.get("grade_id"), [])
            if about.get("role") == "answer" and number < len(wrongs):
                cell.source = wrongs[number].code
        notebooks[f"wrong{number}"] = notebook
    return notebooks


@pytest.fixture(scope="module")
def marked(request, tmp_path_factory):
    """(exercise, case, student) -> result, for the hand-ins of all keys that are tested."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "in").mkdir()
    wanted = {
        KEYS.index(item.callspec.params["key"])
        for item in request.session.items
        if item.path == request.path and "marked" in item.fixturenames
    }
    for key in (KEYS[number] for number in wanted):
        for student, notebook in handins(key).items():
            name = f"{student}{key.case}_{key.exercise.name}.ipynb"
            nbformat.write(notebook, folder / "in" / name)
    rows = mark(folder / "in", folder / "out", SOLUTIONS)
    return {
        (row.result["exercise"], row.result["case"], row.result["student"]): row.result
        for row in rows
    }


def result_of(marked, key, student):
    return marked[key.exercise.name, key.case, f"{student}{key.case}"]


@walled
@pytest.mark.parametrize("key", KEYS, ids=NAMES)
def test_the_solution_gets_every_point_and_the_stub_none(key, marked):
    assert result_of(marked, key, "right")["points"] == sure(key)
    assert result_of(marked, key, "right")["points_possible"] == 10
    assert result_of(marked, key, "stub")["points"] == 0


@walled
@pytest.mark.parametrize("key", KEYS, ids=NAMES)
def test_a_known_wrong_answer_loses_its_points_and_is_told_why(key, marked):
    for question, wrongs in key.wrongs.items():
        for number, wrong in enumerate(wrongs):
            told = result_of(marked, key, f"wrong{number}")["questions"][question]
            assert told["points"] < told["possible"], (question, wrong.says)
            assert wrong.says in told["feedback"], (question, wrong.says)


@pytest.mark.parametrize("key", KEYS, ids=NAMES)
def test_five_questions_know_wrong_answers(key):
    assert sum(bool(wrongs) for wrongs in key.wrongs.values()) >= 5


def test_every_solution_as_stored_is_right():
    for exercise in exercises():
        shown = [
            output["data"]["text/plain"]
            for cell in exercise.notebook.cells
            if cell.metadata.get("casebook", {}).get("role") == "check"
            for output in cell["outputs"]
            if MIME in output.get("data", {})
        ]
        assert shown and all(text.startswith("RIGHT") for text in shown)


def test_a_rubric_explains_the_criteria_by_which_prose_is_marked():
    for exercise in exercises():
        for question in exercise.questions:
            if question.kind == "prose":
                rubric = RUBRICS / f"{exercise.name}_q{question.number}.md"
                explained = re.findall(
                    r"^\| \*\*(.+?)\*\* \|", rubric.read_text("utf-8"), re.MULTILINE
                )
                assert explained == [criterion.name for criterion in question.criteria]
