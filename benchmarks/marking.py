"""Time a submission of exercise 01 here, in nbgrader and in otter-grader: marking.py [FOLDER]

nbgrader and otter get an equivalent assignment: the same table, answers and points, in their own
formats. Each has an environment of its own in FOLDER (default: a new one), made when not there.
Ratios come from one run on one machine; start-up is included everywhere.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from casebook.data import ROOT, load
from casebook.grading.exercise import SOLUTIONS, read_exercise
from casebook.grading.key import make_key

OURS, MANY, THEIRS = 120, 300, 11  # submissions
TARGET = 15  # times faster than the others
LOOK_SECONDS = 3.0  # between looks at memory, which cost time themselves
SOURCE = SOLUTIONS / "ex01.ipynb"
CASE = "practice"
SETUP = """\
import io
import pandas as pd
import matplotlib.pyplot as plt
pd.set_option("display.max_colwidth", None)
claims = pd.read_csv(io.StringIO({table!r}), keep_default_na=False)
print(claims.head())"""
ANSWERS = {  # as in exercise 01; the last four are typed in after reading
    "q1": 'answer_1 = len(claims["prop_id"].unique())',
    "q2": 'answer_2 = set(claims[claims["kind"] == "OPEN"]["claim_id"])',
    "q3": 'motives = claims[claims["kind"] == "MOTIVE"]\n'
    'answer_3 = len(motives[motives["source_id"] == "S00"])',
    "q4": 'answer_4 = {"a": "well supported", "b": "contested", "c": "quoted"}',
    "q5": 'answer_5 = {"a": "quoted", "b": "presupposed", "c": "stated", "d": "not claimed"}',
    "q6": "answer_6 = {2, 3, 4, 6}",
    "q7": "answer_7 = {1, 6}",
}
MARK = """\
import sys
from pathlib import Path
from casebook.grading.mark import mark
rows = mark(*map(Path, sys.argv[1:4]))
assert len({row.result["points"] for row in rows}) == 1, "marks differ"
"""
OTTER = """\
import sys
from otter.api import grade_submission
for path in sys.argv[2:]:
    assert grade_submission(path, sys.argv[1], quiet=True).total == 7
