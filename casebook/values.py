"""An answer as a type-tagged JSON value: the only code of the pack that meets a reader's objects.

A value is a dict with a tag "t": int, float, bool, str, none, list, tuple, set, dict, array,
series, frame, calls, error, unreadable, ellipsis or missing. Objects are told apart by exact type
and read once through the methods of the built-in classes, so no `__repr__`, `__eq__` or `__iter__`
of the reader's runs here; subclasses lose what they add. numpy and pandas count only if loaded.
"""

import copy
import datetime
import functools
import json
import math
import sys
import types
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, takewhile
from typing import Any

Value = dict[str, Any]

MIME = "application/vnd.casebook.value+json"
MAX_ITEMS = 10_000
MAX_BYTES = 200_000
MAX_TEXT = 20_000
MAX_DEPTH = 8
MAX_BITS = 256

SEQUENCES = ("list", "tuple", "array", "series")
BRACKETS = {
    "list": "[]", "array": "[]", "series": "[]", "tuple": "()", "set": "{}", "dict": "{}",
}  # fmt: skip

_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()), range)
_LAZY = (types.GeneratorType, map, filter, zip, enumerate, reversed)
_UNCALLED = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial, type,
)  # fmt: skip
_COUNTED = {
    "int": "whole number", "float": "number", "str": "text", "bool": "True or False",
    "none": "None", "list": "list", "tuple": "tuple",
}  # fmt: skip


class Unreadable(Exception):
    """An object that no value can stand for; its text completes "answer_1 is ..."."""


def encode(answer: object) -> Value:
    """The value of any object; what cannot be read becomes {"t": "unreadable", "v": why}."""
    try:
        value = _Encoder().value(answer, 0)
        if len(json.dumps(value)) > MAX_BYTES:
            raise Unreadable("too large to be an answer")
        return value
    except Unreadable as why:
        return unreadable(str(why))
    except (Exception, SystemExit):  # whatever a hostile object raises
        return unreadable("an object that cannot be read")


def calls(function: object, inputs: Iterable[object]) -> Value:
    """What a function of one argument returns for copies of the inputs, numbered from 1."""
    if not callable(function):
        return unreadable(f"no function but {describe(encode(function))}")
    outcomes = [{"in": n, "out": _call(function, given)} for n, given in enumerate(inputs, 1)]
    value = {"t": "calls", "v": outcomes}
    too_large = len(json.dumps(value)) > MAX_BYTES
    return unreadable("a function whose results are too large") if too_large else value


def unreadable(why: str) -> Value:
    """The value that stands for an object nobody could read."""
    return {"t": "unreadable", "v": why}


def _call(function: Callable[[Any], object], given: object) -> Value:
    try:
        return encode(function(copy.deepcopy(given)))
    except (Exception, SystemExit) as error:
        return {"t": "error", "v": _explain(error)}


def _explain(error: BaseException) -> str:
    """Kind, message and line of an error, without running the error's own code."""
    args = BaseException.__dict__["args"].__get__(error)
    told = next((f": {arg}" for arg in args[:1] if type(arg) is str), "")
    inside = error.__traceback__ and error.__traceback__.tb_next
    first = inside.tb_frame.f_code.co_firstlineno if inside else 0
    line = f" (line {inside.tb_lineno - first + 1})" if inside else ""
    return _text(f"{_type_name(error)}{told[:200]}{line}")


def _type_name(thing: object) -> str:
    return str(type.__dict__["__name__"].__get__(type(thing)))


def _text(raw: str) -> str:
    """Text that survives JSON and UTF-8: lone surrogates become question marks."""
    return raw.encode("utf-8", "replace").decode("utf-8")


