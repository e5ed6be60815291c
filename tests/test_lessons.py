"""The form that every lesson has, whatever it teaches."""

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
README = NOTEBOOKS.parent / "README.md"
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
MOST_CELLS, MOST_WORDS = 70, 2200
# Numbers that are no results: the time, a lesson's number, a year or day, a list's number, a step.
NO_RESULT = re.compile(
    r"\*\*Time:.*|[Ll]essons? \d+((,| and| to) \d+)*|\d+ October \d{4}|\[\d\d · .*?\]"
    r"|^\*\*\d\. |^#+ .*$|^\|.*\|$|`[^`]*`|\(.*?\.ipynb\)",
    re.MULTILINE,
)


@pytest.fixture(params=LESSONS, ids=[path.stem for path in LESSONS])
def lesson(request):
    return nbformat.read(request.param, as_version=4)


def prose(lesson):
    return [cell.source for cell in lesson.cells if cell.cell_type == "markdown"]


def code(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "code"]


def headings(lesson):
    """(level, text) of every heading, in order."""
    found = []
    for source in prose(lesson):
        tokens = MarkdownIt().parse(source)
        for opening, inline in pairwise(tokens):
            if opening.type == "heading_open":
                found.append((int(opening.tag[1]), inline.content))
    return found


def bullets(lesson, start):
    """The list that follows the words `start`."""
    text = next(source for source in prose(lesson) if start in source).partition(start)[2]
    return re.findall(r"^- (.+)$", text, re.MULTILINE)


def outputs(lesson):
    return [output for cell in code(lesson) for output in cell.outputs]


def test_it_is_a_valid_notebook_for_any_python_3(lesson):
    nbformat.validate(lesson)
    assert lesson.metadata.kernelspec.name == "python3"


def test_its_cells_have_readable_and_unique_ids(lesson):
    ids = [cell.id for cell in lesson.cells]
    assert len(ids) == len(set(ids))
    assert not [name for name in ids if re.fullmatch(r"[0-9a-f]{8}.*", name)]


def test_it_has_one_title_and_no_heading_skips_a_level(lesson):
    levels = [level for level, _ in headings(lesson)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))


def test_it_was_run_from_top_to_bottom_without_an_error(lesson):
    assert [cell.execution_count for cell in code(lesson)] == [*range(1, len(code(lesson)) + 1)]
    assert not [output for output in outputs(lesson) if output.output_type == "error"]


def test_nothing_was_printed_to_stderr(lesson):
    assert not [output for output in outputs(lesson) if output.get("name") == "stderr"]


def test_every_figure_has_alternative_text(lesson):
    for output in outputs(lesson):
        data = output.get("data", {})
        assert not [kind for kind in data if kind.startswith("image/")]
        for image in BeautifulSoup(data.get("text/html", ""), "html.parser").find_all("img"):
            assert len(image.get("alt", "").split()) >= 5
            assert image["alt"] == data["text/plain"]
    assert not re.search(r"!\[\]\(", "\n".join(prose(lesson)))


def test_it_says_its_time_and_closes_with_the_bullets_it_opened_with(lesson):
    assert re.search(r"\*\*Time:\*\* \d+ minutes\.", prose(lesson)[0])
    assert f"**Time:** {lesson.metadata.casebook.minutes} minutes" in prose(lesson)[0]
    promised = bullets(lesson, "You will be able to")
    assert len(promised) >= 2
    assert promised == bullets(lesson, "You are now able to")


def test_it_has_a_content_note_limits_and_three_questions_with_explained_options(lesson):
    text = "\n".join(prose(lesson))
    assert "7 October 2023" in text and '"practice"' in text
    assert "## What this cannot tell you" in text
    questions = re.split(r"^\*\*\d\. ", text.partition("## Check yourself")[2], flags=re.M)[1:]
    assert len(questions) == 3
    for question in questions:
        options = BeautifulSoup(question, "html.parser").find_all("details")
        assert len(options) >= 2
        for option in options:
            summary = option.summary.extract().get_text()
            assert summary and option.get_text().strip()


