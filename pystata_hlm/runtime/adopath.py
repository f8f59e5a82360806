"""Where ado-files are looked for: system directories (``sysdir``) and the search path (``adopath``).

``.`` is the working directory. The folders of a Stata of one's own are the defaults, so that personal ado-files are
found where they are; ``PYSTATA_ADO`` names another folder to hold PERSONAL and PLUS.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pystata_hlm.data.paths import expanded

CODEWORDS = ("STATA", "BASE", "SITE", "PLUS", "PERSONAL", "OLDPLACE")


def _home() -> Path:
    given = os.environ.get("PYSTATA_ADO")
    if given:
        return Path(given)
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Stata" / "ado"
    return home / "ado"


def _defaults() -> dict[str, str]:
    installed = Path(__file__).resolve().parents[1]
    ado = _home()

    def folder(path: Path) -> str:
        return path.as_posix().rstrip("/") + "/"

    return {
        "STATA": folder(installed),
        "BASE": folder(installed / "commands"),
        "SITE": folder(ado / "site"),
        "PLUS": folder(ado / "plus"),
        "PERSONAL": folder(ado / "personal"),
        "OLDPLACE": folder(Path.home() / "ado" / "oldplace"),
    }


@dataclass
class AdoPath:
    """dirs: folder of each codeword. path: codewords and folders in the order of search."""

    dirs: dict[str, str] = field(default_factory=_defaults)
    path: list[str] = field(default_factory=lambda: ["BASE", "SITE", ".", "PERSONAL", "PLUS", "OLDPLACE"])

    def folder(self, element: str) -> str:
        return self.dirs.get(element, element)

    def find_all(self, name: str, cwd: Path) -> Iterator[Path]:
        """Files called ``name`` along the path: in a folder or in its one-letter subfolder."""
        letter = name[:1].lower() if name[:1].isalpha() else "_"
        for element in self.path:
            folder = expanded(self.folder(element))
            if not folder.is_absolute():
                folder = cwd / folder
            for candidate in (folder / name, folder / letter / name):
                if candidate.is_file():
                    yield candidate

    def find(self, name: str, cwd: Path) -> Path | None:
        """The first of them, or None."""
        return next(self.find_all(name, cwd), None)
