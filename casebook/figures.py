"""Figures: the pack's style, alternative text that reaches the reader, and the strip."""

import base64
import html
import io

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from casebook.view import VOICES, voice

STYLE = "casebook.whosaysso"

# Okabe and Ito's palette, and a hatch for each, so that colour is never alone.
PAINT = {
    "reporters": ("#E4E4E4", ""),
    "named": ("#0072B2", ""),
    "institution": ("#56B4E9", "||"),
    "reason given": ("#F0E442", "..."),
    "unnamed": ("#E69F00", "///"),
    "recording": ("#009E73", "xx"),
}


def show(fig: Figure, *, alt: str) -> None:
    """Display a figure with alternative text that JupyterLab, nbconvert and HTML pages all read.

    An `<img alt>` in text/html is the one form that reaches a reader in all of them; the plain
    text of the output is the alternative text itself. Raises ValueError for an empty `alt`.
    """
    if not alt.strip():
        raise ValueError("A figure needs alternative text: say in a sentence what it shows.")
    image = io.BytesIO()
    fig.savefig(image, format="png")
    plt.close(fig)
    data = base64.b64encode(image.getvalue()).decode()
    tag = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'
    display({"text/html": tag, "text/plain": alt}, raw=True)


def strip(claims: pd.DataFrame, title: str = "Who says it, and how surely") -> Figure:
    """The text from top to bottom: a row per paragraph, a box per claim.

    Left, boxes are coloured and hatched by voice; right, the same claims by certainty, 0 to 4,
    as a digit and a grey. Headline rows (paragraph 0) come first.
    """
    table = claims.assign(voice=voice(claims)).sort_values(["paragraph", "sentence"], kind="stable")
    table["place"] = table.groupby("paragraph").cumcount()
    widest = int(table["place"].max()) + 1
    rows = range(int(table["paragraph"].min()), int(table["paragraph"].max()) + 1)
    with plt.style.context(STYLE):
        fig, (left, right) = plt.subplots(
            1, 2, sharey=True, figsize=(8.2, 1.6 + 0.235 * len(rows)), layout="constrained"
        )
        for row in table.itertuples():
            _voice_box(left, row.place, row.paragraph, str(row.voice))
            _certainty_box(right, row.place, row.paragraph, int(row.certainty))
        for axes, name in ((left, "Voice"), (right, "Certainty (0 open to 4 boosted)")):
            axes.set(xlim=(0, widest), ylim=(rows[-1] + 0.6, rows[0] - 0.6), xticks=[])
            axes.set_title(name, fontsize=10, fontweight="normal")
            axes.spines[:].set_visible(False)
            axes.tick_params(length=0)
        left.set(yticks=[n for n in rows if n % 5 == 0 or n == rows[0]], ylabel="Paragraph")
        fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
        fig.legend(handles=_key(table["voice"]), loc="outside lower center", ncols=2)
    return fig


def _voice_box(axes: Axes, x: int, y: int, name: str) -> None:
    colour, hatch = PAINT[name]
    box = Rectangle((x + 0.06, y - 0.4), 0.88, 0.8, fc=colour, hatch=hatch, ec="#222222", lw=0.6)
    axes.add_patch(box)


def _certainty_box(axes: Axes, x: int, y: int, certainty: int) -> None:
    grey = ("#FFFFFF", "#DADADA", "#A8A8A8", "#5C5C5C", "#111111")[certainty]
    box = Rectangle((x + 0.06, y - 0.4), 0.88, 0.8, fc=grey, ec="#222222", lw=0.6)
    axes.add_patch(box)
    ink = "white" if certainty >= 3 else "black"
    axes.text(x + 0.5, y, str(certainty), ha="center", va="center", fontsize=7, color=ink)


def _key(voices: pd.Series) -> list[Patch]:
    """A legend entry for each voice that occurs."""
    present = [name for name in VOICES if (voices == name).any()]
    return [
        Patch(
            fc=PAINT[name][0],
            hatch=PAINT[name][1],
            ec="#222222",
            lw=0.6,
            label=f"{name}: {VOICES[name]}",
        )
        for name in present
    ]


def voice_bars(table: pd.DataFrame, title: str) -> Figure:
    """Stacked horizontal bars: a bar per row of `table`, a piece per column, which are VOICES.

    The cells are counts of claims; each bar ends in its sum.
    """
    with plt.style.context(STYLE):
        fig, axes = plt.subplots(figsize=(8.2, 1.4 + 0.42 * len(table)), layout="constrained")
        ends = table.sum(axis=1) * 0
        for name in [voice for voice in VOICES if voice in table]:
            colour, hatch = PAINT[name]
            bars = axes.barh(table.index, table[name], left=ends, color=colour, hatch=hatch)
            plt.setp(bars, edgecolor="#222222", linewidth=0.6)
            ends = ends + table[name]
        for place, end in enumerate(ends):
            axes.text(end + 0.4, place, str(end), va="center")
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.set(xlabel="claims", title=title)
        fig.legend(handles=_key(pd.Series(table.columns)), loc="outside lower center", ncols=2)
    return fig
