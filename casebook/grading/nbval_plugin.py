"""All that leans on the inside of nbval 0.11.0: its files, items and comparison, with points.

nbval collects the merged notebook, runs each cell in the kernel it is given, and compares the
outputs of check cells with the stored ones. The kernel here runs the cell in a `Session` and has
the value judged first: an accepted one reaches nbval as the stored output, any other as it came.
"""

import contextlib
import io
import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from casebook.check import Verdict
from casebook.grading.accept import judge
from casebook.grading.key import Key
from casebook.grading.merge import JUDGED, Merged, question_of, tag
from casebook.grading.sandbox import ENDED, Child, Limits, NoWall, Reply, Session, error_text
from casebook.grading.worker import VALUE_MIME

OPTIONS = (
    "--disable-plugin-autoload", "-p", "nbval.plugin", "-p", "no:cacheprovider",
    "-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:logging",
    "--assert=plain", "--capture=no", "-q", "--no-header", "--no-summary", "--color=no",
)  # fmt: skip


@dataclass
class Outcome:
    """What came of one check: its verdict, whether nbval passed it, and what went wrong before.

    `error` and `died` tell of the last trouble in the question's own cells.
    """

    verdict: Verdict
    error: str = ""
    died: str = ""
    passed: bool = False


@dataclass(eq=False)
class Job:
    """One submission to run, and what has come of its checks so far, by grade_id."""

    merged: Merged
    key: Key
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    finished: bool = False


def run(
    jobs: Sequence[Job],
    start: Callable[[], Child],
    limits: Limits,
    done: Callable[[Job], None],
) -> None:
    """Run jobs one after the other in one pytest; `done` is called as each ends.

    What `done` raises, or `start` for want of a wall, stops the run and is raised here.
    """
    with tempfile.TemporaryDirectory(prefix="casebook-marking-") as name:
        folder = Path(name)
        files = {f"{number:04}": job for number, job in enumerate(jobs)}
        for stem, job in files.items():
            nbformat.write(job.merged.notebook, folder / f"{stem}.ipynb")
        (folder / "pytest.ini").write_text("[pytest]\n")
        points = Points(files, lambda: Session(start, limits), done)
        paths = [str(folder / f"{stem}.ipynb") for stem in files]
        with contextlib.redirect_stdout(io.StringIO()), _marking_environment():
            pytest.main([*OPTIONS, "-c", f"{folder}/pytest.ini", *paths], plugins=[points])
    if points.failure:
        raise points.failure
    if any(not job.finished for job in jobs):
        raise RuntimeError("pytest stopped before all submissions were run")


@contextlib.contextmanager
def _marking_environment() -> Iterator[None]:
    """No options for pytest from outside; a stock kernel hears that it is being marked."""
    outside = dict(os.environ)
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ["CASEBOOK_MARKING"] = "1"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(outside)


class Points:
    """The pytest plugin: collects the jobs' notebooks and notes which checks passed."""

    def __init__(
        self,
        files: dict[str, Job],
        open_session: Callable[[], Session],
        done: Callable[[Job], None],
    ) -> None:
        """`files` has the jobs by the names of their notebooks, without ending."""
        self._files, self._open_session, self._done = files, open_session, done
        self.failure: Exception | None = None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> "MarkFile":
        """A job's notebook."""
        file: MarkFile = MarkFile.from_parent(parent, path=file_path)
        file.open_kernel = lambda: JudgedKernel(self._open_session(), self._files[file_path.stem])
        return file

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: IPyNbCell) -> None:
        """Tell the kernel which cell comes; nbval tells it the source alone."""
        item.parent.kernel.cell = item.cell

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: IPyNbCell, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note a passed check, and keep the key out of nbval's report.

        nbval passes a cell without comparing if the stored one was never run: that is no pass.
        """
        report = yield
        if call.excinfo and isinstance(call.excinfo.value, NoWall):
            self._stop(item, call.excinfo.value)
        role, grade_id = tag(item.cell)
        if role in JUDGED and call.when == "call":
            outcome = self._files[item.path.stem].outcomes.get(grade_id)
            compared = item.cell.execution_count is not None and item.cell.outputs
            if outcome and compared and report.passed and not hasattr(report, "wasxfail"):
                outcome.passed = True
            report.longrepr = outcome.verdict.feedback if outcome else "not run"
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: IPyNbCell, nextitem: IPyNbCell | None
    ) -> Generator[None, object, object]:
        """After a notebook's last cell, its job is done."""
        result = yield
        if not self.failure and (nextitem is None or nextitem.parent is not item.parent):
            job = self._files[item.path.stem]
            job.finished = True
            try:
                self._done(job)
            except Exception as error:
                self._stop(item, error)
        return result

    def _stop(self, item: IPyNbCell, error: Exception) -> None:
        self.failure = error
        item.session.shouldstop = "the marker cannot go on"


