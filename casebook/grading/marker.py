"""Mark submissions in one process, behind one wall; a result is on disk before the next starts."""

import dataclasses
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from casebook.check import read_feedback
from casebook.grading import results as store
from casebook.grading.collect import Submission, Unreadable, read_bytes, read_notebook
from casebook.grading.exercise import Question
from casebook.grading.key import Key
from casebook.grading.merge import merge, tag
from casebook.grading.nbval_plugin import Job, StockChild, run
from casebook.grading.notebooks import stub
from casebook.grading.sandbox import Child, Limits, NoWall, Wall

PROSE_LENGTH = 20_000  # characters of a prose answer that its result keeps


@dataclass(frozen=True)
class Row:
    """What came of one file; `previous` is the points of the result that this one replaces."""

    submission: Submission
    result: dict[str, Any]
    previous: float | None = None
    fresh: bool = True  # False: this result was there already and still holds
    kept: bool = False  # this result was not written, as the file was marked before

    @property
    def changed(self) -> bool:
        """Whether an earlier result gave other points."""
        return self.previous is not None and self.previous != self.result["points"]


@dataclass(frozen=True)
class Setup:
    """What every process of the pool is given."""

    keys: dict[tuple[str, str], Key]  # (exercise, case) -> key
    key_digests: dict[str, str]  # exercise -> digest of its sources
    versions: str
    results: Path
    limits: Limits
    secrets: tuple[Path, ...]  # what the wall must keep out of sight
    missing: str  # what of the wall is missing, if it is marked without
    override: bool


class Marker:
    """Marks submissions in one process, behind one wall that is built when first needed."""

    def __init__(self, setup: Setup) -> None:
        """`setup` is the same for all submissions."""
        self._setup = setup
        self._wall: Wall | None = None

    def build_wall(self) -> None:
        """Start the wall; it warms up on its own."""
        if not self._setup.missing:
            self._wall = Wall(self._setup.limits, self._setup.secrets)

    def close(self) -> None:
        """Tear the wall down."""
        if self._wall:
            self._wall.close()

    def mark(self, submissions: Sequence[Submission]) -> list[Row]:
        """One row each; a result is on disk before the next submission starts."""
        rows: list[Row] = []
        jobs: dict[Job, tuple[Submission, dict[str, Any]]] = {}
        for submission in submissions:
            try:
                ready = self._prepare(submission)
            except Unreadable as why:
                ready = self._unmarked(submission, why.status, why.message)
            if isinstance(ready, Row):
                rows.append(ready)
            else:
                job, result = ready
                jobs[job] = submission, result
        if jobs:
            run(
                list(jobs),
                self._child,
                self._setup.limits,
                lambda job: rows.append(self._finished(job, *jobs[job])),
            )
        return rows

    def lost(self, submission: Submission) -> Row:
        """The row of a submission with which the marker's own process died."""
        told = "The marker's own process died with it. Mark it by hand and report this."
        return self._unmarked(submission, "marker failed", told)

    def _prepare(self, submission: Submission) -> Row | tuple[Job, dict[str, Any]]:
        """The row if it is there already, else what is to be run and a result to fill."""
        if submission.status:
            raise Unreadable(submission.status, submission.message)
        data = read_bytes(submission)
        notebook, note = read_notebook(data)
        key, own = self._key_of(notebook)
        version = own.get("version")
        if version and version != key.exercise.version:
            return self._unmarked(submission, *_other_version(version, key), key)
        told = "" if version else "It does not say its version."
        result = self._blank(submission, key.exercise.name)
        result["digests"]["submission"] = digest(data)
        earlier = store.load(self._place(result))
        same = ("digests", "file", "student", "case", "wall")
        result |= {"case": key.case, "version": key.exercise.version, "status": "marked"}
        if earlier and all(earlier.get(name) == result[name] for name in same):
            return Row(submission, earlier, earlier["points"], fresh=False)
        merged = merge(key.clean, notebook)
        twice = [
            f"{name} has more than one answer cell; all were run, the last value counts."
            for name in merged.duplicates
        ]
        result["duplicates"] = list(merged.duplicates)
        result["message"] = " ".join(filter(None, [submission.message, note, told, *twice]))
        return Job(merged, key), result

    def _key_of(self, notebook: NotebookNode) -> tuple[Key, dict[str, Any]]:
        """The key for a notebook, by its cells more than by its own word, and that word."""
        metadata = notebook.metadata if isinstance(notebook.metadata, dict) else {}
        own = metadata.get("casebook")
        own = own if isinstance(own, dict) else {}
        known = {name for name, _ in self._setup.keys}
        named = Counter(tag(cell)[1].partition(".q")[0] for cell in notebook.cells)
        votes = Counter({name: count for name, count in named.items() if name in known})
        name = next((name for name, _ in votes.most_common(1)), own.get("exercise"))
        if not isinstance(name, str) or name not in known:
            told = f"It belongs to {printable(name[:40])}" if isinstance(name, str) else ""
            wanted = ", ".join(sorted(known))
            told = f"{told or 'It says of no exercise'}; this run marks {wanted}."
            raise Unreadable("another exercise", told)
        cases = {c: key for (exercise, c), key in self._setup.keys.items() if exercise == name}
        case = own.get("case")
        key = cases[case if isinstance(case, str) and case in cases else next(iter(cases))]
        return key, own

    def _child(self) -> Child:
        """A new interpreter. A wall that has stood before is built again once."""
        if self._setup.missing:
            return StockChild()
        assert self._wall
        try:
            return self._wall.child()
        except NoWall:
            if not self._wall.proven:
                raise
            self.close()
            self.build_wall()
            return self._wall.child()

    # Results

    def _blank(self, submission: Submission, exercise: str) -> dict[str, Any]:
        """A result for one submission, before anything is known of it."""
        missing = self._setup.missing
        return {
            "exercise": exercise,
            "case": "",
            "version": "",
            "student": submission.student,
            "attempt": submission.attempt,
            "file": printable(submission.file),
            "handed_in": submission.handed_in,
            "status": "",
            "message": "",
            "points": 0.0,
            "points_possible": 0.0,
            "pending": [],
            "questions": {},
            "duplicates": [],
            "wall": {
                "full": not missing,
                "missing": [missing] if missing else [],
                "override": self._setup.override,
            },
            "digests": {
                "submission": "",
                "key": self._setup.key_digests.get(exercise, ""),
                "limits": digest(json.dumps(dataclasses.asdict(self._setup.limits)).encode()),
                "versions": self._setup.versions,
            },
        }

    def _unmarked(
        self, submission: Submission, status: str, message: str, key: Key | None = None
    ) -> Row:
        """The row of a file that was not marked, and why."""
        names = {name for name, _ in self._setup.keys}
        said = set(re.findall(r"ex\d+", submission.file.lower())) & names or names
        result = self._blank(submission, said.pop() if len(said) == 1 else "")
        if key:
            result |= {"exercise": key.exercise.name, "case": key.case}
        result |= {"status": status, "message": message}
        if status == "ignored":
            return Row(submission, result)
        if any(one.get("status") == "marked" for one in self._stored(result).values()):
            return Row(submission, result, fresh=False, kept=True)
        if store.load(self._place(result)) == result:
            return Row(submission, result, fresh=False)
        return self._saved(submission, result)

    def _finished(self, job: Job, submission: Submission, result: dict[str, Any]) -> Row:
        """The row of a submission that was run."""
        for question in job.key.exercise.questions:
            result["questions"][question.id] = told = _question(question, job)
            if told["status"] == "pending":
                result["pending"].append(question.id)
        told_all = result["questions"].values()
        result["points"] = round(sum(told["points"] for told in told_all), 3)
        result["points_possible"] = round(sum(told["possible"] for told in told_all), 3)
        return self._saved(submission, result)

    def _saved(self, submission: Submission, result: dict[str, Any]) -> Row:
        """Write a result, and remove what the same file had under another exercise."""
        place = self._place(result)
        earlier = store.load(place) or {}
        store.save(place, result)
        for other in self._stored(result).keys() - {place}:
            store.forget(other)
        return Row(submission, result, earlier.get("points"))

    def _stored(self, result: dict[str, Any]) -> dict[Path, dict[str, Any]]:
        """What is on disk of a result's file, under whatever exercise: place -> result."""
        names = {store.UNMARKED, *(name for name, _ in self._setup.keys)}
        places = [self._place(result | {"exercise": name}) for name in names]
        loaded = {place: store.load(place) or {} for place in places}
        return {place: one for place, one in loaded.items() if one.get("file") == result["file"]}

    def _place(self, result: dict[str, Any]) -> Path:
        names = (result["exercise"], result["student"], result["attempt"])
        return store.place(self._setup.results, *names)


