"""From two sources to notebooks and digests: what is built, what an author is told."""

import json
import re

import ex00
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from casebook.grading.accept import judge
from casebook.grading.build import build, drift, exercises, rendered
from casebook.grading.exercise import ExerciseError, read_exercise
from casebook.grading.key import make_key
from casebook.grading.lint import lint
from casebook.grading.literal import literal
from casebook.values import MIME, encode


@pytest.fixture
def source(tmp_path):
    return ex00.write_sources(tmp_path / "exercises" / "solutions")


def change(path, old, new):
    """Replace text in the toml, which must be there."""
    toml = path.with_suffix(".toml")
    text = toml.read_text("utf-8")
    assert old in text
    toml.write_text(text.replace(old, new, 1), "utf-8")


def change_cell(path, old, new):
    """Replace text in the one cell of the notebook that has it."""
    notebook = nbformat.read(path, 4)
    (cell,) = [cell for cell in notebook.cells if old in cell.source]
    cell.source = cell.source.replace(old, new, 1)
    nbformat.write(notebook, path)


def run_and_save(path):
    """What the author does in JupyterLab: Run All, save."""
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, kernel_name="python3").execute()
    nbformat.write(notebook, path)


def test_the_repository_is_current():
    assert drift() == []


def test_the_exercises_of_the_repository_are_fit_for_use():
    assert [told for exercise in exercises() for told in lint(exercise)] == []


def test_built_files_are_the_same_every_time(source, tmp_path):
    first = build(tmp_path)
    assert [path.name for path in first] == [
        "ex00.ipynb", "ex00.json", "ex00_practice.ipynb", "ex00_practice.json",
    ]  # fmt: skip
    before = [path.read_bytes() for path in first]
    assert build(tmp_path) == []
    assert drift(tmp_path) == []
    for path in first:
        path.unlink()
    build(tmp_path)
    assert [path.read_bytes() for path in first] == before
    assert all(b"\r" not in data and data.endswith(b"\n") for data in before)


def test_drift_names_the_file(source, tmp_path):
    notebook, *_ = build(tmp_path)
    notebook.write_text(notebook.read_text("utf-8") + "\n", "utf-8", newline="\n")
    (tmp_path / "exercises" / "ex99.ipynb").write_text("{}", "utf-8")
    told = drift(tmp_path)
    assert len(told) == 2
    assert "ex00.ipynb is not current" in told[0]
    assert "ex99.ipynb has no source" in told[1]


def test_a_source_from_windows_builds_the_same(source, tmp_path):
    before = rendered(tmp_path)
    toml = source.with_suffix(".toml")
    toml.write_bytes(toml.read_bytes().replace(b"\n", b"\r\n"))
    assert rendered(tmp_path) == before


def test_the_students_notebook(source):
    key = make_key(read_exercise(source), "practice")
    nbformat.validate(key.student)
    assert key.student.metadata.casebook.case == "practice"
    cells = {cell.id: cell for cell in key.student.cells}
    assert len(cells) == len(key.student.cells)
    for cell in key.student.cells:
        locked = cell.metadata.get("casebook", {}).get("role") in ("setup", "check", "handin")
        assert (cell.metadata.get("editable") is False) == locked
        assert (cell.metadata.get("deletable") is False) == locked
        assert not cell.get("outputs")
    assert cells["q1-answer"].source == "answer_1 = ..."
    assert cells["q1-answer"].metadata.tags == ["raises-exception"]
    assert cells["q8-answer"].source == "def share_unnamed(groups):\n    ..."
    assert 'CASE = "practice"' in cells["setup"].source
    task = cells["q3-task"].source
    assert task.startswith("## Question 3 (1 point)\n")
    assert "group S03" in task
    assert "<details><summary>Hint</summary>\n\nWhat does the plural say?\n\n</details>" in task
    assert key.student.cells[-1].source == "handin()"


def test_no_solution_and_no_truth_in_what_leaves(source):
    for case in ("article", "practice"):
        key = make_key(read_exercise(source), case)
        for notebook in (key.student, key.clean):
            code = "\n".join(cell.source for cell in notebook.cells)
            for secret in ("_truth", "SEED", "random", "INSIDER_UNSPEC", "unnamed.mean", "{{"):
                assert secret not in code
        assert not any(cell.id.endswith("hidden") for cell in key.student.cells)


def test_the_clean_notebook_stores_a_value_and_a_count_for_every_check(source):
    key = make_key(read_exercise(source), "article")
    checks = [
        c
        for c in key.clean.cells
        if c.metadata.get("casebook", {}).get("role") in ("check", "hidden")
    ]
    assert len(checks) == 9
    for cell in checks:
        name = cell.metadata.casebook.grade_id
        assert cell.outputs[0].data[MIME] == key.values[name]
        assert cell.execution_count


