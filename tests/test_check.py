"""What a reader is told: by check() about one answer, by handin() about the saved file."""

import copy
import importlib
import json
import os
import re

import ex00
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from casebook.grading.build import build, exercises
from casebook.grading.key import make_key
from casebook.values import MIME

check_module = importlib.import_module("casebook.check")
handin_module = importlib.import_module("casebook.handin")

USE_FIXTURE = """\
import importlib, pathlib
for name in ("casebook.check", "casebook.handin"):
    module = importlib.import_module(name)
    module.ROOT = pathlib.Path({root!r})
    module.FEEDBACK = module.ROOT / "exercises" / "feedback"
"""
TWELVE_ROWS = pd.DataFrame({"n": range(12)})


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """A pack with the exercise ex00, built."""
    root = tmp_path_factory.mktemp("pack")
    ex00.write_sources(root / "exercises" / "solutions")
    build(root)
    return root


@pytest.fixture
def say(pack, monkeypatch, capsys):
    """say("q1", answer_1=12) -> what check("ex00.q1") prints in a session with that answer."""
    monkeypatch.setattr(check_module, "FEEDBACK", pack / "exercises" / "feedback")

    def say(question, call=None, **names):
        session = {"check": check_module.check, "CASE": "article", **names}
        exec(call or f'check("ex00.{question}")', session)
        return capsys.readouterr().out.rstrip("\n")

    return say


def test_right(say):
    assert say("q1", answer_1=1) == (
        "RIGHT  Question 1, 1 of 1 point. Your answer: 1.\nOnly one group is named."
    )


def test_a_known_wrong_answer_is_told_what_it_overlooks(say):
    assert say("q1", answer_1=4) == "NOT YET  Question 1. Your answer: 4.\n4 counts every row."
    practice = say("q1", answer_1=5, CASE="practice")
    assert practice == "NOT YET  Question 1. Your answer: 5.\n5 counts every row."


def test_an_unknown_answer_gets_the_hint(say):
    assert say("q1", answer_1=19) == (
        "NOT YET  Question 1. Your answer: 19. I do not recognise it.\n"
        "Hint: Count only the rows with a certain code."
    )


def test_another_form_is_named_in_words(say):
    assert say("q1", answer_1=TWELVE_ROWS) == (
        "CANNOT READ  Question 1 wants one whole number; answer_1 is a table with 12 rows.\n"
        "To count rows use len(...)."
    )
    assert say("q1", answer_1=True).endswith("answer_1 is True.")
    assert "quotation marks" in say("q1", answer_1="1")
    assert "put () after its name" in say("q1", answer_1=TWELVE_ROWS.n.sum)
    assert "list(...)" in say("q2", answer_2=(x for x in "ab"))
    assert "stand in it twice" in say("q2", answer_2=["S02", "S02", "S03"])


def test_not_answered_and_not_run(say):
    assert say("q1", answer_1=...) == (
        'NOT ANSWERED  Question 1. answer_1 is still "...".\n'
        "Replace the dots above, run that cell, then this one."
    )
    assert say("q1").startswith("NOT RUN  No answer_1 yet. Menu Run > Run All Above Selected Cell.")


def test_part_of_the_points(say):
    assert say("q3", answer_3=(2, 3)) == (
        "IN PART  Question 3, 0.5 of 1 point. Your answer: (2, 3).\nThe text gives no upper bound."
    )
    told = say("q6", answer_6={"C01": "PREDICTION", "C02": "EVALUATION"})
    assert told.startswith("IN PART  Question 6, 0.25 of 1 point.")
    assert "C01: It already happened." in told
    assert "C02: in part" in told


SHARE = 'check("ex00.q8", share_unnamed=[pd.DataFrame({"naming": ["NAMED"]})])'


