"""The practice dispatch's own words, which are free to print."""

from casebook.data import DATA

LAST_PARAGRAPH = 28


def practice_paragraph(number: int) -> str:
    """A paragraph of the practice dispatch, 1 to 28; 0 is headline and deck. Else LookupError."""
    if number not in range(LAST_PARAGRAPH + 1):
        raise LookupError(f"The dispatch has paragraphs 0 to {LAST_PARAGRAPH}, not {number}.")
    headline, deck, *body = (DATA / "practice" / "dispatch.md").read_text("utf-8").split("\n\n")
    if number == 0:
        return f"{headline.removeprefix('# ')}\n{deck.strip('*')}"
    return body[number - 1]
