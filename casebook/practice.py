"""The practice dispatch's own words, which are free to print."""

from casebook.data import DATA
from casebook.text import wrapped

LAST_PARAGRAPH = 28


def practice_text() -> list[str]:
    """The paragraphs of the practice dispatch; the first, at place 0, is headline and deck."""
    headline, deck, *body = (DATA / "practice" / "dispatch.md").read_text("utf-8").split("\n\n")
    return [f"{headline.removeprefix('# ')}\n{deck.strip('*')}", *body[:LAST_PARAGRAPH]]


def practice_paragraph(number: int) -> str:
    """A paragraph, 1 to 28, in lines to print; 0 is headline and deck. Else LookupError."""
    if number not in range(LAST_PARAGRAPH + 1):
        raise LookupError(f"The dispatch has paragraphs 0 to {LAST_PARAGRAPH}, not {number}.")
    return wrapped(practice_text()[number])
