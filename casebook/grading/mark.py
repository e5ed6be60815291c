"""Mark what was handed in: submissions, keys and a place to run become rows and results."""

import secrets
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from casebook.data import DATA
from casebook.grading import results as store
from casebook.grading.collect import CollectError, collect
from casebook.grading.exercise import SOLUTIONS, ExerciseError, read_exercise
from casebook.grading.key import Key, make_key
from casebook.grading.marker import Row, Setup, digest
from casebook.grading.pool import Chunk, Marked, Where, in_processes, mark_all
from casebook.grading.results import ResultsError
from casebook.grading.roster import RosterError
from casebook.grading.sandbox import PACKAGE, Limits, NoWall, probe, program_missing

PACKAGES = ("nbval", "pytest", "ipython", "pandas", "numpy", "matplotlib")
OVERRIDE = (
    "To mark all the same, with students' code free to read and delete what you may, say so: "
    "--without-wall. Every result will show it."
)


class MarkError(Exception):
    """Marking that cannot start or go on: one sentence that says why and what to do."""


def mark(
    submissions: Path,
    results: Path,
    exercises: Path = SOLUTIONS,
    *,
    roster: Path | None = None,
    limits: Limits | None = None,
    seed: str | None = None,
    without_wall: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Row]:
    """Mark a file, folder or zip: one row for every file, in order of name.

    `exercises` is a solution notebook or a folder of them, `seed` the secret that hand-outs were
    drawn with, `scheduler` a Dask cluster's address or "local". `progress` is told how many files
    are done, and of how many. Raises MarkError.
    """
    limits = limits or Limits()
    where = _cluster(scheduler) if scheduler else partial(in_processes, workers=workers)
    try:
        if not without_wall and (told := program_missing()):
            raise NoWall(told)
        found = collect(submissions.absolute(), roster)
        keys, digests = read_keys(exercises, seed)
        setup = Setup(
            keys,
            digests,
            _versions(),
            results.absolute(),
            limits,
            tuple(place.resolve() for place in (exercises, submissions, results, SOLUTIONS.parent)),
            probe(limits) if without_wall else "",
            without_wall,
        )
        with store.locked(results):
            rows = []
            for new in mark_all(found, setup, where):
                rows += new
                if progress:
                    progress(len(rows), len(found))
            store.forget_former_owners(results, [row.result for row in rows])
    except NoWall as error:
        raise MarkError(f"{error} {OVERRIDE}") from error
    except (CollectError, ExerciseError, ResultsError, RosterError) as error:
        raise MarkError(str(error)) from error
    return sorted(rows, key=lambda row: row.submission.file)


def _cluster(scheduler: str) -> Where:
    """Where to mark on a cluster; without Dask or an answer a sentence."""
    try:
        from casebook.grading.cluster import ClusterError, on_cluster
    except ImportError as error:
        told = "--scheduler needs Dask. Install it into the pack's environment: distributed."
        raise MarkError(told) from error

    def where(chunks: list[Chunk], setup: Setup) -> Marked:
        try:
            yield from on_cluster(chunks, setup, scheduler)
        except ClusterError as error:
            raise MarkError(str(error)) from error

    return where


def read_keys(place: Path, seed: str | None) -> tuple[dict[tuple[str, str], Key], dict[str, str]]:
    """The keys of all exercises at `place`, and the digest of each one's sources and seed."""
    paths = sorted(place.glob("*.ipynb")) if place.is_dir() else [place]
    if not paths:
        raise ExerciseError(f"{place} holds no exercise: one .ipynb and one .toml for each.")
    keys, digests = {}, {}
    hidden_seed = secrets.token_hex(16)  # new inputs for the hidden checks in every run
    for path in paths:
        exercise = read_exercise(path)
        for case in exercise.cases:
            keys[exercise.name, case] = make_key(exercise, case, seed, hidden_seed)
        sources = [path.with_suffix(end).read_bytes() for end in (".ipynb", ".toml")]
        digests[exercise.name] = digest(*sources, (seed or "").encode())
    return keys, digests


def _versions() -> str:
    """A digest of all programs and tables that a mark depends on, this program among them."""
    parts = [sys.version.encode(), *(f"{name} {version(name)}".encode() for name in PACKAGES)]
    own = sorted([*PACKAGE.glob("*.py"), *PACKAGE.glob("grading/*.py"), *DATA.rglob("*.csv")])
    return digest(*parts, *(path.read_bytes() for path in own))
