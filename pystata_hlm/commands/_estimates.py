"""Shared by estimates, estat ic and lrtest: finding stored estimates, information criteria."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Cell, Col, OutputItem, Row, Table, Text
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.workspace import E_SAMPLE, StoredEstimates

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.settings import Settings


def find(name: str, ctx: Context) -> StoredEstimates:
    """Stored estimates by name, ``.`` for the active ones; r(111) ``estimation result x not found``."""
    ws = ctx.workspace
    if name == ".":
        if ws.e.empty:
            raise StataError.last_estimates_not_found()
        return StoredEstimates(ws.current_estimates or ".", ws.e)
    found = ws.estimates.get(name)
    if found is None:
        raise StataError(111, f"estimation result {name} not found")
    return found


def variable(name: str) -> str:
    return f"_est_{name}"


def activate(model: StoredEstimates, ctx: Context) -> None:
    ws = ctx.workspace
    marker = variable(model.name)
    ws.e = model.stored
    if marker in ctx.data:
        ctx.data.hidden[E_SAMPLE] = np.nan_to_num(ctx.data.values(marker)) != 0
    else:
        ctx.data.hidden.pop(E_SAMPLE, None)
    ws.current_estimates = model.name


@dataclass(frozen=True)
class Criteria:
    """Information criteria of one model: AIC = -2 ll + 2 df, BIC = -2 ll + ln(N) df."""

    name: str
    n: float
    ll_null: float
    ll: float
    df: float

    @property
    def aic(self) -> float:
        return -2 * self.ll + 2 * self.df

    @property
    def bic(self) -> float:
        return -2 * self.ll + math.log(self.n) * self.df if self.n > 0 else math.nan


def criteria(model: StoredEstimates, n: float | None = None, df: float | None = None) -> Criteria:
    """From e(ll), e(ll_0), e(rank) and e(N); r(321) when the model has no log likelihood."""
    e = model.stored
    if not math.isfinite(e.scalars.get("ll", math.nan)):
        raise StataError(321, "requested action not valid after most recent estimation command")
    return Criteria(
        model.name,
        e.scalars["N"] if n is None else n,
        e.scalars.get("ll_0", math.nan),
        e.scalars["ll"],
        e.scalars.get("rank", math.nan) if df is None else df,
    )


def criteria_matrix(models: list[Criteria]) -> StataMatrix:
    """r(S)."""
    return StataMatrix.make(
        [[m.n, m.ll_null, m.ll, m.df, m.aic, m.bic] for m in models],
        tuple(m.name for m in models),
        ("N", "ll0", "ll", "df", "AIC", "BIC"),
    )


def criteria_items(models: list[Criteria], settings: Settings) -> list[OutputItem]:
    """The table of ``estat ic`` and ``estimates stats``."""
    old = settings.release <= 15
    columns = (
        Col("Obs" if old else "N", 11),
        Col("ll(null)", 11 if not old else 10),
        Col("ll(model)", 11),
        Col("df", 8),
        Col("AIC", 11 if not old else 12),
        Col("BIC", 11),
    )
    body = tuple(
        Row(
            abbrev(m.name, 12),
            (
                Cell(m.n, "%12.0fc"),
                Cell(m.ll_null, "%9.0g"),
                Cell(m.ll, "%9.0g"),
                Cell(m.df, "%8.0g"),
                Cell(m.aic, "%9.0g"),
                Cell(m.bic, "%9.0g"),
            ),
        )
        for m in models
    )
    table = Table("Model", 12, columns, body, top=True, bottom=True, name="information criteria")
    title = Text("\nAkaike's information criterion and Bayesian information criterion\n")
    if old:
        note = Text("Note: N=Obs used in calculating BIC; see [R] BIC note.".rjust(69))
    elif settings.release == 16:
        note = Text("\nNote: BIC uses N = number of observations. See [R] BIC note.")
    else:
        entry = "IC" if settings.release >= 18 else "BIC"
        note = Text(f"Note: BIC uses N = number of observations. See [R] {entry} note.")
    return [title, table, note]


def stored_criteria(models: list[Criteria]) -> Stored:
    return Stored("r", matrices={"S": criteria_matrix(models)})
