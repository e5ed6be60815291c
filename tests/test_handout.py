"""A hand-out for credit, the whole way: drawn, solved with nothing but the zip, marked."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import ex00
import nbformat
import pytest
from handins import walled
from typer.testing import CliRunner

from casebook.check import judge
from casebook.cli import app
from casebook.data import ROOT
from casebook.grading import bundle, handout
from casebook.grading.exercise import SOLUTIONS
from casebook.grading.handout import HandoutError, draw_keys, write_handout
from casebook.grading.mark import mark
from casebook.grading.term import TermError, make_secret, read_seed

SECRET = "an autumn of long words, and 41 sheep"
runner = CliRunner()

# What a student's session does with a notebook, in a Python that finds nothing but the hand-out
# and the libraries; the answers and what the checks say go in and out as JSON.
SESSION = """
import contextlib, io, json, sys
folder, libraries = sys.argv[1:]
sys.path[:0] = [folder, libraries]
import casebook
said = {"casebook": casebook.__file__}
for name, answers in json.load(sys.stdin).items():
    cells = json.load(open(f"{folder}/exercises/{name}.ipynb", encoding="utf-8"))["cells"]
    names = {"__name__": "__main__"}
    for cell in cells:
        own = cell["metadata"].get("casebook", {})
        if cell["cell_type"] != "code" or own["role"] == "handin":
            continue
        source = answers.get(own["grade_id"]) if own["role"] == "answer" else None
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            exec(source or "".join(cell["source"]), names)
        if own["role"] == "check":
            said.setdefault(name, {})[own["grade_id"]] = told.getvalue()
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "autumn.secret"
    path.write_text(SECRET + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def keys(term):
    """Every exercise on the article, and one on the practice dispatch: to draw takes its time."""
    seed = read_seed(term)
    return draw_keys(seed, cases=["article"]) + draw_keys(seed, ["ex01"], ["practice"])


@pytest.fixture(scope="module")
def unpacked(keys, tmp_path_factory):
    """The hand-out of all exercises, unpacked in a folder of its own."""
    folder = tmp_path_factory.mktemp("student")
    write_handout(folder / "handout.zip", keys)
    with zipfile.ZipFile(folder / "handout.zip") as archive:
        archive.extractall(folder)
    return folder / handout.TOP


def right(key):
    """Question -> an answer cell that is right."""
    return answers(key.solved)


def wrong(key):
    """Question -> an answer cell that is wrong in a known way."""
    return {question: wrongs[0].code for question, wrongs in key.wrongs.items() if wrongs}


def answers(notebook):
    cells = [cell for cell in notebook.cells if cell.metadata.get("casebook")]
    return {c.metadata.casebook.grade_id: c.source for c in cells
            if c.metadata.casebook.role == "answer"}  # fmt: skip


def session(folder, work):
    """What the checks say to each notebook's answers: notebook -> question -> text."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", SESSION, folder, sysconfig.get_path("purelib")],
        input=json.dumps(work), capture_output=True, text=True, cwd=folder, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.pop("casebook").startswith(str(folder))
    return said


def solve(unpacked, key, given, path):
    """The student's notebook from the zip with these answers in it, saved at `path`."""
    notebook = nbformat.read(unpacked / "exercises" / f"{key.stem}.ipynb", as_version=4)
    for cell in notebook.cells:
        own = cell.metadata.get("casebook", {})
        if own.get("role") == "answer":
            cell.source = given.get(own["grade_id"], cell.source)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def sure(key):
    return sum(q.points for q in key.exercise.questions if q.kind != "prose")


# The zip


def test_nothing_in_the_zip_tells_a_right_answer(unpacked, keys, term):
    files = {path.relative_to(unpacked).as_posix(): path.read_bytes()
             for path in unpacked.rglob("*") if path.is_file()}  # fmt: skip
    forbidden = re.compile(
        r"dispatch\.py|cli\.py|solutions|truth|rubric|instructor|\.secret|my_copy"
    )
    assert [name for name in files if forbidden.search(name)] == []
    marker = {name for name in files if name.startswith("casebook/grading/")}
    assert marker == {"casebook/grading/__init__.py", "casebook/grading/merge.py"}
    whole = b"\n".join(files.values()).decode("utf-8", "replace")
    assert SECRET not in whole
    assert read_seed(term) not in whole
    for key in keys:
        entries = list(key.entries.values())
        known = [part for e in entries for part in (e["answers"], *e["items"].values())]
        digests = [mark for part in known for mark in part]
        assert digests
        assert [mark for mark in digests if mark in whole] == []
        assert [code for code in right(key).values() if len(code) > 40 and code in whole] == []
        sources = [cell.source for cell in key.clean.cells if cell.id.endswith("-hidden")]
        assert [source for source in sources if source in whole] == []
        ours = "\n".join(
            told.decode() for name, told in files.items() if name.startswith("exercises/")
        )
        told = {entry["why"] for entry in entries} | {
            wrong.says for wrongs in key.wrongs.values() for wrong in wrongs
        }
        assert [words for words in told if len(words) > 20 and words in ours] == []


def test_the_same_secret_gives_the_same_bytes_and_another_gives_others(keys, term, tmp_path):
    names = [keys[0].exercise.name]
    drawn = {}
    for number, seed in enumerate([read_seed(term), read_seed(term), "0" * 32]):
        own = draw_keys(seed, names, ["article"])
        write_handout(tmp_path / f"{number}.zip", own)
        drawn[number] = (tmp_path / f"{number}.zip").read_bytes()
        versions = [key.exercise.version for key in own]
        assert (versions == [k.exercise.version for k in keys[: len(own)]]) == (number < 2)
    assert drawn[0] == drawn[1] != drawn[2]


def test_exercises_and_cases_do_not_share_a_draw(keys):
    given = [
        cell.source for key in keys for cell in key.student.cells if cell.id.startswith("given")
    ]
    texts = [source for source in given if "dispatch = " in source]
    assert len(texts) > 2
    assert len(set(texts)) == len(texts)


def test_no_notebook_promises_what_a_hand_out_does_not_do(unpacked):
    for path in (unpacked / "exercises").glob("*.ipynb"):
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        assert "at once what is right" not in text, path.name
        assert "marks your saved file" not in text, path.name


def test_one_case_alone_does_not_name_the_other(keys):
    own = [key for key in keys if key.case == "article"][:1]
    files = handout.files(own)
    assert not any("_practice" in name for name in files if name.startswith("exercises"))
    name = own[0].exercise.name
    assert f"{name}_practice" not in files[f"exercises/{name}.ipynb"].decode()


def test_a_lone_download_starts(unpacked):
    spec = importlib.util.spec_from_file_location("run_of_a_handout", unpacked / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    try:
        run.lay_out_work()
        assert (unpacked / run.FIRST_PAGE.removeprefix("/lab/tree/")).is_file()
        for exercise in (run.WORK / "exercises").glob("*.ipynb"):
            for lesson in handout.LESSON.findall(exercise.read_text("utf-8")):
                assert (run.WORK / "notebooks" / lesson).is_file()
        assert run.fingerprint()
    finally:
        shutil.rmtree(run.WORK, ignore_errors=True)
    for line in (unpacked / "requirements.txt").read_text("utf-8").splitlines():
        assert line == "-e ." or line.startswith("jupyterlab")
    project = (unpacked / "pyproject.toml").read_text("utf-8")
    for package in re.findall(r'"(casebook[.\w]*)"', project.partition("packages")[2]):
        assert (unpacked / package.replace(".", "/") / "__init__.py").is_file()
    assert "readme" not in project and "scripts" not in project
    assert b"\r\n" in (unpacked / "start_windows.bat").read_bytes()
    with zipfile.ZipFile(unpacked.parent / "handout.zip") as archive:
        modes = {i.filename.partition("/")[2]: i.external_attr >> 16 for i in archive.infolist()}
    assert {name for name, mode in modes.items() if mode & 0o111} == set(handout.STARTERS)


def test_every_module_of_the_zip_can_be_imported(unpacked):
    names = [path.stem for path in (unpacked / "casebook").glob("*.py") if path.stem != "__init__"]
    lines = "; ".join(f"import casebook.{name}" for name in names)
    program = f"import sys; sys.path[:0] = sys.argv[1:]; {lines}"
    libraries = sysconfig.get_path("purelib")
    subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, unpacked, libraries],
        cwd=unpacked,
        check=True,
    )


