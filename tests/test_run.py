"""The two commands: what a newcomer meets before the first lesson."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

LESSON = "notebooks/00_start_here.ipynb"


def write(path, code):
    """A notebook of one cell, run, with a result."""
    result = {"output_type": "stream", "name": "stdout", "text": "é 45%"}
    cell = {"cell_type": "code", "source": code, "outputs": [result], "execution_count": 3}
    path.write_text(json.dumps({"cells": [cell], "nbformat": 4}), "utf-8")


def read(path):
    return json.loads(path.read_text("utf-8"))["cells"][0]["source"]


@pytest.fixture
def pack(root, tmp_path, monkeypatch):
    """A pack in a folder whose name has a space and an accent, and its run.py as a module."""
    folder = tmp_path / "my café pack"
    (folder / "notebooks").mkdir(parents=True)
    for name in ("run.py", "requirements.txt", "constraints.txt", "pyproject.toml"):
        shutil.copy(root / name, folder / name)
    write(folder / LESSON, "first edition")
    spec = importlib.util.spec_from_file_location("run_of_the_pack", folder / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def commands(pack, monkeypatch):
    """Instead of being started, the environment's commands are listed, and all succeed."""
    started = []
    monkeypatch.setattr(pack, "run", lambda *words: started.append(words) or 0)
    monkeypatch.setattr(pack.subprocess, "call", lambda words: pack.VENV.mkdir() or 0)
    return started


def installed(commands):
    return [words for words in commands if "install" in words]


def test_lessons_are_copied_for_the_reader(pack):
    pack.lay_out_work()
    assert read(pack.WORK / LESSON) == "first edition"


def test_no_result_stands_below_a_question_that_asks_for_a_guess(pack):
    (pack.ROOT / "notebooks" / "glossary.md").write_text("# é")
    pack.lay_out_work()
    (cell,) = json.loads((pack.WORK / LESSON).read_text("utf-8"))["cells"]
    assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert "45%" in (pack.ROOT / LESSON).read_text("utf-8")
    assert (pack.WORK / "notebooks" / "glossary.md").read_text() == "# é"


def test_the_readers_own_notebook_is_never_replaced(pack):
    pack.lay_out_work()
    mine = pack.WORK / LESSON
    write(mine, "first edition, with my answers")
    pack.lay_out_work()
    assert [p.name for p in mine.parent.iterdir()] == [mine.name]
    write(pack.ROOT / LESSON, "second edition")
    pack.lay_out_work()
    pack.lay_out_work()
    assert read(mine) == "first edition, with my answers"
    beside = [p for p in mine.parent.iterdir() if p != mine]
    assert [read(p) for p in beside] == ["second edition"]


def test_a_file_of_the_readers_that_was_there_first_is_kept(pack):
    mine = pack.WORK / LESSON
    mine.parent.mkdir(parents=True)
    mine.write_text("not from the pack")
    pack.lay_out_work()
    assert mine.read_text() == "not from the pack"


def test_a_lesson_the_reader_deleted_comes_back(pack):
    pack.lay_out_work()
    (pack.WORK / LESSON).unlink()
    pack.lay_out_work()
    assert read(pack.WORK / LESSON) == "first edition"


def test_the_template_is_not_copied(pack):
    (pack.ROOT / "notebooks" / "_template.ipynb").write_text("for authors")
    pack.lay_out_work()
    assert not list(pack.WORK.rglob("_template*"))


def test_set_up_installs_once(pack, commands):
    pack.set_up()
    pack.set_up()
    assert len(installed(commands)) == 1


def test_a_changed_requirement_is_installed(pack, commands):
    pack.set_up()
    (pack.ROOT / "requirements.txt").write_text("another")
    pack.set_up()
    assert len(installed(commands)) == 2


def test_a_broken_environment_is_made_again(pack, commands, monkeypatch):
    pack.set_up()
    made = []
    monkeypatch.setattr(pack.subprocess, "call", lambda words: made.append(words) or 0)
    monkeypatch.setattr(pack, "run", lambda *words: words[0] == "-c")  # it no longer starts
    pack.set_up()
    assert "--clear" in made[0]


def test_an_environment_without_its_python_counts_as_broken(pack):
    assert pack.run("-c", "pass") == 1


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_no_venv_is_said_with_its_remedy(pack, commands, monkeypatch, missing):
    monkeypatch.setattr(pack, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(SystemExit, match="sudo apt install\npython3-venv"):
        pack.set_up()


def test_no_network_is_said_and_does_not_count_as_set_up(pack, commands, monkeypatch):
    monkeypatch.setattr(pack, "run", lambda *words: int("install" in words))
    with pytest.raises(SystemExit, match="internet"):
        pack.set_up()
    assert not pack.STAMP.exists()


def test_a_folder_that_cannot_be_written_is_said(pack, commands, monkeypatch):
    monkeypatch.setattr(pack.subprocess, "call", lambda words: 1)
    with pytest.raises(SystemExit, match="writable"):
        pack.set_up()


def test_a_taken_port_is_passed_over_and_said(pack, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert pack.free_port(port, port + 20) > port
        assert f"Port {port} is taken" in capsys.readouterr().out
        with pytest.raises(SystemExit, match="No free port"):
            pack.free_port(port, port)


def test_an_unknown_command_gets_the_usage(pack):
    with pytest.raises(SystemExit, match=r"python3 run\.py test"):
        pack.main(["tset"])


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_is_its_own_and_sets_nothing_up(pack, commands, capsys, word):
    assert pack.main([word]) == 0
    assert "python3 run.py test" in capsys.readouterr().out
    assert commands == []


def test_a_python_that_is_too_old_is_said(root):
    code = (
        "import sys, runpy; sys.version_info = (3, 10, 1); "
        f"runpy.run_path({str(root / 'run.py')!r}, run_name='__main__')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "needs Python 3.11 or newer, and this is 3.10" in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="makes a symbolic link to the environment")
def test_jupyterlab_opens_on_lesson_00_and_leaves_the_home_folder_alone(pack, tmp_path):
    """The real command, in a folder with a space and an accent, until JupyterLab answers."""
    pack.VENV.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != pack.STAMP.name:
            (pack.VENV / entry.name).symlink_to(entry)
    pack.STAMP.write_text(pack.fingerprint())
    home = tmp_path / "home"
    home.mkdir()
    surroundings = os.environ | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "run.py", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    lab = subprocess.Popen(
        words,
        cwd=pack.ROOT,
        env=surroundings,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        page = _first_page(lab.stderr)
        assert _status(page, lab) == 200
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.communicate()
    assert page.endswith("/lab/tree/my_work/" + LESSON)
    assert list(home.iterdir()) == []


def _first_page(log):
    """The address that JupyterLab's log gives once it listens."""
    lines = []
    for line in log:
        lines.append(line)
        if "/lab/tree/" in line:
            return line.split()[-1]
        if "Control-C" in line:  # the last line of a start
            break
    pytest.fail("JupyterLab did not open:\n" + "".join(lines))


def _status(page, server):
    """The HTTP status of a page; it prints its address a moment before it listens."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(page) as answer:
                return answer.status
        except urllib.error.URLError:
            continue
    return None
