"""parquet: fit a model to partitioned Parquet data without loading them.   parquet using path: mixed ...

Ours. The data in memory stay as they are; ``mixed`` reads the files twice, one row group at a time (on several processes
for large data, on a Dask cluster under ``--dask``), and keeps only cross-products: memory grows with the number of
groups, not with the rows. Allowed are nested levels, ``if``, factor variables, ``reml``, ``residuals(independent, by())``.
``predict`` afterwards gives xb and stdp of the data in memory. Errors: r(601), r(610), r(198) for other commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.data import parquet
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@command("parquet", syntax="standard", varlist="none", allow=frozenset({"using"}), prefix=True, klass="e")
def run(call: Call, ctx: Context) -> None:
    from pystata_hlm.runtime.executor import split

    inner = call.prefix_command.strip()
    if not call.using:
        raise StataError(100, "using required")
    line = split(inner)
    if line.prefixes or ctx.executor.command_name(line.word) != "mixed":
        raise StataError(198, "parquet: only mixed is supported")
    found = parquet.pieces(ctx.workspace.resolve(call.using), call.using)
    ws, data = ctx.workspace, ctx.data
    ctx.data, ws.partitions = parquet.empty(found[0]), found
    try:
        ctx.execute(inner)
    finally:
        ctx.data, ws.partitions = data, ()
