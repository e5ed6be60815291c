"""Nothing is lost: killed runs, full disks, two runs at once, dying processes."""

import errno
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from handins import FULL, SHORT, solved, sources, walled, with_answers, write

from casebook.grading import pool
from casebook.grading import results as store
from casebook.grading.mark import MarkError, mark
from casebook.grading.results import ResultsError, locked, save
from casebook.grading.sandbox import Limits


def test_a_result_is_whole_or_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ex00" / "doe" / "1.json"
    save(path, {"points": 1})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultsError, match="No space left on device"):
        save(path, {"points": 2})
    assert json.loads(path.read_text()) == {"points": 1}
    assert os.listdir(path.parent) == ["1.json"]


def test_a_broken_result_counts_as_none(tmp_path: Path) -> None:
    for content in (b"", b"[1]", b'{"a', b"\xff"):
        (tmp_path / "x").write_bytes(content)
        assert store.load(tmp_path / "x") is None


def test_a_second_run_on_one_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with locked(tmp_path / "out"), pytest.raises(MarkError, match="Another run"):
        mark(tmp_path / "in", tmp_path / "out", sources(), without_wall=True)
    with locked(tmp_path / "out"):
        pass


def test_results_that_cannot_be_made_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").write_text("a file")
    with pytest.raises(MarkError, match="cannot be written"):
        mark(tmp_path / "in", tmp_path / "out", sources(), without_wall=True)


RUN = """
import sys
from pathlib import Path
from casebook.grading.mark import MarkError, mark
from casebook.grading.sandbox import Limits
try:
    mark(*map(Path, sys.argv[1:4]), workers=1, limits=Limits(cell_seconds=3))
except MarkError as error:
    sys.exit("MarkError: " + str(error))
"""


def command(tmp_path: Path) -> list[str]:
    places = [str(tmp_path / "in"), str(tmp_path / "out"), str(sources())]
    return [sys.executable, "-c", RUN, *places]


@walled
def test_a_full_disk_stops_with_a_sentence_and_leaves_results_whole(tmp_path: Path) -> None:
    """A results folder of 128 kB, in a mount that only this run sees."""
    long = "x" * 299
    for number in range(40):
        prose = with_answers(q1=f"answer_1 = {long!r}")
        write(prose, tmp_path / "in" / f"s{number}_ex00.ipynb")
    (tmp_path / "out").mkdir()
    keep = tmp_path / "kept"
    keep.mkdir()
    inside = ["sh", "-c", '"$@"; cp -r "$OUT" "$KEEP"', "sh", *command(tmp_path)]
    run = subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", "--size", "131072", "--tmpfs", str(tmp_path / "out"),
         *inside],
        capture_output=True, text=True, timeout=120,
        env={**os.environ, "OUT": str(tmp_path / "out"), "KEEP": str(keep)},
    )  # fmt: skip
    if "size" in run.stderr and "nknown option" in run.stderr:
        pytest.skip("this bubblewrap cannot make a small folder")
    assert run.stderr.startswith("MarkError: ") and "No space left" in run.stderr, run.stderr
    finished = list(keep.rglob("*.json"))
    assert finished
    assert all(json.loads(path.read_text())["status"] == "marked" for path in finished)


@walled
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    for number in range(4):
        write(solved(), tmp_path / "in" / f"a{number}_ex00.ipynb")
    write(with_answers(q1="while True: pass"), tmp_path / "in" / "b_ex00.ipynb")
    run = subprocess.Popen(command(tmp_path))
    last = tmp_path / "out" / "ex00" / "a3" / "a3_ex00.json"
    while run.poll() is None and not last.exists():
        try:
            run.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    family = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert len(family) > 3 and not psutil.wait_procs(family, timeout=20)[1]
    assert last.exists() and not (tmp_path / "out" / "ex00" / "b").exists()
    rows = mark(tmp_path / "in", tmp_path / "out", sources(), limits=Limits(cell_seconds=3))
    assert [row.fresh for row in rows] == [False] * 4 + [True]
    assert [row.result["points"] for row in rows] == [FULL] * 4 + [FULL - 1]


def _die(submissions: list[object]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="processes cannot be forked here"
)
def test_a_submission_that_takes_the_markers_process_with_it_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(solved(), tmp_path / "in" / "a_ex00.ipynb")
    monkeypatch.setattr(pool, "_mark_chunk", _die)
    monkeypatch.setattr(pool, "_context", lambda: multiprocessing.get_context("fork"))
    (row,) = mark(tmp_path / "in", tmp_path / "out", sources(), limits=SHORT)
    assert row.result["status"] == "marker failed"
    assert json.loads((tmp_path / "out/ex00/a/a_ex00.json").read_text()) == row.result


@walled
def test_a_file_that_turns_out_unreadable_replaces_no_other_result(tmp_path: Path) -> None:
    write(solved(), tmp_path / "in" / "a_ex00.ipynb")
    (tmp_path / "in" / "b_ex00.ipynb").write_text("{")
    mark(tmp_path / "in", tmp_path / "out", sources(), limits=SHORT)
    shutil.copy(tmp_path / "in" / "a_ex00.ipynb", tmp_path / "in" / "b_ex00.ipynb")
    rows = mark(tmp_path / "in", tmp_path / "out", sources(), limits=SHORT)
    assert [(row.fresh, row.result["points"]) for row in rows] == [(False, FULL), (True, FULL)]
    assert len(list((tmp_path / "out").rglob("*.json"))) == 2


@walled
def test_a_roster_that_comes_later_does_not_double_the_class(tmp_path: Path) -> None:
    write(solved(), tmp_path / "in" / "doejane_4711_88_ex00.ipynb")
    (tmp_path / "in" / "roemax_4712_89_ex00.ipynb").write_text("{")
    roster = tmp_path / "roster.csv"
    roster.write_text("student,number\njane,4711\nmax,4712\n")
    for known in (None, roster):
        mark(tmp_path / "in", tmp_path / "out", sources(), roster=known, limits=SHORT)
    found = [path.parent.name for path in sorted((tmp_path / "out").rglob("*.json"))]
    assert found == ["jane", "max"]


def test_what_could_not_be_read_before_is_nothing_new(tmp_path: Path) -> None:
    (tmp_path / "a_ex00.ipynb").write_text("{")
    runs = [mark(tmp_path / "a_ex00.ipynb", tmp_path / "out", sources(), without_wall=True)
            for _ in range(2)]  # fmt: skip
    assert [row.fresh for (row,) in runs] == [True, False]


def test_another_file_of_another_student_stays(tmp_path: Path) -> None:
    old = {"file": "a.ipynb", "student": "jane", "digests": {"submission": "1"}}
    new = {"file": "a.ipynb", "student": "max", "status": "marked", "digests": {"submission": "2"}}
    save(tmp_path / "ex00" / "jane" / "a.json", old)
    store.forget_former_owners(tmp_path, [new])
    assert (tmp_path / "ex00" / "jane" / "a.json").exists()


@walled
def test_a_wrong_secret_takes_no_points_away(tmp_path: Path) -> None:
    write(solved(), tmp_path / "in" / "a_ex00.ipynb")
    where = (tmp_path / "in", tmp_path / "out", sources())
    (marked,) = mark(*where, limits=SHORT)
    (row,) = mark(*where, limits=SHORT, seed="5" * 32)
    assert (row.result["status"], row.kept) == ("another version", True)
    (stored,) = (tmp_path / "out").rglob("*.json")
    assert json.loads(stored.read_text()) == marked.result
    (again,) = mark(*where, limits=SHORT)
    assert (again.kept, again.fresh, again.result["points"]) == (False, False, FULL)