def test_functions(say):
    def fails(groups):
        return 1 / 0

    def stub(groups): ...

    assert "fails on input 1: ZeroDivisionError" in say("q8", SHARE, pd=pd, share_unnamed=fails)
    assert say("q8", SHARE, pd=pd, share_unnamed=stub).startswith("NOT ANSWERED  Question 8.")
    assert say("q8", SHARE, pd=pd, share_unnamed=...).startswith("NOT ANSWERED  Question 8.")
    assert say("q8", SHARE, pd=pd).startswith("NOT RUN  No share_unnamed yet.")
    assert say("q8", SHARE, pd=pd, share_unnamed=3).startswith("CANNOT READ  Question 8")
    assert "I do not recognise it" in say("q8", SHARE, pd=pd, share_unnamed=len)


TABLES = """check("ex00.q8", share_unnamed=[
    pd.DataFrame({"naming": ["NAMED", "CONFIDENTIAL"]}), pd.DataFrame({"naming": ["NAMED"]})])"""


def test_an_error_that_beginners_meet_is_told_once_and_with_its_remedy(say):
    def either(groups):
        return len(groups[groups["naming"] == "A" or groups["naming"] == "B"])

    def counted(groups):
        return groups["naming"].value_counts()["CONFIDENTIAL"] / len(groups)

    def misspelt(groups):
        return len(groups["namings"])

    told = say("q8", TABLES, pd=pd, share_unnamed=either)
    assert told.count("ambiguous") == 1
    assert told.endswith("\nFor two values of a column use .isin([...]).")
    assert "Not every table has every code." in say("q8", TABLES, pd=pd, share_unnamed=counted)
    told = say("q8", TABLES, pd=pd, share_unnamed=misspelt)
    assert "every code" not in told and "Hint: " in told


def test_a_function_that_ignores_its_input_is_told_so(say):
    told = say("q8", TABLES, pd=pd, share_unnamed=lambda groups: 0.64)
    assert "Your answer: 0.64, 0.64.\nIt returns the same for every input." in told
    assert "the same" not in say("q8", TABLES, pd=pd, share_unnamed=lambda groups: 9 * len(groups))


def test_items_crammed_into_one_text_are_told_apart(say):
    for crammed in ({"S02, S03"}, ["S02;S03", "S09"]):
        assert "in its own quotation marks" in say("q2", answer_2=crammed)
    assert "quotation marks" not in say("q2", answer_2={"S02", "the first, or so it says"})


def test_points_still_to_be_marked_are_announced(say, pack):
    key = make_key(exercises(pack)[0], "article")
    source = next(c.source for c in key.solved.cells if c.id == "q8-answer")
    setup = next(c.source for c in key.solved.cells if c.id == "setup")
    drawn = next(c.source for c in key.solved.cells if c.id == "given")
    told = say("q8", f"{setup}\n{drawn}\n{source}\n{key_call(key)}")
    assert "RIGHT  Question 8, 0.5 of 0.5 points." in told
    assert "0.5 more points: after you hand in" in told
    assert "TO BE MARKED  Question 9, 2 points" in say("q9")


def key_call(key):
    return next(cell.source for cell in key.student.cells if cell.id == "q8-check")


class Hostile:
    """Raises whatever it is asked for."""

    def _object(self, *_):
        raise SystemExit("looked at")

    __repr__ = __str__ = __eq__ = __iter__ = __array__ = __bool__ = __len__ = __getattr__ = _object
    __hash__ = None


@pytest.mark.parametrize("question", range(1, 9))
def test_never_a_traceback(say, question):
    for thing in (Hostile(), [Hostile()], {"C01": Hostile()}, lambda x: Hostile(), None, b"", -1):
        told = say(f"q{question}", **{f"answer_{question}": thing})
        assert re.match(r"(NOT YET|CANNOT READ|NOT RUN)  ", told)
        assert "all tests passed" not in told.lower()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('check("ex00.q99")', 'There is no question "ex00.q99". Known: ex00.q1'),
        ('check("q1")', 'Write the question like this: check("ex01.q3")'),
        ("check(3)", "Write the question like this"),
        ('check("../../etc.q1")', "Write the question like this"),
        ('check("ex77.q1")', "ex77.json is missing"),
    ],
)
def test_questions_that_do_not_exist(say, call, words):
    told = say("", call)
    assert told.startswith("CANNOT CHECK  ")
    assert words in told


