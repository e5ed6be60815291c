"""The exercises as an nbgrader course: what students get tells no answer, the points are ours.

What needs nbgrader itself is an extra, for it installs nbgrader into an environment of its own in
the user's cache folder: run it with `pytest -m nbgrader`.
"""

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import ex00
import nbformat
import pytest
from handins import walled
from typer.testing import CliRunner

from casebook.cli import app
from casebook.data import ROOT
from casebook.grading.build import exercises
from casebook.grading.exercise import SOLUTIONS
from casebook.grading.handout import HandoutError, draw_keys
from casebook.grading.mark import mark
from casebook.grading.nbgrader import assignment, source_notebook, write_course
from casebook.grading.term import read_seed

HIDDEN = re.compile(r"### BEGIN (HIDDEN TESTS|SOLUTION)\n.*?### END \1", re.DOTALL)
DRIVER = Path(__file__).with_name("nbgrader_driver.py")
NBGRADER = "nbgrader==0.9.6"
HALF = {  # answers of ex00 that earn a part of the points, with the part
    "ex00.q3": ("answer_3 = (2, 3)", 0.5),
    "ex00.q5": ("answer_5 = 'RELAYED'", 0.5),
    "ex00.q6": ("answer_6 = {'C01': 'EVENT', 'C02': 'EVALUATION'}", 0.75),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A folder with the sources of ex00."""
    folder = tmp_path_factory.mktemp("sources")
    ex00.write_sources(folder)
    return folder


@pytest.fixture(scope="module")
def key(sources):
    return draw_keys(None, cases=["article"], sources=sources)[0]


def told(cell):
    return cell.metadata.get("nbgrader", {})


# Without nbgrader


def test_every_cell_has_the_metadata_of_schema_3(key):
    cells = [cell for cell in source_notebook(key).cells if told(cell)]
    ids = [told(cell)["grade_id"] for cell in cells]
    assert (
        len(set(ids)) == len(ids) == 1 + 1 + 8 * 2 + 1 + 1
    )  # set-up, draw, 8 pairs, prose, hidden
    for cell in cells:
        own = told(cell)
        assert own["schema_version"] == 3
        assert re.fullmatch(r"[\w-]+", own["grade_id"])
        assert own["cell_type"] == cell.cell_type
        assert ("points" in own) == own["grade"]
        assert own["locked"] != own["solution"]
        assert own["grade"] or cell.cell_type == "code"
    assert sum(told(cell).get("points", 0) for cell in cells) == 10


def test_what_is_released_tells_no_answer(key):
    files = assignment(key)
    assert not any(re.search("dispatch.py|solutions|truth|feedback/", name) for name in files)
    notebook = nbformat.reads(files.pop("ex00.ipynb").decode(), as_version=4)
    released = "\n".join(
        HIDDEN.sub("", cell.source)
        for cell in notebook.cells
        if not (told(cell).get("solution") and cell.cell_type == "markdown")
    )
    whole = released + "\n".join(content.decode("utf-8", "replace") for content in files.values())
    entries = list(key.entries.values())
    known = [part for entry in entries for part in (entry["answers"], *entry["items"].values())]
    digests = [digest for part in known for digest in part]
    assert len(digests) > 20
    for words in (*digests, "unnamed.mean()", "An act, and an aim.", "says exactly three"):
        assert words not in whole
    assert "NotImplementedError" not in released  # nbgrader puts it there
    for question in key.exercise.questions:
        if question.kind != "prose":
            assert f"check('{question.id}'" in released
            assert question.name in released


def test_a_check_asserts_and_its_value_is_the_points(key):
    checks = [
        c for c in source_notebook(key).cells if told(c).get("grade") and "code" in c.cell_type
    ]
    for cell in checks:
        body = HIDDEN.search(cell.source)[0]
        assert "\nassert _verdict.points, _verdict.feedback\n_verdict.points\n### END" in body
    assert all("assert readable(" in cell.source for cell in checks[:-1])
    assert told(checks[-1])["grade_id"] == "q8-hidden"


def test_the_course_is_written_once_and_nothing_is_replaced(key, tmp_path):
    (place,) = write_course(tmp_path, [key])
    assert write_course(tmp_path, [key]) == [place]
    notebook = place / "ex00.ipynb"
    notebook.write_text("mine", "utf-8")
    (place / "data" / "README.md").unlink()
    with pytest.raises(HandoutError, match=r"ex00\.ipynb is there already"):
        write_course(tmp_path, [key])
    assert notebook.read_text("utf-8") == "mine"
    assert not (place / "data" / "README.md").exists()


def test_the_command_draws_from_a_secret(tmp_path):
    secret = tmp_path / "t.secret"
    secret.write_text("a" * 40, "utf-8")
    call = ["export", "nbgrader", str(tmp_path / "course"), "--term", str(secret)]
    done = runner_with_one_exercise(call)
    assert done.exit_code == 0, done.output
    assert "generate_assignment" in done.output
    (drawn,) = draw_keys(read_seed(secret), ["ex01"], ["article"])
    path = tmp_path / "course" / "source" / "ex01" / "ex01.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.casebook.version == drawn.exercise.version


def runner_with_one_exercise(call):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw_keys, "__defaults__", (["ex01"], ["article"], SOLUTIONS, None))
        return CliRunner().invoke(app, call)


def test_another_system_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["export", "moodle", str(tmp_path)])
    assert done.exit_code == 2
    assert "nbgrader" in done.output


# With nbgrader


@pytest.fixture(scope="module")
def python(request):
    """The Python of an environment with nbgrader, made once and kept."""
    if "nbgrader" not in request.config.getoption("markexpr"):
        pytest.skip("an extra that installs nbgrader: pytest -m nbgrader")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = [NBGRADER, *project["project"]["dependencies"]]
    name = hashlib.sha256("\n".join([sys.version, *packages]).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "who-says-so" / f"nbgrader-{name}"
    program = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        own = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
        install = [program, "-m", "pip", "install", "-q", *packages]
        subprocess.run(install, check=True, env=own)
        (folder / "complete").touch()
    return program


def drive(python, *words):
    own = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "CASEBOOK_MARKING")}
    done = subprocess.run(
        [python, DRIVER, *words], capture_output=True, text=True, env=own, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def handins(key):
    """Student -> question -> answer cell: right, wrong in known ways, and right in part."""
    right = {
        cell.metadata.casebook.grade_id: cell.source
        for cell in key.solved.cells
        if cell.metadata.get("casebook", {}).get("role") == "answer"
    }
    wrong = {question: wrongs[0].code for question, wrongs in key.wrongs.items() if wrongs}
    partly = copy.copy(right)
    for number, (question, wrongs) in enumerate(key.wrongs.items()):
        items = [known.code for known in wrongs if known.item]
        if items or number % 2:
            partly[question] = (items or [wrong.get(question, right[question])])[0]
        if question in HALF:
            partly[question] = HALF[question][0]
    return {"right": right, "wrong": right | wrong, "partly": partly, "untouched": {}}


def students(key):
    """Who hands in: all four kinds for ex00, three for an exercise, one for its second case."""
    if key.case == "practice":
        return {"partly"}
    return {"right", "wrong", "partly"} | ({"untouched"} if key.exercise.name == "ex00" else set())


@pytest.fixture(scope="module")
def graded(python, sources, tmp_path_factory):
    """(student, assignment) -> what nbgrader says, and the result of casebook mark."""
    course = tmp_path_factory.mktemp("course")
    keys = [*draw_keys(None), *draw_keys(None, sources=sources)]
    write_course(course, keys)
    drive(python, "generate", course)
    flat = {"real": course / "flat", "ex00": course / "flat00"}
    for key in keys:
        name = key.stem
        released = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
        for student, answers in handins(key).items():
            if student not in students(key):
                continue
            place = course / "submitted" / student / name
            shutil.copytree(course / "release" / name, place)
            notebook = copy.deepcopy(released)
            for cell in notebook.cells:
                own = cell.metadata.get("casebook", {})
                if own.get("role") == "answer":
                    cell.source = answers.get(own.grade_id, cell.source)
                if own.get("role") == "prose" and answers:
                    cell.source = "Five at least."
            nbformat.write(notebook, place / f"{name}.ipynb")
            folder = flat["ex00" if key.exercise.name == "ex00" else "real"]
            folder.mkdir(exist_ok=True)
            nbformat.write(notebook, folder / f"{student}-{name}.ipynb")
    theirs = json.loads(drive(python, "grade", course))
    rows = mark(flat["real"], course / "out") + mark(flat["ex00"], course / "out00", sources)
    ours = {row.result["file"].removesuffix(".ipynb"): row.result for row in rows}
    return {
        (student, name): (one, ours[f"{student}-{name}"])
        for student, names in theirs.items()
        for name, one in names.items()
    }


@walled
@pytest.mark.nbgrader
def test_nbgrader_gives_the_points_that_the_marker_gives(graded):
    pairs = [(e, case) for e in exercises() for case in e.cases]
    assert len(graded) == len(pairs) + 2 * len(exercises()) + 4 + 1
    for (student, name), (theirs, ours) in graded.items():
        assert ours["status"] == "marked", ours["message"]
        for question, result in ours["questions"].items():
            number = question.partition(".")[2]
            cells = {n: p for n, p in theirs["points"].items() if n.startswith(f"{number}-")}
            assert cells, (student, name, question)
            if None in cells.values():
                assert result["status"] == "pending"
            else:
                given = sum(cells.values())
                assert given == pytest.approx(result["points"]), (student, name, question)


@walled
@pytest.mark.nbgrader
def test_right_wrong_and_partly_right_differ(graded):
    for (student, name), (theirs, ours) in graded.items():
        points = sum(filter(None, theirs["points"].values()))
        prose = [
            cell.partition("-")[0] for cell, given in theirs["points"].items() if given is None
        ]
        full = 10 - sum(ours["questions"][f"{ours['exercise']}.{q}"]["possible"] for q in prose)
        if student == "right":
            assert points == full, name
        elif student == "partly":
            assert 0 < points < full, name
        elif student == "untouched":
            assert points == 0
        else:
            assert points < full / 2, name
    theirs, _ = graded["partly", "ex00"]
    for question, (_, share) in HALF.items():
        assert theirs["points"][f"{question.partition('.')[2]}-check"] == share


@walled
@pytest.mark.nbgrader
def test_what_validates_is_what_is_answered(graded):
    failed = {who: theirs["failed"] for who, (theirs, _) in graded.items() if "failed" in theirs}
    assert len(failed) == len(exercises()) + 2
    for (student, name), number in failed.items():
        assert (number == 0) == (student == "right"), (student, name, number)