# Solving and marking


def test_checks_tell_the_form_and_nothing_more(unpacked, keys):
    good = session(unpacked, {key.stem: right(key) for key in keys})
    bad = session(unpacked, {key.stem: wrong(key) for key in keys})
    for key in keys:
        name = key.stem
        for question, text in good[name].items():
            assert text.startswith("CAN BE READ"), (question, text)
        for question, wrongs in key.wrongs.items():
            text = bad[name][question]
            assert not re.match("RIGHT|IN PART", text), (question, text)
            assert not any(known.says in text for known in wrongs), (question, text)


def test_an_untouched_notebook_and_a_wrong_form_are_told(unpacked, keys):
    key = keys[0]
    name, first = key.stem, f"{key.exercise.name}.q1"
    said = session(unpacked, {name: {first: "answer_1 = {'a': [1]}"}})[name]
    assert said.pop(first).startswith("CANNOT READ")
    assert all(text.startswith("NOT ANSWERED") for text in said.values())


def test_handin_lists_what_can_be_read(unpacked, keys, tmp_path):
    key = keys[0]
    solve(unpacked, key, right(key), tmp_path / "mine.ipynb")
    own = {name: value for name, value in os.environ.items() if name != "CASEBOOK_MARKING"}
    done = subprocess.run(
        [sys.executable, "-c", "from casebook import handin; handin('mine.ipynb')"],
        cwd=tmp_path, env=own | {"PYTHONPATH": str(unpacked)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    programmed = [q for q in key.exercise.questions if q.kind != "prose"]
    assert done.stdout.count("can be read.") == len(programmed)
    assert "run from the top in a fresh session" in done.stdout
    assert "you learn when it is marked" in done.stdout
    assert "Sure:" not in done.stdout
    assert "right" not in done.stdout


@pytest.fixture(scope="module")
def marked(unpacked, keys, term, tmp_path_factory):
    """File -> result of casebook mark --term, of right and wrong sheets and of a stranger."""
    folder = tmp_path_factory.mktemp("marking")
    for key in keys:
        name = key.stem
        solve(unpacked, key, right(key), folder / "in" / f"right_{name}.ipynb")
        solve(unpacked, key, wrong(key), folder / "in" / f"wrong_{name}.ipynb")
    for name in ("spring", "public"):
        (other,) = draw_keys("5" * 32 if name == "spring" else None, ["ex01"], ["article"])
        nbformat.write(other.solved, folder / "in" / f"{name}_ex01.ipynb")
    done = runner.invoke(
        app, ["mark", str(folder / "in"), "-o", str(folder / "out"), "--term", str(term)]
    )
    assert done.exit_code == 0, done.output
    found = [json.loads(path.read_text("utf-8")) for path in (folder / "out").rglob("*.json")]
    return {result["file"]: result for result in found if "file" in result}


@walled
def test_right_answers_get_every_point(marked, keys):
    for key in keys:
        result = marked[f"right_{key.stem}.ipynb"]
        assert result["status"] == "marked", result["message"]
        assert result["points"] == sure(key)
        assert result["points_possible"] == 10


@walled
def test_wrong_answers_lose_their_points_and_are_told_why(marked, keys):
    for key in keys:
        questions = marked[f"wrong_{key.stem}.ipynb"]["questions"]
        for question, wrongs in key.wrongs.items():
            if wrongs:
                told = questions[question]
                assert told["points"] < told["possible"], question
                assert wrongs[0].says in told["feedback"], question


@walled
def test_a_sheet_of_another_term_is_not_marked_and_says_why(marked):
    result = marked["spring_ex01.ipynb"]
    assert result["status"] == "another version"
    assert "secret of its own term: --term SECRET-FILE" in result["message"]
    assert result["points"] == 0


@walled
def test_the_public_exercise_is_told_from_the_hand_out(marked):
    result = marked["public_ex01.ipynb"]
    assert (result["status"], result["points"]) == ("public exercise", 0)
    assert (result["exercise"], result["case"]) == ("ex01", "article")
    assert "the public ex01, not what this run marks: a term's hand-out" in result["message"]


@walled
def test_a_hand_out_is_not_marked_by_the_public_key(unpacked, keys, tmp_path):
    key = keys[0]
    solve(unpacked, key, right(key), tmp_path / "in" / "ada.ipynb")
    (row,) = mark(tmp_path / "in", tmp_path / "out", SOLUTIONS / f"{key.exercise.name}.ipynb")
    assert row.result["status"] == "another version"
    assert "--term" in row.result["message"]


def test_the_form_says_which_items_are_missing(keys):
    key = next(key for key in keys if any(entry["items"] for entry in key.entries.values()))
    entry = next(entry for entry in key.entries.values() if entry["items"])
    form = json.loads(bundle.forms(key))["questions"][entry["id"]]
    pairs = key.values[entry["id"]]["v"]
    verdict = judge(form, {"t": "dict", "v": pairs[:1]})
    assert verdict.status == "readable"
    for name, _ in pairs[1:]:
        assert name["v"] in verdict.feedback.partition("no answer yet for")[2]
    assert "no answer yet" not in judge(form, {"t": "dict", "v": pairs}).feedback


# The command and its secret


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """ex00 in place of the pack's exercises."""
    folder = tmp_path / "solutions"
    ex00.write_sources(folder)
    monkeypatch.setattr(
        handout.draw_keys, "__defaults__", ((), ("article", "practice"), folder, None)
    )
    return folder


def test_the_command_makes_the_secret_once_and_says_what_to_do(sources, tmp_path):
    secret, zip_file = tmp_path / "t.secret", tmp_path / "h.zip"
    call = ["handout", "--term", str(secret), "-o", str(zip_file)]
    done = runner.invoke(app, call)
    assert done.exit_code == 0, done.output
    made, first = secret.read_text("utf-8"), zip_file.read_bytes()
    assert re.fullmatch(r"[0-9a-f]{32}\n", made)
    assert made.strip() not in done.output
    if os.name == "posix":
        assert secret.stat().st_mode & 0o077 == 0
    listed = ("7 (1 point)", "9 (2 points)", "1, 2, 3, 4, 5, 6, 8 (7 points)")
    for words in ("Made the secret", *listed, "git-pull?repo=", "pip install", "Colab", "--term"):
        assert words in done.output, words
    again = runner.invoke(app, call)
    assert again.exit_code == 0
    assert "Made the secret" not in again.output
    assert secret.read_text("utf-8") == made
    assert zip_file.read_bytes() == first


def test_a_zip_with_something_else_in_it_stays(sources, tmp_path):
    (tmp_path / "h.zip").write_bytes(b"somebody's")
    call = ["handout", "--term", str(tmp_path / "t.secret"), "-o", str(tmp_path / "h.zip")]
    done = runner.invoke(app, call)
    assert done.exit_code == 1
    assert "holds something else" in done.stderr
    assert (tmp_path / "h.zip").read_bytes() == b"somebody's"


def test_an_unknown_exercise_is_named_beside_the_known(sources):
    with pytest.raises(HandoutError, match="no exercise ex7, only ex00"):
        draw_keys("0" * 32, ["ex7"])


def test_an_unknown_exercise_costs_no_secret(tmp_path):
    path = tmp_path / "t.secret"
    done = runner.invoke(app, ["handout", "--term", str(path), "--exercise", "1"])
    assert done.exit_code == 1
    assert "There is no exercise 1, only" in done.stderr and "Write ex01." in done.stderr
    assert not path.exists()


def test_a_known_wrong_answer_that_is_right_stops_the_hand_out(sources):
    toml = sources / "ex00.toml"
    toml.write_text(toml.read_text("utf-8").replace("len(groups)", "right", 1), "utf-8")
    with pytest.raises(HandoutError, match=r"ex00 \(article\) cannot be drawn: ex00.q1"):
        draw_keys("0" * 32)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"autumn 2026\n", "is too short"),
        (b"\xff\xfe" * 40, "it is not text"),
        (b"a line of a text\n" * 9, "several lines"),
        (b"x" * 100_000, "a very long one"),
    ],
)
def test_a_file_that_is_no_secret_is_told_in_a_sentence(content, told, tmp_path):
    path = tmp_path / "t.secret"
    path.write_bytes(content)
    done = runner.invoke(app, ["handout", "--term", str(path), "-o", str(tmp_path / "h.zip")])
    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.output
    assert path.read_bytes() == content
    assert not (tmp_path / "h.zip").exists()


