"""The box of ``list``."""

from __future__ import annotations

from typing import Any

from pystata_hlm.output.items import Listing


def render_listing(item: Listing, settings: Any = None) -> str:
    raise NotImplementedError  # replaced below by the list command's helper
