"""The wall: bubblewrap around a warm interpreter, and a session of cells behind it.

`Wall` starts the worker once. `Wall.child` forks a fenced interpreter for one submission;
`Session` runs a submission's cells in such children and starts again where one dies.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import site
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import casebook
from casebook.data import DATA
from casebook.grading import worker
from casebook.grading.worker import SCRATCH, Broken, receive_frame, send_frame

PACKAGE = Path(casebook.__file__).resolve().parent
# What stays outside: the marker, the generator of dispatches, the command line.
OUTSIDE = {"grading", "dispatch.py", "cli.py", "__pycache__"}
OWN_COPY = DATA / "article" / "my_copy.txt"
SYSTEM = ("usr", "lib", "lib64", "bin", "sbin")
PROGRAM = "/wall/worker.py"
START_SECONDS, STOP_SECONDS = 60.0, 5.0
ENDED = "ended its interpreter"
CONTAINER = (
    "docker run --rm -it --privileged --network none -v .:/pack -w /pack "
    "IMAGE casebook mark ..., where IMAGE is a Linux with Python, this pack and bubblewrap"
)


@dataclass(frozen=True)
class Limits:
    """What one submission may use; seconds on the clock, megabytes of 10**6 bytes."""

    cell_seconds: float = 20.0
    submission_seconds: float = 120.0
    memory_mb: int = 1500
    processes: int = 64
    file_mb: int = 32
    scratch_mb: int = 64
    open_files: int = 128


@dataclass(frozen=True)
class Reply:
    """What came of one cell: the value it displayed, its error, or how it ended its interpreter."""

    value: Any = None
    error: str = ""  # "NameError: name 'x' is not defined (line 2)"
    died: str = ""  # "ran longer than 20 seconds"


class NoWall(Exception):
    """The wall cannot be built here; the text says what is missing and how to get it."""


class Child(Protocol):
    """An interpreter that runs cells."""

    def run(self, source: str, seconds: float) -> Reply:
        """Run one cell for at most so many seconds; never raises for what the cell does."""

    def close(self) -> None:
        """End it and all that it started."""


class Session:
    """One submission's cells, in order. A cell that kills or hangs its interpreter costs itself.

    After such a cell a new interpreter runs the earlier good cells again before it goes on; one
    that dies when run again is left out from then on. All of it shares one budget of seconds.
    """

    def __init__(self, start: Callable[[], Child], limits: Limits) -> None:
        """`start` gives a new interpreter."""
        self._start, self._limits = start, limits
        self._child: Child | None = None
        self._good: list[str] = []
        self._left = limits.submission_seconds

    def run(self, source: str, keep: bool) -> Reply:
        """Run a cell; `keep` it for a new start unless it only displays."""
        self._revive()
        reply = self._run(source)
        if keep and not reply.died:
            self._good.append(source)
        return reply

    def close(self) -> None:
        """End the interpreter."""
        if self._child:
            self._child.close()
            self._child = None

    def _revive(self) -> None:
        """An interpreter in which all good cells have run, as far as the budget goes."""
        while self._child is None and self._left > 0:
            self._child = self._start()
            for place, source in enumerate(self._good):
                if self._run(source).died:
                    del self._good[place]
                    break

    def _run(self, source: str) -> Reply:
        """Run a cell on the budget; drop the interpreter if it died."""
        if self._child is None or self._left <= 0:
            return Reply(died=f"came after {self._limits.submission_seconds:g} seconds in all")
        started = time.monotonic()
        reply = self._child.run(source, min(self._limits.cell_seconds, self._left))
        self._left -= time.monotonic() - started
        if reply.died:
            self.close()
        return reply


class Wall:
    """A running worker behind bubblewrap; a context manager. Raises NoWall if it cannot start."""

    def __init__(self, limits: Limits, secrets: Iterable[Path] = ()) -> None:
        """`secrets` are places to keep out of sight, wherever they lie."""
        self.limits = limits
        self._order = dataclasses.asdict(limits)
        missing = program_missing()
        if missing:
            raise NoWall(missing)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the wall stands)
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*_bubblewrap(secrets), sys.executable, "-P", PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,
                env=_environment(),
            )
        self._warm = False
        self.proven = False  # whether a child has stood behind it

    def __enter__(self) -> Self:
        """Itself; it warms up while others work."""
        return self

    def __exit__(self, *_: object) -> None:
        """Tear it down."""
        self.close()

    def child(self) -> "FencedChild":
        """A fenced interpreter; close it before asking for another."""
        self._wait_until_warm()
        ours, theirs = socket.socketpair()
        with theirs:
            order = json.dumps({"do": "fork", "limits": self._order}).encode()
            try:
                socket.send_fds(self._control, [order], [theirs.fileno()])
            except OSError as error:
                raise NoWall(self._why()) from error
        ours.settimeout(START_SECONDS)
        try:
            first = receive_frame(ours)
        except (Broken, OSError) as error:
            raise NoWall(self._why()) from error
        if "missing" in first:
            raise NoWall(f"A submission's own fence cannot be built here ({first['missing']}).")
        self.proven = True
        return FencedChild(self, ours)

    def end_child(self) -> str:
        """Kill the child and all it started; why the worker had ended it, "" if it had not."""
        try:
            self._control.sendall(b'{"do": "kill"}')
            return str(receive_frame(self._control)["ended"])
        except (Broken, OSError) as error:
            raise NoWall(self._why()) from error

    def close(self) -> None:
        """End the worker, and with it all that is behind the wall."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS if self._warm else 0)
        self._kill()
        self._errors.close()

    def _wait_until_warm(self) -> None:
        if self._warm:
            return
        self._control.settimeout(START_SECONDS)
        try:
            receive_frame(self._control)
        except (Broken, OSError) as error:
            raise NoWall(self._why()) from error
        self._warm = True

    def _why(self) -> str:
        """The wall's last words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._kill()
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"The wall does not stand ({words[-1] if words else 'no reason given'})."

    def _kill(self) -> None:
        """End bubblewrap, with the part of it that does not yet end with its parent."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class FencedChild:
    """A submission's interpreter behind the wall, on the other end of a socket."""

    def __init__(self, wall: Wall, sock: socket.socket) -> None:
        """`sock` is the marker's end."""
        self._wall, self._sock = wall, sock
        self._number = 0

    def run(self, source: str, seconds: float) -> Reply:
        """Run one cell. Only a well-formed reply to this very cell counts."""
        self._number += 1
        deadline = time.monotonic() + seconds
        try:
            self._sock.settimeout(seconds)
            send_frame(self._sock, {"n": self._number, "source": source})
            while True:
                reply = receive_frame(self._sock, deadline)
                if reply.get("n") == self._number:
                    return Reply(reply.get("value"), error_text(reply.get("error")))
        except (Broken, OSError) as error:  # a TimeoutError is an OSError
            if self._wall.end_child() == "memory":
                return Reply(died=f"needed more than {self._wall.limits.memory_mb} MB of memory")
            slow = isinstance(error, TimeoutError)
            return Reply(died=f"ran longer than {seconds:g} seconds" if slow else ENDED)

    def close(self) -> None:
        """End it and all that it started."""
        self._sock.close()
        self._wall.end_child()


