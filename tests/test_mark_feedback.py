"""The page that a student gets, of results in every state."""

import pytest

from casebook.grading.feedback import TROUBLE, page, upload_name
from casebook.grading.gradebook import Policy

ROW = {"handed_in": "2026-11-20T10:00:00", "points": 0.0, "possible": 0.0, "to_mark": 0,
       "days_late": 0, "counts": False}  # fmt: skip


def unmarked(status, exercise="", case=""):
    """The page of a file that was not marked."""
    result = {"exercise": exercise, "case": case, "student": "ada", "file": "ada.ipynb",
              "status": status, "message": "Ask for the .ipynb file, or give --term.",
              "questions": {}}  # fmt: skip
    return page(result, ROW, {}, {}, Policy())


@pytest.mark.parametrize("status", [*TROUBLE, "not JSON"])
def test_the_desks_own_words_do_not_reach_the_student(status):
    made = unmarked(status)
    assert f"could not be marked: {status}." in made
    assert "--term" not in made and "Ask for" not in made


def test_the_heading_says_what_is_known_and_nothing_else():
    assert "<h1>Your feedback</h1>" in unmarked("not JSON")
    assert "ada, file" in unmarked("not JSON")
    made = unmarked("another version", "ex02", "practice")
    assert "<h1>ex02: your feedback</h1>" in made and "practice case" in made


def test_an_answer_in_parts_is_shown_whole():
    parts = [[f"U{n:03}", f'"CODE_{n}"', 1.0] for n in range(12)]
    told = {"points": 1.0, "possible": 1.0, "status": "right", "feedback": "", "items": parts,
            "given": '{"U000": "CODE_0", ... (12 in all)}'}  # fmt: skip
    result = {"exercise": "ex02", "case": "article", "student": "ada", "file": "ada.ipynb",
              "status": "marked", "message": "", "questions": {"ex02.q8": told}}  # fmt: skip
    made = page(result, ROW, {}, {}, Policy())
    assert all(f"{name}: &#34;CODE_" in made for name, _, _ in parts)
    assert "in all" not in made


def test_what_canvas_named_keeps_its_name_in_a_zip_in_a_zip():
    assert upload_name("all.zip/doe_1_2_work.zip/ex02.ipynb") == "doe_1_2_work.html"
    assert upload_name("doe_1_2_work.zip/deep/ex02.ipynb") == "doe_1_2_work.html"
    assert upload_name("all.zip/doe_1_2_ex02.ipynb") == "doe_1_2_ex02.html"
