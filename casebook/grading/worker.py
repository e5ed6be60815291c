"""The warm interpreter behind the wall: it forks one fenced child for each submission.

It runs as a script inside bubblewrap, where `casebook.grading` does not exist, so it uses the
standard library, IPython and what students use, and nothing of the marker's. It never meets a
key. The marker's side imports only the frame functions and the names from here.

Orders come on the control socket: `fork` brings the child's own socket with it, `kill` ends the
child. The child then talks to the marker over its socket alone: a cell's source in, one reply out.
"""

import contextlib
import ctypes
import gc
import json
import os
import platform
import select
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

if sys.platform != "win32":  # there the marker's side still needs the frames below
    import resource

    libc = ctypes.CDLL(None, use_errno=True)

VALUE_MIME = "application/vnd.casebook.value+json"
FRAME_LIMIT = 1_000_000  # bytes of one frame, either way
TEXT_LIMIT = 500  # characters of an error's text
NOBODY = 65534
SCRATCH = "/scratch"  # not /tmp: the pack itself may lie below it
FIRST = 1  # the child's process id in its own namespace
WATCH_SECONDS = 0.1  # between two looks at the child's memory
MB = 1_000_000

WARM_UP = """
import pandas, numpy, matplotlib.pyplot, io, casebook
from IPython.display import display
figure, axes = matplotlib.pyplot.subplots()
axes.plot([1, 2])
figure.savefig(io.BytesIO(), format="png")
matplotlib.pyplot.close("all")
table = pandas.DataFrame({"a": [1, 2], "b": ["x", None]})
table.groupby("a").size().to_dict(), table["b"].value_counts(), table.to_html()
display({"text/plain": ""}, raw=True)
"""


class Broken(Exception):
    """The other side is gone, or what it sent is not a frame."""


def send_frame(sock: socket.socket, message: dict[str, Any]) -> None:
    """One JSON object after its length in bytes (4 bytes, big-endian)."""
    data = json.dumps(message, allow_nan=False).encode()
    sock.sendall(struct.pack(">I", len(data)) + data)


def receive_frame(sock: socket.socket, deadline: float | None = None) -> dict[str, Any]:
    """The next frame; raises Broken for anything else, TimeoutError past `deadline` (monotonic)."""
    (length,) = struct.unpack(">I", _receive(sock, 4, deadline))
    if length > FRAME_LIMIT:
        raise Broken("too long")
    try:
        message = json.loads(_receive(sock, length, deadline))
    except (ValueError, RecursionError) as error:
        raise Broken("not JSON") from error
    if not isinstance(message, dict):
        raise Broken("not an object")
    return message


def _receive(sock: socket.socket, length: int, deadline: float | None) -> bytes:
    """Exactly `length` bytes; the deadline is for all of them, however slowly they trickle in."""
    data = bytearray()
    while len(data) < length:
        if deadline is not None:
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError("too slow")  # also where there is always one byte more
            sock.settimeout(left)
        part = sock.recv(min(length - len(data), 65536))
        if not part:
            raise Broken("closed")
        data += part
    return bytes(data)


# The interpreter that students' cells meet


def warm_shell() -> Any:
    """An IPython shell with every slow first time behind it, and nobody's names in it."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.formatters import DisplayFormatter
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        """Keeps the last value that a cell displayed, and drops everything else."""

        value: Any = None

        def publish(self, data: Any, *args: Any, **kwargs: Any) -> None:
            if isinstance(data, dict) and VALUE_MIME in data:
                self.value = data[VALUE_MIME]

    class Hook(DisplayHook):
        """Never asks an object for its looks."""

        def __call__(self, result: Any = None) -> None:
            if result is not None:
                self.shell.user_ns["_"] = result  # type: ignore[union-attr]

    class Formatter(DisplayFormatter):
        """Never asks an object for its looks."""

        def format(self, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            return {}, {}

    class Shell(InteractiveShell):
        """A notebook's interpreter whose prints, pictures and tracebacks go nowhere."""

        displayhook_class = Hook
        display_pub_class = Publisher

        def init_display_formatter(self) -> None:
            self.display_formatter = Formatter(parent=self)

        def enable_gui(self, gui: Any = None) -> None:
            pass

        def enable_matplotlib(self, gui: Any = None) -> tuple[None, str]:
            return None, "agg"

        def ask_exit(self) -> None:
            pass

        def showtraceback(self, *args: Any, **kwargs: Any) -> None:
            pass

        def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
            pass

    settings = Config()
    settings.HistoryManager.enabled = False
    shell = Shell.instance(config=settings)
    for source in (WARM_UP, "1 / 0", "not python"):
        run_cell(shell, source)
    shell.reset(new_session=False)
    return shell