def error_text(error: object) -> str:
    """An error that a child reports, as one short printable line; "" for none."""
    if not isinstance(error, dict):
        return ""
    name, text, line = (str(error.get(key) or "")[:300] for key in ("name", "text", "line"))
    told = f"{name}: {text}" + (f" (line {line})" if line.isdigit() else "")
    return " ".join("".join(c if c.isprintable() else " " for c in told).split())


# Building the wall


def program_missing() -> str:
    """What has to be installed before the wall can be tried; "" if nothing."""
    if sys.platform != "linux":
        return f"The wall needs Linux. Here, use a container: {CONTAINER}."
    if not shutil.which("bwrap"):
        return (
            "The program bwrap is missing. Debian and Ubuntu: sudo apt install bubblewrap. "
            "Fedora: sudo dnf install bubblewrap. Without the right to: " + CONTAINER + "."
        )
    return ""


def probe(limits: Limits) -> str:
    """Build the wall, run one cell behind it, tear it down: what is missing, "" if nothing."""
    try:
        with Wall(limits) as wall:
            child = wall.child()
            reply = child.run("1", limits.cell_seconds)
            child.close()
    except NoWall as error:
        return str(error)
    return reply.died or reply.error


def _bubblewrap(secrets: Iterable[Path]) -> list[str]:
    """The command that builds the wall, up to the program inside it."""
    python = sorted({Path(place) for place in _python_folders()})
    inside = [*(Path("/", name) for name in SYSTEM), *python, DATA, PACKAGE]
    command = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session",
               "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
               "--unshare-cgroup-try", "--cap-drop", "ALL"]  # fmt: skip
    if os.getuid() == 0:  # the worker itself leaves root, once the mounts are made
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user"]
    for place in [*inside[: len(SYSTEM)], Path("/etc/ld.so.cache"), Path("/etc/localtime")]:
        command += _bind(place)
    command += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--dir", "/tmp", "--perms", "1777", "--tmpfs", SCRATCH]
    for place in [*python, DATA]:
        command += _bind(place)
    command += [*_folders_to(PACKAGE), "--tmpfs", str(PACKAGE)]
    for part in sorted(PACKAGE.iterdir()):
        command += _bind(part) if part.name not in OUTSIDE else []
    command += ["--remount-ro", str(PACKAGE), "--ro-bind", worker.__file__, PROGRAM]
    for secret in [OWN_COPY, *secrets]:
        if any(secret.is_relative_to(place) for place in inside):
            command += _mask(secret)
    return [*command, "--remount-ro", "/", "--chdir", SCRATCH]


