"""Marking on a Dask cluster gives the same results, file by file, and loses nothing."""

import json
import os
import signal
from pathlib import Path

import pytest
from handins import FULL, SHORT, solved, sources, walled, with_answers, write

from casebook.grading.mark import MarkError, mark

distributed = pytest.importorskip("distributed", reason="Dask is an extra: pip install distributed")
from casebook.grading import cluster  # noqa: E402


def handed_in(folder: Path) -> Path:
    for number in range(5):
        write(solved(), folder / f"a{number}_ex00.ipynb")
    write(with_answers(q1="answer_1 = 99"), folder / "b_ex00.ipynb")
    (folder / "c_ex00.ipynb").write_text("{")
    return folder


def results(folder: Path) -> dict[str, object]:
    found = {}
    for path in sorted(folder.rglob("*.json")):
        found[path.relative_to(folder).as_posix()] = json.loads(path.read_text())
    return found


@walled
def test_a_local_cluster_gives_what_the_pool_gives(tmp_path: Path) -> None:
    handed_in(tmp_path / "in")
    mark(tmp_path / "in", tmp_path / "pool", sources(), limits=SHORT)
    rows = mark(tmp_path / "in", tmp_path / "dask", sources(), limits=SHORT, scheduler="local")
    assert results(tmp_path / "pool") == results(tmp_path / "dask")
    assert [row.result["points"] for row in rows] == [FULL] * 5 + [FULL - 1, 0]


@walled
def test_a_worker_that_dies_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in(tmp_path / "in")
    real = cluster.on_cluster

    def with_a_death(chunks, setup, scheduler):  # type: ignore[no-untyped-def]
        with (
            distributed.LocalCluster(n_workers=2, threads_per_worker=1,
                                     dashboard_address=None) as local,
            distributed.Client(local) as client,
        ):  # fmt: skip
            marked = real(chunks, setup, local.scheduler_address)
            yield next(marked)  # so that all workers know their task
            victim = next(iter(client.run(os.getpid).values()))
            os.kill(victim, signal.SIGKILL)
            yield from marked

    monkeypatch.setattr(cluster, "on_cluster", with_a_death)
    monkeypatch.setattr("casebook.grading.pool.CHUNK", 1)
    rows = mark(tmp_path / "in", tmp_path / "out", sources(), limits=SHORT, scheduler="local")
    assert [row.result["points"] for row in rows] == [FULL] * 5 + [FULL - 1, 0]


def test_a_scheduler_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    handed_in(tmp_path / "in")
    with pytest.raises(MarkError, match="No Dask scheduler answers at nonsense"):
        mark(tmp_path / "in", tmp_path / "out", sources(), scheduler="nonsense", without_wall=True)
