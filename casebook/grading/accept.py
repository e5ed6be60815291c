"""The marker's side: read a value that came out of a student's interpreter, then judge it.

Nothing here trusts its input: a value is checked against the grammar of `casebook.values` before
any other code sees it. No pandas is needed.
"""

import json
import math
from dataclasses import replace
from typing import Any

from casebook.check import Entry, Verdict
from casebook.check import judge as judge_valid
from casebook.values import MAX_BITS, MAX_BYTES, MAX_DEPTH, MAX_ITEMS, MAX_TEXT, Value, unreadable

MALFORMED = "a value that the marker cannot read"
PLAIN_TAGS = {"none", "ellipsis", "missing"}
TEXT_TAGS = {"str", "error", "unreadable"}
LIST_TAGS = {"list", "tuple", "set"}
FLOAT_WORDS = {"nan", "inf", "-inf"}
PASSED = "Your function also passes on inputs that were not shown."


def judge(entry: Entry, value: object) -> Verdict:
    """The verdict on untrusted JSON; a hidden check tells nothing but pass or fail and why."""
    verdict = judge_valid(entry, validate(value))
    if not entry["secret"]:
        return verdict
    if verdict.status == "right":
        return replace(verdict, given="", feedback=PASSED)
    return replace(verdict, points=0.0, status="wrong", given="", feedback=entry["hint"])


def validate(value: object) -> Value:
    """The value itself if it is well formed and within the caps, else an "unreadable" one."""
    grammar = _Grammar()
    if not grammar.accepts(value, 0) or len(json.dumps(value)) > MAX_BYTES:
        return unreadable(MALFORMED)
    assert isinstance(value, dict)
    return value


class _Grammar:
    """One walk over one value, counting its nodes."""

    def __init__(self) -> None:
        self.nodes = 0

    def accepts(self, value: Any, depth: int) -> bool:
        """Whether `value` is a value of casebook.values, `depth` levels down."""
        self.nodes += 1
        # A table and calls add levels of their own, on both sides of the student's depth.
        if self.nodes > 2 * MAX_ITEMS or depth > 2 * MAX_DEPTH or type(value) is not dict:
            return False
        tag = value.get("t")
        if type(tag) is not str:
            return False
        if tag in PLAIN_TAGS:
            return value.keys() == {"t"}
        if tag in ("array", "series", "frame"):
            return self._table(tag, value, depth)
        if value.keys() != {"t", "v"}:
            return False
        content = value["v"]
        return self._scalar(tag, content) or self._container(tag, content, depth)

    @staticmethod
    def _scalar(tag: str, content: Any) -> bool:
        if tag in TEXT_TAGS:
            return type(content) is str and len(content) <= MAX_TEXT and _encodes(content)
        if tag == "bool":
            return type(content) is bool
        if tag == "int":
            return type(content) is int and content.bit_length() <= MAX_BITS
        if tag == "float":
            word = type(content) is str and content in FLOAT_WORDS
            return word or (type(content) is float and math.isfinite(content))
        return False

    def _container(self, tag: str, content: Any, depth: int) -> bool:
        if tag in LIST_TAGS:
            return self._all(content, depth)
        if type(content) is not list:
            return False
        if tag == "dict":
            return all(_is_list(p, 2) and self._all(p, depth) for p in content)
        if tag == "calls":
            return all(self._is_call(call, n, depth) for n, call in enumerate(content, 1))
        return False

    def _is_call(self, call: Any, number: int, depth: int) -> bool:
        if type(call) is not dict or call.keys() != {"in", "out"}:
            return False
        place = call["in"]
        return type(place) is int and place == number and self.accepts(call["out"], depth + 1)

    def _table(self, tag: str, value: dict[str, Any], depth: int) -> bool:
        keys = {
            "array": {"t", "kind", "shape", "v"},
            "series": {"t", "index", "v"},
            "frame": {"t", "columns", "rows"},
        }
        if value.keys() != keys[tag]:
            return False
        if tag == "series":
            index, items = value["index"], value["v"]
            return self._all(index, depth) and self._all(items, depth) and len(index) == len(items)
        if tag == "array":
            return (
                type(value["kind"]) is str
                and len(value["kind"]) == 1
                and _is_shape(value["shape"])
                and self._all(value["v"], depth)
                and math.prod(value["shape"]) == len(value["v"])
            )
        names, rows = value["columns"], value["rows"]
        return (
            _is_list(names)
            and _is_list(rows)
            and len(names) <= MAX_ITEMS
            and all(self._scalar("str", name) for name in names)
            and all(_is_list(row, len(names)) and self._all(row, depth) for row in rows)
        )

    def _all(self, items: Any, depth: int) -> bool:
        return _is_list(items) and all(self.accepts(item, depth + 1) for item in items)


def _is_list(thing: Any, length: int | None = None) -> bool:
    return type(thing) is list and length in (None, len(thing))


def _is_shape(shape: Any) -> bool:
    return (
        _is_list(shape)
        and len(shape) <= MAX_DEPTH
        and all(type(n) is int and 0 <= n <= MAX_ITEMS for n in shape)
    )


def _encodes(text: str) -> bool:
    """Whether text has no lone surrogates, which no file or digest can hold."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
