"""The last cell of an exercise: run the saved file as the marker will, and list the points."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.check import FEEDBACK, Entry, judge, knows_answers, marking, points_text
from casebook.data import CASES, ROOT
from casebook.text import wrapped
from casebook.values import MIME, Value

if TYPE_CHECKING:
    from nbformat import NotebookNode

SECONDS_A_CELL = 60
NO_NAME = 'Save this notebook, then give its file name, as in handin("name.ipynb").'
NO_TRIAL = (
    "Here the file cannot be tried as a whole; the checks above say what each answer is worth.\n"
    "Save, download the notebook (menu File > Download) and upload that file."
)
SAVE = "Save (Ctrl+S, on a Mac Cmd+S), then run handin() again."
WORDS = {
    "right": "right",
    "half": "in part",
    "wrong": "not yet",
    "readable": "can be read",
    "unanswered": "not answered",
    "unreadable": "cannot be read",
}


class HandinError(Exception):
    """A file that cannot be tried: what is wrong and what to do."""


def handin(name: str = "") -> None:
    """Re-run the saved notebook from the top, list every question's points, say what to upload.

    The file is the one that JupyterLab shows; elsewhere give its name: handin("name.ipynb").
    """
    if marking():
        return
    if sys.platform == "emscripten":  # a browser starts no second kernel
        print(NO_TRIAL)
        return
    try:
        path = _find(name, sys._getframe(1).f_globals)
        lines = _report(path)
    except HandinError as error:
        lines = [str(error)]
    except ImportError:  # a kernel needs no nbformat or nbclient; they may be missing
        lines = [NO_TRIAL]
    *first, last = lines  # a path, which must stay whole, stands in the last line only
    print("\n".join([*map(wrapped, first), last]))


def _find(name: str, names: Mapping[str, object]) -> Path:
    """The notebook's file: named, or known from the editor (JupyterLab, VS Code)."""
    if name:
        path = Path(name).expanduser().resolve()
        if path.is_file():
            return path
        folder = Path.cwd()
        there = ", ".join(sorted(p.name for p in folder.glob("*.ipynb"))) or "none"
        raise HandinError(f"There is no file {name} in {folder}. Notebooks there: {there}.")
    for known in (names.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(known, str) and known.endswith(".ipynb"):
            for path in (Path(known), Path(Path(known).name)):  # renamed or moved since
                if path.is_file():
                    return path.resolve()
    raise HandinError(NO_NAME)


def _report(path: Path) -> list[str]:
    saved = _read(path)
    about = saved.metadata.get("casebook", {})
    exercise, case = str(about.get("exercise", "")), str(about.get("case", ""))
    stem = exercise + ("_practice" if case == "practice" else "")
    if not re.fullmatch(r"\w+", exercise) or case not in CASES:
        raise HandinError(f"{path.name} is not an exercise of this pack. Is it the right file?")
    feedback = _feedback(stem)
    clean, notes = _clean(stem, about, feedback)
    tried, how = _run(_merged(clean, saved), path.parent)
    entries = list(feedback["questions"].values())
    lines = [
        f"{exercise}, {case} case, file {path.name}, {how}.",
        *notes,
        *_unsaved(saved, entries),
    ]
    sure = pending = 0.0
    for entry in entries:
        line, points = _prose_line(entry, saved, clean), 0.0
        if entry["kind"] != "prose":
            line, points = _line(entry, tried)
        lines.append(line)
        sure, pending = sure + points, pending + entry["pending"]
    total = sum(entry["points"] + entry["pending"] for entry in entries)
    if all(knows_answers(entry) for entry in entries if entry["kind"] != "prose"):
        lines.append(f"Sure: {sure:g} of {total:g} points. Still to be marked: {pending:g}.")
    else:
        lines.append(f"Which of the {total:g} points you have, you learn when it is marked.")
    return [*lines, f"Upload this file: {path}"]


def _read(path: Path) -> "NotebookNode":
    import nbformat

    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except Exception as error:
        raise HandinError(f"{path.name} cannot be read as a notebook. {SAVE}") from error
    return notebook


def _feedback(stem: str) -> dict[str, Any]:
    try:
        feedback: dict[str, Any] = json.loads((FEEDBACK / f"{stem}.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        told = (
            f"exercises/feedback/{stem}.json is missing or damaged: get a fresh copy of the pack."
        )
        raise HandinError(told) from error
    return feedback


def _clean(
    stem: str, about: Mapping[str, Any], feedback: Mapping[str, Any]
) -> tuple["NotebookNode | None", list[str]]:
    """The pack's own copy of the exercise, if it has the file's version; else why not."""
    if about.get("version") != feedback["version"]:
        told = f"This file has version {about.get('version')}, the pack {feedback['version']}: "
        return None, [f"{told}it is tried as it is. Ask which version is wanted."]
    path = ROOT / "exercises" / f"{stem}.ipynb"
    return (_read(path), []) if path.is_file() else (None, [])


def _merged(clean: "NotebookNode | None", saved: "NotebookNode") -> "NotebookNode":
    if clean is None:
        return saved
    from casebook.grading.merge import merge

    merged: NotebookNode = merge(clean, saved).notebook
    return merged


def _run(notebook: "NotebookNode", folder: Path) -> tuple["NotebookNode", str]:
    """The notebook, run in a fresh kernel, and how that went."""
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        interrupt_on_timeout=True,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        # The new kernel's own warnings would land below the student's lines.
        client.execute(env={**os.environ, "CASEBOOK_MARKING": "1"}, stderr=subprocess.DEVNULL)
    except DeadKernelError:
        return notebook, "run from the top; a cell ended the session, what follows it did not run"
    return notebook, "run from the top in a fresh session"


def _line(entry: Entry, tried: "NotebookNode") -> tuple[str, float]:
    """One question's line, and the points that are sure."""
    verdict = judge(entry, _value(entry["id"], tried))
    if not knows_answers(entry):
        worth = f"{entry['points'] + entry['pending']:g}"
        return f"Question {entry['number']}, worth {worth}: {WORDS[verdict.status]}.", 0.0
    marks = points_text(verdict.points, verdict.possible)
    later = f"; {entry['pending']:g} more to be marked after hand-in" if entry["pending"] else ""
    return f"Question {entry['number']}: {marks}, {WORDS[verdict.status]}{later}.", verdict.points


def _prose_line(entry: Entry, saved: "NotebookNode", clean: "NotebookNode | None") -> str:
    """A prose question's line: how long the text is, 0 words where its stub still stands."""
    words = _prose(entry["id"], saved)
    written = words != (_prose(entry["id"], clean) if clean else [])
    state = f"your text has {len(words)} words" if written else "not written yet"
    worth = points_text(entry["pending"], entry["pending"]).partition(" of ")[2]
    line = f"Question {entry['number']}: {worth} for a reader to mark"
    return f"{line}; {state} (wanted: {entry['form']})."


def _prose(question: str, notebook: "NotebookNode") -> list[str]:
    """The words of the cells that bear a question's name, the task aside."""
    told = []
    for cell in notebook.cells:
        about = cell.metadata.get("casebook", {})
        if about.get("grade_id") == question and about.get("role") == "prose":
            told += cell.source.split()
    return told


def _value(question: str, notebook: "NotebookNode") -> Value:
    """The last value that the question's check cell showed."""
    for cell in notebook.cells:
        about = cell.metadata.get("casebook", {})
        if about.get("role") == "check" and about.get("grade_id") == question:
            for output in reversed(cell.get("outputs", [])):
                value = output.get("data", {}).get(MIME)
                if value is not None:
                    return dict(value)
    return {"t": "missing"}


def _unsaved(saved: "NotebookNode", entries: Iterable[Entry]) -> list[str]:
    """A warning where the file lacks the answer that this session ran last."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    history = list(shell.history_manager.input_hist_raw) if shell else []
    in_file = {cell.source.strip() for cell in saved.cells}
    numbers = []
    for entry in entries:
        sets = re.compile(rf"^(def\s+)?{entry['name']}\s*[=(]", re.MULTILINE)
        last = next((run for run in reversed(history) if sets.search(run)), None)
        if last is not None and last.strip() not in in_file:
            numbers.append(str(entry["number"]))
    if not numbers:
        return []
    which = f"question {numbers[0]}" if len(numbers) == 1 else f"questions {', '.join(numbers)}"
    return [f"NOT SAVED? For {which} the file differs from what you ran last. {SAVE}"]
