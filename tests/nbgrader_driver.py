"""Run by the Python of nbgrader's own environment: generate, validate and autograde a course.

python nbgrader_driver.py generate COURSE     release every assignment in source/
python nbgrader_driver.py grade COURSE        print the points of all in submitted/, as JSON
"""

import functools
import json
import os
import sys
from pathlib import Path

# With it nbformat builds a grammar of web addresses at import: two seconds that no notebook needs.
sys.modules["rfc3987_syntax"] = None

import nbgrader.api  # noqa: E402
from nbgrader.apps import NbGraderAPI  # noqa: E402
from nbgrader.validator import Validator  # noqa: E402
from traitlets.config import Config  # noqa: E402

# Each look into the database asks another program for its version, half a second each time.
nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)


VALIDATED = ("right", "untouched")


def course_api(course):
    config = Config()
    config.CourseDirectory.root = str(course)
    config.NbGraderAPI.log_level = "ERROR"
    return NbGraderAPI(config=config)


def checked(outcome):
    if not outcome["success"]:
        sys.exit(outcome.get("log", "") + outcome.get("error", ""))


def generate(course):
    api = course_api(course)
    for place in sorted((course / "source").iterdir()):
        checked(api.generate_assignment(place.name))


def grade(course):
    """Student -> assignment -> {"points": cell -> points, "failed": cells that do not validate}."""
    api = course_api(course)
    told = {}
    for place in sorted((course / "submitted").glob("*/*")):
        student, name = place.parent.name, place.name
        checked(api.autograde(name, student))
        told.setdefault(student, {})[name] = {"points": points(api, student, name)}
        if student in VALIDATED:
            outcome = Validator().validate(str(place / f"{name}.ipynb"))
            failed = len(outcome.get("failed", [])) + len(outcome.get("changed", []))
            told[student][name]["failed"] = failed
    return told


def points(api, student, name):
    """Cell -> points given at once; a prose cell that a person has to mark has None."""
    with api.gradebook as book:
        try:
            notebook = book.find_submission_notebook(name, name, student)
        except nbgrader.api.MissingEntry:
            return {}
        return {
            one.cell.name: None if one.needs_manual_grade else one.score for one in notebook.grades
        }


if __name__ == "__main__":
    programs = os.path.dirname(sys.executable)  # nbgrader calls alembic by name
    os.environ["PATH"] = programs + os.pathsep + os.environ["PATH"]
    command, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    if command == "generate":
        generate(folder)
    else:
        print(json.dumps(grade(folder)))