def _bind(place: Path) -> list[str]:
    """A place as it is here, read-only, in folders that all may pass; nothing if not here."""
    if place.is_symlink() and place.parent == Path("/"):
        return ["--symlink", os.readlink(place), str(place)]
    if not place.exists():
        return []
    return [*_folders_to(place), "--ro-bind", str(place), str(place)]


def _folders_to(place: Path) -> list[str]:
    """The folders above a place; left to bubblewrap, they would be root's alone."""
    return [word for folder in reversed(place.parents[:-1])
            for word in ("--perms", "0755", "--dir", str(folder))]  # fmt: skip


def _mask(secret: Path) -> list[str]:
    """Nothing where a secret file or folder stands."""
    if secret.is_dir():
        return ["--tmpfs", str(secret), "--remount-ro", str(secret)]
    return ["--ro-bind", "/dev/null", str(secret)] if secret.exists() else []


def _python_folders() -> set[str]:
    """Where this Python and its packages live, as written and as resolved."""
    folders = {sys.prefix, sys.base_prefix, *_user_site()}
    return folders | {os.path.realpath(folder) for folder in folders}


def _user_site() -> list[str]:
    """The folder of packages that this user installed, if this Python looks there."""
    used = site.ENABLE_USER_SITE and site.USER_SITE and os.path.isdir(site.USER_SITE)
    return [site.USER_SITE] if used and site.USER_SITE else []


def _environment() -> dict[str, str]:
    """All the environment that students' code sees."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": SCRATCH,
        "TMPDIR": SCRATCH,
        "LANG": "C.UTF-8",
        "CASEBOOK_MARKING": "1",
        "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), *_user_site()]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{SCRATCH}/matplotlib",
        "IPYTHONDIR": f"{SCRATCH}/ipython",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PIP_RETRIES": "0",
    }
