"""The wall itself: what it needs, what it hides, sessions that start again, orders and frames."""

import json
import os
import shutil
import signal
import socket
import struct
import threading
import time
from pathlib import Path
from unittest.mock import Mock

import pytest
from handins import FULL, SHORT, solved, sources, walled, with_answers, write

from casebook.grading import sandbox
from casebook.grading.mark import MarkError, mark
from casebook.grading.sandbox import (
    Child,
    FencedChild,
    Limits,
    NoWall,
    Reply,
    Session,
    Wall,
    probe,
)
from casebook.grading.worker import FRAME_LIMIT, VALUE_MIME, Broken, receive_frame, send_frame


def test_without_bubblewrap_marking_is_refused_and_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(solved(), tmp_path / "in" / "a_ex00.ipynb")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(
        MarkError, match=r"bwrap is missing.*apt install bubblewrap.*--without-wall"
    ):
        mark(tmp_path / "in", tmp_path / "out", sources())
    assert not (tmp_path / "out").exists()


def test_elsewhere_than_linux_a_container_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert "docker run" in sandbox.program_missing()


def test_marks_given_without_the_wall_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(with_answers(q1="answer_1 = 5"), tmp_path / "in" / "a_ex00.ipynb")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (row,) = mark(tmp_path / "in", tmp_path / "out", sources(), without_wall=True)
    assert row.result["points"] == FULL - 1
    wall = row.result["wall"]
    assert (wall["full"], wall["override"]) == (False, True)
    assert "bwrap is missing" in wall["missing"][0]


@walled
def test_the_wall_stands_here() -> None:
    assert probe(SHORT) == ""


@walled
def test_a_wall_that_does_not_stand_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_environment", lambda: {"PYTHONHOME": "/nowhere"})
    with Wall(SHORT) as wall, pytest.raises(NoWall, match="does not stand"):
        wall.child()


SHOW = "from IPython.display import display\nimport os\ndisplay({%r: %s}, raw=True)"


def shown(child: Child, expression: str) -> object:
    reply = child.run(SHOW % (VALUE_MIME, expression), 5)
    assert not reply.error, reply.error
    return reply.value


@walled
def test_what_is_behind_the_wall(tmp_path: Path) -> None:
    secret = sandbox.DATA / "practice"
    with Wall(SHORT, [secret]) as wall:
        child = wall.child()
        package = f"sorted(os.listdir({str(sandbox.PACKAGE)!r}))"
        assert not sandbox.OUTSIDE & set(shown(child, package))  # type: ignore[call-overload]
        root = sandbox.PACKAGE.parent
        assert set(shown(child, f"os.listdir({str(root)!r})")) <= {"casebook", "data", ".venv"}  # type: ignore[call-overload]
        assert shown(child, f"os.listdir({str(secret)!r})") == []
        assert shown(child, "[os.listdir('/proc'), os.listdir('/scratch'), os.getpid()]") == [
            [],
            [],
            1,
        ]
        assert shown(child, "0 in (os.getuid(), os.getgid(), *os.getgroups())") is False
        assert shown(child, "[n for n in range(99) if os.path.exists(f'/dev/fd/{n}')]") == []
        assert set(shown(child, "dict(os.environ)")) == {*sandbox._environment(), "PWD"}  # type: ignore[call-overload]
        child.close()


@walled
def test_only_one_descriptor_is_open_in_a_child() -> None:
    with Wall(SHORT) as wall:
        child = wall.child()
        child.run(
            "import os\nOPEN = []\nfor n in range(128):\n    try: os.fstat(n); OPEN.append(n)\n"
            "    except OSError: pass",
            5,
        )
        assert shown(child, "OPEN") == [0, 1, 2, 3]
        child.close()


@walled
def test_a_child_after_another_knows_nothing_of_it() -> None:
    with Wall(SHORT) as wall:
        first = wall.child()
        first.run(
            "mine = 1; open('/scratch/x', 'w').write('1'); import casebook; casebook.mine = 1", 5
        )
        first.close()
        second = wall.child()
        told = shown(second, "['mine' in globals(), os.path.exists('/scratch/x')]")
        assert told == [False, False]
        assert shown(second, "hasattr(__import__('casebook'), 'mine')") is False
        second.close()


