"""A hand-out for credit: a zip with the exercises as drawn from the secret of a term.

In it are texts, tables, the library that the notebooks import, and what starts them. Their checks
know the form of an answer only. The same secret and the same pack give the same bytes.
"""

import copy
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from nbformat import NotebookNode

from casebook.data import CASES, ROOT
from casebook.grading import bundle
from casebook.grading.build import notebook_text
from casebook.grading.exercise import (
    SOLUTIONS,
    Exercise,
    ExerciseError,
    Question,
    looks_behind,
    read_exercise,
    role,
    source_of,
)
from casebook.grading.key import Key, make_key

TOP = "who_says_so"  # the folder that unpacking makes
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # every file's date: a zip of the same files has the same bytes
STARTERS = ("start_linux.sh", "start_macos.command", "start_windows.bat")
COPIED = ("constraints.txt", "LICENSE", "LICENSE-TEXTS.md")
PROJECT = ("build-system", "project", "tool.setuptools", "tool.setuptools.package-data")
HANDIN_NEEDS = ("__init__.py", "merge.py")  # of casebook/grading
LESSON = re.compile(r"\.\./notebooks/([\w-]+\.ipynb)")
# The checks of a hand-out say less than those of the public exercises.
SAYS_LESS = {
    "it tells you at once what is right, and if not, what to look at again. You may try as often "
    "as you like.": "it says whether your answer can be read. Whether it is right you learn when "
    "it is marked.",
    "It marks your saved file": "It tries your saved file",
}
OTHER_CASE = " The same exercise exists for the invented report; it is called `{}_practice.ipynb`."
EXISTS = (
    "{} is there already, and holds something else. Move it away, or give another name with -o."
)

README = """\
# Who Says So? Exercises

1. Unpack the whole zip.
2. Double-click what fits your computer:

| | |
|---|---|
| Windows | `start_windows.bat` |
| macOS | `start_macos.command` |
| Linux | `start_linux.sh` |

macOS may refuse at first: open System Settings > Privacy & Security, and click Open Anyway.
If it does not start: open a terminal in this folder and type `python3 run.py`, on Windows
`py run.py`.

You need Python 3.11 or newer, from python.org. The first start needs the internet and takes one or
two minutes. Then JupyterLab opens. Your exercises are in `my_work/exercises`, and nothing there is
ever replaced:

{exercises}

The cells below your answers say whether an answer can be read. Whether it is right you learn when
it is marked. Save before you hand in (Ctrl + S, on a Mac Cmd + S). The last cell says which file to
upload.
"""
START = """\
#!/bin/sh
cd "$(dirname "$0")" || exit 1
if command -v python3 > /dev/null; then
  python3 run.py
else
  echo "Python is missing. Get it from python.org, then start this file again."
fi
echo "Press Enter to close this window."
read -r _
"""
START_WINDOWS = """\
@echo off
cd /d "%~dp0"
if not exist run.py (
  echo Unpack the whole zip first. Then start this file in the unpacked folder.
  pause
  exit /b 1
)
where py >nul 2>nul
if %errorlevel%==0 (py run.py) else (python run.py)
pause
"""

SHARE = """\
How to share it
  Zip          Upload it to your LMS. Students unpack it and double-click the starter.
  nbgitpuller  Unpack it into a repository of its own, never into a copy of this pack. The link:
               https://HUB/hub/user-redirect/git-pull?repo=https://HOST/YOU/REPO&branch=main
               &urlpath=lab/tree/REPO/{first} (on one line). Packages: as on a hub.
  JupyterHub   Unpack it for each student. In that folder, once: pip install -r requirements.txt
  Colab        No: it opens one file alone, without library and data, and no check runs there.
"""
CREDIT = """\
What is worth credit
{table}
  Drawn: the texts are new, and their answers are nowhere in the pack. All students of a term have
  the same texts, so one due date for all.
  Marked by a person: the tasks stay the same, so answers of earlier terms may go round.
  The same every term: tables and solutions are public. For practice, or to count little.
"""


class HandoutError(Exception):
    """A hand-out that cannot be made: what is wrong and what to do."""


def draw_keys(
    seed: str | None,
    names: Sequence[str] = (),
    cases: Sequence[str] = CASES,
    sources: Path = SOLUTIONS,
    progress: Callable[[int, int], None] | None = None,
) -> list[Key]:
    """The keys of the named exercises, of all if none is named. Raises HandoutError.

    Without a seed they are those of the public exercises.
    """
    known = check_names(names, sources)
    try:
        chosen = [read_exercise(path) for name, path in known.items() if name in (names or known)]
        pairs = [(e, case) for e in chosen for case in cases if case in e.cases]
        keys = []
        for number, (exercise, case) in enumerate(pairs, 1):
            keys.append(_drawn(exercise, case, seed))
            if progress:
                progress(number, len(pairs))
    except ExerciseError as error:
        raise HandoutError(str(error)) from error
    if not keys:
        raise HandoutError(f"No exercise here has the case {' or '.join(cases)}.")
    return keys


def check_names(names: Sequence[str], sources: Path = SOLUTIONS) -> dict[str, Path]:
    """Every exercise by name; raises HandoutError if one of `names` is none of them."""
    known = {path.stem: path for path in sorted(sources.glob("*.ipynb"))}
    if unknown := sorted(set(names) - set(known)):
        meant = [f"ex{int(name):02}" for name in unknown if name.isdecimal()]
        hint = f" Write {', '.join(meant)}." if meant and set(meant) <= set(known) else ""
        told = f"There is no exercise {', '.join(unknown)}, only {', '.join(known)}.{hint}"
        raise HandoutError(told)
    return known