def test_a_damaged_feedback_file_is_a_sentence(say, tmp_path, monkeypatch):
    (tmp_path / "ex00.json").write_text("{", "utf-8")
    monkeypatch.setattr(check_module, "FEEDBACK", tmp_path)
    assert "damaged" in say("q1", answer_1=1)


def test_an_older_notebook_is_told_so(say, pack):
    version = json.loads((pack / "exercises/feedback/ex00.json").read_text("utf-8"))["version"]
    assert "newer copy" in say("q1", answer_1=1, VERSION="000000000000")
    assert "newer copy" not in say("q1", answer_1=1, VERSION=version)


def run_notebook(notebook, pack, folder, marking=False):
    """Run a notebook in a real kernel whose casebook uses the pack; return it."""
    first = nbformat.v4.new_code_cell(USE_FIXTURE.format(root=str(pack)))
    notebook = nbformat.from_dict({**notebook, "cells": [first, *notebook.cells]})
    client = NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute(env={**os.environ, "CASEBOOK_MARKING": "1" if marking else ""})
    return notebook


def shown(notebook, cell_id):
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    return [output.data for output in cell.outputs if output.output_type == "display_data"]


@pytest.fixture(scope="module")
def solved(pack):
    return make_key(exercises(pack)[0], "practice").solved


def test_a_notebook_shows_one_bundle_of_words_and_value(pack, solved, tmp_path):
    ran = run_notebook(solved, pack, str(tmp_path))
    (data,) = shown(ran, "q2-check")
    assert data["text/plain"].startswith("RIGHT  Question 2, 1 of 1 point.")
    assert data[MIME]["t"] == "set"
    stub = run_notebook(make_key(exercises(pack)[0], "practice").student, pack, str(tmp_path))
    for number in range(1, 8):
        assert shown(stub, f"q{number}-check")[0]["text/plain"].startswith("NOT ANSWERED")
    words = stub.cells[-1].outputs[0].text
    told = 'Save this notebook, then give its file name, as in handin("name.ipynb").'
    assert words.strip() == told


def test_in_marking_only_values_leave(pack, solved, tmp_path):
    ran = run_notebook(solved, pack.parent / "no-feedback", str(tmp_path), marking=True)
    (data,) = shown(ran, "q2-check")
    assert data["text/plain"] == ""
    assert data[MIME]["t"] == "set"
    assert ran.cells[-1].outputs == []


@pytest.fixture
def hand_in(pack, monkeypatch, capsys):
    """hand_in(path) -> the lines that handin prints about a saved file."""
    for module in (check_module, handin_module):
        monkeypatch.setattr(module, "FEEDBACK", pack / "exercises" / "feedback")
    monkeypatch.setattr(handin_module, "ROOT", pack)

    def hand_in(path):
        handin_module.handin(str(path))
        return capsys.readouterr().out.splitlines()

    return hand_in


def test_handin_lists_every_question_and_the_file(hand_in, solved, tmp_path):
    submission = nbformat.from_dict(solved)
    next(c for c in submission.cells if c.id == "q1-answer").source = "import os\nanswer_1 = 5"
    next(c for c in submission.cells if c.id == "q7-answer").source = "1 / 0"
    next(c for c in submission.cells if c.id == "q9-prose").source = "At least four people."
    next(c for c in submission.cells if c.id == "q2-check").source = "print('forged')"
    path = tmp_path / "ex00_practice.ipynb"
    nbformat.write(submission, path)
    lines = hand_in(path)
    assert "Question 1: 0 of 1 point, not yet." in lines
    assert "Question 2: 1 of 1 point, right." in lines
    assert "Question 7: 0 of 1 point, not answered." in lines
    assert "Question 8: 0.5 of 0.5 points, right; 0.5 more to be marked after hand-in." in lines
    assert "your text has 4 words (wanted: 30 to 60 words)" in " ".join(lines)
    assert "Sure: 5.5 of 10 points. Still to be marked: 2.5." in lines
    assert lines[-1] == f"Upload this file: {path}"