def test_it_is_not_too_long(lesson):
    assert len(lesson.cells) <= MOST_CELLS
    assert sum(len(source.split()) for source in prose(lesson)) <= MOST_WORDS


def test_every_link_leads_somewhere(lesson):
    for target in re.findall(r"\]\(([^)#]+)", "\n".join(prose(lesson))):
        assert target.startswith("https://") or (NOTEBOOKS / target).exists(), target


def terms():
    """The anchors of the glossary's terms."""
    glossary = (NOTEBOOKS / "glossary.md").read_text("utf-8")
    return {term.lower().replace(" ", "-") for term in re.findall(r"^## (.+)$", glossary, re.M)}


def test_every_term_it_links_is_in_the_glossary(lesson):
    linked = set(re.findall(r"\]\(glossary\.md#([^)]+)\)", "\n".join(prose(lesson))))
    assert linked <= terms()


def test_every_term_of_the_glossary_has_an_example_and_a_lesson_that_links_it():
    linked = "".join(path.read_text("utf-8") for path in LESSONS)
    assert [term for term in sorted(terms()) if f"(glossary.md#{term})" not in linked] == []
    entries = (NOTEBOOKS / "glossary.md").read_text("utf-8").split("\n## ")[1:]
    assert [entry.split("\n")[0] for entry in entries if "*Example:* " not in entry] == []


def test_every_number_in_the_prose_stands_in_an_output_or_in_the_code(lesson):
    shown = " ".join(
        output.get("text", "") + " ".join(output.get("data", {}).values())
        for output in outputs(lesson)
    ) + " ".join(cell.source for cell in code(lesson))
    known = set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"base64,[\w+/=]+", "", shown)))
    for source in prose(lesson):
        source = source.partition("## Check yourself")[0]
        for number in re.findall(r"\d+(?:\.\d+)?", NO_RESULT.sub("", source)):
            assert number in known, f"{number} in: {source[:60]}"


def test_no_output_shows_a_proposition_without_voice_and_certainty(lesson):
    for output in outputs(lesson):
        for table in BeautifulSoup(
            output.get("data", {}).get("text/html", ""), "html.parser"
        ).find_all("table"):
            heads = {cell.get_text() for cell in table.find_all("th")}
            assert "proposition" not in heads or {"voice", "certainty"} <= heads


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_it_also_runs_on_the_practice_dispatch(path):
    lesson = nbformat.read(path, as_version=4)
    setup = next(cell for cell in code(lesson) if 'CASE = "article"' in cell.source)
    setup.source = setup.source.replace('CASE = "article"', 'CASE = "practice"')
    NotebookClient(
        lesson, kernel_name="python3", resources={"metadata": {"path": NOTEBOOKS}}
    ).execute()


def test_the_readmes_map_has_the_minutes_that_the_notebooks_state():
    def stated(path):
        return re.search(r"\*\*Time:\*\* (\d+)", path.read_text("utf-8"))[1]

    rows = re.findall(r"^\| (\d\d) \|(.+\|)$", README.read_text("utf-8"), re.MULTILINE)
    assert [number for number, _ in rows] == [
        path.name[:2] for path in LESSONS if path.name[0] != "_"
    ]
    for number, row in rows:
        (lesson,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
        exercise = README.parent / "exercises" / f"ex{number}.ipynb"
        wanted = [stated(path) for path in (lesson, exercise) if path.exists()]
        assert re.findall(r"\| (\d+)(?= )", row) == wanted, number


def test_the_course_plan_has_the_minutes_of_the_readme():
    def minutes(page):
        rows = [row.split("|") for row in page.read_text("utf-8").splitlines()]
        return {
            row[1].strip(): (row[3].strip(), row[5].strip())
            for row in rows
            if re.fullmatch(r" \d\d ", "".join(row[1:2]))
        }

    plan = minutes(README.parent / "instructor" / "course_plan.md")
    assert minutes(README).items() <= plan.items()
