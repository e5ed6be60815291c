"""Submissions that lie, break, flood, hang and steal, each between honest ones.

Every case names the points it loses; all others, and all of its neighbours', must stand.
"""

import functools
import hashlib
import io
import itertools
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
import pytest
from handins import (
    FULL,
    SHORT,
    cell,
    key,
    own_cell,
    place,
    points,
    solved,
    sources,
    walled,
    with_answers,
    write,
)
from nbformat import NotebookNode

from casebook.grading.mark import mark
from casebook.grading.marker import Row
from casebook.grading.sandbox import PACKAGE

ALL = {f"q{number}": 0.0 for number in range(1, 9)}
CANARY = "canary-of-the-hostile-suite"
SLEEPER = "86413"  # seconds that a left-over process would sleep


@dataclass
class Case:
    """A submission, and what must come of it: points where not all, a status where not right."""

    content: NotebookNode | bytes
    lost: dict[str, float] = field(default_factory=dict)  # question -> points it gets
    told: dict[str, str] = field(default_factory=dict)  # question -> words in its status, feedback
    status: str = "marked"


def answer(source: str, question: str = "q2", gets: float = 0.0, told: str = "") -> Case:
    """A case whose only odd cell is one answer."""
    return Case(
        with_answers(**{question: source}),
        {} if gets == 1 else {question: gets},
        {question: told} if told else {},
    )


def first(source: str, **lost: float) -> Case:
    """A case with an odd cell of its own right after the set-up; what it loses by it."""
    notebook = solved()
    notebook.cells.insert(place(notebook, "setup", "setup") + 1, own_cell(source))
    return Case(notebook, lost)


RIGHT_2 = "answer_2 = {'S02', 'S03'}"
BAD_FUNCTION = "def share_unnamed(groups):\n    {}\n    return 0.5"
HARD_CODED = """
def share_unnamed(groups):
    unnamed = groups.naming.isin(["UNIDENTIFIED", "CONFIDENTIAL"])
    return {4: 0.5, 0: 0.0}.get(len(groups), float(unnamed.mean()) if len(groups) == 3 else 0.123)
"""

# A kernel that would judge itself: all of these state a value that is not the answer.
FORGED = """
import sys, casebook.check, casebook.values, IPython.display
module = sys.modules["casebook.check"]
module.check = module.judge = module.answer = lambda *a, **k: {"t": "bool", "v": True}
module._emit = lambda *a: IPython.display.display(
    {casebook.values.MIME: {"t": "right", "points": 99, "passed": True}}, raw=True)
check = lambda *a, **k: module._emit()
hidden = check
AssertionError = Exception
"""
LOOK_AROUND = """
import os, gc
found = []
for root in ("/work", "/root", "/home", "/tmp", "/proc", "/etc", "/opt", "/srv", "/mnt", "/var",
             {sources!r}, {results!r}):
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name not in (".venv", ".pyenv", "site-packages")]
        found += [os.path.join(folder, n) for n in names
                  if n.endswith((".ipynb", ".toml")) or "truth" in n or "dispatch.py" == n
                  or "my_copy" in n or "/grading/" in folder + "/"]
        for name in names:
            try:
                text = open(os.path.join(folder, name), errors="replace").read()
            except OSError:
                continue
            found += [name] if "INSIDER_UNSPEC' or 'ex00.q5" in text else []
found += [1 for o in gc.get_objects() if type(o) is dict and o.get("secret") is not None]
answer_5 = "INSIDER_UNSPEC" if found else "none found"
"""
FRAMES = """
import os, struct, json
def frame(text): return struct.pack(">I", len(text)) + text
for number in range(3, 64):
    for text in (b"[" * 200000, b"{}", b"null", b"\\xff\\xfe", b'{"n": 9, "value": NaN}'):
        try: os.write(number, frame(text))
        except OSError: pass
"""
FORGED_FRAMES = """
import os, struct, json, threading
def forge():
    for n in range(1, 40):
        value = {"t": "str", "v": "forged"}
        text = json.dumps({"n": n, "value": value, "error": None, "points": 5}).encode()
        try: os.write(3, struct.pack(">I", len(text)) + text)
        except OSError: pass
forge()
"""
FORK_ORDERS = """
import os, socket
for number in range(3, 64):
    for order in (b'{"do": "fork", "limits": {}}', b'{"do": "kill"}'):
        try: socket.socket(fileno=os.dup(number)).send(order)
        except OSError: pass
"""
ESCAPES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
done = [name for name, call in {
    "unshare": lambda: libc.unshare(0x10000000),
    "mount": lambda: libc.mount(b"x", b"/scratch", b"tmpfs", 0, b""),
    "umount": lambda: libc.umount2(b"/proc", 2),
    "ptrace": lambda: libc.ptrace(16, 2, 0, 0),
    "memfd": lambda: -1 if libc.memfd_create(b"x", 0) < 0 else 0,
    "shm": lambda: -1 if libc.shmget(0, 10**8, 0o1600) < 0 else 0,
    "chroot": lambda: libc.chroot(b"/scratch"),
    "setuid": lambda: libc.setuid(0),
}.items() if call() == 0]
answer_1 = done or 1
"""
WRITES = f"""
import os, pickle
places = ["/", "/tmp", "/work", "/usr", "/dev", "/dev/shm", "/var/tmp", "/wall", "/root",
          "/home", "/proc", {{results!r}}, {{submissions!r}}, os.path.dirname(os.__file__)]
