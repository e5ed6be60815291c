"""Honest work: the marks, what is told, what is done again, and nbval's inside."""

import inspect
import json
from pathlib import Path

import ex00
import nbval.kernel
import nbval.plugin
import pytest
from handins import (
    FULL,
    SHORT,
    cell,
    key,
    mark_these,
    solved,
    sources,
    walled,
    with_answers,
    write,
)

from casebook.check import judge
from casebook.grading import mark as marking
from casebook.grading.mark import MarkError, mark
from casebook.grading.marker import Row
from casebook.grading.merge import merge, tag
from casebook.grading.nbval_plugin import Job, StockChild, run
from casebook.grading.sandbox import Limits

HALF = {"q3": "answer_3 = (2, 3)", "q5": 'answer_5 = "RELAYED"'}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    notebooks = {
        "right": solved(),
        "half": with_answers(**HALF),
        "broken": with_answers(q1="answer_1 = 1 / 0"),
        "stub": key().student,
        **{
            f"{question[5:]}-wrong-{number}": with_answers(**{question[5:]: wrong.code})
            for question, wrongs in key().wrongs.items()
            for number, wrong in enumerate(wrongs)
        },
    }
    return mark_these(tmp_path_factory.mktemp("honest"), notebooks)


@walled
def test_the_solution_gets_all_points_and_the_stub_none(rows: dict[str, Row]) -> None:
    assert rows["right"].result["points"] == FULL
    assert rows["right"].result["points_possible"] == 10
    assert rows["right"].result["pending"] == ["ex00.q9"]
    assert rows["stub"].result["points"] == 0
    told = rows["stub"].result["questions"].values()
    assert {question["status"] for question in told} == {"unanswered"}
    assert rows["stub"].result["pending"] == []
    prose = rows["right"].result["questions"]["ex00.q9"]
    assert prose["given"] == "At least four people.\n\nNobody can say more."


@walled
def test_an_unanswered_function_is_told_once(rows: dict[str, Row]) -> None:
    functions = [q.id for q in key().exercise.questions if q.hidden]
    assert functions
    for name in functions:
        told = rows["stub"].result["questions"][name]["feedback"]
        assert told == judge(key().entries[name], key().stubs[name]).feedback


@walled
def test_half_points_and_accepted_values_pass(rows: dict[str, Row]) -> None:
    assert rows["half"].result["points"] == FULL - 1
    told = rows["half"].result["questions"]["ex00.q3"]
    assert (told["status"], told["given"]) == ("half", "(2, 3)")
    assert "no upper bound" in told["feedback"]


@walled
def test_each_known_wrong_answer_loses_its_points_and_shows_its_feedback(
    rows: dict[str, Row],
) -> None:
    for question, wrongs in key().wrongs.items():
        for number, wrong in enumerate(wrongs):
            result = rows[f"{question[5:]}-wrong-{number}"].result
            told = result["questions"][question]
            assert told["points"] < told["possible"], question
            assert wrong.says in told["feedback"]
            assert result["points"] == FULL - told["possible"] + told["points"]


@walled
def test_a_cell_that_stops_is_told_with_its_error_and_line(rows: dict[str, Row]) -> None:
    told = rows["broken"].result["questions"]["ex00.q1"]
    assert told["status"] == "error"
    assert told["feedback"] == "Its cell stopped with ZeroDivisionError: division by zero (line 1)."


@walled
def test_results_are_as_agreed(rows: dict[str, Row]) -> None:
    result = rows["right"].result
    assert result["wall"] == {"full": True, "missing": [], "override": False}
    assert all(result["digests"].values())
    row = rows["right"]
    file = row.submission.path.parent.parent / "out" / "ex00" / "right" / "right_ex00.json"
    assert json.loads(file.read_text("utf-8")) == result


def test_a_stock_kernel_gives_the_same_marks(rows: dict[str, Row]) -> None:
    names = ["right", "half", "broken", "stub"]
    jobs = {
        name: Job(merge(key().clean, notebook), key())
        for name, notebook in zip(
            names,
            [solved(), with_answers(**HALF), with_answers(q1="answer_1 = 1 / 0"), key().student],
            strict=True,
        )
    }
    run(list(jobs.values()), StockChild, Limits(), lambda job: None)
    for name, job in jobs.items():
        given = {check: o.verdict.points * o.passed for check, o in job.outcomes.items()}
        assert sum(given.values()) == rows[name].result["points"], name


@walled
def test_what_is_done_stays_and_a_corrected_key_tells_who_changed(tmp_path: Path) -> None:
    """An answer that was wrong becomes accepted: one mark rises, the rest stay as they were."""
    exercise = ex00.write_sources(tmp_path / "sources")
    write(solved(), tmp_path / "in" / "anna_ex00.ipynb")
    write(with_answers(q5='answer_5 = "DIRECTLY"'), tmp_path / "in" / "ben_ex00.ipynb")
    where = (tmp_path / "in", tmp_path / "out", exercise)
    first = mark(*where, limits=SHORT)
    assert [row.result["points"] for row in first] == [FULL, FULL - 1]
    again = mark(*where, limits=SHORT)
    assert [(row.fresh, row.changed) for row in again] == [(False, False)] * 2

    toml = exercise.with_suffix(".toml")
    toml.write_text(toml.read_text().replace('["BRIEFED"]', '["BRIEFED", "DIRECTLY"]'))
    corrected = mark(*where, limits=SHORT)
    assert [(row.fresh, row.changed) for row in corrected] == [(True, False), (True, True)]
    assert [row.result["points"] for row in corrected] == [FULL, FULL]

    write(with_answers(q1="answer_1 = 0"), tmp_path / "in" / "anna_ex00.ipynb")
    assert [row.fresh for row in mark(*where, limits=SHORT)] == [True, False]


