"""Figures say in words what they show, and show what the table says."""

import subprocess
import sys

import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup
from matplotlib.colors import to_hex
from PIL import Image

from casebook import load, show, strip, voice, voice_bars
from casebook.figures import PAINT
from casebook.view import VOICES, readers_view


@pytest.fixture
def shown(monkeypatch):
    """What `show` hands to the notebook."""
    bundles = []
    monkeypatch.setattr("casebook.figures.display", lambda data, raw: bundles.append(data))
    return bundles


def boxes(figure, axes):
    return [patch for patch in figure.axes[axes].patches]


def test_alternative_text_survives_quotes_and_angle_brackets(shown):
    alt = 'Bars for "said" & <unclear>.'
    show(plt.figure(), alt=alt)
    assert BeautifulSoup(shown[0]["text/html"], "html.parser").img["alt"] == alt
    assert shown[0]["text/plain"] == alt


def test_a_shown_figure_is_closed(shown):
    before = plt.get_fignums()
    show(plt.figure(), alt="Nothing yet.")
    assert plt.get_fignums() == before


def test_a_figure_without_alternative_text_is_refused():
    with pytest.raises(ValueError, match="alternative text"):
        show(plt.figure(), alt=" ")
    plt.close("all")


@pytest.mark.parametrize("case", ["article", "practice"])
def test_the_strip_has_a_box_per_claim_in_the_paint_of_its_voice(case):
    claims = load("claims", case)
    figure = strip(claims)
    ordered = claims.sort_values(["paragraph", "sentence"], kind="stable")
    painted = [(to_hex(b.get_facecolor()), b.get_hatch()) for b in boxes(figure, 0)]
    wanted = [(PAINT[v][0].lower(), PAINT[v][1]) for v in voice(ordered)]
    assert [(c, h or "") for c, h in painted] == wanted
    assert [t.get_text() for t in figure.axes[1].texts] == [str(c) for c in ordered["certainty"]]
    plt.close(figure)


def test_no_two_voices_differ_by_colour_alone():
    looks = [hatch for _, hatch in PAINT.values()]
    greys = {name: _luminance(colour) for name, (colour, _) in PAINT.items()}
    for name, other in [(a, b) for a in PAINT for b in PAINT if a < b]:
        same_hatch = PAINT[name][1] == PAINT[other][1]
        assert not same_hatch or abs(greys[name] - greys[other]) > 0.3, (name, other)
    assert len(looks) == len(VOICES)


def _luminance(colour):
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_bars_end_in_their_sums():
    claims = load("claims")
    table = claims.groupby("kind").size().to_frame("reporters")
    figure = voice_bars(table, "Kinds")
    assert [t.get_text() for t in figure.axes[0].texts] == [str(n) for n in table["reporters"]]
    plt.close(figure)


def test_the_readers_view_has_eight_columns_and_no_naked_proposition():
    for case in ("article", "practice"):
        view = readers_view(load("claims", case), case)
        assert len(view.columns) == 8
        assert view.columns.get_loc("voice") < view.columns.get_loc("proposition")
        assert view.columns.get_loc("certainty") < view.columns.get_loc("proposition")
        assert view.notna().all(axis=None)


def test_what_a_source_denies_is_marked_as_denied():
    claims = load("claims", "practice")
    shown = readers_view(claims, "practice")["proposition"]
    assert (shown.str.startswith("(denied) ") == (claims["polarity"] == "-")).all()
    assert shown.str.startswith("(denied) ").any()


def test_the_emblem_shows_the_table_as_it_is(root, tmp_path):
    """Drift: the picture carries the digest of the table it was drawn from."""
    subprocess.run(
        [sys.executable, root / "tools" / "make_strip.py", tmp_path / "s.png"], check=True
    )
    fresh, kept = (
        Image.open(p).info["Source digest"] for p in (tmp_path / "s.png", root / "assets/strip.png")
    )
    assert fresh == kept
