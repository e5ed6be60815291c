"""A reader's own copy of the article: found by content, shown on the screen, never saved.

Jupyter saves whatever a cell displays, so a sentence that a cell printed would be in the notebook
and in every export of it. Clearing or replacing the output later is no help: the notebook may be
saved in between. So `OwnCopy.show` writes the sentences to a small page in `own_copy/`, a folder
beside the notebook that git ignores, and displays a frame that says where the page is. The
browser fetches the page; the notebook holds its address. Where there is no such page, on another
machine or in an export, the frame shows no sentence, and a line below it says why.
"""

import hashlib
import os
import re
import sys
from pathlib import Path

import pandas as pd
from IPython.display import display
from pandas.api.types import is_integer

from casebook.data import DATA, ROOT, load
from casebook.fingerprints import Place, align, read_table
from casebook.text import UnreadableText, Word, read_article

PAGES = "own_copy"
WITHOUT = "WHO_SAYS_SO_WITHOUT_COPY"  # if set: as if there were none, as in the stored outputs

_NO_COPY = (
    "There is no copy of the article in {name}, and everything here runs without one. "
    "To add yours, copy the article's text, choose File > New > Text File in JupyterLab, "
    "paste, and save it as {name}."
)
_NOTHING_TO_SHOW = "Without a copy of the article there is no sentence to show here."
_UNREADABLE = "{name} {why}: save the article's text there, and only that, as plain text."
_OTHER_TEXT = (
    "Your copy matches only {matched} of {total} sentences: it is another text, or a "
    "very short part of this one."
)
_FEW = 5  # fewer matches may be chance, or a report that quotes the same words
_LISTED = 3  # sentences that the summary names; `found` has all
_OPENING, _CLOSING = "“‘\"'([", ".,;:?!…”’\"')]"
_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 14px/1.45 sans-serif; margin: 8px; background: #fff; color: #111; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid #bbb; padding: 4px 8px; text-align: left; vertical-align: top; }}
</style>
{table}
</html>
"""
_FRAME = """<iframe src="{address}" title="{title}" loading="lazy" width="100%" height="{height}">
</iframe><p>{note}</p>"""
_NOTE = (
    "{title}. The words are on your screen only; this notebook keeps nothing but the address "
    "{address}. If the frame shows no sentence, run this cell with your own copy."
)


class OwnCopy:
    """What is known of a reader's copy: `summary` in words, `found` as a table, `show` to see it.

    `found` has one row a sentence: paragraph, sentence, status (found, partly, missing) and share,
    the part of its hashes that match (0 to 1). Neither it nor the summary holds the text's words.
    """

    def __init__(self, summary: str, found: pd.DataFrame, texts: dict[tuple[int, int], str]):
        """Keep summary, table and the sentences found, by paragraph and sentence number."""
        self.summary = summary
        self.found = found
        self._texts = texts

    def __repr__(self) -> str:
        """The summary alone: Jupyter displays and saves what this returns."""
        return self.summary

    def sentence(self, paragraph: int, sentence: int) -> None:
        """Show one sentence, as `show` does."""
        self.show(pd.DataFrame({"paragraph": [paragraph], "sentence": [sentence]}))

    def show(self, claims: pd.DataFrame | int) -> None:
        """Show the reader's sentences beside the rows of a table of claims, or of one paragraph.

        The table has the columns paragraph and sentence, and any others that should stand beside
        them. ValueError if it lacks these two, has no row, or there is no such paragraph.
        """
        if not self._texts:
            print(_NOTHING_TO_SHOW)
            return
        rows = self._rows(claims)
        keys = [*zip(rows["paragraph"], rows["sentence"], strict=True)]
        texts = [self._texts.get(key, "(not in your copy)") for key in keys]
        texts = [
            "(the same)" if i and keys[i - 1] == keys[i] else text for i, text in enumerate(texts)
        ]
        title = f"Your copy, paragraph {', '.join(map(str, rows['paragraph'].unique()))}"
        _display(rows, rows.assign(**{"your copy": texts}), title)

    def _rows(self, claims: pd.DataFrame | int) -> pd.DataFrame:
        """The rows to show; ValueError, in one sentence, if `claims` names none."""
        if is_integer(claims):
            claims = self.found.loc[self.found["paragraph"] == claims, ["paragraph", "sentence"]]
            if claims.empty:
                last = self.found["paragraph"].max()
                raise ValueError(f"There is no such paragraph: they are numbered 2 to {last}.")
        if not isinstance(claims, pd.DataFrame) or not {"paragraph", "sentence"} <= {*claims}:
            raise ValueError(
                "show() takes the number of a paragraph, or a table of claims with "
                "the columns paragraph and sentence."
            )
        if claims.empty:
            raise ValueError("The table of claims given to show() has no row.")
        return claims


def my_copy(path: str | os.PathLike[str] | None = None) -> OwnCopy:
    """Align the text in `path`, or in data/article/my_copy.txt, to the coded sentences.

    It raises nothing about the file: the summary says in a sentence what is wrong with it.
    """
    file = Path(path) if path else DATA / "article" / "my_copy.txt"
    name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
    text, plain, problem = "", list[Word](), ""
    if not os.path.exists(file) or (path is None and os.environ.get(WITHOUT)):
        problem = _NO_COPY.format(name=name)
    else:
        try:
            text, plain = read_article(file)
        except UnreadableText as why:
            problem = _UNREADABLE.format(name=name, why=why)
    prints = read_table(load("fingerprints"))
    places = align(prints, [word.plain for word in plain])
    shares = [
        place.matched / len(sentence.hashes) if place else 0.0
        for sentence, place in zip(prints, places, strict=True)
    ]
    found = pd.DataFrame(
        {
            "paragraph": [sentence.paragraph for sentence in prints],
            "sentence": [sentence.sentence for sentence in prints],
            "status": ["found" if s == 1 else "partly" if s else "missing" for s in shares],
            "share": shares,
        }
    )
    texts = {
        (sentence.paragraph, sentence.sentence): _cut(text, plain, place)
        for sentence, place in zip(prints, places, strict=True)
        if place
    }
    return OwnCopy(problem or _summary(found), found, texts)


def _cut(text: str, plain: list[Word], place: Place) -> str:
    """The sentence at a place as it stands in the text, with its punctuation, on one line."""
    start, end = plain[place.start].start, plain[place.end - 1].end
    before, after = text[max(0, start - 3) : start], text[end : end + 4]
    start -= len(before) - len(before.rstrip(_OPENING))
    end += len(after) - len(after.lstrip(_CLOSING))
    return " ".join(re.sub(r"-\s*\n\s*", "-", text[start:end]).split())


def _summary(found: pd.DataFrame) -> str:
    """How much of the article a copy has, in one line without any of its words."""
    total, missing = len(found), found[found["status"] == "missing"]
    matched, partly = total - len(missing), int((found["status"] == "partly").sum())
    if matched < min(_FEW, total):
        return _OTHER_TEXT.format(matched=matched, total=total)
    named = [
        f"paragraph {row.paragraph}, sentence {row.sentence}"
        for row in missing.head(_LISTED).itertuples()
    ]
    if len(missing) > _LISTED:
        named.append(f"and {len(missing) - _LISTED} more")
    return (
        f"Your copy matches {matched} of {total} sentences"
        + (f", {partly} of them in part" if partly else "")
        + (f" (not found: {'; '.join(named)})" if named else "")
        + "."
    )


def _display(rows: pd.DataFrame, filled: pd.DataFrame, title: str) -> None:
    """Write the filled table to a page beside the notebook and display a frame around it."""
    digest = hashlib.blake2b(rows.to_csv(index=False).encode(), digest_size=4).hexdigest()
    with pd.option_context("display.max_colwidth", None):
        table = filled.to_html(index=False, border=0, na_rep="")
    page = _PAGE.format(title=title, table=table)
    if sys.platform == "emscripten":  # JupyterLite's files have no address that a frame could show
        address = _in_memory(page)
    else:
        address = f"{PAGES}/{digest}.html"  # named after the claims: it tells nothing of the text
        try:
            Path(PAGES).mkdir(exist_ok=True)
            Path(PAGES, ".gitignore").write_text("*\n", "utf-8")
            Path(address).write_text(page, "utf-8")
        except OSError as error:
            print(f"The sentences cannot be shown: {PAGES}/ cannot be written ({error.strerror}).")
            return
    note = _NOTE.format(title=title, address=address)
    frame = _FRAME.format(
        address=address, title=title, note=note, height=min(480, 70 + 60 * len(rows))
    )
    display({"text/html": frame, "text/plain": note}, raw=True)


def _in_memory(page: str) -> str:
    """The address of a page that only this browser holds, as long as the kernel runs."""
    from js import URL, Blob, Object
    from pyodide.ffi import to_js

    kind = to_js({"type": "text/html"}, dict_converter=Object.fromEntries)
    return str(URL.createObjectURL(Blob.new(to_js([page]), kind)))
