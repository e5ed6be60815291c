"""What came later, as more sources: who rests on whom, and how two counts went on."""

from typing import Any

import matplotlib.pyplot as plt
import networkx as nx  # type: ignore[import-untyped]
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from casebook.figures import STYLE

INK, ARROW = "#0072B2", "#D55E00"
# How well a row is confirmed: a marker and its filling.
_CONFIRMED = {
    "seen at publisher or public document": ("s", INK),
    "seen as syndicated or quoted in several": ("o", INK),
    "seen in one secondary report": ("o", "white"),
}
_RESTS_ON = {"arrowstyle": "->", "color": ARROW, "linewidth": 1.4, "shrinkA": 5, "shrinkB": 5}
# Rows that stand side by side leave no room for an arrow: theirs goes round, over the markers.
_BEND, _BEND_OF_NEIGHBOURS = "arc3,rad=0.18", "arc3,rad=-1.2"
_CLOSED_END: dict[str, Any] = {"marker": "o", "color": INK, "markersize": 5}
_OPEN_END: dict[str, Any] = {
    "marker": "^",
    "color": INK,
    "markersize": 6,
    "markerfacecolor": "white",
}
_WORDING_KEY = [
    Line2D([], [], linestyle="none", label="as printed, or around", **_CLOSED_END),
    Line2D([], [], linestyle="none", label="at least, or over", **_OPEN_END),
]


def dependencies(record: pd.DataFrame) -> nx.DiGraph:
    """A node per report, an arrow from each to those that it repeats or rests on.

    Raises ValueError where a row rests on one that is not there, or, in a circle, on itself.
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(record["id"])
    for name, cell in zip(record["id"], record["depends_on"], strict=True):
        for other in filter(None, cell.split(";")):
            if other not in graph:
                raise ValueError(f"{name} rests on {other}, which is not in the table.")
            graph.add_edge(name, other)
    if not nx.is_directed_acyclic_graph(graph):
        circle = " -> ".join(start for start, _ in nx.find_cycle(graph))
        raise ValueError(f"These reports rest on one another in a circle: {circle}.")
    return graph


def rests_on(record: pd.DataFrame, name: str) -> list[str]:
    """The reports that one report rests on, directly or through others; LookupError if unknown."""
    graph = dependencies(record)
    if name not in graph:
        raise LookupError(f'There is no row "{name}" in the later record.')
    return sorted(nx.descendants(graph, name))


def record_picture(record: pd.DataFrame, title: str) -> Figure:
    """Reports from left to right in the order of their days, a lane per kind of origin.

    The marker tells how well the row is confirmed; an arrow points to what a report rests on.
    Steps are even: the axis shows the order of days, not the time between them.
    """
    rows = record.sort_values("date", kind="stable", ignore_index=True)
    lanes = list(dict.fromkeys(rows["origin"]))
    place = {
        name: (x, lanes.index(lane))
        for x, (name, lane) in enumerate(zip(rows["id"], rows["origin"], strict=True))
    }
    with plt.style.context(STYLE):
        fig, axes = plt.subplots(figsize=(8.2, 1.9 + 0.5 * len(lanes)), layout="constrained")
        for later, earlier in dependencies(rows).edges:
            (x, lane), (x_end, lane_end) = place[later], place[earlier]
            beside = lane == lane_end and abs(x - x_end) <= 2
            bend = _BEND_OF_NEIGHBOURS if beside else _BEND
            look = {**_RESTS_ON, "connectionstyle": bend}
            axes.annotate("", (x_end, lane_end), (x, lane), arrowprops=look, zorder=4)
        for level, (marker, fill) in _CONFIRMED.items():
            points = [place[name] for name in rows.loc[rows["confirmed"] == level, "id"]]
            if points:
                across, down = zip(*points, strict=True)
                axes.scatter(
                    across, down, marker=marker, fc=fill, ec=INK, s=50, zorder=3, label=level
                )
        for name, (x, y) in place.items():
            above = x % 2 == 0  # neighbours stand close: every second name goes below
            edge = "bottom" if above else "top"
            axes.text(x, y - 0.2 if above else y + 0.2, name, ha="center", va=edge, fontsize=7)
        axes.set_xticks(range(len(rows)), [f"{day:%d %b %Y}" for day in rows["date"]])
        axes.set_xlabel("the order of days; a step is no span of time")
        axes.tick_params(axis="x", rotation=90, labelsize=7)
        axes.set(yticks=range(len(lanes)), yticklabels=lanes, ylim=(len(lanes) - 0.3, -0.7))
        axes.tick_params(axis="y", length=0)
        fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
        fig.legend(loc="outside lower center", ncols=2)
    return fig


def toll_steps(tolls: pd.DataFrame, unit: str, title: str) -> Figure:
    """Two places, one form: a column of two panels each, places in alphabetical order.

    Above, all have one scale, so that heights compare; below, each has its own, so that its steps
    show. A figure, in `unit`, holds until the next one; the marker tells how it is worded.
    """
    places = dict(list(tolls.sort_values("as_of", kind="stable").groupby("place")))
    with plt.style.context(STYLE):
        fig, panels = plt.subplots(
            2, len(places), sharex=True, figsize=(8.2, 5.4), layout="constrained", squeeze=False
        )
        for column, (name, rows) in enumerate(places.items()):
            for axes, top in zip(panels[:, column], (tolls, rows), strict=True):
                _steps(axes, rows)
                axes.set(ylim=(0, 1.1 * float(top["figure_low"].max())))
                axes.yaxis.set_major_formatter("{x:,.0f}")
            heading = f"{name}\n{rows['period'].iloc[0]}"
            panels[0, column].set_title(heading, fontsize=10, fontweight="normal")
            dates = AutoDateLocator(maxticks=5)
            panels[1, column].xaxis.set_major_locator(dates)
            panels[1, column].xaxis.set_major_formatter(ConciseDateFormatter(dates))
        panels[0, 0].set_ylabel(f"{unit},\none scale for all")
        panels[1, 0].set_ylabel(f"{unit},\neach its own scale")
        fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
        fig.legend(handles=_WORDING_KEY, loc="outside lower center", ncols=2)
    return fig


def _steps(axes: Axes, rows: pd.DataFrame) -> None:
    """The figures of one place, each until the next one."""
    axes.step(rows["as_of"], rows["figure_low"], where="post", color=INK, linewidth=1.2)
    open_end = rows["wording"].isin(["at least", "over"])
    for part, look in ((~open_end, _CLOSED_END), (open_end, _OPEN_END)):
        here = rows[part]
        axes.plot(here["as_of"], here["figure_low"], linestyle="none", **look)