class _Encoder:
    """One pass over one object, counting its items."""

    def __init__(self) -> None:
        self.items = 0

    def value(self, thing: object, depth: int) -> Value:
        """The value of one object `depth` levels down; raises Unreadable."""
        self.items += 1
        if self.items > MAX_ITEMS:
            raise Unreadable("too large to be an answer")
        if depth > MAX_DEPTH:
            raise Unreadable(f"nested more than {MAX_DEPTH} levels deep")
        kind = type(thing)
        if thing is None or self._is_missing(thing):
            return {"t": "none"}
        if thing is ...:
            return {"t": "ellipsis"}
        if kind is bool:
            return {"t": "bool", "v": thing}
        for read in (self._builtin, self._numpy, self._pandas):
            value = read(thing, kind, depth)
            if value is not None:
                return value
        raise Unreadable(_why_not(thing, kind))

    @staticmethod
    def _is_missing(thing: object) -> bool:
        pandas = sys.modules.get("pandas")
        return pandas is not None and (thing is pandas.NA or thing is pandas.NaT)

    def _builtin(self, thing: Any, kind: type, depth: int) -> Value | None:
        if issubclass(kind, int):
            return _whole(int.__int__(thing))
        if issubclass(kind, float):
            return _decimal(float.__float__(thing))
        if issubclass(kind, str):
            return _string(str.__str__(thing))
        if issubclass(kind, datetime.datetime):
            return _string(datetime.datetime.isoformat(thing).removesuffix("T00:00:00"))
        if issubclass(kind, datetime.date):
            return _string(datetime.date.isoformat(thing))
        if issubclass(kind, list):
            return {"t": "list", "v": self._all(list.__iter__(thing), depth)}
        if issubclass(kind, tuple):
            return {"t": "tuple", "v": self._all(tuple.__iter__(thing), depth)}
        if issubclass(kind, (set, frozenset)):
            base = set if issubclass(kind, set) else frozenset
            return {"t": "set", "v": sorted(self._all(base.__iter__(thing), depth), key=canonical)}
        if issubclass(kind, dict):
            return self._dict(thing, depth)
        if kind in _VIEWS:
            return {"t": "list", "v": self._all(iter(thing), depth)}
        return None

    def _all(self, things: Iterable[object], depth: int) -> list[Value]:
        return [self.value(thing, depth + 1) for thing in things]

    def _dict(self, thing: dict[Any, Any], depth: int) -> Value:
        pairs = [
            [self.value(key, depth + 1), self.value(item, depth + 1)]
            for key, item in dict.items(thing)
        ]
        return {"t": "dict", "v": sorted(pairs, key=lambda pair: canonical(pair[0]))}

    def _numpy(self, thing: Any, kind: type, depth: int) -> Value | None:
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return None
        if issubclass(kind, numpy.generic):
            plain = numpy.generic.item(_to_micros(thing))
            stays = issubclass(type(plain), numpy.generic)  # a longdouble has no plain type
            return None if stays else self.value(plain, depth)
        if kind is not numpy.ndarray:
            return None
        if thing.size > MAX_ITEMS:
            raise Unreadable(f"an array of {thing.size} items, too large to be an answer")
        if thing.ndim == 0:
            return self.value(thing.item(), depth)
        flat = _to_micros(thing).ravel().tolist()
        shape = list(thing.shape)
        return {"t": "array", "kind": thing.dtype.kind, "shape": shape, "v": self._all(flat, depth)}

    def _pandas(self, thing: Any, kind: type, depth: int) -> Value | None:
        pandas = sys.modules.get("pandas")
        if pandas is None or not _of_library(kind):
            return None
        if kind is pandas.DataFrame:
            return self._frame(thing, depth)
        if kind is pandas.Series:
            _check_size("a column", len(thing), 1)
            index, items = self._column(thing.index, depth), self._column(thing, depth)
            return {"t": "series", "index": index, "v": items}
        if issubclass(kind, (pandas.Index, pandas.api.extensions.ExtensionArray)):
            _check_size("an array", len(thing), 1)
            items = self._column(thing, depth)
            return {"t": "array", "kind": "O", "shape": [len(items)], "v": items}
        return None

    def _frame(self, frame: Any, depth: int) -> Value:
        _check_size("a table", *frame.shape)
        columns = [_text(str(self.value(name, depth + 1).get("v"))) for name in frame.columns]
        parts = [self._column(frame.iloc[:, n], depth) for n in range(len(columns))]
        rows = [list(row) for row in zip(*parts, strict=True)]
        return {"t": "frame", "columns": columns, "rows": rows}

    def _column(self, column: Any, depth: int) -> list[Value]:
        """The items of a Series, Index or array whose dtype is numpy's or pandas' own."""
        if not _of_library(type(column.dtype)):
            raise Unreadable("a column of an unknown type")
        return self._all(column.tolist(), depth)


