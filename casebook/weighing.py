"""Accounts that clash: a matrix to look at, and what several voices can add, as a range."""

import textwrap
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display
from ipywidgets import FloatRangeSlider, IntSlider, Label, VBox  # type: ignore[import-untyped]
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from casebook.figures import STYLE
from casebook.incentives import QUESTIONS, signs
from casebook.verification import READINGS, covered
from casebook.view import voice

Range = tuple[float, float]

# What the text itself offers for a claim; see verif_status in data/codebook.md.
SUPPORTED = ("CORROB_IN_TEXT", "PUBLIC_RECORD", "SELF_REVIEWED")
OPEN = "cannot be determined from this text"
_SIGNS = {"-": "against", "?": "depends", "+": "for"}
_COVERED = "#E4E4E4"
_FRAME = {"boxstyle": "square,pad=0.15", "fc": "white", "ec": "#222222", "lw": 0.6}
_PRINTED = {"-": "\N{MINUS SIGN}", "?": "?", "+": "+"}


def matrix(claims: pd.DataFrame) -> pd.DataFrame:
    """A row per claim that bears on an actor, in the order of the text; cells are +, -, ? or "".

    The columns are pairs (question, actor), questions as in QUESTIONS, actors by the alphabet.
    """
    found = signs(claims)
    table = found.pivot(index="claim_id", columns=["question", "actor"], values="sign").fillna("")
    columns = pd.MultiIndex.from_product([QUESTIONS, sorted(set(found["actor"]))])
    in_text = claims.loc[claims["claim_id"].isin(table.index), "claim_id"]
    return table.reindex(index=in_text, columns=columns, fill_value="")


def standing(claims: pd.DataFrame) -> pd.DataFrame:
    """Each question and actor: the claims against, depending and for, and what the text settles.

    A question counts as settled only where claims that the text itself supports (SUPPORTED) have
    a + or a -, and no supported claim has the other. Counts are no weights.
    """
    backed = claims.loc[claims["verif_status"].isin(SUPPORTED), "claim_id"]
    table = matrix(claims)
    rows = {}
    for column in table.columns:
        cells = table[column]
        counts = {name: int((cells == sign).sum()) for sign, name in _SIGNS.items()}
        firm = set(cells[cells.index.isin(backed)]) & {"+", "-"}
        settled = f"supports a {firm.pop()}" if len(firm) == 1 else OPEN
        rows[column] = {**counts, "the text": settled}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["question", "actor"])


def outside(claims: pd.DataFrame) -> pd.DataFrame:
    """Each question and actor: the claims against and for that a disclaimer leaves untouched.

    The first column has no disclaimer; the others have one for each of READINGS.
    """
    kept = {"no disclaimer": claims}
    kept |= {reading: claims[~covered(claims, reading)] for reading in READINGS}
    table = matrix(claims)
    return pd.DataFrame(
        {
            name: {column: _arrows(table.loc[table.index.isin(part["claim_id"]), column])
                   for column in table.columns}
            for name, part in kept.items()
        }
    ).rename_axis(["question", "actor"])  # fmt: skip


def _arrows(cells: "pd.Series[str]") -> str:
    """How many claims tell against and for, such as "1 −, 2 +"."""
    return ", ".join(f"{int((cells == sign).sum())} {_PRINTED[sign]}" for sign in "-+")


def matrix_figure(claims: pd.DataFrame, reading: str, names: dict[str, str], title: str) -> Figure:
    """The matrix as a display: a panel per question, a column per actor, a row per pointed claim.

    A claim with a + or a - has a row, which starts with claim, voice and certainty; the last row
    counts the question marks of the others. Grey rows with a star are covered by the disclaimer
    on `reading`, one of READINGS. `names` gives the heading of each actor.
    """
    table = matrix(claims)
    rows = claims.assign(voice=voice(claims)).set_index("claim_id").loc[table.index]
    starred = covered(rows, reading)
    pointed = table.isin(["+", "-"]).any(axis=1)
    labels = [
        f"{claim} · {row.voice} · {row.certainty}{' *' if starred[claim] else ''}"
        for claim, row in rows[pointed].iterrows()
    ]
    cells = table[pointed].replace(_PRINTED)
    grey = starred[pointed].to_list()
    if not pointed.all():
        open_signs = (table[~pointed] == "?").sum()
        cells.loc["others"] = [f"{number} ?" if number else "" for number in open_signs]
        stars = int(starred[~pointed].sum())
        labels.append(f"{sum(~pointed)} others{f', {stars} of them *' if stars else ''}")
        grey.append(False)
    with plt.style.context(STYLE):
        fig, panels = plt.subplots(
            1, 2, sharey=True, figsize=(8.2, 1.6 + 0.32 * len(cells)), layout="constrained"
        )
        for axes, question in zip(panels, QUESTIONS, strict=True):
            _panel(axes, cells[question], grey)
            heads = [textwrap.fill(names[actor], 16) for actor in cells[question].columns]
            axes.set_xticks(range(len(heads)), heads, fontsize=8)
            axes.set_xlabel(question, fontweight="bold")
        panels[0].set_yticks(range(len(labels)), labels, fontsize=9)
        told = (
            "* covered by the disclaimer"
            if starred.any()
            else "no row here is covered by the disclaimer"
        )
        key = [Patch(fc=_COVERED, label=f"{told}, if its reading is: {reading}")]
        fig.legend(handles=key, loc="outside lower left")
        fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig


