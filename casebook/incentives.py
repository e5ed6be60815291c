"""Which way a claim points, and whether every party is asked the same questions."""

import textwrap

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from casebook.codebook import REPORTERS, alternatives
from casebook.figures import STYLE

QUESTIONS = ("planning", "foreknowledge")
AWAY, DEPENDS, TO = DIRECTIONS = ("away from one", "depends", "to a part")
_MARK = {AWAY: ("<", "#0072B2"), DEPENDS: ("o", "white"), TO: (">", "#D55E00")}
_NO_FIELD_OF_ALL = ["note"]  # a remark, filled where there is something to remark


def signs(claims: pd.DataFrame) -> pd.DataFrame:
    """One row per claim, question and actor: claim_id, question, actor, sign (+, - or ?).

    The cells of `planning` and `foreknowledge` read "LEADERS:+;QUDS:?".
    """
    rows = [
        (claim.claim_id, question, *part.split(":"))
        for claim in claims.itertuples()
        for question in QUESTIONS
        for part in getattr(claim, question).split(";")
        if part
    ]
    return pd.DataFrame(rows, columns=["claim_id", "question", "actor", "sign"])


def direction(claims: pd.DataFrame) -> pd.Series:
    """Where each claim points if it is true: "to a part", "away from one", "depends" or "".

    A claim points to a part if it tells for one actor's planning or foreknowledge and against
    nobody's; it points away from one if it is the other way round; with both signs, or with
    question marks only, it depends on a reading. No weights: one + is as good as five.
    """
    both = claims["planning"] + ";" + claims["foreknowledge"]
    return both.map(_direction).rename("direction")


def _direction(cell: str) -> str:
    found = {part.partition(":")[2] for part in cell.split(";") if part}
    if not found:
        return ""
    pointed = found & {"+", "-"}
    return {"+": TO, "-": AWAY}[pointed.pop()] if len(pointed) == 1 else DEPENDS


def other_directions(claims: pd.DataFrame) -> pd.Series:
    """Where else a careful coder could see each claim pointing, by `alt`: "", or joined by " or ".

    Each listed code of a question is tried with the other question left as it is.
    """
    return pd.Series(
        [_others(claim) for _, claim in claims.iterrows()],
        index=claims.index,
        name="could be",
        dtype="object",
    )


def _others(claim: "pd.Series[str]") -> str:
    coded = {question: claim[question] for question in QUESTIONS}
    listed = alternatives(claim["alt"])
    found = {
        _direction(";".join({**coded, question: option.replace(",", ";")}.values()))
        for question in QUESTIONS
        for option in listed.get(question, [])
    }
    found -= {_direction(";".join(coded.values())), ""}
    return " or ".join(name for name in DIRECTIONS if name in found)


def unequal(actors: pd.DataFrame, claims: pd.DataFrame) -> list[str]:
    """One sentence for each party or claim that is not asked what the others are; [] if none."""
    told = []
    for party in actors.drop(columns=_NO_FIELD_OF_ALL).to_dict("records"):
        empty = [name for name, text in party.items() if not str(text).strip()]
        told += [f"{party['actor_id']}: {name} is empty." for name in empty]
    attributed = claims[claims["source_id"] != REPORTERS]
    for claim in attributed.to_dict("records"):
        wanted = ("incentive", "reason_for", "reason_against", "exposed")
        empty = [name for name in wanted if claim[name].strip() in ("", "NA")]
        told += [f"{claim['claim_id']}: {name} is empty." for name in empty]
        if claim["reason_for"].strip() and claim["reason_for"] == claim["reason_against"]:
            told.append(f"{claim['claim_id']}: both reasons are the same sentence.")
    return told


def arrows(counts: pd.DataFrame, title: str) -> Figure:
    """A mark per claim: a row for each row of `counts`, whose columns are DIRECTIONS.

    Claims that point away stand on the left, those that point to a part on the right, those that
    depend on a reading in between.
    """
    counts = counts.reindex(columns=list(DIRECTIONS), fill_value=0)
    middle = max(int(counts[DEPENDS].max()), 2)
    with plt.style.context(STYLE):
        fig, axes = plt.subplots(figsize=(8.2, 1.3 + 0.42 * len(counts)), layout="constrained")
        for place, (_, row) in enumerate(counts.iterrows()):
            starts = {
                AWAY: [-middle / 2 - 1 - n for n in range(row[AWAY])],
                DEPENDS: [n - (row[DEPENDS] - 1) / 2 for n in range(row[DEPENDS])],
                TO: [middle / 2 + 1 + n for n in range(row[TO])],
            }
            for name, xs in starts.items():
                mark, fill = _MARK[name]
                axes.plot(
                    xs, [place] * len(xs), mark, ms=10, mfc=fill, mec="#222222", mew=0.8, ls=""
                )
        edge = middle / 2 + 1 + max(int(counts[[AWAY, TO]].max(axis=None)), 3)
        for border in (-middle / 2 - 0.4, middle / 2 + 0.4):
            axes.axvline(border, color="#BBBBBB", lw=0.8)
        axes.set(xlim=(-edge, edge), ylim=(len(counts) - 0.4, -0.6), title=title)
        axes.set_xticks(
            [-(edge + middle / 2) / 2, 0, (edge + middle / 2) / 2],
            ["points away\nfrom a part", "depends on a reading", "points to\na part"],
        )
        axes.set_yticks(range(len(counts)), [textwrap.fill(str(name), 34) for name in counts.index])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return fig