@walled
def test_an_ended_worker_is_told_and_not_waited_for() -> None:
    with Wall(SHORT) as wall:
        wall.child()
        os.killpg(wall._process.pid, signal.SIGKILL)
        assert wall._control.recv(1) == b""
        with pytest.raises(NoWall, match="does not stand"):
            wall.end_child()


class Scripted:
    """A child whose cells do what their source says, by the run: "ok", or "ok,dies"."""

    runs: dict[str, int]
    log: list[str]

    def __init__(self, runs: dict[str, int], log: list[str]) -> None:
        self.runs, self.log = runs, log

    def run(self, source: str, seconds: float) -> Reply:
        turn = self.runs.get(source, 0)
        self.runs[source] = turn + 1
        self.log.append(source)
        acts = source.partition(":")[2].split(",")
        return Reply(died="dies") if acts[min(turn, len(acts) - 1)] == "dies" else Reply(value=1)

    def close(self) -> None:
        self.log.append("closed")


def scripted(*cells: str) -> tuple[list[str], list[str]]:
    """How each cell ended, and everything that was run."""
    runs: dict[str, int] = {}
    log: list[str] = []
    session = Session(lambda: Scripted(runs, log), Limits())
    ends = [session.run(c, keep=not c.startswith("check")).died for c in cells]
    session.close()
    return ends, log


def test_a_session_starts_again_with_what_was_good() -> None:
    ends, log = scripted("setup:ok", "a:ok", "check a:ok", "b:dies", "check b:ok", "c:ok")
    assert ends == ["", "", "", "dies", "", ""]
    assert log[4:] == ["closed", "setup:ok", "a:ok", "check b:ok", "c:ok", "closed"]


def test_a_cell_that_dies_when_run_again_is_left_out_from_then_on() -> None:
    ends, log = scripted("setup:ok", "a:ok,dies", "b:dies", "c:dies", "d:ok")
    assert ends == ["", "", "dies", "dies", ""]
    assert log.count("a:ok,dies") == 2


def test_many_that_die_when_run_again_cost_each_one_run_more() -> None:
    cells = [f"{n}:ok,dies" for n in range(12)]
    ends, log = scripted("setup:ok", *cells, "last:dies", "check:ok")
    assert ends == [""] * 13 + ["dies", ""]
    assert all(log.count(c) == 2 for c in cells)


def test_one_budget_covers_all_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(sandbox.time, "monotonic", lambda: next(clock))
    runs: dict[str, int] = {}
    log: list[str] = []
    session = Session(lambda: Scripted(runs, log), Limits(submission_seconds=35))
    ends = [session.run(f"{n}:ok", keep=True).died for n in range(6)]
    assert ends[:4] == [""] * 4 and all("35 seconds" in end for end in ends[4:])
    assert len(log) == 4


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00\x00",
        struct.pack(">I", FRAME_LIMIT + 1),
        struct.pack(">I", 2**32 - 1) + b"x",
        struct.pack(">I", 5) + b"[1,2]",
        struct.pack(">I", 3) + b"{a}",
        struct.pack(">I", 2) + b"\xff\xfe",
        struct.pack(">I", 100_000) + b"[" * 100_000,
    ],
)
def test_what_is_no_frame_is_refused(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(sent)
        with pytest.raises(Broken):
            receive_frame(ours)


def test_frames_arrive_as_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for message in ({"n": 1, "source": "é\u2028"}, {"value": None}):
            send_frame(ours, message)
            assert receive_frame(theirs) == message
        with pytest.raises(ValueError, match="JSON"):
            send_frame(ours, {"x": float("nan")})
        assert json.dumps(message)


def test_a_reply_that_trickles_in_ends_with_its_time() -> None:
    """Every single byte would come in time; the whole reply does not."""
    text = json.dumps({"n": 1, "value": "late" * 20}).encode()
    ours, theirs = socket.socketpair()
    enough = threading.Event()

    def trickle() -> None:
        for number in struct.pack(">I", len(text)) + text:
            if enough.wait(0.01):
                return
            theirs.sendall(bytes([number]))

    child = threading.Thread(target=trickle)
    with ours, theirs:
        child.start()
        reply = FencedChild(Mock(), ours).run("1", 0.3)
        enough.set()
        child.join()
    assert reply == Reply(died="ran longer than 0.3 seconds")


def test_a_frame_that_is_there_after_its_time_is_not_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send_frame(ours, {"n": 0})
        with pytest.raises(TimeoutError):
            receive_frame(theirs, time.monotonic())
