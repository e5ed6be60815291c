"""Words marked on the screen, by mouse and by keys, and what Python then knows of them."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

SENTENCE = "Perhaps the old crane fell early, said the harbour office."
PERHAPS, HARBOUR, OFFICE = 0, 8, 9
TRIES = 50
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture
def notebook(lab):
    """A notebook with a marker above a cell that prints its answer."""
    name = "notebooks/words.ipynb"
    codes = (
        f"from casebook.word_marker import word_marker\nmarker = word_marker({SENTENCE!r})\nmarker",
        "print(marker.answer)",
    )
    made = new_notebook(cells=[new_code_cell(code) for code in codes], metadata=KERNEL)
    nbformat.write(made, lab.pack / "my_work" / name)
    with lab.opened(name) as opened:
        opened.run_all()
        yield opened


def marker(notebook):
    return notebook.area.locator(".word-marker")


def word(notebook, number):
    return marker(notebook).locator(f'[role=option][data-word="{number}"]')


def assert_told(notebook, status):
    from playwright.sync_api import expect

    expect(marker(notebook).get_by_role("status")).to_have_text(status)


def assert_answer(notebook, **wanted):
    """Run the cell that prints the answer; again, while the last mark is still on its way."""
    wanted = str({"hedge": [], "attribution": [], "source": []} | wanted)
    for _ in range(TRIES):
        notebook.run_cell(1)
        if (printed := notebook.seen()[1]["printed"].strip()) == wanted:
            break
    assert printed == wanted


def test_words_are_marked_by_mouse(notebook):
    word(notebook, PERHAPS).click()
    marker(notebook).get_by_role("button", name="1 hedge").click()
    assert_told(notebook, "“Perhaps”: hedge.")
    word(notebook, HARBOUR).hover()
    notebook.page.mouse.down()
    word(notebook, OFFICE).hover()
    notebook.page.mouse.up()
    marker(notebook).get_by_role("button", name="3 source").click()
    assert_told(notebook, "“harbour office”: source.")
    assert_answer(notebook, hedge=["Perhaps"], source=["harbour office"])


def test_words_are_marked_by_keys_and_no_key_reaches_the_notebook(notebook):
    word(notebook, PERHAPS).focus()
    for key in ("End", "Shift+ArrowLeft", "3", "Home", "1", "ArrowRight", "1"):
        notebook.page.keyboard.press(key)
    assert_told(notebook, "“the”: hedge.")
    for key in ("Delete", "d", "d", "x", "a", "b", "m"):  # JupyterLab's: cut, delete, add, text
        notebook.page.keyboard.press(key)
    assert_told(notebook, "“the”: no label.")
    assert notebook.area.locator(".jp-Cell").count() == 2
    assert notebook.area.locator(".jp-CodeCell").count() == 2
    notebook.page.keyboard.press("Escape")
    assert_told(notebook, "No word is chosen.")
    assert_answer(notebook, hedge=["Perhaps"], source=["harbour office"])
