"""The panel variable of the xt commands: which it is, panels of the estimation sample, their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data.timesettings import time_settings
from pystata_hlm.design.collinear import independent
from pystata_hlm.design.matrix import Design
from pystata_hlm.errors import StataError
from pystata_hlm.numeric.panel import Panels
from pystata_hlm.output.items import Cell

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@dataclass(frozen=True)
class PanelIndex:
    """name of the panel variable; codes (n,) 0-based panel of each row used; sizes (G,) numbers of rows."""

    name: str
    codes: np.ndarray
    sizes: np.ndarray

    @property
    def n_groups(self) -> int:
        return len(self.sizes)

    @property
    def balanced(self) -> bool:
        return bool(self.sizes.min() == self.sizes.max())

    def scalars(self) -> dict[str, float]:
        """e(N_g) and what describes the panels' sizes."""
        sizes = self.sizes
        return {
            "N_g": float(self.n_groups),
            "g_min": float(sizes.min()),
            "g_avg": float(sizes.mean()),
            "g_max": float(sizes.max()),
            "Tcon": float(self.balanced),
            "Tbar": float(self.n_groups / np.sum(1 / sizes)),
        }

    def size_lines(self) -> tuple[tuple[str, Cell] | None, ...]:
        """``min = avg = max =`` of the heading."""
        return (
            ("\tmin", Cell(float(self.sizes.min()), "%12.0fc")),
            ("\tavg", Cell(float(self.sizes.mean()), "%12.1fc")),
            ("\tmax", Cell(float(self.sizes.max()), "%12.0fc")),
        )


def panel_variable(ctx: Context, typed: str | None = None) -> str:
    """``i(varname)`` or the variable that ``xtset`` declared; r(459) when there is none."""
    name = typed or time_settings(ctx.data).panel
    if not name:
        raise StataError(459, "must specify panelvar; use xtset")
    if ctx.data.column(name).is_string:
        raise StataError.type_mismatch()
    return name


def time_variable(ctx: Context) -> str:
    """The variable that ``xtset`` or ``tsset`` declared; r(459) when there is none."""
    name = time_settings(ctx.data).time
    if not name:
        raise StataError(459, "time variable not set; use xtset panelvar timevar ...")
    return name


def within_slopes(x: np.ndarray, panels: Panels) -> np.ndarray:
    """Slopes that vary within panels, independently of one another: mask over the columns of x but the last."""
    slopes = x[:, :-1]
    moved = slopes - panels.means(slopes)[panels.codes]
    size = np.einsum("ij,ij->j", slopes, slopes)
    moved[:, np.einsum("ij,ij->j", moved, moved) <= 1e-20 * size] = 0.0
    return independent(moved, False)


def within_design(found: Design, panels: Panels) -> Design:
    """The design without the slopes that the panels' own constants take up; its notes name them."""
    return found.without(~within_slopes(found.x, panels))


def index_panels(name: str, rows: np.ndarray, ctx: Context) -> PanelIndex:
    """Panels of the rows (mask over the observations)."""
    groups = ctx.data.groups([name], rows)
    return PanelIndex(name, groups.codes[rows].astype(np.intp), np.asarray(groups.sizes, dtype=float))