@walled
def test_a_changed_table_marks_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "data" / "article" / "claims.csv"
    table.parent.mkdir(parents=True)
    table.write_text("claim_id\nC001\n")
    monkeypatch.setattr(marking, "DATA", tmp_path / "data", raising=False)
    write(solved(), tmp_path / "in" / "anna_ex00.ipynb")
    where = (tmp_path / "in", tmp_path / "out", sources())
    assert [row.fresh for row in mark(*where, limits=SHORT)] == [True]
    assert [row.fresh for row in mark(*where, limits=SHORT)] == [False]
    table.write_text("claim_id\nC002\n")
    assert [row.fresh for row in mark(*where, limits=SHORT)] == [True]


@walled
def test_without_a_check_that_was_run_nobody_gets_its_points(tmp_path: Path) -> None:
    """nbval passes a cell without execution count, comparing nothing; the marker does not."""
    merged = merge(key().clean, solved())
    for part in merged.notebook.cells:
        if tag(part) == ("check", "ex00.q1"):
            part.execution_count, part.outputs = None, []
        if tag(part) == ("check", "ex00.q2"):
            part.outputs[0].data = {"text/plain": ""}
    job = Job(merged, key())
    run([job], StockChild, Limits(), lambda job: None)
    passed = {check for check, outcome in job.outcomes.items() if outcome.passed}
    assert passed == key().values.keys() - {"ex00.q1", "ex00.q2"}


def test_merge_takes_no_more_than_sources_from_a_student() -> None:
    notebook = solved()
    for part in notebook.cells:
        part.metadata["points"] = 99
        if part.cell_type == "code":
            part.metadata["tags"] = ["nbval-skip"]
            part.outputs = ["forged"]
    notebook.metadata["points"] = 99
    plain = merge(key().clean, solved()).notebook
    assert merge(key().clean, notebook).notebook == plain


def test_set_up_between_questions_runs_before_the_next_answer_wherever_that_is() -> None:
    notebook = solved()
    last = cell(notebook, "answer", "q7")
    notebook.cells.remove(last)
    notebook.cells.insert(3, last)
    order = [tag(part) for part in merge(key().clean, notebook).notebook.cells]
    given = next(i for i, (role, name) in enumerate(order) if role == "setup" and "given" in name)
    assert given < order.index(("answer", "ex00.q7"))


def test_merge_tells_of_duplicates_and_of_absent_answers_and_keeps_prose() -> None:
    notebook = solved()
    notebook.cells.append(cell(notebook, "answer", "q2").copy())
    notebook.cells.remove(cell(notebook, "answer", "q4"))
    cell(notebook, "prose", "q9").source = "At least four."
    merged = merge(key().clean, notebook)
    assert (merged.duplicates, merged.absent) == (("ex00.q2",), ("ex00.q4",))
    assert merged.prose == {"ex00.q9": "At least four."}


def test_nbval_is_as_the_marker_expects() -> None:
    """The private names of nbval 0.11.0 that casebook.grading.nbval_plugin leans on."""
    item = inspect.getsource(nbval.plugin.IPyNbCell)
    for name in ("self.parent.kernel", "await_reply", "get_kernel_message", "execute_cell_input",
                 "skip_compare", "self.cell.execution_count", "check_exception"):  # fmt: skip
        assert name in item, name
    file = nbval.plugin.IPyNbFile
    assert {"setup", "teardown", "collect", "get_kernel_message"} <= vars(file).keys()
    assert "self.skip_compare" in inspect.getsource(file.__init__)
    kernel = {"execute_cell_input", "await_reply", "await_idle", "get_message", "is_alive",
              "interrupt", "stop"}  # fmt: skip
    assert kernel <= vars(nbval.kernel.RunningKernel).keys()
    assert {"nbval-ignore-output", "raises-exception"} <= nbval.plugin.metadata_tags.keys()


def test_a_sentence_where_there_is_nothing_to_mark(tmp_path: Path) -> None:
    with pytest.raises(MarkError, match="is not there"):
        mark(tmp_path / "nowhere", tmp_path / "out", sources(), without_wall=True)
    with pytest.raises(MarkError, match="no exercise"):
        (tmp_path / "in").mkdir()
        mark(tmp_path / "in", tmp_path / "out", tmp_path / "in", without_wall=True)


def test_a_file_that_cannot_be_read_belongs_to_the_exercise_in_its_name(tmp_path: Path) -> None:
    both = tmp_path / "sources"
    ex00.write_sources(both)
    for end in (".ipynb", ".toml"):
        text = (both / f"ex00{end}").read_text("utf-8").replace("ex00", "ex01")
        (both / f"ex01{end}").write_text(text, "utf-8")
    for name in ("ann_ex01.ipynb", "bob.ipynb", "cy_ex00_ex01.ipynb"):
        (tmp_path / name).write_text("{")
        (row,) = mark(tmp_path / name, tmp_path / "out", both, without_wall=True)
        assert row.result["exercise"] == ("ex01" if name.startswith("ann") else "")
