"""Which options a graph command takes, from the tables of the commands themselves."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import lru_cache

from pystata_hlm.commands.graphs import graph, plots
from pystata_hlm.errors import StataError
from pystata_hlm.graph.options import FIGURE_OPTIONS, UNSUPPORTED_FIGURE, parse_figure_options
from pystata_hlm.graph.plotstyle import PLOT_OPTIONS, UNSUPPORTED_PLOT
from pystata_hlm.graph.words import abbreviations
from pystata_hlm.lang.nodes import Option

Accepted = frozenset[tuple[str, int]]


def _without(table: dict[str, int], lacking: dict[str, int]) -> Accepted:
    return frozenset((name, least) for name, least in table.items() if name not in lacking)


FIGURE: Accepted = _without(FIGURE_OPTIONS, UNSUPPORTED_FIGURE) | _without(PLOT_OPTIONS, UNSUPPORTED_PLOT)
"""Options of a whole graph and of its plots."""

_OWN = {
    "gladder": ("gladder", "_KEPT"),
    "histogram": ("histogram", "OWN"),
    "kdensity": ("kdensity", "OWN"),
    "lowess": ("lowess", "OWN"),
    "marginsplot": ("marginsplot", "OWN"),
    "mrunning": ("mrunning", "OWN"),
    "pnorm": ("normal", "OWN"),
    "qnorm": ("normal", "OWN"),
    "graph bar": ("bar", "_OWN"),
    "graph hbar": ("bar", "_OWN"),
    "graph box": ("box", "_OWN"),
    "graph hbox": ("box", "_OWN"),
}


@dataclass(frozen=True)
class Plot:
    """A plot type: is its text raw, its own options, may it have weights (None: not known)."""

    raw: bool
    own: Accepted
    weights: bool | None


@lru_cache(maxsize=256)
def plot_type(word: str) -> Plot | None:
    """The plot type that a word means; None when we have none."""
    full = word if word in plots.PLOT_TYPES else plots._ABBREVIATIONS.get(word)
    if full is None:
        return None
    found = plots.PLOT_TYPES[full]
    return Plot(found.raw, frozenset(abbreviations(found.own).items()), bool(found.weights))


@lru_cache(maxsize=64)
def accepted(command: str) -> Accepted | None:
    """The options of a graph command; None when they are not in a table."""
    if command == "graph combine":
        return FIGURE | frozenset(graph._COMBINE.items())
    where = _OWN.get(command)
    if where is None:
        return None
    module = importlib.import_module(f"pystata_hlm.commands.graphs.{where[0]}")
    own = getattr(module, where[1])
    return FIGURE | frozenset(own.items() if isinstance(own, dict) else ((name, 0) for name in own))


@lru_cache(maxsize=4096)
def known(name: str, table: Accepted) -> bool:
    """Is the word one of the options, or a beginning of one that is long enough?"""
    return any(name == full or (0 < least <= len(name) and full.startswith(name)) for full, least in table)


_LACKS = re.compile(r"option (\S+?)(?:\(\))? (?:not allowed|not yet supported)")


@lru_cache(maxsize=4096)
def lacking_within(name: str, argument: str) -> str:
    """The suboption of an option of the figure that we do not take, "" when there is none."""
    if not known(name, _FIGURE_ALONE):
        return ""
    try:
        parse_figure_options([Option(name, argument)], [])
    except StataError as error:
        found = _LACKS.match(error.message)
        return found[1] if found else ""
    return ""


_FIGURE_ALONE: Accepted = _without(FIGURE_OPTIONS, UNSUPPORTED_FIGURE)
