"""Layout of .dta files by release: field widths, type codes, text encoding. Source: ``help dta``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True)
class Layout:
    """Widths in bytes (terminating NUL included) of one release's fixed fields."""

    release: int
    name: int
    format: int
    variable_label: int
    data_label: int  # fixed field up to 115; largest text from 117 on
    count: int  # number of variables and sort-list entries

    @property
    def tagged(self) -> bool:
        """True from 117 on: sections between tags."""
        return self.release >= 117

    @property
    def unicode(self) -> bool:
        """True from 118 on: text is UTF-8."""
        return self.release >= 118

    @property
    def extended(self) -> bool:
        """True from 113 on: .a-.z exist, with the narrower integer ranges."""
        return self.release >= 113


LAYOUTS: Final = {
    105: Layout(105, 9, 12, 32, 32, 2),
    108: Layout(108, 9, 12, 81, 81, 2),
    110: Layout(110, 33, 12, 81, 81, 2),
    111: Layout(111, 33, 12, 81, 81, 2),
    112: Layout(112, 33, 12, 81, 81, 2),
    113: Layout(113, 33, 12, 81, 81, 2),
    114: Layout(114, 33, 49, 81, 81, 2),
    115: Layout(115, 33, 49, 81, 81, 2),
    117: Layout(117, 33, 49, 81, 80, 2),
    118: Layout(118, 129, 57, 321, 320, 2),
    119: Layout(119, 129, 57, 321, 320, 4),
}

#: type codes of releases 117+, 111-115 and 105-110
TAGGED_TYPES: Final = {
    65530: "byte",
    65529: "int",
    65528: "long",
    65527: "float",
    65526: "double",
    32768: "strL",
}
NUMBERED_TYPES: Final = {251: "byte", 252: "int", 253: "long", 254: "float", 255: "double"}
LETTER_TYPES: Final = {98: "byte", 105: "int", 108: "long", 102: "float", 100: "double"}

_FIELD: Final = {"byte": "i1", "int": "i2", "long": "i4", "float": "f4", "double": "f8", "strL": "u8"}


def type_name(code: int, release: int) -> str | None:
    """Storage type of a file's type code, None when the code is not one."""
    if release >= 117:
        return TAGGED_TYPES.get(code) or (f"str{code}" if 1 <= code <= 2045 else None)
    if release >= 111:
        return NUMBERED_TYPES.get(code) or (f"str{code}" if 1 <= code <= 244 else None)
    return LETTER_TYPES.get(code) or (f"str{code - 127}" if 128 <= code <= 127 + 80 else None)


def type_code(stype: str, release: int) -> int:
    """File code of a storage type (releases 114 and later)."""
    table = TAGGED_TYPES if release >= 117 else NUMBERED_TYPES
    for code, name in table.items():
        if name == stype:
            return code
    return int(stype[3:])


def record_dtype(stypes: list[str], order: str) -> np.dtype[np.void]:
    """Packed record of one observation; fields are named "0", "1", ...; a strL is 8 raw bytes."""
    fields = [(str(i), order + _FIELD[t] if t in _FIELD else f"S{int(t[3:])}") for i, t in enumerate(stypes)]
    return np.dtype(fields) if fields else np.dtype([])


def strl_bits(release: int) -> int:
    """Bits of the 8-byte strL reference that hold v (the variable); the rest hold o (the observation)."""
    return {117: 32, 118: 16, 119: 24}[release]


def chunk_rows(record: int) -> int:
    """Observations to move at a time: about 4 MB."""
    return max(256, (4 << 20) // max(record, 1))
