"""Answers become values: honest ones of every kind, and objects that fight back."""

import collections
import datetime
import enum
import itertools
import json

import numpy as np
import pandas as pd
import pytest

from casebook.values import (
    MAX_BYTES,
    MAX_ITEMS,
    calls,
    canonical,
    describe,
    encode,
    family,
    leaves,
    show,
)

FRAME = pd.DataFrame(
    {
        "text": ["x", None],
        "whole": pd.array([1, None], dtype="Int64"),
        "code": pd.Categorical(["b", "a"]),
        "day": pd.to_datetime(["2023-10-13", "2023-10-14"]),
        "share": [0.5, float("nan")],
    }
)


class Equal(str):
    """A text equal to everything."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__

    def __str__(self):
        return "right"


class Endless(list):
    def __iter__(self):
        return itertools.count()


class Sizeless(dict):
    def items(self):
        return zip(itertools.count(), itertools.count())

    def __len__(self):
        raise SystemExit


class Liar:
    """Pretends to be an int, and objects to being looked at."""

    @property
    def __class__(self):
        return int

    def _object(self, *_):
        raise RuntimeError("looked at")

    __repr__ = __str__ = __eq__ = __array__ = __iter__ = __reduce__ = __reduce_ex__ = _object
    __int__ = __index__ = __float__ = __len__ = __bool__ = __hash__ = __getattr__ = _object


class Table(pd.DataFrame):
    @property
    def shape(self):
        raise RuntimeError("looked at")


class Meta(type):
    @property
    def __name__(cls):
        raise RuntimeError("looked at")


class Shy(metaclass=Meta):
    pass


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("thing", "value"),
    [
        (12, {"t": "int", "v": 12}),
        (np.int64(12), {"t": "int", "v": 12}),
        (Level.HIGH, {"t": "int", "v": 3}),
        (True, {"t": "bool", "v": True}),
        (np.bool_(False), {"t": "bool", "v": False}),
        (0.25, {"t": "float", "v": 0.25}),
        (np.float32(0.25), {"t": "float", "v": 0.25}),
        (float("nan"), {"t": "float", "v": "nan"}),
        (float("-inf"), {"t": "float", "v": "-inf"}),
        ("S03", {"t": "str", "v": "S03"}),
        (np.str_("S03"), {"t": "str", "v": "S03"}),
        (None, {"t": "none"}),
        (pd.NA, {"t": "none"}),
        (pd.NaT, {"t": "none"}),
        (..., {"t": "ellipsis"}),
        (datetime.date(2023, 10, 13), {"t": "str", "v": "2023-10-13"}),
        (pd.Timestamp("2023-10-13"), {"t": "str", "v": "2023-10-13"}),
        (np.datetime64("2023-10-13"), {"t": "str", "v": "2023-10-13"}),
        ({}.keys(), {"t": "list", "v": []}),
        (np.array(3), {"t": "int", "v": 3}),
    ],
)
def test_scalars(thing, value):
    assert encode(thing) == value


def test_a_table_keeps_its_columns_and_types():
    value = encode(FRAME)
    assert value["columns"] == ["text", "whole", "code", "day", "share"]
    assert [cell["t"] for cell in value["rows"][0]] == ["str", "int", "str", "str", "float"]
    assert json.loads(canonical(value))[2][1][1] == ["none", None]
    assert describe(value) == "a table with 2 rows"


@pytest.mark.parametrize(
    "same",
    [
        [12, 12.0, np.int8(12), np.float64(12)],
        [["a", "b"], ("a", "b"), np.array(["a", "b"]), pd.Series(["a", "b"], index=[5, 3]),
         pd.Series(["a", "b"], dtype="category").unique(), pd.Index(["a", "b"]),
         pd.Series(["a", "b"]).unique(), {"a": 1, "b": 2}.keys()],
        [{"x": 1, "y": 2}, collections.OrderedDict(y=2, x=1), collections.Counter("xyy")],
        [{3, 1, 2}, frozenset([2, 3, 1])],
        [(2, None), (2, float("nan")), [2, pd.NA]],
        [0.1 + 0.2, 0.3],
        ["é", "e\u0301", " é "],
    ],
)  # fmt: skip
def test_what_means_the_same_is_one_text(same):
    assert len({canonical(encode(thing)) for thing in same}) == 1


@pytest.mark.parametrize(
    "different",
    [[1, True, "1", [1], None, {1}], [0.1, 0.10001], [[1, 2], [2, 1], {1, 2}], ["S03", "S 3"],
     [[[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])], ["None", None]],
)  # fmt: skip
def test_what_differs_stays_apart(different):
    assert len({canonical(encode(thing)) for thing in different}) == len(different)


def test_a_set_is_read_from_any_sequence_that_repeats_nothing():
    wanted = canonical(encode({"a", "b"}), "set")
    assert canonical(encode(["b", "a"]), "set") == wanted
    assert canonical(encode(pd.Series(["b", "a"]).unique()), "set") == wanted
    assert canonical(encode(["b", "a", "a"]), "set") != wanted


def test_a_series_is_read_by_its_labels_where_a_dict_is_wanted():
    counts = pd.Series(["x", "y", "y"]).value_counts()
    assert canonical(encode(counts), "mapping") == canonical(encode({"x": 1, "y": 2}), "mapping")


@pytest.mark.parametrize(("number", "same"), [(0.4286, True), (0.43, True), (3 / 7, True),
                                              (0.44, False), (43, False)])  # fmt: skip
def test_a_tolerance_rounds(number, same):
    wanted = canonical(encode(3 / 7), tolerance=0.01)
    assert (canonical(encode(number), tolerance=0.01) == wanted) is same


@pytest.mark.parametrize("huge", [1e300, float("inf"), 10**70, float("nan")])
def test_a_tolerance_survives_numbers_beyond_reason(huge):
    canonical(encode(huge), tolerance=1e-9)


@pytest.mark.parametrize(
    "thing", [Equal("wrong"), [Equal("wrong")], {Equal("wrong"): 1}], ids=itertools.count()
)
def test_a_text_equal_to_everything_is_only_its_letters(thing):
    assert "right" not in json.dumps(encode(thing))
    assert "wrong" in json.dumps(encode(thing))


def test_subclasses_lose_their_tricks():
    assert encode(Endless([1, 2])) == encode([1, 2])
    assert encode(Sizeless(a=1)) == encode({"a": 1})


def with_liar(column):
    column.array._ndarray[1] = Liar()  # pandas itself would look at it
    return column


LOOP: list[object] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        (Liar(), "Liar"),
        ([1, Liar()], "Liar"),
        (with_liar(pd.Series([1, 2], dtype=object)), "Liar"),
        (with_liar(pd.Series([1, 2], dtype=object)).to_frame(), "Liar"),
        (Table({"a": [1]}), "Table"),
        (np.ma.masked_array([1, 2]), "MaskedArray"),
        (Shy(), "Shy"),
        (itertools.count(), "count"),
        ((n for n in [1]), "list(...)"),
        (map(str, [1]), "list(...)"),
        (len, "put ()"),
        ("abc".upper, "put ()"),
        (b"bytes", "bytes"),
        (1j, "complex"),
        (10**100, "digits"),
        (LOOP, "nested"),
        (list(range(MAX_ITEMS + 1)), "too large"),
        (range(10**30), "too large"),
        (np.zeros((200, 200)), "40000 items"),
        (pd.DataFrame({"a": range(20_000)}), "20000 rows"),
        ("x" * 30_000, "too long"),
        (["x" * 15_000] * 20, "too large"),
    ],
    ids=itertools.count(),
)
def test_what_cannot_be_read_says_why(thing, why):
    value = encode(thing)
    assert value["t"] == "unreadable"
    assert why in value["v"]


@pytest.mark.parametrize(
    "thing", [FRAME, {"a": [1.5, {2, 3}]}, "a\ud800b", [np.nan, None]], ids=itertools.count()
)
def test_every_value_survives_a_file(thing):
    value = encode(thing)
    assert json.loads(json.dumps(value).encode("utf-8")) == value
    assert len(json.dumps(value)) < MAX_BYTES
    canonical(value).encode("utf-8")


def test_calls_give_results_and_the_line_of_an_error():
    def divide(number):
        rest = 1
        return rest / number

    value = calls(divide, [2, 0])
    assert value["v"][0] == {"in": 1, "out": {"t": "float", "v": 0.5}}
    assert value["v"][1]["out"]["v"] == "ZeroDivisionError: division by zero (line 3)"


def test_calls_hand_out_copies():
    frame = pd.DataFrame({"a": [1]})
    calls(lambda table: table.pop("a"), [frame])
    assert list(frame) == ["a"]


class Rude(Exception):
    def __str__(self):
        raise RuntimeError("looked at")


def test_calls_survive_errors_that_object_and_exits():
    def leave(_):
        raise SystemExit(3)

    def rude(_):
        raise Rude("hm")

    def deep(number):
        return deep(number)

    assert calls(leave, [1])["v"][0]["out"]["v"].startswith("SystemExit")
    assert calls(rude, [1])["v"][0]["out"]["v"].startswith("Rude: hm")
    assert calls(deep, [1])["v"][0]["out"]["v"].startswith("RecursionError")
    assert calls(12, [1])["t"] == "unreadable"


def test_calls_are_capped_as_a_whole():
    assert calls(lambda _: "x" * 19_000, range(20))["t"] == "unreadable"


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (12, "the whole number 12"),
        ("S03", 'the text "S03"'),
        (True, "True"),
        ([1, 2, 3], "a list of 3 whole numbers"),
        ((1,), "a tuple of 1 whole number"),
        (["a", 1], "a list of 2 items"),
        ([None, None], "a list of 2 None"),
        (np.array([1.5]), "an array of 1 number"),
        ({"a": 1}, "a dict with 1 key"),
        (pd.Series([1, 2]), "a column (Series) with 2 rows"),
    ],
)
def test_describe(thing, words):
    assert describe(encode(thing)) == words


def test_show_is_short():
    assert show(encode({"b": (1, None), "a": [0.5]})) == '{"a": [0.5], "b": (1, None)}'
    assert show(encode(list(range(5000)))).endswith(", 26, ... (5000 in all)")
    long = show(encode({"a": "x" * 60, "b": "y" * 60}))
    assert long == '{"a": "' + "x" * 60 + '", ... (2 in all)'
    assert show(encode(["x" * 200])) == "[... (1 in all)"
    assert len(show(encode("x" * 200))) <= 100
    assert show(encode(FRAME)) == "a table with 2 rows"


def test_an_empty_set_and_a_pair_s_half_are_shown_as_typed():
    things = [set(), (1,), (), {}, {1}, {"a": (set(),)}]
    assert [show(encode(thing)) for thing in things] == [
        "set()", "(1,)", "()", "{}", "{1}", '{"a": (set(),)}',
    ]  # fmt: skip


def test_family_and_leaves():
    kinds = [1, 1.5, "a", True, None, [1], {1}, {"a": 1}, FRAME, FRAME.text, np.zeros((2, 2))]
    assert [family(encode(kind)) for kind in kinds] == [
        "number", "number", "str", "bool", "none", "sequence", "set", "mapping", "table",
        "series", "table",
    ]  # fmt: skip
    assert [leaf["v"] for leaf in leaves(encode({"a": [1, (2, 3)]}))] == ["a", 1, 2, 3]
