"""How many people can stand behind the source groups: bounds, the overlap graph, two figures.

Overlaps serve bounds on numbers and nothing else. Nothing here helps to find out who anybody is.
"""

from textwrap import fill

import matplotlib.pyplot as plt
import networkx as nx  # type: ignore[import-untyped]
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from casebook.figures import PAINT, STYLE

UNNAMED = ("CONFIDENTIAL", "UNIDENTIFIED")
WANTED = ("source_id", "n_min", "may_overlap_with")  # what a bound is worked out from


def unnamed(sources: pd.DataFrame, *, institutions: bool = False) -> pd.DataFrame:
    """The groups whose people have no name in the text; on request also bodies that speak."""
    wanted = [*UNNAMED, "INSTITUTION"] if institutions else UNNAMED
    return sources[sources["naming"].isin(wanted)]


def overlap_graph(groups: pd.DataFrame) -> nx.Graph:
    """A node per group, weighted by `n_min`; an edge where two groups may share people.

    Overlaps with groups that are not in the table are left out. Raises TypeError for what is no
    table, and ValueError for a table that lacks a column or a group that is no number of people,
    such as a recording.
    """
    if not isinstance(groups, pd.DataFrame):
        raise TypeError(
            f"This wants rows of the table sources, with all their columns, not a "
            f"{type(groups).__name__}."
        )
    missing = [name for name in WANTED if name not in groups.columns]
    if missing:
        raise ValueError(
            f"The table lacks the column {missing[0]}. Keep all columns of sources: "
            "filter its rows, and leave its columns as they are."
        )
    graph = nx.Graph()
    for name, fewest in zip(groups["source_id"], groups["n_min"], strict=True):
        if pd.isna(fewest):
            raise ValueError(
                f"{name} has no n_min: it is not a group of people. Leave it out before you count."
            )
        graph.add_node(name, weight=int(fewest))
    for name, others in zip(groups["source_id"], groups["may_overlap_with"], strict=True):
        known = [other for other in others.split(";") if other in graph]
        graph.add_edges_from((name, other) for other in known)
    return graph


def apart(groups: pd.DataFrame) -> list[str]:
    """Groups of which no two can share a person, chosen so that their `n_min` add up highest.

    It is the heaviest clique among the pairs that may not overlap (networkx), thus exact.
    """
    graph = overlap_graph(groups)
    rivals = nx.complement(graph)
    nx.set_node_attributes(rivals, nx.get_node_attributes(graph, "weight"), "weight")
    names, _ = nx.max_weight_clique(rivals)
    return sorted(names)


def fewest_people(groups: pd.DataFrame) -> int:
    """A number of people below which the groups cannot lie, whichever overlaps are real.

    Nobody is in two of the groups that `apart` names, so their `n_min` add up. Groups are taken
    whole and overlaps pairwise, so the truth can lie higher: five groups in a ring show it, and so
    do "five cooks" and "four cooks and a waiter", who are six at least.
    """
    chosen = apart(groups)
    return int(groups.loc[groups["source_id"].isin(chosen), "n_min"].sum())


def most_people(groups: pd.DataFrame) -> int | None:
    """The most people, if no overlap is real; None where some group has no stated limit."""
    if groups["n_max"].isna().any():
        return None
    return int(groups["n_max"].sum())


def seats(groups: pd.DataFrame, *, overlaps: bool) -> dict[str, list[int]]:
    """One way to seat people: group -> the numbers, from 0, of the `n_min` people it could be.

    With overlaps, each group takes the first people that it may share, the largest groups first;
    without, everybody is new. It shows what whole groups allow, not who is who.
    """
    graph = overlap_graph(groups)
    sizes = dict(graph.nodes(data="weight"))
    order = sorted(sizes, key=lambda name: (-sizes[name], name)) if overlaps else list(sizes)
    people: list[set[str]] = []  # for each person, the groups that the person is in
    taken: dict[str, list[int]] = {}
    for name in order:
        free = [n for n, known in enumerate(people) if overlaps and known <= {*graph[name]}]
        new = range(len(people), len(people) + max(0, sizes[name] - len(free)))
        people += [set() for _ in new]
        taken[name] = [*free, *new][: sizes[name]]
        for number in taken[name]:
            people[number].add(name)
    return {name: taken[name] for name in sizes}


