"""The same marking over many submissions at once: processes of this machine, or a Dask cluster.

If a process dies, the submissions that it had are marked again one by one, so that the one which
did it costs nobody else.
"""

import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.util import Finalize

from casebook.grading.collect import Submission
from casebook.grading.marker import Marker, Row, Setup

CHUNK = 12  # submissions that share one start of pytest, at most

Chunk = tuple[Submission, ...]
Marked = Iterator[tuple[Chunk, list[Row] | None]]  # a chunk with its rows, None if its process died
Where = Callable[[list[Chunk], Setup], Marked]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mark_all(found: Sequence[Submission], setup: Setup, where: Where) -> Iterator[list[Row]]:
    """The rows of all submissions, as they come. If a process dies, its part is done singly."""
    left: list[Submission] = []
    size = min(CHUNK, math.ceil(len(found) / cores()) or 1)
    for chunk, rows in where(batched(found, size), setup):
        if rows is None:
            left += chunk
        else:
            yield rows
    for submission in left:
        for _, rows in where([(submission,)], setup):
            yield rows if rows is not None else [Marker(setup).lost(submission)]


def batched(found: Sequence[Submission], size: int) -> list[Chunk]:
    """The submissions in parts of `size` (itertools.batched needs Python 3.12)."""
    return [tuple(found[start : start + size]) for start in range(0, len(found), size)]


def in_processes(chunks: list[Chunk], setup: Setup, workers: int | None = None) -> Marked:
    """Each chunk with its rows, from processes of this machine."""
    with ProcessPoolExecutor(
        max(1, min(workers or cores(), len(chunks))), _context(), _start_process, (setup,)
    ) as pool:
        futures = {pool.submit(_mark_chunk, chunk): chunk for chunk in chunks}
        try:
            for future in as_completed(futures):
                try:
                    yield futures[future], future.result()
                except BrokenProcessPool:
                    yield futures[future], None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _context() -> BaseContext:
    """How processes start: forked from one that has all imported, where the system knows how."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _start_process(setup: Setup) -> None:
    """In a process of the pool: leave Ctrl-C to the run, and end when it does, however it does."""
    global _marker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    _marker = Marker(setup)
    _marker.build_wall()
    Finalize(None, _marker.close, exitpriority=0)  # atexit does not reach such processes


def _end_with_the_run() -> None:
    """Wait until the run's own process is gone; bubblewrap then ends with this one."""
    if run_process := multiprocessing.parent_process():
        wait([run_process.sentinel])
        os._exit(1)


def _mark_chunk(submissions: Chunk) -> list[Row]:
    """In a process of the pool: the rows of some submissions."""
    return _marker.mark(submissions)


_marker: Marker
