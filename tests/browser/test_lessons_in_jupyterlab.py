"""Every lesson, opened and run in a browser: what it shows is what the stored notebook holds."""

from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

LESSONS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9]*.ipynb"))
WAITING = [path for path in LESSONS if path.stem.startswith("07")]  # ends at a closed cell


def headings(cell):
    """(level, text) of a text cell's headings."""
    found = []
    for opening, inline in pairwise(MarkdownIt().parse(cell.source)):
        if opening.type == "heading_open":
            text = "".join(part.content for part in inline.children)
            found.append([int(opening.tag[1]), text])
    return found


def pages(cell):
    """The HTML outputs of a cell."""
    for output in cell.get("outputs", []):
        if "text/html" in output.get("data", {}):
            yield BeautifulSoup(output["data"]["text/html"], "html.parser")


def expected(cell):
    """What a cell of the saved notebook should show, as `Notebook.seen` tells it."""
    outputs = cell.get("outputs", [])
    return {
        "headings": headings(cell) if cell.cell_type == "markdown" else [],
        "printed": "".join(o["text"] for o in outputs if o.get("name") == "stdout"),
        "complaints": [],
        "table": [part.get_text().strip() for page in pages(cell) for part in page(["th", "td"])],
        "figures": [[image["alt"], True] for page in pages(cell) for image in page("img")],
    }


def lines(shown):
    """The printed lines, without blank ones and the blanks at their ends."""
    return [line.rstrip() for line in shown["printed"].split("\n") if line.strip()]


def cells_of(lab, path):
    """The cells of a lesson as the copied pack came with it."""
    return nbformat.read(lab.pack / "notebooks" / path.name, as_version=4).cells


def assert_shows(seen, wanted):
    assert lines(seen) == lines(wanted)
    assert {part: seen[part] for part in wanted} | {"printed": ""} == wanted | {"printed": ""}


OTHERS = [path for path in LESSONS if path not in WAITING]


@pytest.mark.parametrize("path", OTHERS, ids=[path.stem for path in OTHERS])
def test_a_lesson_shows_what_its_file_holds(lab, path):
    stored = [expected(cell) for cell in cells_of(lab, path)]
    with lab.opened(f"notebooks/{path.name}") as lesson:
        lesson.run_all()
        shown = lesson.seen()
    assert any(cell["figures"] for cell in shown)
    for seen, wanted in zip(shown, stored, strict=True):
        assert_shows(seen, wanted)


@pytest.mark.parametrize("path", WAITING, ids=[path.stem for path in WAITING])
def test_the_later_record_stays_closed_until_a_forecast_is_written(lab, path):
    cells = cells_of(lab, path)
    place = {cell.id: number for number, cell in enumerate(cells)}
    with lab.opened(f"notebooks/{path.name}") as lesson:
        lesson.run_all()
        told = [cell["complaints"] for cell in lesson.seen()]
        assert [number for number, complaints in enumerate(told) if complaints] == [place["open"]]
        assert "until your forecast is written" in told[place["open"]][0]
        assert not any(cell["figures"] for cell in lesson.seen())

        task = place["my-forecast"]
        lesson.write(task, cells[task].source.replace("...", "50"))
        lesson.run_all()
        shown = lesson.seen()
    assert "From now on this one counts" in shown[task]["printed"]
    for cell, seen in zip(cells, shown, strict=True):
        if "forecast" not in cell.source and "open_record" not in cell.source:
            assert_shows(seen, expected(cell))
    assert [cell["complaints"] for cell in shown if cell["complaints"]] == []
