"""``set obs #``: used by the ``set`` command."""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context


def set_obs(text: str, ctx: Context) -> None:
    """Make the dataset ``#`` observations long; r(198) when it has more already."""
    try:
        wanted = int(float(text))
    except (ValueError, OverflowError):
        raise StataError.invalid_syntax() from None
    before = ctx.data.n
    if wanted < before:
        raise StataError(198, f"obs must be between {before:,} and {ctx.settings.obs_limit:,}")
    if wanted > ctx.settings.obs_limit:
        raise StataError(198, f"obs must be between {before:,} and {ctx.settings.obs_limit:,}")
    ctx.data.set_obs(wanted)
    if ctx.settings.release >= 17:
        ctx.say(f"Number of observations (_N) was {before:,}, now {wanted:,}.")
    else:
        ctx.say(f"number of observations (_N) was {before:,}, now {wanted:,}")