def test_what_is_drawn_comes_from_the_seed(source):
    exercise = read_exercise(source)

    def drawn(**seeds):
        key = make_key(exercise, "article", **seeds)
        return {cell.id: cell.source for cell in key.clean.cells}, key.exercise.version

    public, version = drawn()
    assert drawn() == (public, version)
    others = [drawn(seed=f"term {n}") for n in range(6)]
    assert len({cells["given"] for cells, _ in others}) > 1
    assert len({version for _, version in others}) > 1
    fresh, same = drawn(hidden_seed="another secret")
    assert fresh["given"] == public["given"]
    assert fresh["q8-hidden"] != public["q8-hidden"]
    assert same == version


def test_the_version_follows_what_students_see(source):
    def versions():
        return [
            make_key(read_exercise(source), case).exercise.version
            for case in ("article", "practice")
        ]

    before = versions()
    assert before[0] != before[1]
    change(source, 'accepted = ["BRIEFED"]', 'accepted = ["BRIEFED", "NONE"]')
    change(source, "counts every row.", "is the number of rows.")
    change(source, "Count the tellers.", "Count who told.")
    assert versions() == before
    change_cell(source, "Code each claim.", "Code both claims.")
    assert versions() != before


def test_draws_in_which_a_wrong_answer_is_right_are_thrown_away(source):
    change(source, 'value = "right + 1"', 'value = "2"')
    exercise = read_exercise(source)
    for n in range(8):
        key = make_key(exercise, "article", seed=f"term {n}")
        assert key.values["ex00.q7"]["v"] != 2
        assert key.collisions == []


def test_feedback_files_hold_digests_and_words_only(source, tmp_path):
    build(tmp_path)
    text = (tmp_path / "exercises/feedback/ex00.json").read_text("utf-8")
    content = json.loads(text)
    assert "no secret" in content["note"]
    assert list(content["questions"]) == [f"ex00.q{n}" for n in range(1, 10)]
    assert "INSIDER_UNSPEC" not in text
    assert "ex00.q8.hidden" not in text
    for entry in content["questions"].values():
        assert all(re.fullmatch("[0-9a-f]{16}", mark) for mark in entry.get("answers", {}))


def test_a_sound_exercise_has_no_findings(source):
    run_and_save(source)
    assert lint(read_exercise(source)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("points = 1\n", "points = 2\n", "the points add up to 11, wanted 10"),
        ("Count only the rows with a certain code.", "It is one.", "q1 (article): the hint holds"),
        ("Two codes mean unnamed.", "S02 and S03.", "the hint holds the answer"),
        ('value = "len(groups)"', 'value = "1"', "`1` gives 1, which another answer gives too"),
        ('value = "len(groups)"', 'value = "right + several - 4"', "q1 (article): the known wrong"),
        ("'DIRECT'", "'BRIEFED'", '"BRIEFED", which another answer gives too'),
        ("'PREDICTION'", "'EVENT'", '"EVENT", which another answer gives too'),
        ("tolerance = 0.01\n", "tolerance = 0.2\n", "q4 (article): 0.5 lies on the edge"),
        ("tolerance = 0.01\n", "", "0.5 has decimals, so the question needs a tolerance"),
        ('hint = "Count the tellers."', 'hint = "Count."\nstub = "answer_7 = 2"',
         "q7 (practice): the untouched stub earns points"),
    ],
)  # fmt: skip
def test_findings(source, old, new, words):
    change(source, old, new)
    assert any(words in told for told in lint(read_exercise(source)))