def bounds_by(groups: pd.DataFrame, column: str) -> pd.DataFrame:
    """For each value of `column`: its groups, their `n_min` added up, and the fewest people."""
    rows = {
        value or "none stated": {
            "groups": len(part),
            "added up": int(part["n_min"].sum()),
            "fewest": fewest_people(part),
        }
        for value, part in groups.groupby(column)
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def people_bars(groups: pd.DataFrame, title: str) -> Figure:
    """Two panels with the same groups, a row each, a box per person, people along the axis.

    Left, no overlap is real and the rows form a staircase; right, the groups share as many people
    as whole groups may.
    """
    with plt.style.context(STYLE):
        fig, panels = plt.subplots(
            1, 2, sharex=True, sharey=True, figsize=(8.2, 1.6 + 0.3 * len(groups)),
            layout="constrained",
        )  # fmt: skip
        names = list(groups["source_id"])
        colour, hatch = PAINT["unnamed"]
        for axes, overlaps in zip(panels, (False, True), strict=True):
            places = seats(groups, overlaps=overlaps)
            width = 1 + max(number for numbers in places.values() for number in numbers)
            for row, name in enumerate(names):
                for number in places[name]:
                    box = (number + 0.05, row - 0.36)
                    axes.add_patch(
                        Rectangle(box, 0.9, 0.72, fc=colour, hatch=hatch, ec="#222222", lw=0.6)
                    )
            axes.axvline(width, color="#222222", linestyle="--")
            heading = "by whole groups, the fewest" if overlaps else "if no overlap is real"
            axes.set_title(f"{heading}: {width} people", fontsize=10, fontweight="normal")
            axes.set(xlabel="people", yticks=range(len(names)), yticklabels=names)
        least = int(groups["n_min"].sum())
        panels[0].set(xlim=(0, least + 1), ylim=(len(names) - 0.4, -0.6))
        panels[0].xaxis.set_major_locator(MaxNLocator(integer=True))
        fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig


def overlap_picture(groups: pd.DataFrame, title: str) -> Figure:
    """Groups on a circle, with a dashed line where two may share people; for a few groups only.

    A circle is as large as the group's `n_min`, which stands in it. The label stands outside the
    ring of circles, where no line passes.
    """
    graph = overlap_graph(groups)
    sizes = dict(graph.nodes(data="weight"))
    places = nx.circular_layout(graph)
    with plt.style.context(STYLE):
        fig, axes = plt.subplots(figsize=(7.2, 4.8), layout="constrained")
        nx.draw_networkx(
            graph,
            places,
            ax=axes,
            labels={name: f"{name}\n{size}" for name, size in sizes.items()},
            node_size=[600 + 160 * size for size in sizes.values()],
            node_color=PAINT["unnamed"][0],
            edgecolors="#222222",
            edge_color="#888888",
            style="dashed",
            font_size=8,
            font_family="DejaVu Sans",
        )
        for name, label in zip(groups["source_id"], groups["label"], strict=True):
            across, up = places[name]
            if abs(up) < 0.5:
                away, anchor = (24 if across > 0 else -24, 0), ("left" if across > 0 else "right")
            else:
                away, anchor = (0, 24 if up > 0 else -24), "center"
            axes.annotate(
                fill(label, 26), places[name], away, textcoords="offset points", fontsize=8,
                ha=anchor, va="center" if anchor != "center" else "bottom" if up > 0 else "top",
            )  # fmt: skip
        axes.set_axis_off()
        axes.set(xlim=(-1.95, 1.95), ylim=(-1.45, 1.45))
        fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig
