"""The command line says what it did, and every trouble in one sentence."""

import importlib
import subprocess
import sys
from types import SimpleNamespace

import ex00
import pytest
from typer.testing import CliRunner

from casebook.cli import app

builder = importlib.import_module("casebook.grading.build")
marker = importlib.import_module("casebook.grading.mark")
runner = CliRunner()


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """A pack of its own for the builder, with the sources of ex00."""
    ex00.write_sources(tmp_path / "exercises" / "solutions")
    for name in ("build", "exercises"):
        real = getattr(builder, name)
        monkeypatch.setattr(builder, name, lambda _root=None, real=real: real(tmp_path))
    monkeypatch.setattr("casebook.data.ROOT", tmp_path)
    return tmp_path


def test_build_lists_what_it_wrote_and_what_to_mend(pack):
    result = runner.invoke(app, ["build"])
    assert "written: exercises/ex00_practice.ipynb" in result.output
    assert "to mend: ex00.q1: its check cell shows no value." in result.output
    assert result.exit_code == 1
    assert "Everything is current." in runner.invoke(app, ["build"]).output


def test_a_mistake_of_the_author_is_one_line(pack):
    (pack / "exercises/solutions/ex00.toml").write_text("[q1", "utf-8")
    result = runner.invoke(app, ["build"])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert result.output.startswith("ex00.toml: not valid TOML")
    assert not (pack / "exercises" / "ex00.ipynb").exists()


def row(file, points, status="marked", previous=None, **more):
    result = {"file": file, "student": "[b]Ada", "exercise": "ex00", "points": points,
              "points_possible": 10.0, "pending": ["ex00.q9"], "status": status,
              "message": "", **more}  # fmt: skip
    changed = previous is not None and previous != points
    return SimpleNamespace(
        result=result,
        previous=previous,
        changed=changed,
        fresh=True,
        kept=status == "another version",
    )


def test_mark_shows_every_row(monkeypatch, tmp_path):
    rows = [
        row("a.ipynb", 7.5, previous=6.0),
        row("b.ipynb", 0.0, "not a notebook", message="b.ipynb is no JSON."),
        row("c.ipynb", 0.0, "another version"),
        row("x/timestamp.txt", 0.0, "ignored"),
    ]
    seen = {}

    def mark(submissions, results, **options):
        seen.update(options, submissions=submissions, results=results)
        options["progress"](2, 2)
        return rows

    monkeypatch.setattr(marker, "mark", mark)
    wide = {"COLUMNS": "200"}
    result = runner.invoke(app, ["mark", "in", "-o", str(tmp_path), "--without-wall"], env=wide)
    assert result.exit_code == 0, result.output
    assert (
        "3 files: 1 marked, 2 could not be. Done now: 3; before: 0. Other points" in result.output
    )
    assert "1 file of a system ignored (timestamp.txt)." in result.output
    assert "1 file had points before and could not be marked now" in result.output
    for words in ("7.5", "was 6", "[b]Ada", "b.ipynb is no JSON."):
        assert words in result.output
    assert seen["without_wall"] is True
    assert seen["roster"] is None


def test_what_stops_marking_is_one_sentence(tmp_path):
    result = runner.invoke(app, ["mark", str(tmp_path / "none"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.stderr.strip()


def test_the_program_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "casebook.cli", "--help"], capture_output=True, text=True, check=True
    )
    assert "build" in done.stdout
    assert "mark" in done.stdout