class MarkFile(IPyNbFile):  # type: ignore[misc]
    """nbval's notebook file with a judged kernel; of all outputs only values are compared."""

    open_kernel: "Callable[[], JudgedKernel]"
    skip_compare: tuple[str, ...]

    def setup(self) -> None:
        """Called by pytest before the first cell."""
        self.kernel = self.open_kernel()
        self.skip_compare = (*self.skip_compare, "text/plain")


class JudgedKernel:
    """What nbval takes for its nbval.plugin.RunningKernel: runs cells, shows judged values."""

    def __init__(self, session: Session, job: Job) -> None:
        """`job` is told what comes of its checks."""
        self._session, self._job = session, job
        self.cell: NotebookNode | None = None  # the one that nbval is about to run
        self._messages: deque[dict[str, Any]] = deque()
        self._trouble: dict[str, Reply] = {}  # question -> what last went wrong in its cells
        self._number = 0

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:
        """Run the cell to its end and queue the messages that nbval will ask for."""
        self._number += 1
        role, grade_id = tag(self.cell)
        reply = self._session.run(cell_input, keep=role not in JUDGED)
        if role in JUDGED:
            self._say("display_data", data={VALUE_MIME: self._judged(grade_id, reply)}, metadata={})
        elif reply.error or reply.died:
            self._trouble[grade_id] = reply
            self._say("error", ename="", evalue=reply.error or reply.died, traceback=[])
        self._say("status", execution_state="idle")
        return str(self._number)

    def _judged(self, grade_id: str, reply: Reply) -> object:
        """The stored value if the marker accepts the student's; else what was given, in short."""
        value = {"t": "missing"} if reply.died or reply.value is None else reply.value
        verdict = judge(self._job.key.entries[grade_id], value)
        earlier = self._trouble.get(question_of(grade_id), Reply())
        self._job.outcomes[grade_id] = Outcome(
            verdict, earlier.error or reply.error, reply.died or earlier.died
        )
        rejected = {"t": "rejected", "v": verdict.given}
        return self._job.key.values[grade_id] if verdict.points > 0 else rejected

    def _say(self, kind: str, **content: Any) -> None:
        header = {"msg_id": str(self._number)}
        self._messages.append({"msg_type": kind, "content": content, "parent_header": header})

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """The next of the cell's messages."""
        return self._messages.popleft()

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        """The reply is there already."""

    def await_idle(self, parent_id: str, timeout: float) -> None:
        """Let go of the cell's other messages."""
        self._messages.clear()

    def is_alive(self) -> bool:
        """Always: a session outlives its interpreters."""
        return True

    def interrupt(self) -> None:
        """Nothing runs between cells."""

    def stop(self) -> None:
        """End the session."""
        self._session.close()


class StockChild:
    """A stock Jupyter kernel, without a wall: what is left where none can be built."""

    def __init__(self) -> None:
        """Start a kernel in an empty folder."""
        self._scratch = tempfile.TemporaryDirectory(prefix="casebook-scratch-")
        self._kernel = RunningKernel(CURRENT_ENV_KERNEL_NAME, cwd=self._scratch.name)

    def run(self, source: str, seconds: float) -> Reply:
        """Run one cell for at most so many seconds."""
        number = self._kernel.execute_cell_input(source, allow_stdin=False)
        try:
            self._kernel.await_reply(number, timeout=seconds)
            return self._reply(number)
        except Empty:
            alive = self._kernel.is_alive()
            return Reply(died=f"ran longer than {seconds:g} seconds" if alive else ENDED)

    def _reply(self, number: str) -> Reply:
        """The last value that the cell displayed, and its error."""
        value, error = None, ""
        while True:
            message = self._kernel.get_message("iopub", timeout=5)
            content = message["content"]
            if message["parent_header"].get("msg_id") != number:
                continue
            if message["msg_type"] == "display_data":
                value = content["data"].get(VALUE_MIME, value)
            elif message["msg_type"] == "error":
                error = error_text({"name": content["ename"], "text": content["evalue"]})
            elif content.get("execution_state") == "idle":
                return Reply(value, error)

    def close(self) -> None:
        """Shut the kernel down."""
        self._kernel.stop()
        self._scratch.cleanup()
