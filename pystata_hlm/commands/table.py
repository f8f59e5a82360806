"""table: Table of frequencies and summary statistics.   table [(rows)] [(columns)] [(tables)] [if] [in] [weight] [, options]

From release 17 on in ``_table_new``, before (or under ``version 16``) in ``_table_classic``.
"""

from __future__ import annotations

from pystata_hlm.commands import _table_classic, _table_new
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command(
    "table",
    klass="r",
    syntax="anything",
    byable="loop",
    weights=("fweight", "aweight", "iweight", "pweight"),
    any_option=True,
)
def run(call: Call, ctx: Context) -> Stored | None:
    version = ctx.workspace.version
    classic = ctx.settings.release < 17 or (version is not None and version < 17)
    family = _table_classic if classic else _table_new
    options = typed_options(call.option_nodes, family.OPTIONS, family.UNSUPPORTED, ctx)
    return family.run(call, options, ctx)
