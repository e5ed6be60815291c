"""Write plain values and tables as Python source."""

import re
from typing import Any

import pandas as pd

LONG = re.compile(r"(?=.{88})(.{1,85} )")  # what stands on one line of a longer one


def literal(thing: object) -> str:
    """Python source that gives `thing`, a plain value, table or column; others raise TypeError."""
    match thing:
        case pd.DataFrame():
            columns = [f"    {name!r}: {_column(thing[name])}," for name in thing.columns]
            return "pd.DataFrame({\n" + "\n".join(columns) + "\n}" + _index(thing.index) + ")"
        case pd.Series():
            return f"pd.Series({_column(thing)}{_index(thing.index)}, name={thing.name!r})"
        case str() if "\n" in thing and not re.search(r'\\|"""|"$', thing):
            wrapped = LONG.sub(r"\1\\\n", thing)  # a backslash joins the lines again
            return f'"""{wrapped}"""'
        case list():
            return f"[{', '.join(map(literal, thing))}]"
        case tuple():
            return f"({', '.join(map(literal, thing))}{',' if len(thing) == 1 else ''})"
        case dict():
            return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in thing.items())}}}"
        case set() | frozenset():
            return f"{{{', '.join(sorted(map(literal, thing)))}}}" if thing else "set()"
        case float() if thing != thing:
            return 'float("nan")'
    if thing is pd.NA:
        return "None"
    if thing is None or type(thing) in (bool, int, float, str):
        return repr(thing)
    if hasattr(thing, "item") and getattr(thing, "ndim", None) == 0:
        return repr(thing.item())
    raise TypeError(f"a {type(thing).__name__} cannot be written out as Python source")


def _column(column: "pd.Series[Any]") -> str:
    values = literal(column.tolist())
    match column.dtype:
        case pd.CategoricalDtype() as dtype:
            categories = literal(list(dtype.categories))
            return f"pd.Categorical({values}, {categories}, ordered={dtype.ordered})"
        case dtype if isinstance(dtype, pd.Int64Dtype):
            return f'pd.array({values}, dtype="Int64")'
        case _:
            return values


def _index(index: "pd.Index[Any]") -> str:
    plain = isinstance(index, pd.RangeIndex) and list(index) == list(range(len(index)))
    return "" if plain else f", index={literal(list(index))}"