def _panel(axes: Axes, cells: pd.DataFrame, grey: list[bool]) -> None:
    """The printed signs of one question; the rows of the disclaimer grey."""
    height, width = cells.shape
    for row in range(height):
        if grey[row]:
            axes.axhspan(row - 0.5, row + 0.5, color=_COVERED, lw=0)
        axes.axhline(row + 0.5, color="#DDDDDD", lw=0.6)
    for row, column in product(range(height), range(width)):
        told = cells.iat[row, column]
        style: dict[str, Any] = {} if "?" in told else {"bbox": _FRAME, "fontweight": "bold"}
        if told:
            axes.text(column, row, told, ha="center", va="center", fontsize=9, **style)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axes.xaxis.set_ticks_position("top")
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def effective_sources(voices: int, rho: float) -> float:
    """How many separate voices `voices` dependent ones are worth: n / (1 + (n - 1) rho).

    `rho`, 0 to 1, is how far two of them go right and wrong together. A model, by analogy with
    the design effect of cluster samples (Kish, Survey Sampling, 1965); bad values: ValueError.
    """
    if voices < 1:
        raise ValueError(f"voices is {voices}: it takes at least 1 to have an account.")
    _between("rho", rho, 0, 1)
    return voices / (1 + (voices - 1) * rho)


def updated(before: float, ratio: float, voices: float = 1) -> float:
    """The probability after `voices` separate voices: odds times ratio, once for each (Bayes).

    `ratio`: how many times more often a voice would say so if it is so than if it is not; above 0.
    Raises ValueError for a `before` that is not a probability and a ratio that is not above 0.
    """
    _between("before", before, 0, 1)
    if not ratio > 0:
        raise ValueError(f"ratio is {ratio}: it must be above 0. 1 means that it tells nothing.")
    weight = ratio**voices
    return float(before * weight / (before * weight + 1 - before))


def belief_range(voices: int, before: Range, ratio: Range, rho: Range) -> Range:
    """The lowest and the highest probability that the stated ranges of assumptions allow.

    The result moves one way with each assumption while the others stand, so that the corners are
    enough. Each range is (lowest, highest); the other way round: ValueError.
    """
    for name, (low, high) in {"before": before, "ratio": ratio, "rho": rho}.items():
        if low > high:
            raise ValueError(f"{name} runs from {low} to {high}: write the lower end first.")
    ends = [
        updated(start, each, effective_sources(voices, alike))
        for start, each, alike in product(before, ratio, rho)
    ]
    return min(ends), max(ends)


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}: it must lie between {low} and {high}.")


def range_sentence(voices: int, before: Range, ratio: Range, rho: Range) -> str:
    """What `belief_range` gives, with all that was assumed, in one sentence."""
    low, high = belief_range(voices, before, ratio, rho)
    return (
        f"{voices} voices, before {_percent(before[0])} to {_percent(before[1])}, "
        f"ratio {ratio[0]:g} to {ratio[1]:g}, rho {rho[0]:g} to {rho[1]:g}: "
        f"{_percent(low)} to {_percent(high)}."
    )


def _percent(share: float) -> str:
    """Whole percents; what is neither impossible nor certain never becomes 0% or 100%."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "under 1%" if share < 0.5 else "over 99%"
    return f"{share:.0%}"


def range_sliders(voices: int, before: Range, ratio: Range, rho: Range) -> None:
    """Show four sliders over `range_sentence`, which start at the values given.

    Where nothing can show them, the output is one line of text that says where they would be.
    """
    shown = slider_panel(voices, before, ratio, rho)._repr_mimebundle_()
    shown["text/plain"] = "Four sliders stand here once this cell has been run in JupyterLab."
    display(shown, raw=True)


def slider_panel(voices: int, before: Range, ratio: Range, rho: Range) -> VBox:
    """The four sliders, and last the sentence that follows them."""
    sliders = {
        "voices": IntSlider(voices, 1, 12),
        "before": FloatRangeSlider(value=before, min=0, max=1, step=0.05),
        "ratio": FloatRangeSlider(value=ratio, min=1, max=10, step=0.5),
        "rho": FloatRangeSlider(value=rho, min=0, max=1, step=0.05),
    }
    told = Label()

    def tell(_: object = None) -> None:
        told.value = range_sentence(**{name: slider.value for name, slider in sliders.items()})

    for name, slider in sliders.items():
        slider.description = name
        slider.observe(tell, "value")
    tell()
    return VBox([*sliders.values(), told])