def run_cell(shell: Any, source: str) -> dict[str, Any]:
    """Run one cell; its reply: the value it displayed, and the error that stopped it."""
    shell.display_pub.value = None
    result = shell.run_cell(source, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    return {"value": shell.display_pub.value, "error": error and _describe(error)}


def _describe(error: BaseException) -> dict[str, Any]:
    """An error's name, its text, capped, and its line in the cell that raised it."""
    text, line = "", getattr(error, "lineno", None)
    with contextlib.suppress(BaseException):  # a student's own __str__ may do anything
        text = str(error)[:TEXT_LIMIT]
    trace = error.__traceback__
    while trace is not None:
        if "ipykernel_" in (name := trace.tb_frame.f_code.co_filename) or "<ipython-input" in name:
            line = trace.tb_lineno
        trace = trace.tb_next
    public = (c.__name__ for c in type(error).__mro__ if not c.__name__.startswith("_"))
    return {"name": next(public)[:80], "text": text, "line": line}  # 3.13: _IncompleteInputError


def serve_cells(sock: socket.socket, shell: Any) -> None:
    """The child's life: a cell in, a reply out, until the marker closes the socket."""
    while True:
        order = receive_frame(sock)
        reply = {"n": order["n"], **run_cell(shell, order["source"])}
        if os.getpid() != FIRST:  # a copy that the cell forked and let run on
            os._exit(0)
        try:
            send_frame(sock, reply)
        except (TypeError, ValueError, RecursionError):
            send_frame(sock, {"n": order["n"], "value": None, "error": None})


class Silence:
    """A standard stream that takes everything and keeps nothing."""

    encoding, errors, closed = "utf-8", "replace", False

    def write(self, text: str) -> int:
        """Say that all of it was written."""
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Do nothing, agree to anything."""
        if name in ("flush", "close", "writelines", "reconfigure"):
            return lambda *args, **kwargs: None
        if name in ("isatty", "readable", "writable", "seekable"):
            return lambda: name == "writable"
        raise AttributeError(name)


# The fence around one child

NAMESPACES = {
    "user": 0x10000000,
    "pid": 0x20000000,
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "network": 0x40000000,
}  # linux/sched.h
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 22, 36, 38
# System calls that no exercise needs and that reach past the limits or deep into the kernel: memory
# that no limit counts, more namespaces, other processes, keys, kernel programs. x86_64, aarch64.
REFUSED = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "unshare": (272, 97),
    "setns": (308, 268),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
CLONE, CLONE3 = (56, 220), 435
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, linux/audit.h


def check_call(result: int, what: str) -> None:
    """Turn a C call's -1 into an OSError that names what failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def enter_namespaces() -> None:
    """New user, pid, mount, ipc and network namespaces for the processes forked from here."""
    uid, gid = os.getuid(), os.getgid()
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else the files below belong to root
    check_call(libc.unshare(sum(NAMESPACES.values())), "namespaces")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    Path("/proc/self/oom_score_adj").write_text("1000")


def mount_scratch(megabytes: int) -> None:
    """A fresh folder in memory as SCRATCH, and nothing at all as /proc."""
    size = f"size={megabytes}m,nr_inodes=2000,mode=0700".encode()
    check_call(libc.mount(b"tmpfs", SCRATCH.encode(), b"tmpfs", 2 | 4, size), "scratch folder")
    check_call(libc.mount(b"tmpfs", b"/proc", b"tmpfs", 1, b"size=4k"), "empty /proc")
    os.chdir(SCRATCH)


def set_limits(limits: dict[str, Any], used: int) -> None:
    """Resource limits for a child; `used` is the warm interpreter's address space in bytes."""
    for what, value in (
        (resource.RLIMIT_AS, used + limits["memory_mb"] * MB),
        (resource.RLIMIT_CPU, int(limits["submission_seconds"]) + 5),
        (resource.RLIMIT_FSIZE, limits["file_mb"] * MB),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def drop_capabilities() -> None:
    """Give up what the new user namespace brought, for good."""
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    check_call(libc.capset(header, bytes(24)), "capabilities")
    check_call(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def refuse_system_calls() -> None:
    """A seccomp filter: EPERM for REFUSED and for a clone that asks for a user namespace."""
    if platform.machine() not in MACHINES:
        raise OSError(f"system call filter: none written for {platform.machine()}")
    column, architecture = MACHINES[platform.machine()]
    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
    eperm, enosys, allow, kill = 0x00050001, 0x00050026, 0x7FFF0000, 0x80000000
    code = [
        (load, 0, 0, 4),
        (equal, 1, 0, architecture),
        (answer, 0, 0, kill),
        (load, 0, 0, 0),
        (at_least, 0, 1, 0x40000000),
        (answer, 0, 0, eperm),
    ]  # x32 has numbers of its own
    for numbers in REFUSED.values():
        code += [(equal, 0, 1, numbers[column]), (answer, 0, 0, eperm)]
    code += [(equal, 0, 1, CLONE3), (answer, 0, 0, enosys)]  # its flags are out of a filter's reach
    code += [
        (equal, 0, 3, CLONE[column]),
        (load, 0, 0, 16),
        (any_bit, 0, 1, NAMESPACES["user"]),
        (answer, 0, 0, eperm),
        (answer, 0, 0, allow),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    header = struct.pack("HxxxxxxP", len(code), ctypes.addressof(program))
    check_call(libc.prctl(PR_SET_SECCOMP, 2, header, 0, 0), "system call filter")


def keep_only(sock: socket.socket) -> socket.socket:
    """Close every descriptor but this socket; standard streams go nowhere."""
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    kept = os.dup2(sock.detach(), 3, inheritable=False)
    os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Silence()  # type: ignore[assignment,misc]
    return socket.socket(fileno=kept)


def live(sock: socket.socket, limits: dict[str, Any], used: int, shell: Any) -> None:
    """Fence this process in, tell the marker, run cells. Never returns."""
    try:
        os.setsid()
        mount_scratch(limits["scratch_mb"])
        sock = keep_only(sock)
        set_limits(limits, used)
        drop_capabilities()
        refuse_system_calls()
    except OSError as error:
        send_frame(sock, {"missing": str(error)})
        os._exit(1)
    send_frame(sock, {"ready": True})
    serve_cells(sock, shell)


# The fork server


class Server:
    """Holds the warm shell and at most one child."""

    def __init__(self, control: socket.socket, shell: Any) -> None:
        """`shell` is warm, and each child gets a copy of it by being forked."""
        self.control, self.shell = control, shell
        self.child = 0  # its process id, 0 if there is none
        self.memory = 0  # bytes it may use
        self.ended = ""  # why it was ended from here

    def serve(self) -> None:
        """Take orders until the marker closes the control socket."""
        while True:
            wait = WATCH_SECONDS if self.child else None
            if not select.select([self.control], [], [], wait)[0]:
                self.watch()
                continue
            data, descriptors, _, _ = socket.recv_fds(self.control, 65536, 1)
            if not data:
                self.end()
                os._exit(0)
            order = json.loads(data)
            if order["do"] == "fork":
                self.fork(socket.socket(fileno=descriptors[0]), order["limits"])
            else:
                self.kill()

    def fork(self, sock: socket.socket, limits: dict[str, Any]) -> None:
        """A child of a child: the one between enters the namespaces, the last is their pid 1."""
        pages = Path("/proc/self/statm").read_text().split()[0]
        used = int(pages) * resource.getpagesize()
        reading, writing = os.pipe()
        between = os.fork()
        if not between:
            try:
                enter_namespaces()
                if child := os.fork():
                    os.write(writing, str(child).encode())
                    os._exit(0)
                live(sock, limits, used, self.shell)
            except OSError as error:
                with contextlib.suppress(OSError):
                    send_frame(sock, {"missing": str(error)})
            finally:
                os._exit(1)
        os.close(writing)
        sock.close()
        os.waitpid(between, 0)
        self.child = int(os.read(reading, 20) or 0)
        os.close(reading)
        self.memory, self.ended = limits["memory_mb"] * MB, ""

    def watch(self) -> None:
        """End the child if all its processes together hold more memory than it may."""
        if sum(map(_held, _others())) > self.memory:
            self.ended = "memory"
            self.end()

    def end(self) -> None:
        """Kill the child; when it is reaped, all of its pid namespace is gone."""
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
            self.child = 0

    def kill(self) -> None:
        """End the child and say why it had ended, if it was from here."""
        self.end()
        send_frame(self.control, {"ended": self.ended})


def _others() -> list[str]:
    """The process ids in sight, but for bubblewrap's own and this one."""
    own = {"1", str(os.getpid())}
    return [name for name in os.listdir("/proc") if name.isdigit() and name not in own]


def _held(pid: str) -> int:
    """Bytes of memory that a process holds, its own and shared; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:"))
    )


def leave_root() -> None:
    """Become nobody if this is root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    check_call(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    check_call(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "not dumpable")
    check_call(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "sub-reaper")


def main() -> None:
    """Serve on the control socket whose descriptor is the only argument."""
    leave_root()
    control = socket.socket(fileno=int(sys.argv[1]))
    shell = warm_shell()
    gc.collect()
    gc.freeze()  # a fork then copies no page just to count references in it
    send_frame(control, {"warm": True})
    Server(control, shell).serve()


if __name__ == "__main__":
    main()
