"""The command line: `casebook build` for authors, `casebook mark` for instructors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from casebook.grading.mark import Row

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


@app.callback()
def main() -> None:
    """Exercises of the course pack: build them, mark what was handed in."""


@app.command()
def build() -> None:
    """Write the student notebooks and digest files from exercises/solutions."""
    from casebook.data import ROOT
    from casebook.grading import build as builder
    from casebook.grading.exercise import ExerciseError
    from casebook.grading.lint import lint

    try:
        found = [told for exercise in builder.exercises() for told in lint(exercise)]
        written = builder.build()
    except ExerciseError as error:
        _stop(str(error))
    for path in written:
        out.print(f"written: {path.relative_to(ROOT).as_posix()}", markup=False)
    if not written:
        out.print("Everything is current.")
    for told in found:
        err.print(f"to mend: {told}", markup=False)
    if found:
        raise typer.Exit(1)


@app.command()
def mark(
    submissions: Annotated[
        Path, typer.Argument(help="A notebook, a folder of them, or a zip as the LMS gives it.")
    ],
    results: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")],
    roster: Annotated[
        Path | None, typer.Option(help="CSV file of the students in the course.")
    ] = None,
    without_wall: Annotated[
        bool,
        typer.Option("--without-wall", help="Mark unprotected; every result will show it."),
    ] = False,
) -> None:
    """Mark what was handed in; every file gets a row."""
    from casebook.grading.mark import MarkError
    from casebook.grading.mark import mark as mark_all

    columns = ("Marking", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=err) as progress:
            task = progress.add_task("marking", total=None)
            rows = mark_all(
                submissions,
                results,
                roster=roster,
                without_wall=without_wall,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    except MarkError as error:
        _stop(str(error))
    _tell(rows, results)


def _tell(rows: list["Row"], results: Path) -> None:
    """A table of the rows, then how many of each sort; files of systems are only counted."""
    table = Table()
    for heading in ("file", "student", "exercise", "points", "of", "still to mark", "note"):
        table.add_column(heading, overflow="fold")
    shown = [row for row in rows if row.result["status"] != "ignored"]
    for row in shown:
        table.add_row(*(escape(cell) for cell in _cells(row)))
    out.print(table)
    marked = sum(row.result["status"] == "marked" for row in shown)
    new = sum(row.fresh for row in shown)
    changed = sum(row.changed for row in shown)
    out.print(
        f"{len(shown)} files: {marked} marked, {len(shown) - marked} not; {new} of them now, "
        f"{changed} with other points than before; {len(rows) - len(shown)} ignored. "
        f"Results: {results}",
        markup=False,
    )


def _cells(row: "Row") -> list[str]:
    """One line of the table."""
    result = row.result
    marked = result["status"] == "marked"
    pending = len(result["pending"])
    notes = (
        f"was {row.previous:g}" if row.changed else "",
        result["message"],
    )
    return [
        result["file"],
        result["student"] or "",
        result["exercise"] or "",
        f"{result['points']:g}" if marked else "-",
        f"{result['points_possible']:g}" if marked else "-",
        f"{pending} question{'' if pending == 1 else 's'}" if pending else "",
        "; ".join(filter(None, notes)),
    ]


def _stop(told: str) -> NoReturn:
    err.print(told, markup=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