"""


@dataclass(frozen=True)
class Cost:
    """Seconds for each submission, and the most memory in MB that all processes had at once."""

    seconds: float
    memory: float


def main() -> None:
    """Build what is missing, time all, print the table."""
    base = Path(sys.argv[1] if sys.argv[1:] else tempfile.mkdtemp(prefix="marking-")).resolve()
    with tempfile.TemporaryDirectory(prefix="marking-work-") as work:
        few, many = (this_pack(Path(work), count) for count in (OURS, MANY))
        others = {
            "nbgrader autograde, one batch": nbgrader(base, Path(work)),
            "otter API, one process": otter(base, Path(work)),
        }
    print(f"{'marked by':32} {'each':>9} {'memory':>9} {'ratio':>6}  target")
    for name, cost in {
        f"this pack, {OURS} submissions": few,
        f"this pack, {MANY} submissions": many,
        **others,
    }.items():
        line = f"{name:32} {cost.seconds * 1000:6.0f} ms {cost.memory:6.0f} MB"
        if name in others:
            ratio = cost.seconds / few.seconds
            line += f" {ratio:6.1f}  {TARGET}: {'met' if ratio >= TARGET else 'missed'}"
        print(line)


def this_pack(work: Path, count: int) -> Cost:
    """Solved submissions of exercise 01, behind the wall."""
    key = make_key(read_exercise(SOURCE), CASE)
    folder = work / f"ours-{count}"
    folder.mkdir()
    for number in range(count):
        nbformat.write(key.solved, folder / f"student{number}_ex01.ipynb")
    places = [folder, work / f"results-{count}", SOURCE]
    return measured([sys.executable, "-c", MARK, *map(str, places)], ROOT, count)


def nbgrader(base: Path, work: Path) -> Cost:
    """The equivalent assignment, one autograde command for the class."""
    tool = environment(base, "nbgrader", "nbgrader==0.9.6") / "nbgrader"
    course = work / "course"
    source = equivalent(released=False)
    put(source, course / "source" / "ps" / "ps.ipynb")
    ready([str(tool), "generate_assignment", "ps"], course)
    for number in range(THEIRS):
        put(source, course / "submitted" / f"student{number}" / "ps" / "ps.ipynb")
    return measured([str(tool), "autograde", "ps"], course, THEIRS)


def otter(base: Path, work: Path) -> Cost:
    """The equivalent assignment, graded in one process by otter's API."""
    tools = environment(base, "otter", "otter-grader==7.0.0")
    folder = work / "otter"
    for name, check in checks().items():
        (folder / "tests").mkdir(parents=True, exist_ok=True)
        case = {"code": f">>> {check}", "hidden": False, "locked": False}
        suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": name, "points": 1, "suites": [suite]}
        (folder / "tests" / f"{name}.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
    ready([str(tools / "otter"), "generate", "-t", "tests", "-o", "grader.zip"], folder)
    paths = [put(equivalent(released=True), folder / f"s{n}.ipynb") for n in range(THEIRS)]
    command = [str(tools / "python"), "-c", OTTER, "grader.zip", *map(str, paths)]
    return measured(command, folder, THEIRS)


def checks() -> dict[str, str]:
    """Question -> an assertion of its right answer, worked out here."""
    names: dict[str, object] = {"claims": load("claims", CASE)}
    told = {}
    for question, source in ANSWERS.items():
        exec(source, names)
        name = f"answer_{question[1:]}"
        told[question] = f"assert {name} == {names[name]!r}"
    return told


def equivalent(released: bool) -> NotebookNode:
    """Set-up and answers, with nbgrader's checks unless `released`."""
    table = load("claims", CASE).to_csv(index=False)
    cells = [new_code_cell(SETUP.format(table=table))]
    for question, check in checks().items():
        source = ANSWERS[question]
        cells.append(new_code_cell(source if released else solution(source)))
        if not released:
            cells.append(new_code_cell(check))
            settings = {"grade": True, "grade_id": question, "locked": True, "points": 1,
                        "schema_version": 3, "solution": False, "task": False}  # fmt: skip
            cells[-1].metadata["nbgrader"] = settings
            answer = {"grade": False, "grade_id": f"{question}-answer", "locked": False,
                      "schema_version": 3, "solution": True, "task": False}  # fmt: skip
            cells[-2].metadata["nbgrader"] = answer
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def solution(source: str) -> str:
    """A solution as nbgrader cuts it out."""
    return f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"


def put(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def environment(base: Path, name: str, package: str) -> Path:
    """The folder of programs of an environment with a package, made if it is not there."""
    folder = base / name
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (programs / name).exists():
        venv.create(folder, with_pip=True)
        install = [programs / "python", "-m", "pip", "install", "-q", package]
        subprocess.run([*install, "pandas", "matplotlib", "ipykernel"], check=True)
    return programs


def ready(command: list[str], folder: Path) -> None:
    """Run a step that is not measured."""
    run = subprocess.run(
        command, cwd=folder, env=beside(command[0]), capture_output=True, text=True
    )
    if run.returncode:
        sys.exit(f"{' '.join(command[:3])} failed:\n{run.stderr[-2000:]}")


def beside(program: str) -> dict[str, str]:
    """This process's environment, with the other programs of an environment first."""
    path = os.pathsep.join([str(Path(program).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path}


def measured(command: list[str], folder: Path, count: int) -> Cost:
    """Run a command to its end and share its time among `count` submissions."""
    started = time.perf_counter()
    run = subprocess.Popen(
        command, cwd=folder, env=beside(command[0]), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    largest = [0.0]
    watch = threading.Thread(target=watched, args=(psutil.Process(run.pid), largest), daemon=True)
    watch.start()
    errors = run.communicate()[1]
    seconds = time.perf_counter() - started
    if run.returncode:
        sys.exit(f"{' '.join(command[:3])} failed:\n{errors[-2000:]}")
    return Cost(seconds / count, largest[0])


def watched(process: psutil.Process, largest: list[float]) -> None:
    """Note the most memory of a process and all below it: shared pages counted once, in MB."""
    while process.is_running():
        try:
            family = [process, *process.children(recursive=True)]
            largest[0] = max(largest[0], sum(p.memory_full_info().pss for p in family) / 1e6)
        except psutil.Error:
            pass  # one of them ended just now
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
