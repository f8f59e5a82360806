"""Reading and writing Stata .dta files: ``read_dta`` and ``write_dta``.

Formats: the published description of .dta releases 105 to 119 (``help dta`` and its older versions).
"""

from __future__ import annotations

from pystata_hlm.data.dta_read import read_dta
from pystata_hlm.data.dta_write import write_dta

__all__ = ["read_dta", "write_dta"]
