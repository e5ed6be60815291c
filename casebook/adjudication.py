"""A reader's own codes beside the settled ones: the rule, the comparison, the decision's reason."""

import difflib
import re
from collections.abc import Iterable, Mapping

import pandas as pd

from casebook.codebook import alternatives, labels
from casebook.data import CASES, DATA, load

Mark = tuple[int, int, str]  # text[start:end] and its label

NOT_CODED = "?"
MARK_LABELS = {"source": "source", "attr_cue": "attribution", "cue": "hedge"}
_CLAIM = re.compile(r"\b(?:DH|[CDH])\d+\b")
_CLAIMS = re.compile(r"\b(DH|[CDH])(\d+) to (?:DH|[CDH])?(\d+)\b")
_ENTRY = re.compile(r"^(?:\d+\.|-) ", re.MULTILINE)


def rules(column: str) -> str:
    """The codebook's section on a column, as Markdown without its heading; else LookupError."""
    codebook = (DATA / "codebook.md").read_text("utf-8")
    section = re.search(rf"^### `{re.escape(column)}`$(.*?)(?=^##)", codebook, re.M | re.S)
    if section is None:
        raise LookupError(f'The codebook has no section on "{column}".')
    return section[1].strip()


def read_codes(text: str, claim_ids: Iterable[str], column: str) -> dict[str, str | None]:
    """Claim -> label, from a text such as "C001 EVENT   C002 ?"; None for "?" or no entry.

    Capitals and line ends do not matter. Raises ValueError for a claim that was not asked for or
    stands twice, a claim without a label, and a label that the codebook does not have.
    """
    known, codes = labels(column), dict.fromkeys(claim_ids)
    found: dict[str, str | None] = {}
    pending = ""
    for word in [*text.split(), ""]:
        if not word or word.upper() in codes or _CLAIM.fullmatch(word.upper()):
            if pending:
                raise ValueError(f'{pending} has no label. Write one, or "{NOT_CODED}".')
            pending = word.upper()
            if pending in found:
                raise ValueError(f"{pending} stands there twice. Keep one of the two.")
            if pending and pending not in codes:
                raise ValueError(f"{pending} is not among the claims to code. Leave it out.")
        elif not pending:
            raise ValueError(f'"{word}" follows no claim. One claim, one label, no spaces in it.')
        else:
            found[pending] = _label(word, known, pending)
            pending = ""
    return {**codes, **found}


def _label(word: str, known: list[str], claim_id: str) -> str | None:
    if word == NOT_CODED:
        return None
    if word.upper() in known:
        return word.upper()
    near = difflib.get_close_matches(word.upper(), known, n=1)
    hint = f'Did you mean "{near[0]}"? ' if near else ""
    raise ValueError(f'{claim_id}: "{word}" is no label. {hint}Known: {", ".join(known)}.')


def compare(codes: Mapping[str, str | None], claims: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row for each claim of `codes`: claim_id, yours, reference, accepted, verdict.

    `accepted` are the other labels that a careful coder could give; the verdict is "same",
    "accepted" (one of these), "differs" or "not coded".
    """
    table = claims.set_index("claim_id")
    rows = []
    for claim_id, yours in codes.items():
        reference = table.at[claim_id, column]
        accepted = alternatives(table.at[claim_id, "alt"]).get(column, [])
        rows.append(
            {
                "claim_id": claim_id,
                "yours": yours or "",
                "reference": reference,
                "accepted": " or ".join(accepted),
                "verdict": _verdict(yours, reference, accepted),
            }
        )
    return pd.DataFrame(rows, columns=["claim_id", "yours", "reference", "accepted", "verdict"])


def _verdict(yours: str | None, reference: str, accepted: list[str]) -> str:
    if yours is None:
        return "not coded"
    if yours == reference:
        return "same"
    return "accepted" if yours in accepted else "differs"


def decisions(claim_id: str, case: str = "article") -> list[str]:
    """The entries of the decision log that name a claim, each on one line; [] if none does."""
    if case not in CASES:
        raise LookupError(f'There is no case "{case}". Known: {", ".join(CASES)}.')
    log = (DATA / case / "decisions.md").read_text("utf-8")
    sections = re.split(r"^#+ .*$", log, flags=re.M)
    entries = [entry for section in sections for entry in _ENTRY.split(section)[1:]]
    return [" ".join(entry.split()) for entry in entries if claim_id in _named(entry)]


def _named(entry: str) -> set[str]:
    """The claims that a text names, "C032 to C034" with the one between."""
    found = set(_CLAIM.findall(entry))
    for letters, first, last in _CLAIMS.findall(entry):
        if int(last) - int(first) < 50:
            width = len(first)
            numbers = range(int(first), int(last) + 1)
            found |= {f"{letters}{number:0{width}}" for number in numbers}
    return found


def phrases(cells: Mapping[str, str]) -> dict[str, list[str]]:
    """Label -> its phrases, from cells such as "may | not yet", divided by " | "."""
    return {
        label: [phrase for phrase in map(str.strip, cell.split("|")) if phrase]
        for label, cell in cells.items()
    }


def practice_marks(sentence: str) -> list[Mark]:
    """Our marks for source, attribution and hedge in a sentence of the practice dispatch.

    Cues of rows that only boost are left out. LookupError if the dispatch lacks the sentence.
    """
    text = (DATA / "practice" / "dispatch.md").read_text("utf-8")
    first = text.find(sentence) if sentence else -1
    if first < 0:
        raise LookupError("This is no sentence of the practice dispatch.")
    both = pd.concat([load("claims", "practice"), load("headline", "practice")])
    boosted = set(both[both["hedge_type"] == "BOOSTER"]["claim_id"])
    marks = {
        (span.start - first, span.end - first, MARK_LABELS[span.kind])
        for span in load("spans", "practice").itertuples()
        if span.kind in MARK_LABELS and first <= span.start and span.end <= first + len(sentence)
        if not (span.kind == "cue" and span.claim_id in boosted)
    }
    return sorted(marks)
