"""``--json``: the return code, the failing command, and each command's new r() and e(). Format: docs/json.md."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from pystata_hlm.runtime.executor import Executor, Report
from pystata_hlm.runtime.results import Stored


def _number(value: float | str) -> float | str | None:
    """JSON has no NaN: missing values become null."""
    if isinstance(value, str):
        return value
    return float(value) if math.isfinite(value) else None


def stored_as_json(stored: Stored) -> dict[str, Any]:
    return {
        "scalars": {name: _number(value) for name, value in stored.scalars.items()},
        "macros": dict(stored.macros),
        "matrices": {
            name: {
                "rows": list(matrix.rows),
                "cols": list(matrix.cols),
                "values": [[_number(x) for x in row] for row in matrix.values.tolist()],
            }
            for name, matrix in stored.matrices.items()
        },
    }


class Recorder:
    """Collects one entry for each command of the do-file, in the order in which they end."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.commands: list[dict[str, Any]] = []
        self.failed: Report | None = None
        self._seen: dict[str, Stored] = {"r": executor.workspace.r, "e": executor.workspace.e}
        executor.on_report = self.note

    def note(self, report: Report) -> None:
        if not report.rc:
            self.failed = None  # an error before this one was captured
        elif self.failed is None:  # the first of a chain is the innermost: the `do` around it fails too
            self.failed = report
        entry: dict[str, Any] = {"command": report.line, "rc": report.rc}
        for klass in ("r", "e"):
            stored: Stored = getattr(self.executor.workspace, klass)
            if stored is not self._seen[klass]:
                self._seen[klass] = stored
                entry[klass] = stored_as_json(stored)
        self.commands.append(entry)

    def write(self, path: Path, rc: int) -> None:
        """Write beside and move into place."""
        document = {
            "rc": rc,
            "error": self.failed.message if rc and self.failed else "",
            "command": self.failed.line if rc and self.failed else "",
            "commands": self.commands,
        }
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(document, indent=1, allow_nan=False), encoding="utf-8")
        os.replace(part, path)
