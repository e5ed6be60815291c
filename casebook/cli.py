"""The command line: `casebook build` for authors, the other commands for instructors."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from casebook.grading.marker import Row

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
err = Console(highlight=False, soft_wrap=True, stderr=True)


@app.callback()
def main() -> None:
    """The course pack for those who teach with it: exercises, hand-outs, marks, reports, a site."""


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
    term: Annotated[
        Path | None, typer.Option(help="The secret file, if this is a hand-out of a term.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler's address, or local. [default: no Dask]")
    ] = None,
    without_wall: Annotated[
        bool,
        typer.Option(
            "--without-wall",
            help="Mark also where no wall can be built; every result will show it.",
        ),
    ] = False,
) -> None:
    """Mark what was handed in; every file gets a row."""
    from casebook.grading.mark import MarkError
    from casebook.grading.mark import mark as mark_all
    from casebook.grading.term import TermError, read_seed

    try:
        seed = read_seed(term) if term else None
        with _bar("Marking") as progress:
            rows = mark_all(
                submissions,
                results,
                roster=roster,
                seed=seed,
                without_wall=without_wall,
                scheduler=scheduler,
                progress=progress,
            )
    except (MarkError, TermError) as error:
        _stop(str(error))
    _tell(rows, results)


@app.command()
def handout(
    term: Annotated[Path, typer.Option(help="The term's secret file; made if it is not there.")],
    zip_file: Annotated[Path, typer.Option("--output", "-o", help="The zip.")] = Path(
        "handout.zip"
    ),
    exercise: Annotated[
        list[str] | None, typer.Option(help="An exercise, as ex02; may be repeated. [default: all]")
    ] = None,
    case: Annotated[
        Literal["article", "practice"] | None, typer.Option(help="One case only. [default: both]")
    ] = None,
) -> None:
    """Draw a zip of exercises for credit, without any key, from a secret of the term."""
    from casebook.data import CASES
    from casebook.grading.handout import HandoutError, advice, check_names, draw_keys, write_handout
    from casebook.grading.term import TermError, make_secret, read_seed

    try:
        check_names(exercise or ())
        if new := not term.exists():
            make_secret(term)
        seed, cases = read_seed(term), [case] if case else CASES
        with _bar("Drawing") as progress:
            keys = draw_keys(seed, exercise or (), cases, progress=progress)
        size = write_handout(zip_file, keys)
    except (HandoutError, TermError) as error:
        _stop(str(error))
    if new:
        out.print(f"Made the secret {term}. Keep it, and show it to nobody.", markup=False)
    out.print(f"The hand-out is {zip_file}, {size / 1e6:.1f} MB.\n", markup=False)
    out.print(advice(keys), markup=False)
    out.print(
        "How to mark it, with the pack as it is now (a changed task makes another version)\n"
        f"  casebook mark SUBMISSIONS -o RESULTS --term {term}",
        markup=False,
    )


@app.command()
def export(
    form: Annotated[Literal["nbgrader"], typer.Argument(help="For which system.")],
    folder: Annotated[Path, typer.Argument(help="The course's folder; source/ is written in it.")],
    term: Annotated[
        Path | None, typer.Option(help="A term's secret file, to draw from it for credit.")
    ] = None,
) -> None:
    """Write every exercise as a source notebook for another system."""
    from casebook.grading.handout import HandoutError, draw_keys
    from casebook.grading.nbgrader import NEXT_STEPS, write_course
    from casebook.grading.term import TermError, read_seed

    try:
        seed = read_seed(term) if term else None
        with _bar("Drawing") as progress:
            keys = draw_keys(seed, progress=progress)
        written = write_course(folder, keys)
    except (HandoutError, TermError) as error:
        _stop(str(error))
    for path in written:
        out.print(f"written: {path}", markup=False)
    out.print(NEXT_STEPS, markup=False)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that grows with what is done: told how many, and of how many."""
    columns = (title, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="The folder that casebook mark wrote.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the reports.")],
    roster: Annotated[
        Path | None, typer.Option(help="The gradebook as Canvas or Moodle exports it, or a CSV.")
    ] = None,
    due: Annotated[
        list[str] | None,
        typer.Option(help="As in ex02=2026-11-30T23:59, local time; may be repeated."),
    ] = None,
    late_percent: Annotated[
        float, typer.Option(min=0, max=100, help="Percent off for each day begun after that.")
    ] = 10,
    attempt: Annotated[
        Literal["last", "best"], typer.Option(help="Which of several attempts counts.")
    ] = "last",
    term: Annotated[
        Path | None, typer.Option(help="The secret file, if this is a hand-out of a term.")
    ] = None,
) -> None:
    """Write marks, gradebook, feedback pages, class reports and the sheet for free text."""
    from casebook.grading.gradebook import Policy, ReportError, due_dates
    from casebook.grading.report import report as write_report
    from casebook.grading.term import TermError, read_seed

    try:
        policy = Policy(attempt, due_dates(due or ()), late_percent)
        with _bar("Feedback pages") as progress:
            summary = write_report(
                results,
                output,
                roster=roster,
                policy=policy,
                seed=read_seed(term) if term else None,
                progress=progress,
            )
    except (ReportError, TermError) as error:
        _stop(str(error))
    for path in summary.written:
        out.print(f"written: {path}", markup=False)
    for line in summary.told:
        out.print(line, markup=False)


@app.command()
def site(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the pages; it must be new or empty.")
    ] = Path("_site"),
    lite: Annotated[
        bool, typer.Option("--lite", help="Also JupyterLite, in which every notebook runs.")
    ] = False,
    pyodide: Annotated[
        str | None,
        typer.Option(help="Pyodide's distribution, its folder or address. [default: its CDN]"),
    ] = None,
) -> None:
    """Write the course as a website: a book, and with --lite also JupyterLab in the browser."""
    from casebook.data import ROOT
    from casebook.site import SiteError
    from casebook.site.book import build_book
    from casebook.site.lite import DISTRIBUTION, build_lite

    try:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise SiteError(f"{output} is not empty: remove it, or give another folder with -o.")
        build_book(ROOT, output, lite=lite)
        if lite:
            build_lite(ROOT, output / "lite", pyodide or DISTRIBUTION)
    except SiteError as error:
        _stop(str(error))
    out.print(f"The site is in {output}; it begins with {output / 'index.html'}.", markup=False)
    if lite:
        out.print(
            f"JupyterLite needs a web server: python -m http.server -d {output}", markup=False
        )


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
        f"{_files(len(shown))}: {marked} marked, {len(shown) - marked} could not be. "
        f"Done now: {new}; before: {len(shown) - new}. Other points than before: {changed}. "
        f"Results: {results}",
        markup=False,
    )
    if ignored := [row.result["file"] for row in rows if row.result["status"] == "ignored"]:
        names = ", ".join(sorted({name.rpartition("/")[2] for name in ignored}))
        out.print(f"{_files(len(ignored))} of a system ignored ({names}).", markup=False)
    if kept := sum(row.kept for row in rows):
        out.print(
            f"{_files(kept)} had points before and could not be marked now. Their results were "
            "left as they were: check --term.",
            markup=False,
        )


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


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
