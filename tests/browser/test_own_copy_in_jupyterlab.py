"""A reader's copy, pasted and saved as lesson 00 says: matched, shown, and not in the notebook."""

import os
import random
import shutil

import nbformat
import pandas as pd
import pytest

from casebook.fingerprints import make_table
from casebook.text import paragraphs, read_text, sentences, words

COPY = "data/article/my_copy.txt"
SAVED = """
path => [...window.jupyterapp.shell.widgets("main")].some(
  widget => widget.context?.path === path && widget.context.isReady)"""
RUN = 7  # so many words in a row are a text's own


class Private(str):
    """A text that no failure prints."""

    def __repr__(self):
        return "Private(...)"


@pytest.fixture(params=["stand-in", "article"])
def text(request, root, pack):
    """A text and its fingerprints in the copied pack: an invented one, and the article if here."""
    prints = pack / "data" / "article" / "fingerprints.csv"
    before = prints.read_bytes()
    if request.param == "article":
        place = os.environ.get("WHO_SAYS_SO_ARTICLE")
        if not place or not os.path.isfile(place):
            pytest.skip("no copy of the article: WHO_SAYS_SO_ARTICLE")
        yield Private(read_text(root / place))
    else:
        dispatch = (root / "data" / "practice" / "dispatch.md").read_text("utf-8")
        made = stand_in(pd.read_csv(prints), dispatch)
        prints_of(made).to_csv(prints, index=False)
        yield Private(made)
    prints.write_bytes(before)
    (pack / COPY).unlink(missing_ok=True)
    shutil.rmtree(pack / "my_work" / "notebooks" / "own_copy", ignore_errors=True)


def prints_of(text):
    """The fingerprints of a text as the pack has them: without its first paragraph."""
    return make_table(text).query("paragraph > 1")


def stand_in(table, dispatch):
    """Nonsense of the dispatch's words, with as many paragraphs and sentences as the article."""
    rng = random.Random(1)
    vocabulary = sorted({word.plain for word in words(dispatch) if len(word.plain) > 3})
    numbers = table.groupby("paragraph")["sentence"].max()
    return "\n\n".join(
        " ".join(
            " ".join(rng.choices(vocabulary, k=30)).capitalize() + "."
            for _ in range(numbers.get(paragraph, 1))
        )
        for paragraph in range(1, numbers.index.max() + 1)
    )


def runs(text):
    """Every run of RUN plain words of a text."""
    plain = [word.plain for word in words(text)]
    return {tuple(plain[i : i + RUN]) for i in range(len(plain) - RUN + 1)}


def paste(lab, text):
    """File > New > Text File, paste, File > Save Text As: as the lesson says, with a mouse."""
    page = lab.page
    lab.menu("File", "New", "Text File")
    editor = page.locator(".jp-FileEditor:visible .cm-content")
    editor.click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("ControlOrMeta+V")
    lab.menu("File", "Save Text As…")
    dialog = page.locator(".jp-Dialog")
    dialog.locator("input").fill(COPY)
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Discard").click()  # untitled.txt, which is no longer needed
    page.wait_for_function(SAVED, arg=COPY)
    lab.close(COPY)
    # Before it saves, JupyterLab asks whether the file is there; "no" counts as an error.
    lab.troubles = [trouble for trouble in lab.troubles if f"api/contents/{COPY}" not in trouble]


def test_a_pasted_copy_is_matched_and_shown_and_not_saved(lab, root, text):
    source = root / "notebooks" / "00_start_here.ipynb"
    ids = [cell.id for cell in nbformat.read(source, as_version=4).cells]
    matched, shown = ids.index("my-copy"), ids.index("show-copy")
    total = prints_of(text).groupby(["paragraph", "sentence"]).ngroups
    paste(lab, text)
    with lab.opened(f"notebooks/{source.name}") as lesson:
        lesson.run_all()
        said = lesson.seen()[matched]["printed"]
        assert said.strip() == f"Your copy matches {total} of {total} sentences."
        frame = lesson.cell(shown).frame_locator("iframe")
        lesson.cell(shown).locator("iframe").scroll_into_view_if_needed()
        on_screen = frame.locator("table").text_content()
        lesson.save()
        saved = lesson.file.read_text("utf-8")
    assert [s in on_screen for s in sentences(paragraphs(text)[23])].count(False) == 0
    assert "<iframe" in saved
    keeps_words = bool(runs(text) & runs(saved))
    assert not keeps_words
