"""Replicates on several workers: the same values whatever their number, one by one where replicates hang together."""

from __future__ import annotations

import numpy as np
import pytest

from pystata_hlm.commands import _replicating
from tests.support import Session

SMALL = "sysuse hsb, clear\nkeep if id < 1500\n"

COMMANDS = {
    "bootstrap": SMALL + "bootstrap, reps(8) seed(5) nodots saving({file}): regress mathach ses",
    "clusters": SMALL
    + "bootstrap, reps(8) seed(5) nodots cluster(id) idcluster(new) saving({file}): mixed mathach ses || new:",
    "jackknife": SMALL + "keep in 1/12\njackknife, nodots saving({file}): regress mathach ses",
    "permute": SMALL + "permute ses _b[ses], reps(8) seed(2) nodots saving({file}): regress mathach ses",
    "simulate": "program one, rclass\ndrop _all\nset obs 5\ngenerate z = rnormal()\nsummarize z\n"
    "return scalar m = r(mean)\nend\nsimulate m=r(m), reps(8) seed(2) nodots parallel saving({file}): one",
}


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Workers are used at once; counts how often."""
    used: list[int] = []
    original = _replicating._in_parallel

    def counting(job, variants, rest, workers, ctx, done):  # type: ignore[no-untyped-def]
        result = original(job, variants, rest, workers, ctx, done)
        used.append(len(rest) if result else -1)
        return result

    monkeypatch.setattr(_replicating, "WORTH", -1.0)
    monkeypatch.setattr(_replicating, "PROBE", 2)
    monkeypatch.setattr(_replicating, "_in_parallel", counting)
    return used


def _values(name: str, processors: int, folder: object) -> np.ndarray:
    s = Session(cwd=str(folder))
    s.workspace.settings.processors = processors
    s.run(COMMANDS[name].format(file=f"f{processors}"))
    assert s.rc == 0, s.text()
    s.run(f"use f{processors}, clear")
    return np.column_stack([s.data.values(v) for v in s.data.names])


@pytest.mark.parametrize("name", COMMANDS)
def test_values_do_not_depend_on_the_number_of_workers(name: str, eager: list[int], tmp_path: object) -> None:
    alone = _values(name, 1, tmp_path)
    assert eager == []
    together = _values(name, 2, tmp_path)
    assert eager and eager[0] > 0
    np.testing.assert_array_equal(alone, together)
    assert len(np.unique(alone[:, 0])) > 4


def test_commands_that_draw_run_one_by_one(eager: list[int], tmp_path: object) -> None:
    """Their numbers come from the session's stream, in order."""
    program = "program noisy, rclass\nsummarize ses\nreturn scalar m = r(mean) + runiform()\nend\n" + SMALL
    out = []
    for processors in (1, 2):
        s = Session(cwd=str(tmp_path))
        s.workspace.settings.processors = processors
        s.run(program + f"bootstrap m=r(m), reps(8) seed(5) nodots saving(g{processors}): noisy")
        assert s.rc == 0, s.text()
        s.run(f"use g{processors}, clear")
        out.append(s.data.values("m"))
    assert eager == []
    np.testing.assert_array_equal(*out)


def test_commands_that_leave_globals_run_one_by_one(eager: list[int]) -> None:
    s = Session()
    s.workspace.settings.processors = 2
    s.run(
        "global n = 0\nprogram counting, rclass\nglobal n = $n + 1\nreturn scalar n = $n\nend\nset obs 5\n"
        "generate x = _n\nbootstrap n=r(n), reps(6) seed(1) nodots: counting"
    )
    assert eager == [] and s.workspace.globals["n"] == "7"


def test_a_command_that_draws_late_is_run_again(eager: list[int], tmp_path: object) -> None:
    """Random numbers in later replicates only: what the workers did is thrown away."""
    program = (
        "program late, rclass\nsummarize x\nlocal m = r(mean)\nif r(mean) > 3.2 local m = `m' + runiform()/1e6\n"
        "return scalar m = `m'\nend\nset obs 5\ngenerate x = _n\n"
    )
    out = []
    for processors in (1, 2):
        s = Session(cwd=str(tmp_path))
        s.workspace.settings.processors = processors
        s.run(program + f"bootstrap m=r(m), reps(20) seed(8) nodots saving(h{processors}): late")
        assert s.rc == 0, s.text()
        s.run(f"use h{processors}, clear")
        out.append(s.data.values("m"))
    np.testing.assert_array_equal(*out)


def test_dask_cluster(eager: list[int], tmp_path: object) -> None:
    """The same code on a Dask cluster: joblib's backend, chosen from outside."""
    distributed = pytest.importorskip("distributed")
    joblib = pytest.importorskip("joblib")
    alone = _values("bootstrap", 1, tmp_path)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        together = _values("bootstrap", 2, tmp_path)
    assert eager and eager[0] > 0
    np.testing.assert_array_equal(alone, together)
