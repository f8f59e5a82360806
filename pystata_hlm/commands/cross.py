"""cross: form every pairwise combination of two datasets.   cross using filename"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _files
from pystata_hlm.commands._merging import Pairs
from pystata_hlm.commands.merge import combine
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("cross", syntax="anything", allow={"using"})
def run(call: Call, ctx: Context) -> Stored | None:
    if call.using is None:
        raise StataError(100, "using required")
    if call.node.text.strip():
        raise StataError.invalid_syntax()
    if len(call.node.clauses.files) > 1:
        raise StataError.invalid_word(call.node.clauses.files[1])
    data, using = ctx.data, _files.read(call.using, ctx)
    if data.n * using.n > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    pairs = Pairs(np.tile(np.arange(data.n), using.n), np.repeat(np.arange(using.n), data.n))
    combine(data, using, [], pairs, call, ctx)
    return None
