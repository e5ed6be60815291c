"""Write the student notebooks and digest files of every exercise from its two sources."""

import json
from pathlib import Path

import nbformat

from casebook.data import ROOT
from casebook.grading.exercise import Exercise, Question, read_exercise
from casebook.grading.key import Key, make_key

NOTE = (
    "Digests keep answers out of sight while you work. They are no secret: "
    "the solutions are in exercises/solutions."
)


def build(root: Path = ROOT) -> list[Path]:
    """Write what `rendered` says, where it differs; return the paths written, in order."""
    written = []
    for path, text in rendered(root).items():
        if _current(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
            written.append(path)
    return written


def drift(root: Path = ROOT) -> list[str]:
    """One sentence per generated file that its sources no longer give; [] when all is current."""
    wanted = rendered(root)
    stale = [path for path, text in wanted.items() if _current(path) != text]
    folder = root / "exercises"
    found = [*folder.glob("*.ipynb"), *folder.glob("feedback/*.json")]
    told = [f"{path.relative_to(root)} is not current: run `casebook build`." for path in stale]
    orphans = sorted(set(found) - set(wanted))
    return told + [f"{path.relative_to(root)} has no source: delete it." for path in orphans]


def rendered(root: Path = ROOT) -> dict[Path, str]:
    """Path -> text of every generated file."""
    files: dict[Path, str] = {}
    folder = root / "exercises"
    for exercise in exercises(root):
        for case in exercise.cases:
            key = make_key(exercise, case)
            files[folder / f"{key.stem}.ipynb"] = notebook_text(key.student)
            files[folder / "feedback" / f"{key.stem}.json"] = feedback_text(key)
    return files


def exercises(root: Path = ROOT) -> list[Exercise]:
    """Every exercise in exercises/solutions, by name."""
    return [read_exercise(path) for path in sorted((root / "exercises/solutions").glob("*.ipynb"))]


def notebook_text(notebook: nbformat.NotebookNode) -> str:
    """A notebook as its file holds it: keys in order, LF at the end."""
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"


def feedback_text(key: Key) -> str:
    """The digest file: all that check() and handin() need, and nothing they do not."""
    entries = {
        question.id: key.entries.get(question.id) or _prose_entry(question)
        for question in key.exercise.questions
    }
    content = {
        "note": NOTE,
        "exercise": key.exercise.name,
        "case": key.case,
        "version": key.exercise.version,
        "questions": entries,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _prose_entry(question: Question) -> dict[str, object]:
    return {
        "id": question.id,
        "number": question.number,
        "kind": "prose",
        "name": question.name,
        "points": 0.0,
        "pending": question.points,
        "form": question.form,
    }


def _current(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else None