def test_marking_makes_no_secret(tmp_path):
    path = tmp_path / "none.secret"
    done = runner.invoke(app, ["mark", str(tmp_path), "-o", str(tmp_path), "--term", str(path)])
    assert done.exit_code == 1
    assert "There is no file" in done.stderr
    assert not path.exists()


def test_the_secret_is_not_kept_in_the_pack():
    for use in (make_secret, read_seed):
        with pytest.raises(TermError, match="lies in the pack"):
            use(ROOT / "data" / "t.secret")
    assert not (ROOT / "data" / "t.secret").exists()


def test_the_secrets_folder_is_made(tmp_path):
    path = tmp_path / "teaching" / "autumn" / "t.secret"
    make_secret(path)
    assert read_seed(path)


def test_a_folder_is_no_secret(tmp_path):
    (tmp_path / "a.secret").write_text("a file")
    with pytest.raises(TermError, match="cannot be"):
        read_seed(tmp_path)
    with pytest.raises(TermError, match="cannot be made"):
        make_secret(tmp_path / "a.secret" / "b.secret")


def test_a_secret_of_any_words_gives_a_seed_that_no_source_can_break(tmp_path):
    path = tmp_path / "t.secret"
    path.write_text('quotes " and \\1 and {{braces}} and ' + "é" * 20, "utf-8")
    assert re.fullmatch("[0-9a-f]{32}", read_seed(path))
