"""The narrow view of the session that a command gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.expr import blocks
from pystata_hlm.expr.evaluate import evaluate, evaluate_scalar
from pystata_hlm.lang import nodes
from pystata_hlm.output.items import OutputItem, Text
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.workspace import Workspace

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset, Groups
    from pystata_hlm.expr.env import DataEnv
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.executor import Executor
    from pystata_hlm.runtime.settings import Settings


class Context:
    """``data``, ``emit``, ``settings``, ``rng``, evaluation, and nested execution."""

    def __init__(self, workspace: Workspace, executor: Executor) -> None:
        self.workspace = workspace
        self.executor = executor

    # -- state -------------------------------------------------------------------------------
    @property
    def data(self) -> Dataset:
        return self.workspace.data

    @data.setter
    def data(self, data: Dataset) -> None:
        self.workspace.data = data

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    @property
    def rng(self) -> StataRNG:
        return self.workspace.rng

    @property
    def locals(self) -> dict[str, str]:
        """Local macros of the running do-file or program."""
        return self.executor.frame.locals

    @property
    def estimation(self) -> Estimation:
        """The active estimation; r(301) when there is none."""
        found = self.workspace.e.estimation
        if found is None:
            raise StataError.last_estimates_not_found()
        return found

    # -- output ------------------------------------------------------------------------------
    def emit(self, item: OutputItem) -> None:
        self.executor.emit(item)

    @property
    def silent(self) -> bool:
        """Under ``quietly``: what is emitted goes nowhere, so a command need not lay it out."""
        return self.executor.silent

    def say(self, text: str = "", style: str = "text") -> None:
        """Lines of plain text."""
        self.emit(Text(text, style))

    # -- evaluation --------------------------------------------------------------------------
    def env(self, sample: np.ndarray | None = None, by: Groups | None = None) -> DataEnv:
        """An expression environment over the present dataset."""
        return self.executor.env(sample, by)

    def evaluate(self, node: nodes.Expr, sample: np.ndarray | None = None, by: Groups | None = None) -> Any:
        return evaluate(node, self.env(sample, by))

    def scalar(self, node: nodes.Expr) -> float | str:
        """An expression's value at the first observation (``display``, ``scalar``, ``local =``)."""
        return evaluate_scalar(node, self.env())

    def mark(self, node: nodes.Expr | None, by: Groups | None = None) -> np.ndarray:
        """Rows for which an ``if`` expression is true (missing counts as true)."""
        if node is None:
            return np.ones(self.data.n, dtype=bool)
        return blocks.truth(node, self.env(None, by))

    # -- nested commands ---------------------------------------------------------------------
    def execute(self, line: str, quiet: bool = False) -> None:
        """Run one command line (macros already expanded); errors propagate as StataError."""
        self.executor.execute(line, quiet=quiet)

    def store(self, stored: Stored) -> None:
        self.workspace.store(stored)