def test_a_solution_that_was_not_run_or_not_again_is_found(source):
    assert sum("shows no value" in told for told in lint(read_exercise(source))) == 8
    run_and_save(source)
    change_cell(source, "answer_3 = (2, None)", "answer_3 = (2, 9)")
    assert [t for t in lint(read_exercise(source)) if "q3" in t] == [
        "ex00.q3: its check cell shows an old value. Run the solution, save it."
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[q1]\n", "[q1]\nhnit = 'x'\n", "q1: Additional properties are not allowed ('hnit'"),
        ("points = 1\n", "points = '1'\n", "q1.points: '1' is not of type 'number'"),
        ("[q1]\n", "[q1\n", "not valid TOML"),
        ('why = "Only one group is named."\n', "", "q1: a value question also needs why"),
        ('function = "share_unnamed"\n', "", "a function question also needs function"),
        ("points = 0.5, says", "points = 5, says", "hidden points must be fewer"),
        ("[q9]", "[q10]", "ex00.q"),
        ('value = "len(groups)"', 'value = "len(grups)"', "NameError: name 'grups'"),
        ("{{this:g}}", "{{that:g}}", "NameError: name 'that'"),
        ('item = "C01"', 'item = "C07"', 'names no item "C07"'),
        ("C02 = { full", "C09 = { full", "no item ['C09']"),
        ("[q6.items]", "accepted = []\nhalf = ['x']\n[q6.items]", "so it takes `items`"),
    ],
)
def test_a_mistake_in_the_toml_is_one_sentence(source, old, new, words):
    change(source, old, new)
    with pytest.raises(ExerciseError) as error:
        make_key(read_exercise(source), "article")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("answer_1 = int(", "answer_1 = 1 / int(", None),
        ("answer_2 = set(", "answer_2 = sets(", "cell ex00.q2: NameError"),
        ("answer_3 = (2, None)", "answer_3 = (2,", "cell ex00.q3: SyntaxError"),
        ('check("ex00.q5")', "pass", "ex00.q5: its check cell is not"),
        ('CASE = "article"', "CASE = 'article'", 'a line CASE = "..."'),
        ("drawn = groups", "truth = random.Random(1)\ndrawn = groups", 'Start the names'),
    ],
)  # fmt: skip
def test_a_mistake_in_the_notebook_is_one_sentence(source, old, new, words):
    change_cell(source, old, new)
    if words is None:
        make_key(read_exercise(source), "article")
        return
    with pytest.raises(ExerciseError, match=re.escape(words)):
        make_key(read_exercise(source), "article")


def test_cells_and_questions_must_match(source):
    notebook = nbformat.read(source, 4)
    notebook.cells.append(nbformat.v4.new_code_cell("1"))
    nbformat.write(notebook, source)
    with pytest.raises(ExerciseError, match="unknown role"):
        read_exercise(source)
    notebook.cells[-1].metadata["casebook"] = {"role": "answer", "grade_id": "ex00.q1"}
    nbformat.write(notebook, source)
    with pytest.raises(ExerciseError, match=r"ex00.q1: 2 answer cells, wanted 1"):
        read_exercise(source)


def test_missing_sources_and_cases(source):
    exercise = read_exercise(source)
    with pytest.raises(ExerciseError, match="no atlas case"):
        make_key(exercise, "atlas")
    source.write_text("{", "utf-8")
    with pytest.raises(ExerciseError, match="not a notebook"):
        read_exercise(source)
    source.unlink()
    with pytest.raises(ExerciseError, match=r"one \.ipynb and one \.toml"):
        read_exercise(source)


def test_known_wrong_answers_as_code_give_their_value(source):
    key = make_key(read_exercise(source), "practice")
    setup = "\n".join(c.source for c in key.solved.cells if c.id in ("setup", "given"))
    for name, wrongs in key.wrongs.items():
        for wrong in wrongs:
            names = {}
            exec(f"{setup}\n{wrong.code}", names)
            question = next(q for q in key.exercise.questions if q.id == name)
            if question.function:
                assert names["share_unnamed"](names["groups"]) == 60
            else:
                assert encode(names[question.name]) == wrong.value
            assert judge(key.entries[name], wrong.value).points < 1


def test_literals_read_back():
    frame = pd.DataFrame(
        {
            "id": ["S01", "it's"],
            "n": pd.array([1, None], dtype="Int64"),
            "share": [0.5, float("nan")],
            "code": pd.Categorical(["b", "a"], ["b", "a"], ordered=True),
            "yes": [True, False],
        },
        index=[4, 7],
    )
    pd.testing.assert_frame_equal(eval(literal(frame), {"pd": pd}), frame, check_index_type=False)
    pd.testing.assert_series_equal(
        eval(literal(frame.share), {"pd": pd}), frame.share, check_index_type=False
    )
    long = "1. " + "some words and " * 30 + "\n2. A short one.\n" + "x" * 200
    assert eval(literal(long)) == long
    assert max(map(len, literal(long).splitlines()[:-1])) < 100
    for thing in ("a\nb", 'a\n"""', "a\n\\", [1, (2,), {"x": {3}}], None, True, 0.1, set()):
        assert eval(literal(thing)) == thing
    with pytest.raises(TypeError, match="cannot be written out"):
        literal(object())


def test_criteria_that_do_not_add_up_are_told(source):
    change(source, "points = 1.5", "points = 1")
    with pytest.raises(ExerciseError, match=r"q9: its criteria give 1\.5 points"):
        read_exercise(source)
