"""The keys of the pack's exercises, through the real marker."""

import copy

import nbformat
import pytest
from handins import walled

from casebook.grading.build import exercises
from casebook.grading.key import make_key
from casebook.grading.mark import SOLUTIONS, mark
from casebook.values import MIME

KEYS = [make_key(exercise, case) for exercise in exercises() for case in exercise.cases]
NAMES = [f"{key.exercise.name}-{key.case}" for key in KEYS]


def sure(key):
    """The points that a program gives."""
    return sum(q.points for q in key.exercise.questions if q.kind != "prose")


def handins(key):
    """Student -> notebook: one right, one untouched, one for each known wrong answer."""
    notebooks = {"right": key.solved, "stub": key.student}
    for question, wrongs in key.wrongs.items():
        for number, wrong in enumerate(wrongs):
            notebook = copy.deepcopy(key.solved)
            for cell in notebook.cells:
                if cell.metadata.get("casebook") == {"role": "answer", "grade_id": question}:
                    cell.source = wrong.code
            notebooks[f"{question[5:]}wrong{number}"] = notebook
    return notebooks


@pytest.fixture(scope="module", params=KEYS, ids=NAMES)
def marked(request, tmp_path_factory):
    """A key, and the results of its hand-ins by student."""
    key, folder = request.param, tmp_path_factory.mktemp("key")
    (folder / "in").mkdir()
    for student, notebook in handins(key).items():
        nbformat.write(notebook, folder / "in" / f"{student}_{key.exercise.name}.ipynb")
    rows = mark(folder / "in", folder / "out", SOLUTIONS)
    return key, {row.submission.student: row.result for row in rows}


@walled
def test_the_solution_gets_every_point_and_the_stub_none(marked):
    key, results = marked
    assert results["right"]["points"] == sure(key)
    assert results["right"]["points_possible"] == 10
    assert results["stub"]["points"] == 0


@walled
def test_a_known_wrong_answer_loses_its_points_and_is_told_why(marked):
    key, results = marked
    for question, wrongs in key.wrongs.items():
        for number, wrong in enumerate(wrongs):
            told = results[f"{question[5:]}wrong{number}"]["questions"][question]
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
