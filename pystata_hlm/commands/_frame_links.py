"""Links between frames ([D] frlink): a linkage variable holds, for each observation, the number of the observation it
matches in another frame; its characteristics say how the link was made."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._frames import existing
from pystata_hlm.commands._merging import key_codes
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.frames import FRAME_CHAR

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_CHARS = {"kind": "frlink_type", "keys": "frlink_vars", "others": "frlink_fvars", "date": "frlink_date"}


@dataclass(frozen=True)
class Link:
    """``frlink kind keys, frame(frame others) generate(name)``; keys and others are variables that correspond."""

    name: str
    kind: str
    keys: tuple[str, ...]
    frame: str
    others: tuple[str, ...]
    date: str = ""

    @property
    def command(self) -> str:
        """The command that makes the link."""
        frame = self.frame if self.others == self.keys else f"{self.frame} {' '.join(self.others)}"
        named = "" if self.name == self.frame else f" generate({self.name})"
        return f"frlink {self.kind} {' '.join(self.keys)}, frame({frame}){named}"


def links(data: Dataset) -> list[Link]:
    """All linkage variables of a dataset."""
    out = []
    for name, column in data.columns.items():
        chars = column.chars
        if FRAME_CHAR in chars:
            part = {field: chars.get(char, "") for field, char in _CHARS.items()}
            keys, others = tuple(part["keys"].split()), tuple(part["others"].split())
            out.append(Link(name, part["kind"], keys, chars[FRAME_CHAR], others, part["date"]))
    return out


def find(name: str, ctx: Context) -> Link:
    """The link that a variable stands for; r(111) without such a variable, r(198) when it is no linkage variable."""
    full = ctx.data.find(name, ctx.settings.varabbrev)
    for link in links(ctx.data):
        if link.name == full:
            return link
    raise StataError(198, f"{full} is not a link variable")


def match(link: Link, ctx: Context) -> np.ndarray:
    """Row of the linked frame for each observation, -1 where there is none.

    Errors: r(111) no frame, no variable; r(106) a string key against a number; r(459) keys that are not unique.
    """
    data, other = ctx.data, existing(link.frame, ctx)
    for name in link.others:
        if name not in other:
            raise StataError(111, f"variable {name} not found in frame {link.frame}")
    for name in link.keys:
        data.column(name)
    mine, theirs, groups = key_codes(data, other, list(link.keys), list(link.others))
    several = len(link.keys) > 1
    for where, codes, unique in (
        (ctx.workspace.frame, mine, link.kind == "1:1"),
        (link.frame, theirs, True),
    ):
        if unique and len(codes) and int(np.bincount(codes).max()) > 1:
            subject = (
                "variables you specified for matching do"
                if several
                else "variable you specified for matching does"
            )
            raise StataError(
                459,
                f"invalid match variables for {link.kind} match\n"
                f"    The {subject} not uniquely identify the observations in frame {where}.",
            )
    row = np.full(groups, -1)
    row[theirs] = np.arange(other.n)
    return np.asarray(row[mine]) if data.n else np.zeros(0, dtype=np.int64)


def linkage_column(link: Link, rows: np.ndarray) -> Column:
    """The linkage variable: 1-based numbers, missing where nothing matches."""
    numbers = np.where(rows >= 0, rows + 1.0, np.nan)
    top = int(rows.max(initial=0)) + 1
    stype = "byte" if top <= 100 else "int" if top <= 32740 else "long"
    now = datetime.datetime.now().strftime("%d %b %Y").lstrip("0")
    chars = {
        FRAME_CHAR: link.frame,
        _CHARS["kind"]: link.kind,
        _CHARS["keys"]: " ".join(link.keys),
        _CHARS["others"]: " ".join(link.others),
        _CHARS["date"]: now,
    }
    return Column.numeric(numbers, None, stype, chars=chars)


def stored_rows(link: Link, ctx: Context) -> np.ndarray:
    """The rows that the linkage variable holds."""
    numbers = ctx.data.values(link.name)
    return np.where(np.isnan(numbers), 0.0, numbers).astype(np.int64) - 1


def up_to_date(link: Link, ctx: Context) -> bool:
    """Does the link hold what matching the frames again would give?"""
    try:
        return bool(np.array_equal(match(link, ctx), stored_rows(link, ctx)))
    except StataError:
        return False


def unmatched_note(rows: np.ndarray, ctx: Context) -> tuple[str, int]:
    """``(all observations in frame default matched)`` and the number of those that are not."""
    lacking = int(np.count_nonzero(rows < 0))
    frame = ctx.workspace.frame
    if not lacking:
        return f"  (all observations in frame {frame} matched)", 0
    noun = "observation" if lacking == 1 else "observations"
    return f"  ({lacking:,} {noun} in frame {frame} unmatched)", lacking
