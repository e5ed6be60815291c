"""The word marker without a screen: what Python sees, with anywidget and without."""

import importlib
import sys

import pytest

from casebook import word_marker as module
from casebook.agreement import word_labels

SENTENCE = (
    "“It may be,” said Ada Brill, according to whom a long-lost boat may, just may, be the port’s."
)
MARKS = {"hedge": ["may", "may"], "attribution": ["said", "according to"], "source": ["Ada Brill"]}


@pytest.fixture(params=["anywidget", "none"])
def word_marker(request, monkeypatch):
    """`word_marker` in both worlds."""
    if request.param == "anywidget":
        pytest.importorskip("anywidget", reason="anywidget is not installed")
    else:
        monkeypatch.setitem(sys.modules, "anywidget", None)
    yield importlib.reload(module).word_marker
    monkeypatch.undo()
    importlib.reload(module)


def test_the_answer_is_the_marks_in_the_order_of_the_sentence(word_marker):
    backwards = {label: texts[::-1] for label, texts in reversed(MARKS.items())}
    assert word_marker(SENTENCE, marks=backwards).answer == MARKS
    assert list(word_marker(SENTENCE, marks=backwards).answer) == ["hedge", "attribution", "source"]


def test_without_marks_every_label_has_an_empty_list(word_marker):
    assert word_marker(SENTENCE, labels=["one", "two"]).answer == {"one": [], "two": []}


def test_neighbours_with_one_label_are_one_span_and_others_are_not(word_marker):
    both = word_marker("It may just possibly be.", marks={"hedge": ["possibly", "may", "just"]})
    assert both.answer["hedge"] == ["may just possibly"]
    apart = word_marker("It may just possibly be.", marks={"hedge": ["may"], "source": ["just"]})
    assert apart.spans == [(3, 6, "hedge"), (7, 11, "source")]


def test_a_span_keeps_what_stands_inside_it_and_drops_what_stands_around(word_marker):
    marker = word_marker(SENTENCE, marks={"source": ["brill according"], "hedge": ["It may be"]})
    assert marker.answer["source"] == ["Brill, according"]
    assert marker.answer["hedge"] == ["It may be"]


def test_words_are_found_whatever_their_capitals_apostrophes_and_line_breaks(word_marker):
    marker = word_marker(
        "He said,\nTHE PORT’S\n long-lost boat.", ["x"], {"x": ["the  port's LONG-LOST"]}
    )
    assert marker.answer == {"x": ["THE PORT’S long-lost"]}


def test_a_text_takes_its_first_free_place(word_marker):
    first, third = SENTENCE.index("may"), SENTENCE.rindex("may")
    marker = word_marker(SENTENCE, marks={"hedge": ["may", "may", "may"]})
    assert [start for start, _, _ in marker.spans][::2] == [first, third]


def test_spans_go_in_and_out_and_fit_the_other_lessons(word_marker):
    places = word_marker(SENTENCE, marks={"source": ["Ada Brill"], "hedge": ["may", "may"]}).spans
    marker = word_marker(SENTENCE, marks=places)
    assert sorted(marker.spans) == sorted(places)
    assert word_labels(SENTENCE, marker.spans) == word_labels(SENTENCE, places)
    again = word_marker(SENTENCE, marks=[*places, (0, len(SENTENCE), "attribution")])
    assert [span for span in again.spans if span[2] != "attribution"] == marker.spans


def test_assigning_an_answer_replaces_all_marks(word_marker):
    marker = word_marker(SENTENCE, marks=MARKS)
    marker.answer = {"source": ["whom"]}
    assert marker.answer == {"hedge": [], "attribution": [], "source": ["whom"]}
    with pytest.raises(ValueError, match="does not stand in the sentence"):
        marker.answer = {"source": ["nobody"]}
    assert marker.answer["source"] == ["whom"]


def test_changing_a_returned_answer_changes_nothing(word_marker):
    marker = word_marker(SENTENCE, marks=MARKS)
    marker.answer["hedge"].clear()
    assert marker.answer == MARKS


def test_the_text_on_the_page_is_the_same_every_time(word_marker):
    first, second = (word_marker(SENTENCE, marks={"hedge": ["may", "may"]}) for _ in range(2))
    assert repr(first) == repr(second)
    assert repr(first).splitlines() == [
        "hedge: may | may",
        "attribution: nothing marked",
        "source: nothing marked",
        "To mark with mouse or keys, run this cell where the package anywidget is installed; "
        'or write the words, as in .answer = {"hedge": ["..."]}.',
    ]
    assert "boat" not in repr(first)  # a sentence of a reader's own copy is not stored
    assert "0x" not in repr(first)


@pytest.mark.parametrize("sentence", ["", "  …!", None, 3, ["It", "may"]])
def test_a_sentence_without_words_is_refused(word_marker, sentence):
    with pytest.raises(ValueError, match="give a sentence with at least one word, not"):
        word_marker(sentence)


@pytest.mark.parametrize(
    "labels", ["hedge", (), ["a", "a"], ["a", ""], ["a", 2], [" "], list("abcdefghi"), 3, None]
)
def test_bad_labels_are_refused(word_marker, labels):
    with pytest.raises(ValueError, match=r"labels must be 1 to 8 different names, such as .*, not"):
        word_marker(SENTENCE, labels)


@pytest.mark.parametrize(
    ("marks", "complaint"),
    [
        ({"hegde": ["may"]}, 'no label "hegde" here. Known: hedge, attribution, source'),
        ([(0, 3, "hegde")], 'no label "hegde" here'),
        ({"hedge": ["might"]}, "mark as hedge: 'might' does not stand in the sentence"),
        ({"hedge": ["ma"]}, "'ma' does not stand"),
        ({"hedge": ["may"] * 4}, "or is marked already"),
        ({"hedge": ["may"], "source": ["It may"]}, "or is marked already"),
        ({"hedge": [" , "]}, "does not stand"),
        ({"hedge": [""]}, "does not stand"),
        ({"hedge": "may"}, "marks must be"),
        ({"hedge": [3]}, "marks must be"),
        ({"hedge": None}, "marks must be"),
        ([(900, 903, "hedge")], "does not stand"),
        ([(3, 4, "hedge")], "does not stand"),
        ([(0, 3)], "marks must be"),
        ("may", "marks must be"),
        (7, "marks must be"),
    ],
)
def test_marks_that_do_not_fit_are_named(word_marker, marks, complaint):
    with pytest.raises(ValueError, match=complaint):
        word_marker(SENTENCE, marks=marks)


def test_the_screen_gets_every_character_of_the_sentence_once():
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    marker = module.word_marker(SENTENCE, marks=MARKS)
    pieces = marker.get_state("pieces")["pieces"]
    assert "".join(pieces) == SENTENCE
    assert len(pieces) == 2 * len(marker.marked) + 1
    assert pieces[:4] == ["“", "It", " ", "may"]


def test_what_the_browser_sends_is_the_answer():
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    marker = module.word_marker("It may be so.")
    marker.set_state({"marked": ["", "hedge", "hedge", ""]})
    assert marker.answer["hedge"] == ["may be"]


def test_nothing_is_fetched_from_elsewhere(root):
    for ending in ("js", "css"):
        text = (root / "casebook" / f"word_marker.{ending}").read_text("utf-8")
        assert not [word for word in ("http", "import ", "@import", "url(") if word in text]
