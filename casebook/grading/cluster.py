"""The same marking on a Dask cluster, which is an extra (`pip install distributed`).

Every machine has the pack, and sees submissions and results under the same paths: a shared folder.
A worker that dies is given up after four tries at the same chunk (Dask's own rule); results that
were on disk by then are not made again.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, LocalCluster, Worker, WorkerPlugin, as_completed, get_worker
from distributed.scheduler import KilledWorker

from casebook.grading.marker import Marker, Row, Setup
from casebook.grading.pool import Chunk, Marked, cores

LOCAL = "local"
NAME = "casebook-marker"


class ClusterError(Exception):
    """A cluster that does not answer; one sentence."""


class MarkerPlugin(WorkerPlugin):  # type: ignore[misc]
    """One marker with its wall on each worker, on those that join later too."""

    name = NAME

    def __init__(self, setup: Setup) -> None:
        """`setup` travels to every worker, once."""
        self._setup = setup
        self.alone: threading.Lock
        self.marker: Marker

    def setup(self, worker: Worker) -> None:
        """Start the wall."""
        self.alone = threading.Lock()  # a marker has one wall, a worker may have more threads
        self.marker = Marker(self._setup)
        self.marker.build_wall()

    def teardown(self, worker: Worker) -> None:
        """Tear the wall down."""
        self.marker.close()


def on_cluster(chunks: list[Chunk], setup: Setup, scheduler: str) -> Marked:
    """Each chunk with its rows, from the workers of the cluster at `scheduler`, or "local"."""
    with _client(scheduler) as client:
        client.register_plugin(MarkerPlugin(setup))
        try:
            futures = {client.submit(_mark_chunk, chunk, pure=False): chunk for chunk in chunks}
            for future in as_completed(list(futures)):
                try:
                    yield futures[future], future.result()
                except KilledWorker:
                    yield futures[future], None
        finally:
            client.unregister_worker_plugin(NAME)


def _mark_chunk(submissions: Chunk) -> list[Row]:
    """On a worker: the rows of some submissions."""
    plugin = get_worker().plugins[NAME]
    with plugin.alone:
        rows: list[Row] = plugin.marker.mark(submissions)
    return rows


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    if scheduler == LOCAL:
        with (
            LocalCluster(n_workers=cores(), threads_per_worker=1, dashboard_address=None) as local,
            Client(local) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout="10s")
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {scheduler}. Give its address as it prints it, such as "
            "tcp://name:8786, or --scheduler local."
        ) from error
    with client:
        yield client