def _drawn(exercise: Exercise, case: str, seed: str | None) -> Key:
    key = make_key(exercise, case, seed)
    if key.collisions:
        raise HandoutError(
            f"{exercise.name} ({case}) cannot be drawn: {key.collisions[0]} Try another secret; if "
            "that does not help, mend this answer in its toml."
        )
    return key


def write_handout(path: Path, keys: Sequence[Key]) -> int:
    """Write the zip of some keys and return its size in bytes. Raises HandoutError."""
    content = _zip(files(keys))
    try:
        if path.exists() and path.read_bytes() != content:
            raise HandoutError(EXISTS.format(path))
        path.write_bytes(content)
    except OSError as error:
        raise HandoutError(f"{path} cannot be written: {error.strerror}.") from error
    return len(content)


def files(keys: Sequence[Key]) -> dict[str, bytes]:
    """Path -> content of everything in a hand-out."""
    cases = {key.case for key in keys}
    notebooks = {
        f"exercises/{key.stem}.ipynb": for_credit(key.student, key.exercise.name, cases)
        for key in keys
    }
    texts = {name: notebook_text(notebook) for name, notebook in notebooks.items()}
    texts |= {bundle.forms_name(key): bundle.forms(key) for key in keys}
    texts |= {name: START for name in STARTERS[:2]}
    texts[STARTERS[2]] = START_WINDOWS.replace("\n", "\r\n")
    texts["README.md"] = README.format(exercises="\n".join(f"- `{name}`" for name in notebooks))
    texts["run.py"] = _opening(next(iter(notebooks)))
    texts["requirements.txt"] = _requirements()
    texts["pyproject.toml"] = _project()
    kept = [ROOT / name for name in COPIED]
    kept += [ROOT / "casebook" / "grading" / name for name in HANDIN_NEEDS]
    kept += _lessons(notebooks.values())
    return {
        **{name: text.encode() for name, text in texts.items()},
        **{file.relative_to(ROOT).as_posix(): file.read_bytes() for file in kept},
        **bundle.library(),
        **bundle.data(),
    }


def advice(keys: Sequence[Key]) -> str:
    """What the instructor should know: what is worth credit, and how to share the zip."""
    rows: list[tuple[str, ...]] = [
        ("", "drawn for this term", "marked by a person", "the same every term")
    ]
    for exercise in {key.exercise.name: key.exercise for key in keys}.values():
        prose = [q for q in exercise.questions if q.kind == "prose"]
        coded = [q for q in exercise.questions if q.kind != "prose"]
        drawn = [q for q in coded if looks_behind(source_of(exercise, "answer", q.id))]
        rest = [q for q in coded if q not in drawn]
        rows.append((exercise.name, *map(_listed, (drawn, prose, rest))))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    table = "\n".join(f"  {line}" for line in lines)
    first = f"exercises/{keys[0].stem}.ipynb"
    return f"{CREDIT.format(table=table)}\n{SHARE.format(first=first)}"


def _listed(questions: Iterable[Question]) -> str:
    """Numbers and points: "6, 7 (2 points)"."""
    listed = list(questions)
    points = sum(question.points for question in listed)
    numbers = ", ".join(str(question.number) for question in listed)
    return f"{numbers} ({points:g} point{'' if points == 1 else 's'})" if listed else "-"


def for_credit(notebook: NotebookNode, exercise: str, cases: Iterable[str]) -> NotebookNode:
    """A copy whose plain texts promise no more than checks that know forms only."""
    changes = dict(SAYS_LESS)
    if "practice" not in cases:
        changes[OTHER_CASE.format(exercise)] = ""
    new = copy.deepcopy(notebook)
    for cell in new.cells:
        for public, here in changes.items() if not role(cell) else ():
            cell.source = cell.source.replace(public, here)
    return new


# What the zip holds


def _lessons(notebooks: Iterable[NotebookNode]) -> list[Path]:
    """The lessons that the exercises name, and their glossary."""
    texts = [cell.source for notebook in notebooks for cell in notebook.cells]
    names = {name for text in texts for name in LESSON.findall(text)}
    found = [ROOT / "notebooks" / name for name in sorted(names | {"glossary.md"})]
    return [path for path in found if path.is_file()]


def _opening(notebook: str) -> str:
    """run.py, which opens a hand-out on its first exercise."""
    page = f'FIRST_PAGE = "/lab/tree/my_work/{notebook}"'
    text = (ROOT / "run.py").read_text("utf-8")
    text, found = re.subn(r'^FIRST_PAGE = ".*"$', page, text, flags=re.MULTILINE)
    if found != 1:
        raise HandoutError('run.py has no single line FIRST_PAGE = "...", which a hand-out sets.')
    return text


def _requirements() -> str:
    """JupyterLab in the pack's range; the library brings what it needs itself."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return "\n".join([*(line for line in lines if line.startswith("jupyterlab")), "-e .", ""])


def _project() -> str:
    """The pack's pyproject.toml without its commands, its tools, and the README it names."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    sections = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    kept = [part for part in sections if part.partition("]")[0].lstrip("[") in PROJECT]
    return re.sub(r"^readme = .*\n", "", "".join(kept), flags=re.MULTILINE).rstrip() + "\n"


def _zip(content: dict[str, bytes]) -> bytes:
    """A zip with the files in order of name; starters may be run, Windows gets that by its name."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(f"{TOP}/{name}", LONG_AGO)
            entry.create_system = 3  # Unix, on every system: then the mode below counts
            entry.external_attr = (0o100755 if name in STARTERS else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content[name])
    return whole.getvalue()
