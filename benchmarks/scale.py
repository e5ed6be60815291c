"""Cost of a submission as the pile and the workers grow: scale.py [COUNT ...]

Marks solved copies of exercise 01 (default: 100, 1000 and 10000 of them) with 1, 2 and 4 processes
and on a local Dask cluster. Everything is one run on one machine; read the ratios, not the times.
"""

import sys
import tempfile
import time
from pathlib import Path

import nbformat

from casebook.grading.exercise import SOLUTIONS, read_exercise
from casebook.grading.key import make_key
from casebook.grading.mark import mark

SOURCE = SOLUTIONS / "ex01.ipynb"
COUNTS = (100, 1_000, 10_000)
WAYS = {
    "1 process": {"workers": 1},
    "2 processes": {"workers": 2},
    "4 processes": {"workers": 4},
    "Dask, local": {"scheduler": "local"},
}


def main() -> None:
    """One line for each size of pile and way of marking it."""
    counts = [int(word) for word in sys.argv[1:]] or COUNTS
    key = make_key(read_exercise(SOURCE), "practice")
    base = 0.0
    print(f"{'submissions':>11}  {'marked by':12} {'each':>8}  against the first line")
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="scale-") as work:
            pile = Path(work) / "in"
            pile.mkdir()
            for number in range(count):
                nbformat.write(key.solved, pile / f"student{number}_ex01.ipynb")
            for name, way in WAYS.items():
                started = time.perf_counter()
                rows = mark(pile, Path(work) / name, SOURCE, **way)  # type: ignore[arg-type]
                each = (time.perf_counter() - started) / count
                assert len(rows) == count and len({row.result["points"] for row in rows}) == 1
                base = base or each
                print(f"{count:>11}  {name:12} {each * 1000:5.0f} ms  {each / base:.2f}")


if __name__ == "__main__":
    main()