def test_handin_of_another_version_tries_the_file_as_it_is(hand_in, solved, pack, tmp_path):
    older = nbformat.from_dict(solved)
    older.metadata.casebook["version"] = "000000000000"
    older.cells.insert(0, nbformat.v4.new_code_cell(USE_FIXTURE.format(root=str(pack))))
    path = tmp_path / "old.ipynb"
    nbformat.write(older, path)
    lines = hand_in(path)
    assert any("version 000000000000" in line for line in lines)
    assert any(line.startswith("Sure: 7.5 of 10 points.") for line in lines)


def test_handin_of_a_file_that_ends_its_session(hand_in, solved, tmp_path):
    deadly = nbformat.from_dict(solved)
    next(c for c in deadly.cells if c.id == "q3-answer").source = "import os; os._exit(1)"
    path = tmp_path / "deadly.ipynb"
    nbformat.write(deadly, path)
    lines = hand_in(path)
    assert "a cell ended the session" in lines[0]
    assert "Question 2: 1 of 1 point, right." in lines


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no file"),
        ("{", "cannot be read as a notebook"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not an exercise"),
    ],
)
def test_handin_of_something_else(hand_in, tmp_path, content, words):
    path = tmp_path / "other.ipynb"
    if content is not None:
        path.write_text(content, "utf-8")
    (line,) = hand_in(path)
    assert words in line


def test_handin_in_a_session_finds_its_file_and_misses_what_is_not_saved(pack, solved, tmp_path):
    path = tmp_path / "mine.ipynb"
    nbformat.write(solved, path)
    session = nbformat.from_dict(solved)
    next(c for c in session.cells if c.id == "q1-answer").source = "answer_1 = 2 - 1"
    session.cells[
        -1
    ].source = f"import os; os.environ['JPY_SESSION_NAME'] = {str(path)!r}\nhandin()"
    ran = run_notebook(session, pack, str(tmp_path))
    told = ran.cells[-1].outputs[0].text
    assert "NOT SAVED? For question 1 the file differs from what you ran last." in told
    assert "Sure: 7.5 of 10 points." in told
    assert len(ran.cells[-1].outputs) == 1


def test_capitals_hyphens_and_spaces_do_not_count(say):
    told = say("q6", answer_6={"c01": "Event", "C02 ": " motive"})
    assert told.startswith("RIGHT"), told


def test_a_phrase_that_is_not_on_the_list_is_said_to_be_none(say):
    told = say("q6", answer_6={"C01": "EVENT", "C02": "AIM"})
    assert 'C02: not yet. "AIM": is that one of the answers to choose?' in told


def test_after_an_error_the_older_answer_is_called_older(pack, solved, tmp_path):
    notebook = copy.deepcopy(solved)
    place = next(n for n, cell in enumerate(notebook.cells) if cell.id == "q2-check")
    for source in ('answer_2 = {"S01"} | 1', 'check("ex00.q2")', "1 / 0", 'check("ex00.q2")'):
        place += 1
        cell = nbformat.v4.new_code_cell(source, id=f"new-{place}")
        cell.metadata.tags = ["raises-exception"]
        notebook.cells.insert(place, cell)
    ran = run_notebook(notebook, pack, str(tmp_path))
    first, second = (
        output.data["text/plain"]
        for cell in ran.cells if cell.source == 'check("ex00.q2")' and cell.id != "q2-check"
        for output in cell.outputs
    )  # fmt: skip
    assert first.startswith("The cell with answer_2 stopped with an error.") and "RIGHT" in first
    assert second.startswith("RIGHT")
