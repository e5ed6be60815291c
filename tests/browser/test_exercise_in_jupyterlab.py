"""Exercise 01 as a student does it: wrong answers, right ones, saved and handed in."""

import re

import nbformat
import pytest

from casebook.grading.exercise import read_exercise
from casebook.grading.key import make_key


@pytest.fixture(scope="module")
def key(root):
    return make_key(read_exercise(root / "exercises" / "solutions" / "ex01.ipynb"), "article")


def places(notebook):
    """(role, question) -> the number of its cell."""
    found = {}
    for number, cell in enumerate(notebook.cells):
        about = cell.metadata.get("casebook", {})
        found[about.get("role"), about.get("grade_id")] = number
    return found


def answer(exercise, place, question, code):
    """Write an answer, run it and the check below it, as two times Shift + Enter; the check."""
    exercise.write(place["answer", question], code)
    exercise.run()
    exercise.run()
    return exercise.cell(place["check", question]).locator(".jp-OutputArea-output")


def test_exercise_01_tells_wrong_from_right_and_names_the_file_to_upload(lab, key):
    from playwright.sync_api import expect

    place = places(key.student)
    right = {q: key.solved.cells[place["answer", q]].source for q in key.wrongs}
    sure = sum(q.points for q in key.exercise.questions if q.kind != "prose")
    with lab.opened("exercises/ex01.ipynb") as exercise:
        exercise.run_all()
        for question, wrongs in key.wrongs.items():
            told = answer(exercise, place, question, wrongs[0].code)
            expect(told).to_contain_text(re.compile("^(NOT YET|IN PART)"))
            expect(told).to_contain_text(wrongs[0].says)
        for question, code in right.items():
            told = answer(exercise, place, question, code)
            expect(told).to_contain_text(re.compile("^RIGHT"))
        exercise.save()
        exercise.run_cell(place["handin", "ex01.handin"])
        said = exercise.seen()[place["handin", "ex01.handin"]]
    saved = nbformat.read(exercise.file, as_version=4)
    assert {q: saved.cells[place["answer", q]].source for q in right} == right
    assert said["complaints"] == []
    assert f"Sure: {sure:g} of 10 points." in said["printed"]
    assert said["printed"].rstrip().endswith(f"Upload this file: {exercise.file}")
    assert "NOT SAVED" not in said["printed"]