def _other_version(version: object, key: Key) -> tuple[str, str]:
    """The status of a notebook with another version than its key's, and a sentence."""
    name = key.exercise.name
    public = read_feedback(f"{name}.q1", key.case)
    if isinstance(public, dict) and version == public["version"]:
        told = "not what this run marks: a term's hand-out, or a pack changed since its last build."
        return "public exercise", f"It is the public {name}, {told}"
    return "another version", (
        f"It was made from version {str(version)[:12]!r} of {name}, and this run marks "
        f"{key.exercise.version!r}. A hand-out is marked with the secret of its own term: "
        "--term SECRET-FILE."
    )


def _question(question: Question, job: Job) -> dict[str, Any]:
    """What a result says of one question; points stand only where nbval passed the check."""
    told = {"points": 0.0, "possible": question.points, "status": "", "given": "", "feedback": ""}
    if question.kind == "prose":
        text = job.merged.prose.get(question.id, "")
        lines = [printable(line) for line in text[:PROSE_LENGTH].splitlines()]
        given = "\n".join(lines).strip()
        given = "" if given.split() == stub(question).split() else given
        return told | {"status": "pending" if given else "unanswered", "given": given}
    both = (question.id, f"{question.id}.hidden")
    outcomes = [job.outcomes[check] for check in both if check in job.outcomes]
    if not outcomes:
        return told | {"status": "error", "feedback": "Its check was not run."}
    points = round(sum(o.verdict.points for o in outcomes if o.passed), 3)
    first = outcomes[0]
    status, feedback = first.verdict.status, [o.verdict.feedback for o in outcomes]
    if points > 0:
        status = "right" if points == question.points else "half"
    elif first.died:
        status, feedback = "timed out" if "seconds" in first.died else "error", []
    elif first.error and status == "unanswered":
        status, feedback = "error", []
    elif status == "unanswered":
        feedback = [first.verdict.feedback]
    if first.died:
        feedback.append(f"Its cell {first.died}.")
    elif first.error and status != "right":
        feedback.append(f"Its cell stopped with {first.error}.")
    return told | {
        "points": points,
        "status": status,
        "given": printable(first.verdict.given),
        "items": [[name, printable(shown), credit] for name, shown, credit in first.verdict.items],
        "feedback": " ".join(filter(None, feedback)),
    }


def printable(text: str) -> str:
    """Text without control characters, lone surrogates and such."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def digest(*parts: bytes) -> str:
    """16 hex digits for a sequence of byte strings."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()[:16]