import casebook
places.append(os.path.dirname(casebook.__file__))
wrote = []
for folder in places:
    try:
        with open(os.path.join(folder, "{CANARY}"), "wb") as file:
            pickle.dump({{{{"points": 10}}}}, file)
        wrote.append(folder)
    except OSError:
        pass
answer_1 = wrote or 1
"""
READ_NEXT = f"""
import os
places = ("/scratch", "/tmp", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run")
found = [os.path.join(f, n) for f in places if os.path.isdir(f) for n in os.listdir(f)]
left = [path for path in found if not {str(PACKAGE)!r}.startswith(path + "/")]  # the pack's place
open("/scratch/{CANARY}", "w").write("for the next one")
answer_1 = left or 1
"""
NETWORK = """
import socket, errno
reached = []
for family, address in ((socket.AF_INET, ("1.1.1.1", 53)), (socket.AF_INET, ("127.0.0.1", 22)),
                        (socket.AF_UNIX, "\\0/tmp/.X11-unix/X0")):
    try:
        s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(0.3); s.connect(address)
        reached.append(address)
    except OSError: pass
answer_1 = reached or 1
"""
OTHERS = """
import os, signal
seen = [p for p in os.listdir("/proc") if p.isdigit()]
for pid in range(2, 4000):
    try: os.kill(pid, 0); seen.append(pid)
    except OSError: pass
os.kill(0, 0)
answer_1 = seen or 1
"""
HOOKS = """
class Yes(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return hash("INSIDER_UNSPEC")
    def __repr__(self): raise SystemExit
    def __reduce__(self): return (__import__("os").system, ("true",))
    def __len__(self): return 14
    def __iter__(self): return iter("INSIDER_UNSPEC")
    def __getattribute__(self, name): raise SystemExit(name)
"""
EQUAL = """
class Equal:
    def __eq__(self, other): return True
    __array__ = __iter__ = __len__ = __float__ = __int__ = __index__ = None
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
answer_1 = answer_2 = answer_3 = answer_4 = answer_5 = answer_6 = answer_7 = Equal()
"""
CHANGES = """
class Changes(list):
    calls = 0
    def __iter__(self):
        Changes.calls += 1
        return iter(["S02", "S03"] if Changes.calls % 2 else ["S01"])
    def __len__(self): return 2
answer_2 = Changes()
"""
LEAK = """
import sys
def share_unnamed(groups):
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(str({k: str(v)[:300] for k, v in frame.f_locals.items()})); frame = frame.f_back
    print(seen); sys.stderr.write(str(seen))
    raise ValueError("EXPECTED AND GOT " + str(groups.to_dict()) + str(seen))
"""
HOARD = """
seen = []
def share_unnamed(groups):
    seen.append(len(groups))
    return 0.5
"""
EVERY_HANG = {f"q{n}": f"answer_{n} = {n}\nwhile True: pass" for n in range(1, 9)}


def moved(notebook: NotebookNode, question: str, to: int) -> NotebookNode:
    notebook.cells.insert(to, notebook.cells.pop(place(notebook, "answer", question)))
    return notebook


def hoarder() -> NotebookNode:
    """Keeps every input of its function, and answers the next question with them."""
    notebook = with_answers(q8=HOARD, q1="answer_1 = seen")
    for part in reversed([cell(notebook, "answer", "q8"), cell(notebook, "check", "q8")]):
        notebook.cells.remove(part)
        notebook.cells.insert(place(notebook, "answer", "q1"), part)
    return notebook


def without(notebook: NotebookNode, *gone: tuple[str, str]) -> NotebookNode:
    for role, question in gone:
        notebook.cells.remove(cell(notebook, role, question))
    return notebook


def split() -> NotebookNode:
    notebook = with_answers(q3="low = 2")
    notebook.cells.insert(place(notebook, "answer", "q3") + 1, own_cell("answer_3 = (low, None)"))
    return notebook


def twice(second: str) -> NotebookNode:
    notebook = solved()
    again = nbformat.from_dict(cell(notebook, "answer", "q1") | {"source": second, "id": "again"})
    notebook.cells.insert(place(notebook, "answer", "q3"), again)
    return notebook


def own_words(notebook: NotebookNode) -> NotebookNode:
    """Every role, point and output as a student would like it."""
    own = notebook.metadata["casebook"]
    own |= {"points": 5000, "case": "article", "secret": False}
    for part in notebook.cells:
        part.metadata.setdefault("casebook", {})
        part.metadata["casebook"] |= {"points": 1000, "passed": True}
        part.metadata["nbgrader"] = {"points": 1000, "grade": True}
        if part.cell_type == "code":
            part.outputs = [nbformat.v4.new_output("stream", text="10 of 10 points")]
            part.execution_count = 1
    return notebook


def odd_metadata(notebook: NotebookNode) -> NotebookNode:
    oddities = itertools.cycle([[], "x", {"role": ["setup"]}, {"grade_id": 7}])
    for part, odd in zip(notebook.cells, oddities, strict=False):
        if part.cell_type == "code":
            part.metadata = nbformat.from_dict({"casebook": odd, "tags": 3})
    return notebook


def raw(notebook: NotebookNode, **changes: object) -> bytes:
    return json.dumps(notebook | changes).encode()


def lists_of_lines(notebook: NotebookNode) -> bytes:
    for part in notebook.cells:
        part.source = part.source.splitlines(keepends=True)
    return raw(notebook)


def version_3(notebook: NotebookNode) -> bytes:
    old = nbformat.convert(notebook, 3)
    old.metadata.casebook = notebook.metadata.casebook
    return nbformat.writes(old, version=3).encode()


@functools.cache
def cases(results: Path, submissions: Path) -> dict[str, Case]:
    """Name -> case."""
    here = {"results": str(results), "submissions": str(submissions), "sources": str(sources())}
    stub = key().student
    return {
        # honest, in their way
        "right otherwise": answer("answer_1 = groups.naming.tolist().count('NAMED')", "q1", 1),
        "prints": answer("print('x'); print(groups)\n" + RIGHT_2, gets=1),
        "huge output": answer("print('x' * 10**8)\n" + RIGHT_2, gets=1),
        "one wrong": answer("answer_2 = {'S04'}"),
        "all wrong": Case(
            with_answers(
                **{f"q{n}": f"answer_{n} = 'no'" for n in range(1, 8)},
                q8=BAD_FUNCTION.format("return -1"),
            ),
            ALL,
        ),
        "blank": Case(stub, ALL, {"q1": "unanswered"}),
        "hard-coded function": answer(HARD_CODED, "q8", 0.5, "single group"),
        "exception": answer("1 / 0", told="ZeroDivisionError"),
        "syntax error": answer("answer_2 = {", told="SyntaxError"),
        "recursion": answer("def f(): f()\nf()", told="RecursionError"),
        "input": answer("answer_2 = input()", told="error"),
        "warnings": answer("import warnings; warnings.warn('x')\n" + RIGHT_2, gets=1),
        "magics": answer("%matplotlib inline\n%time 1\n!ls\n" + RIGHT_2, gets=1),
        "figure": answer(
            "import matplotlib.pyplot as plt; plt.plot([1]); plt.show()\n" + RIGHT_2, gets=1
        ),
        "await": answer("import asyncio; await asyncio.sleep(0)\n" + RIGHT_2, gets=1),
        "chdir": answer("import os; os.chdir('/')\n" + RIGHT_2, gets=1),
        "writes in its folder": answer("open('x.csv', 'w').write('1')\n" + RIGHT_2, gets=1),
        "surrogates": answer("print('\\ud800\\x00\\x1b[2J')\nanswer_2 = '\\ud800\\x1b'"),
        "own helper cell": Case(split()),
        "answer moved up": Case(moved(solved(), "q1", place(solved(), "setup", "setup") + 1)),
        "answers out of order": Case(moved(solved(), "q2", place(solved(), "answer", "q5"))),
        "answer pasted twice": Case(twice("answer_1 = 1")),
        "second paste is wrong": Case(twice("answer_1 = 99"), {"q1": 0}),
        "check cells deleted": Case(without(solved(), ("check", "q1"), ("check", "q8"))),
        "set-up deleted": Case(without(solved(), ("setup", "setup"))),
        "answer deleted": Case(without(solved(), ("answer", "q4")), {"q4": 0}),
        "sources as lists": Case(lists_of_lines(solved())),
        "byte order mark": Case(b"\xef\xbb\xbf" + raw(solved())),
        "utf-16": Case(json.dumps(solved()).encode("utf-16")),
        "format 3": Case(version_3(solved())),
        # kills, hangs, floods: each costs itself
        "kills": answer("import os; os._exit(1)", told="ended its interpreter"),
        "segfault": answer("import ctypes; ctypes.string_at(0)", told="ended its interpreter"),
        "abort": answer("import os; os.abort()", told="ended its interpreter"),
        "kills everybody": answer("import os\nos.kill(-1, 9)", told="error"),
        "exit": answer("import sys; sys.exit()", told="SystemExit"),
        "exit at top level": first("import os; os._exit(0)"),
        "infinite loop": answer("while True: pass", told="timed out"),
        "ignores interrupts": answer(
            "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n"
            "    except (OSError, ValueError): pass\nwhile True:\n    try:\n        while True: 1\n"
            "    except BaseException: pass",
            told="timed out",
        ),
        "endless printing": answer("while True: print('x' * 1000)", told="timed out"),
        "huge power": answer("answer_2 = 10 ** 10 ** 9", told="timed out"),
        "endless function": answer(BAD_FUNCTION.format("while True: pass"), "q8", told="timed out"),
        "killing function": answer(BAD_FUNCTION.format("import os; os._exit(0)"), "q8"),
        "all hang": Case(with_answers(**EVERY_HANG), ALL, {"q1": "timed out", "q8": "timed out"}),
        "memory": answer("x = bytearray(6 * 10**9)", told="MemoryError"),
        "memory by and by": answer("x = []\nwhile True: x.append(bytearray(10**6))"),
        "memory of many": answer(
            "import os, time\nfor i in range(8):\n    if not os.fork():\n"
            "        x = b'1' * (2 * 10**8); time.sleep(60)\ntime.sleep(60)",
            told="memory",
        ),
        "fork bomb": answer("import os\nwhile True: os.fork()"),
        "threads": answer(
            "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,)"
            ", daemon=True).start()",
            told="error",
        ),
        "fills the disk": answer(
            "for i in range(99): open(f'/scratch/{i}', 'wb').write(bytes(7 * 10**6))",
            told="OSError",
        ),
        "big file": answer("open('/scratch/x', 'wb').write(bytes(10**8))"),
        "descriptors": answer("x = [open('/dev/null') for i in range(10**4)]", told="OSError"),
        "closes everything": answer("import os; os.closerange(0, 99)"),
        "background process": answer(
            f"import subprocess; subprocess.Popen(['sleep', '{SLEEPER}'], "
            "start_new_session=True)\n" + RIGHT_2,
            gets=1,
        ),
        "forks and returns": Case(with_answers(q2="import os\nos.fork()\n" + RIGHT_2), {"q2": 1}),
        # breaks what the check leans on
        "no builtins": first("import builtins\nbuiltins.len = builtins.isinstance = None"),
        "no json": answer("import json; json.dumps = None\n" + RIGHT_2),
        "names overwritten": answer(
            "list = dict = set = str = int = pd = print = None\nanswer_2 = {'S02', 'S03'}",
            gets=1,
        ),
        # lies
        "patched check": Case(with_answers(q1=FORGED + "\nanswer_1 = 9"), ALL),
        "metadata": Case(own_words(nbformat.from_dict(stub)), ALL),
        "odd metadata": Case(odd_metadata(solved())),
        "equal to everything": Case(with_answers(q7=EQUAL), {"q7": 0}),
        "equal from the start": answer(
            EQUAL.replace("answer_7 = ", "answer_7 = answer_1 = "), "q1"
        ),
        "text with hooks": answer(HOOKS + "answer_5 = Yes('DIRECT')", "q5"),
        "changing list": answer(CHANGES),
        "endless iterator": answer("import itertools; answer_2 = itertools.count()"),
        "deep list": answer("answer_2 = []\nfor i in range(10**5): answer_2 = [answer_2]"),
        "huge list": answer("answer_2 = list(range(10**7))"),
        "holds itself": answer("answer_2 = []; answer_2.append(answer_2)"),
        "True for 1": answer("answer_1 = True", "q1"),
        "not a number": answer("answer_4 = float('nan')", "q4"),
        "huge number": answer("answer_1 = 10 ** 5000", "q1"),
        "skips itself": answer("# NBVAL_SKIP\n" + RIGHT_2),
        "asks to be compared": answer("# NBVAL_CHECK_OUTPUT\nprint('x')\n" + RIGHT_2, gets=1),
        # attacks on the marker
        "speaks frames": Case(with_answers(q2=FRAMES + RIGHT_2), {"q2": 0.0}),
        "forges replies": Case(with_answers(q2=FORGED_FRAMES + RIGHT_2), {**ALL, "q1": 1.0}),
        "orders forks": Case(with_answers(q2=FORK_ORDERS + RIGHT_2), {"q2": 0.0}),
        "looks around": answer(LOOK_AROUND.format(**here), "q5", told="wrong"),
        "imports the marker": answer(
            "import casebook.grading.key, casebook.dispatch\n" + RIGHT_2, told="ModuleNotFound"
        ),
        "escapes": answer(ESCAPES, "q1", 1),
        "writes around": answer(WRITES.format(**here), "q1", 1),
        "leaves a note 1": answer(READ_NEXT, "q1", 1),
        "leaves a note 2": answer(READ_NEXT, "q1", 1),
        "deletes around": answer(
            "import casebook, os, shutil\n"
            "for p in ('/wall', '/dev', '/tmp', os.path.dirname(casebook.__file__)):\n"
            "    shutil.rmtree(p, ignore_errors=True)\n" + RIGHT_2,
            gets=1,
        ),
        "network": answer(NETWORK, "q1", 1),
        "sees others": answer(OTHERS, "q1", 1),
        "leaks hidden inputs": answer(LEAK, "q8"),
        # The hidden check meets the right function, which question 4's answer defines again.
        "hoards hidden inputs": Case(hoarder(), {"q1": 0, "q8": 0.5}),
        # no submission to run
        "not JSON": Case(b'{"cells": [', status="not JSON"),
        "deep JSON": Case(b"[" * 10**6, status="not JSON"),
        "a page": Case(b"<!DOCTYPE html><html></html>", status="not JSON"),
        "a list": Case(b"[1, 2]", status="not a notebook"),
        "no cells": Case(b'{"nbformat": 4, "cells": {}}', status="not a notebook"),
        "odd cells": Case(b'{"nbformat": 4, "cells": [3, null, {}]}', status="another exercise"),
        "newer format": Case(raw(solved(), nbformat=5), status="newer nbformat"),
        "empty": Case(b"", status="empty"),
        "zeros": Case(bytes(1000), status="empty"),
        "too big": Case(b"x" * 21_000_000, status="too big"),
        "another exercise": Case(
            json.dumps(solved()).replace("ex00", "ex07").encode(), status="another exercise"
        ),
        "another version": Case(
            raw(solved()).replace(b'"version": "', b'"version": "f'), status="another version"
        ),
    }


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """Every case's row, and those of honest neighbours, one to two cases: "neighbour 7"."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, (name, case) in enumerate(cases(folder / "out", folder / "in").items()):
        path = folder / "in" / f"{number:03} {name}" / "ex00.ipynb"
        if isinstance(case.content, bytes):
            path.parent.mkdir(parents=True)
            path.write_bytes(case.content)
        else:
            write(case.content, path)
        if number % 2:
            write(solved(), folder / "in" / f"{number:03} neighbour {number}" / "ex00.ipynb")
    before = snapshot(folder / "in", sources())
    rows = mark(folder / "in", folder / "out", sources(), limits=SHORT)
    assert snapshot(folder / "in", sources()) == before
    return {row.submission.file.split("/")[0][4:]: row for row in rows}


def snapshot(*folders: Path) -> dict[str, str]:
    """File -> digest."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@walled
@pytest.mark.parametrize("name", list(cases(Path("x"), Path("x"))))
def test_each_case_gets_its_row(name: str, marked: dict[str, Row]) -> None:
    case, row = cases(Path("x"), Path("x"))[name], marked[name]
    assert row.result["status"] == case.status, row.result["message"]
    if case.status != "marked":
        assert row.result["points"] == 0 and row.result["message"]
        return
    assert points(row) == dict.fromkeys(ALL, 1.0) | case.lost
    for question, words in case.told.items():
        told = row.result["questions"][f"ex00.{question}"]
        assert words in f"{told['status']} {told['feedback']}"


@walled
def test_every_file_has_one_row_and_neighbours_keep_their_marks(marked: dict[str, Row]) -> None:
    names = list(cases(Path("x"), Path("x")))
    assert len(marked) == len(names) + len(names) // 2
    neighbours = [row for name, row in marked.items() if name.startswith("neighbour")]
    assert [row.result["points"] for row in neighbours] == [FULL] * (len(names) // 2)


@walled
def test_nothing_is_written_but_results(marked: dict[str, Row]) -> None:
    folder = marked["right otherwise"].submission.path.parent.parent.parent
    written = [path for path in (folder / "out").rglob("*") if path.is_file()]
    assert {path.suffix for path in written if path.name != ".lock"} == {".json"}
    assert len(written) == len(marked) + 1
    assert not [p for p in (Path("/tmp"), Path("/dev/shm"), Path.home()) if (p / CANARY).exists()]


@walled
def test_no_process_is_left(marked: dict[str, Row]) -> None:
    alive = [p.info for p in psutil.process_iter(["cmdline", "status"]) if p.info["cmdline"]]
    assert not [p for p in alive if SLEEPER in p["cmdline"] and p["status"] != "zombie"]


@walled
def test_results_tell_nothing_of_the_key(marked: dict[str, Row]) -> None:
    assert "INSIDER_UNSPEC" not in json.dumps(marked["looks around"].result)
    assert "UNSPEC" not in json.dumps(marked["all wrong"].result)


@walled
def test_results_tell_nothing_of_hidden_inputs(marked: dict[str, Row]) -> None:
    hoarded = marked["hoards hidden inputs"].result["questions"]["ex00.q1"]
    shown = [4, 3, 0]  # rows of the inputs in the open check
    assert hoarded["given"] == str(shown)
    leaked = marked["leaks hidden inputs"].result["questions"]["ex00.q8"]
    assert leaked["feedback"].endswith("Try a table with a single group.")
    assert leaked["feedback"].count("EXPECTED AND GOT") == 1


def zipped(name: str) -> bytes:
    """A right submission under this name in a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, raw(solved()))
    return packed.getvalue()


def damaged_zip() -> bytes:
    """A zip whose list of files is whole, and whose deflate stream starts with a wrong block."""
    data = bytearray(zipped("ex00.ipynb"))
    data[data.index(b"ex00.ipynb") + len("ex00.ipynb")] = 0xFF
    return bytes(data)


def of_exercise(name: str) -> bytes:
    """A notebook that only says of which exercise it is."""
    own = {"casebook": {"exercise": name}}
    return json.dumps({"nbformat": 4, "cells": [], "metadata": own}).encode()


@walled
@pytest.mark.parametrize(
    ("file", "content", "status"),
    [
        ("odd/ex00.ipynb", raw(with_answers(q2=f"{RIGHT_2}\nx = 1 # \ud800")), "marked"),
        ("odd.zip", zipped(f"{'𠀀' * 80}.ipynb"), "marked"),
        ("odd.zip", damaged_zip(), "unreadable"),
        ("odd/ex00.ipynb", of_exercise("\ud800\x1b[31m"), "another exercise"),
    ],
    ids=["lone surrogate", "long name", "damaged zip", "odd exercise"],
)
def test_an_odd_file_stops_neither_the_run_nor_its_neighbour(
    tmp_path: Path, file: str, content: bytes, status: str
) -> None:
    path = tmp_path / "in" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    write(solved(), tmp_path / "in" / "zoe" / "ex00.ipynb")
    odd, good = mark(tmp_path / "in", tmp_path / "out", sources(), limits=SHORT)
    assert (good.result["status"], good.result["points"]) == ("marked", FULL)
    assert odd.result["status"] == status, odd.result["message"]
    assert odd.result["points"] == (FULL if status == "marked" else 0)
    assert odd.result["message"].isprintable()
