"""simulate: Monte Carlo simulations.   simulate [exp_list], reps(#) [seed(#) saving(file) dots(#) nodots parallel]: command

``parallel`` is ours: every replication has a stream of random numbers of its own, derived from the seed, and starts from
the data in memory, so that they can run on several processors (``set processors``) with the same results on any number.
Without it they draw from one stream, one after another, as in Stata.

The command runs once to see what it leaves, then reps() times from the same state of the random-number generator;
the data of results, one observation a replication, replace those in memory.
Errors: r(198) without reps(), the command's own error when its first run fails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._replicating import Job, Replicate, replicate
from pystata_hlm.commands._resampling import (
    Dots,
    legend,
    replicate_data,
    run_once,
    saving_target,
    statistics,
)
from pystata_hlm.data.io import write_dta
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.context import Context


@dataclass(frozen=True)
class Streams:
    """``parallel``: the same data each time, a stream of random numbers of its own for each replication."""

    base: Dataset
    first: int

    def draw(self, k: int, rng: StataRNG) -> int:
        return int(np.random.SeedSequence(self.first, spawn_key=(k,)).generate_state(1)[0] % (2**31 - 1))

    def data(self, drawn: int) -> Dataset:
        return self.base.copy()

    def seed(self, drawn: int) -> int:
        return drawn


@command(
    "simulate",
    min=4,
    syntax="explist",
    allow=set(),
    prefix=True,
    options=(
        Opt("reps", 1, "int"),
        Opt("seed", 4, "text"),
        Opt("saving", 2, "text"),
        Opt("nodots", 6),
        Opt("dots", 4, "int"),
        Opt("noisily", 3),
        Opt("nolegend", 3),
        Opt("verbose", 1),
        Opt("reject", 3, "expr"),
        Opt("parallel"),
    ),
    unsupported=("trace:2",),
)
def run(call: Call, ctx: Context) -> None:
    inner = call.prefix_command.strip()
    if not call.has("reps"):
        raise StataError(198, "option reps() required")
    reps = call.opt("reps")
    if reps < 1:
        raise StataError(198, "option reps() incorrectly specified")
    target = saving_target(call.opt("saving"), ctx) if call.has("saving") else None
    if call.has("seed"):
        ctx.execute(f"set seed {call.opt('seed')}", quiet=True)
    before = (ctx.workspace.r, ctx.workspace.e)
    start, state = ctx.data.copy(), ctx.rng.state
    try:
        ran = run_once(inner, ctx)
        wanted = statistics(call.node.items, ctx, "_sim", ran.klass)
        wanted.collect(ctx)
    except StataError as error:
        ctx.emit(Text("an error occurred when simulate executed " + inner.split()[0].rstrip(","), "error"))
        raise error
    finally:
        ctx.data = start.copy()
        ctx.rng.set_state(state)
    if not call.has("nolegend"):
        shown = [(item.name, item.text) for item in wanted.items if item.given or call.has("verbose")]
        ctx.say("\n" + legend([("Command", inner), *shown], ctx.settings))
    dots = Dots(ctx, "Simulations", reps, 0 if call.has("nodots") else call.opt("dots", 1))
    values = np.full((reps, len(wanted.items)), math.nan)
    job = Job(inner, wanted, call.opt("reject"))

    def done(k: int, one: Replicate) -> None:
        values[k] = one.row
        dots.mark(one.complete)

    if call.has("parallel"):
        first = int(ctx.rng.uniform_int(1, 2**31 - 1, 1)[0])
        state = ctx.rng.state
        replicate(job, Streams(start, first), reps, ctx, done, call.has("noisily"))
        ctx.rng.set_state(state)
    else:
        for k in range(reps):
            done(k, job.run(ctx, not call.has("noisily")))
    dots.finish()
    ctx.workspace.clear_estimates()
    ctx.workspace.r, ctx.workspace.e = before[0], ctx.workspace.e
    double = target is not None and target[1]
    result = replicate_data(values, wanted.items, "_sim", f"simulate: {ran.name}", double)
    if target is not None:
        write_dta(result, target[0])
    ctx.data = result