def _of_library(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("numpy", "pandas")


def _why_not(thing: object, kind: type) -> str:
    if kind in _LAZY:
        return f"a {_type_name(thing)} that has not run yet; put list(...) around it"
    if kind in _UNCALLED:
        return "a function that was not called; put () after its name"
    return f'an object of type "{_type_name(thing)[:60]}"'


def _to_micros(thing: Any) -> Any:
    """Times of numpy as microseconds: finer ones have no Python date."""
    return thing.astype("datetime64[us]") if thing.dtype.kind == "M" else thing


def _check_size(what: str, rows: int, columns: int) -> None:
    if rows * columns > MAX_ITEMS:
        raise Unreadable(f"{what} with {rows} rows, too large to be an answer")


def _whole(number: int) -> Value:
    if number.bit_length() > MAX_BITS:
        raise Unreadable("a number of more than 70 digits")
    return {"t": "int", "v": number}


def _decimal(number: float) -> Value:
    return {"t": "float", "v": number if math.isfinite(number) else str(number)}


def _string(text: str) -> Value:
    if len(text) > MAX_TEXT:
        raise Unreadable(f"a text of {len(text)} characters, too long to be an answer")
    return {"t": "str", "v": _text(text)}


def canonical(value: Value, wanted: str = "", tolerance: float | None = None) -> str:
    """One text for all values that mean the same: 12 and 12.0, a list and an array, "So" and "so".

    wanted="set" ignores the order of a sequence that repeats nothing; wanted="mapping" reads a
    Series by its labels. With a tolerance, numbers are rounded to its nearest multiple.
    """
    return json.dumps(_plain(value, wanted, tolerance), ensure_ascii=True, sort_keys=True)


def _plain(value: Value, wanted: str = "", tolerance: float | None = None) -> list[Any]:
    plain = functools.partial(_plain, tolerance=tolerance)
    match value["t"]:
        case "int" | "float":
            return _plain_number(value["v"], tolerance)
        case "str":
            return ["str", plain_text(value["v"])]
        case "series" if wanted == "mapping":
            return ["dict", _plain_pairs(zip(value["index"], value["v"], strict=True), plain)]
        case "array" if len(value["shape"]) > 1:
            return ["array", value["shape"], [plain(item) for item in value["v"]]]
        case "list" | "tuple" | "array" | "series":
            items = [plain(item) for item in value["v"]]
            distinct = len({json.dumps(item) for item in items}) == len(items)
            as_set = wanted == "set" and distinct
            return ["set", sorted(items, key=json.dumps)] if as_set else ["list", items]
        case "set":
            return ["set", sorted((plain(item) for item in value["v"]), key=json.dumps)]
        case "dict":
            return ["dict", _plain_pairs(value["v"], plain)]
        case "frame":
            return ["frame", value["columns"], [[plain(i) for i in row] for row in value["rows"]]]
        case "calls":
            return ["calls", [[call["in"], plain(call["out"])] for call in value["v"]]]
        case tag:
            return [tag, value.get("v")]


def plain_text(text: str) -> str:
    """A text as it is compared: letter case, hyphens and the number of spaces do not count."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace("-", " ").split())


def _plain_pairs(pairs: Iterable[Any], plain: Callable[[Value], list[Any]]) -> list[Any]:
    return sorted(([plain(key), plain(item)] for key, item in pairs), key=json.dumps)


def _plain_number(number: int | float | str, tolerance: float | None) -> list[Any]:
    if number == "nan":
        return ["none", None]
    if isinstance(number, str):
        return ["number", number]
    if tolerance and abs(number) < 1e15:
        return ["steps", round(number / tolerance)]
    if isinstance(number, int) or (number.is_integer() and abs(number) < 2**53):
        return ["number", str(int(number))]
    return ["number", format(number, ".9g")]  # sums in another order differ in the last digits


def family(value: Value) -> str:
    """The kind of answer a value is: number, text, sequence, set, mapping, table or its own tag."""
    match value["t"]:
        case "int" | "float":
            return "number"
        case "array" if len(value["shape"]) > 1:
            return "table"
        case "list" | "tuple" | "array":
            return "sequence"
        case "dict":
            return "mapping"
        case "frame":
            return "table"
        case tag:
            return str(tag)


def item_family(value: Value) -> str:
    """The one family of all items of a sequence or set, "" where there are none or several."""
    items = value["v"] if value["t"] in (*SEQUENCES, "set") else []
    families = {family(item) for item in items}
    return families.pop() if len(families) == 1 else ""


def leaves(value: Value) -> Iterator[Value]:
    """The scalars in a value, in order."""
    match value["t"]:
        case "list" | "tuple" | "set" | "array" | "series":
            parts = value["v"]
        case "dict":
            parts = [item for pair in value["v"] for item in pair]
        case "frame":
            parts = [item for row in value["rows"] for item in row]
        case "calls":
            parts = [call["out"] for call in value["v"]]
        case _:
            yield value
            return
    for part in parts:
        yield from leaves(part)


def describe(value: Value) -> str:
    """What a value is, in words: "a table with 12 rows", 'the text "S03"'."""
    match value["t"]:
        case "int":
            return f"the whole number {show(value)}"
        case "float":
            return f"the number {show(value)}"
        case "str":
            return f"the text {show(value)}"
        case "list" | "tuple" | "set" | "array":
            return f"a {value['t']} of {_counted(value)}".replace("a array", "an array")
        case "series":
            return f"a column (Series) with {_plural(len(value['v']), 'row')}"
        case "dict":
            return f"a dict with {_plural(len(value['v']), 'key')}"
        case "frame":
            return f"a table with {_plural(len(value['rows']), 'row')}"
        case "calls":
            return "a function"
        case "ellipsis":
            return "..."
        case "missing":
            return "not there"
        case "error" | "unreadable":
            return str(value["v"])
        case _:
            return show(value)


def _counted(value: Value) -> str:
    """How many items of what kind: "3 whole numbers"."""
    tags = {item["t"] for item in value["v"]}
    return _plural(len(value["v"]), _COUNTED.get(tags.pop(), "item") if len(tags) == 1 else "item")


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 or noun[0].isupper() else f"{number} {noun}s"


def show(value: Value, width: int = 100) -> str:
    """The value as a reader would type it, in about `width` characters; large ones in words."""
    text: str = _typed(value)
    if len(text) <= width:
        return text
    if value["t"] not in BRACKETS:
        return text[: width - 4].rstrip() + " ..."
    start, items = BRACKETS[value["t"]][0], _items(value)
    room = takewhile(lambda length: length <= width, accumulate(len(item) + 2 for item in items))
    fitting = ", ".join([*items[: len(list(room))], "..."])
    return f"{start}{fitting} ({len(items)} in all)"


def _items(value: Value) -> list[str]:
    """The items of a collection, each as a reader would type it."""
    if value["t"] == "dict":
        return [f"{_typed(key)}: {_typed(item)}" for key, item in value["v"]]
    return [_typed(item) for item in value["v"]]


def _typed(value: Value) -> str:
    match value["t"]:
        case "int" | "bool":
            return str(value["v"])
        case "float":
            return f"{value['v']:.6g}" if isinstance(value["v"], float) else str(value["v"])
        case "none":
            return "None"
        case "str":
            return '"' + "".join(c if c.isprintable() else " " for c in value["v"]) + '"'
        case "set" if not value["v"]:
            return "set()"
        case "tuple" if len(value["v"]) == 1:
            return f"({_items(value)[0]},)"
        case kind if kind in BRACKETS:
            return ", ".join(_items(value)).join(BRACKETS[kind])
        case "calls":
            return ", ".join(_typed(call["out"]) for call in value["v"])
        case _:
            return describe(value)
