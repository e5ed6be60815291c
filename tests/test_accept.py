"""The marker reads what comes out of a student's interpreter, and believes none of it."""

import itertools
import json

import ex00
import numpy as np
import pandas as pd
import pytest

from casebook.grading.accept import judge, validate
from casebook.grading.exercise import read_exercise
from casebook.grading.key import make_key
from casebook.values import calls, encode


@pytest.fixture(scope="module", params=["article", "practice"])
def key(request, tmp_path_factory):
    path = ex00.write_sources(tmp_path_factory.mktemp("sources"))
    return make_key(read_exercise(path), request.param)


def nested(depth):
    value = {"t": "int", "v": 1}
    for _ in range(depth):
        value = {"t": "list", "v": [value]}
    return value


def nested_calls(depth):
    value = {"t": "none"}
    for _ in range(depth):
        value = {"t": "calls", "v": [{"in": 1, "out": value}]}
    return value


MALFORMED = [
    None,
    12,
    "right",
    [],
    {},
    {"t": "int"},
    {"t": "int", "v": True},
    {"t": "int", "v": 1.0},
    {"t": "int", "v": 2**300},
    {"t": "int", "v": 1, "also": 1},
    {"t": "float", "v": 1},
    {"t": "float", "v": float("nan")},
    {"t": "float", "v": "infinity"},
    {"t": "bool", "v": 1},
    {"t": "str", "v": 1},
    {"t": "str", "v": "x" * 20_001},
    {"t": "str", "v": "a\ud800"},
    {"t": "none", "v": 1},
    {"t": ["int"], "v": 1},
    {"t": "verdict", "v": "right"},
    {"t": "list", "v": "abc"},
    {"t": "list", "v": {"0": 1}},
    {"t": "list", "v": [1]},
    {"t": "dict", "v": [[{"t": "int", "v": 1}]]},
    {"t": "dict", "v": [1]},
    {"t": "array", "kind": "i", "shape": [2], "v": []},
    {"t": "array", "kind": "i", "shape": [-1], "v": []},
    {"t": "array", "kind": "i", "shape": [10**9, 0], "v": []},
    {"t": "array", "kind": 1, "shape": [0], "v": []},
    {"t": "array", "kind": "i", "shape": [True], "v": [{"t": "none"}]},
    {"t": "series", "index": [], "v": [{"t": "none"}]},
    {"t": "series", "index": 3, "v": []},
    {"t": "frame", "columns": ["a"], "rows": [[]]},
    {"t": "frame", "columns": [1], "rows": []},
    {"t": "frame", "columns": ["a"], "rows": [["b"]]},
    {"t": "calls", "v": [{"in": 2, "out": {"t": "none"}}]},
    {"t": "calls", "v": [{"in": True, "out": {"t": "none"}}]},
    {"t": "calls", "v": [{"out": {"t": "none"}}]},
    {"t": "calls", "v": [None]},
    nested(900),
    nested_calls(300),
    {"t": "list", "v": [{"t": "int", "v": 1}] * 30_000},
    {"t": "list", "v": [{"t": "str", "v": "x" * 19_000}] * 20},
]


@pytest.mark.parametrize("value", MALFORMED, ids=itertools.count())
def test_malformed_values_are_unreadable(key, value):
    assert validate(value)["t"] == "unreadable"
    for entry in key.entries.values():
        assert judge(entry, value).points == 0


HONEST = [
    1, 0.5, float("nan"), "é", None, ..., [1, (2, {3})], {"a": {"b": 1}}, np.zeros((2, 3)), len,
    pd.Series([1, None]), pd.DataFrame({"a": ["x"], "b": [pd.NA]}), pd.DataFrame(),
]  # fmt: skip


@pytest.mark.parametrize("thing", HONEST, ids=itertools.count())
def test_what_encode_writes_is_accepted_unchanged(thing):
    value = encode(thing)
    assert validate(json.loads(json.dumps(value))) == value


def test_calls_are_accepted_unchanged():
    value = calls(lambda n: 1 / n, [1, 0])
    assert validate(value) == value


def test_right_answers_earn_all_points_and_stubs_none(key):
    for name, entry in key.entries.items():
        assert judge(entry, key.values[name]).status == "right"
    for name, value in key.stubs.items():
        assert judge(key.entries[name], value).status == "unanswered"
    earned = sum(judge(entry, key.values[name]).points for name, entry in key.entries.items())
    assert earned == sum(q.points for q in key.exercise.questions if q.kind != "prose")


def test_known_wrong_answers_lose_points_and_are_told_why(key):
    assert all(key.wrongs.values())
    for name, wrongs in key.wrongs.items():
        for wrong in wrongs:
            verdict = judge(key.entries[name], wrong.value)
            assert verdict.points < key.entries[name]["points"]
            assert wrong.says in verdict.feedback


@pytest.mark.parametrize(
    ("question", "answer", "points", "status"),
    [
        ("q1", 1.0, 1, "right"),
        ("q1", True, 0, "unreadable"),
        ("q1", "1", 0, "unreadable"),
        ("q1", [1], 0, "unreadable"),
        ("q1", 99, 0, "wrong"),
        ("q2", ["S03", "S02"], 1, "right"),
        ("q2", np.array(["S02", "S03"]), 1, "right"),
        ("q2", ["S02", "S02", "S03"], 0, "wrong"),
        ("q2", {2, 3}, 0, "unreadable"),
        ("q2", [], 0, "wrong"),
        ("q3", [2, None], 1, "right"),
        ("q3", (2, float("nan")), 1, "right"),
        ("q3", (2, 3), 0.5, "half"),
        ("q5", "BRIEFED", 1, "right"),
        ("q5", "RELAYED", 0.5, "half"),
        ("q6", {"C01": "EVENT", "C02": "CAUSAL"}, 1, "right"),
        ("q6", {"C01": "EVENT", "C02": "EVALUATION"}, 0.75, "half"),
        ("q6", {"C01": "EVENT"}, 0.5, "half"),
        ("q6", {}, 0, "wrong"),
        ("q6", {"C01": "EVENT", "C02": "MOTIVE", "C99": "?"}, 1, "right"),
        ("q6", pd.Series({"C02": "MOTIVE", "C01": "EVENT"}), 1, "right"),
        ("q6", ["EVENT", "MOTIVE"], 0, "unreadable"),
    ],
)
def test_credit(key, question, answer, points, status):
    verdict = judge(key.entries[f"ex00.{question}"], encode(answer))
    assert (verdict.points, verdict.status) == (points, status)


def test_hidden_checks_tell_pass_or_fail_and_their_sentence(key):
    entry = key.entries["ex00.q8.hidden"]
    for value in (encode("secret input"), {"t": "calls", "v": []}, {"t": "missing"}, None):
        verdict = judge(entry, value)
        assert (verdict.points, verdict.status, verdict.given) == (0, "wrong", "")
        assert verdict.feedback == "Try a table with a single group."
    assert judge(entry, key.values["ex00.q8.hidden"]).given == ""
