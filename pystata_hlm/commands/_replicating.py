"""The loop of the resampling prefixes: one command on many variants of the data, on several processors if that pays.

Replicates run one after another until it is clear that they take long; then the rest is dealt out to joblib's workers
(processes on this machine, or a Dask cluster inside ``joblib.parallel_config("dask")``). What is drawn comes from the
session's generator in the order of the replicates either way, so the values do not depend on the number of workers.
A command that draws random numbers itself, or leaves globals, scalars, matrices or files behind, runs one by one.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pystata_hlm.commands._resampling import StatisticList
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes

if TYPE_CHECKING:
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.context import Context

PROBE = 3
"""Replicates that are timed before workers are thought of."""

WORTH = 4.0
"""Seconds that must be left for workers to be started."""


class Variants(Protocol):
    """The data sets of the replicates. It travels to the workers, so it holds nothing but data."""

    def draw(self, k: int, rng: StataRNG) -> Any:
        """What makes up replicate ``k``: rows, a permutation, a seed."""
        ...

    def data(self, drawn: Any) -> Dataset: ...

    def seed(self, drawn: Any) -> int | None:
        """A seed for the replicate's own stream of random numbers, None for the session's stream."""
        ...


@dataclass(frozen=True)
class Job:
    """What is done with each data set: the command, what to collect, when to reject it, what counts its rows."""

    inner: str
    wanted: StatisticList
    reject: nodes.Expr | None = None
    count: nodes.Expr | None = None

    def run(self, ctx: Context, quiet: bool) -> Replicate:
        try:
            ctx.execute(self.inner, quiet=quiet)
            values = self.wanted.collect(ctx)
            rejected = self.reject is not None and ctx.scalar(self.reject) != 0
            counted = math.nan if self.count is None else ctx.scalar(self.count)
        except StataError:
            return Replicate(np.full(len(self.wanted.items), math.nan), failed=True)
        return Replicate(values, rejected=rejected, count=counted if isinstance(counted, float) else math.nan)


@dataclass(frozen=True)
class Replicate:
    """One row of statistics; ``failed``: the command stopped with an error; ``count``: what n() gave."""

    values: np.ndarray
    failed: bool = False
    rejected: bool = False
    count: float = math.nan

    @property
    def row(self) -> np.ndarray:
        """The statistics, missing when rejected."""
        return np.full(len(self.values), math.nan) if self.rejected else self.values

    @property
    def complete(self) -> bool:
        return bool(np.isfinite(self.row).all())


@dataclass(frozen=True)
class Luggage:
    """The part of a session that a command may look at, without results and open files."""

    fields: dict[str, Any]
    locals: dict[str, str]
    rng_state: str

    @staticmethod
    def pack(ctx: Context) -> Luggage:
        ws = ctx.workspace
        names = (
            "globals", "scalars", "matrices", "settings", "rng_kind", "cwd", "version", "ado", "constraints", "calendars",
        )  # fmt: skip
        fields = {name: getattr(ws, name) for name in names}
        fields["programs"] = {key: replace(program, _steps=None) for key, program in ws.programs.items()}
        return Luggage(fields, dict(ctx.locals), ws.rng.state)

    def unpack(self) -> Context:
        from pystata_hlm.runtime.executor import Executor
        from pystata_hlm.runtime.workspace import Workspace

        ws = Workspace()
        for name, value in self.fields.items():
            setattr(ws, name, dict(value) if isinstance(value, dict) else value)
        ws.settings = replace(ws.settings)
        ws.rng.set_state(self.rng_state)
        executor = Executor(ws, lambda item: None)
        executor.frame.locals = dict(self.locals)
        return executor.context


def work(job: Job, variants: Variants, luggage: Luggage, items: list[Any]) -> list[Replicate] | None:
    """A worker's share; None when the command turned out to draw from the session's stream."""
    ctx = luggage.unpack()
    out = []
    for drawn in items:
        ctx.data = variants.data(drawn)
        seed = variants.seed(drawn)
        if seed is not None:
            ctx.rng.seed(seed)
        out.append(job.run(ctx, quiet=True))
        if seed is None and ctx.rng.state != luggage.rng_state:
            return None
    return out


def replicate(
    job: Job,
    variants: Variants,
    reps: int,
    ctx: Context,
    done: Callable[[int, Replicate], None],
    noisily: bool = False,
) -> None:
    """Run all replicates; ``done(k, replicate)`` is called in their order. The caller puts its data back."""
    workers = 1 if noisily else available(ctx)
    started = time.perf_counter()
    alone = workers < 2
    for k in range(reps):
        if not alone and k >= PROBE and (reps - k) * (time.perf_counter() - started) / k > WORTH:
            alone = True  # one attempt
            if _in_parallel(job, variants, range(k, reps), workers, ctx, done):
                return
        drawn = variants.draw(k, ctx.rng)
        seed = variants.seed(drawn)
        before = None if alone else _marks(ctx)
        if seed is not None:
            ctx.rng.seed(seed)
        ctx.data = variants.data(drawn)
        found = job.run(ctx, quiet=not noisily)
        if before is not None and (_marks(ctx) != before if seed is None else _marks(ctx)[1:] != before[1:]):
            alone = True
        done(k, found)


def available(ctx: Context) -> int:
    """``set processors``, or as many as the machine has; 1 where replicates could meet in an open file."""
    ws = ctx.workspace
    if ws.postfiles or ws.files:
        return 1
    elsewhere = _cluster()
    return elsewhere or ws.settings.processors or os.cpu_count() or 1


def _cluster() -> int:
    """Workers of the joblib backend that the caller chose (Dask), 0 when none was chosen."""
    if "joblib" not in sys.modules:
        return 0
    import joblib

    backend, _ = joblib.parallel.get_active_backend()
    return int(backend.effective_n_jobs(-1)) if "Dask" in type(backend).__name__ else 0


def _marks(ctx: Context) -> tuple[Any, ...]:
    """What a command must leave alone for its replicates to be independent of one another."""
    ws = ctx.workspace
    matrices = {name: id(matrix) for name, matrix in ws.matrices.items()}
    return ws.rng.state, dict(ws.globals), repr(ws.scalars), matrices, dict(ctx.locals)


def _in_parallel(
    job: Job,
    variants: Variants,
    rest: range,
    workers: int,
    ctx: Context,
    done: Callable[[int, Replicate], None],
) -> bool:
    """Deal the remaining replicates out; False (and the generator as it was) when they have to run one by one."""
    import joblib

    state = ctx.rng.state
    items = [variants.draw(k, ctx.rng) for k in rest]
    size = max(1, math.ceil(len(items) / (4 * workers)))
    luggage = Luggage.pack(ctx)
    shares = [items[k : k + size] for k in range(0, len(items), size)]
    found = joblib.Parallel(n_jobs=workers)(
        joblib.delayed(work)(job, variants, luggage, share) for share in shares
    )
    if any(part is None for part in found):
        ctx.rng.set_state(state)
        return False
    for k, one in zip(rest, (one for part in found for one in part), strict=True):
        done(k, one)
    return True
