"""Which rows of two datasets belong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._combine import common_type
from pystata_hlm.data import sorting
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError


@dataclass(frozen=True)
class Pairs:
    """Row numbers of the result in the master and in the using data; -1 where there is none."""

    master: np.ndarray
    using: np.ndarray


def pair_sequence(n: int, m: int) -> Pairs:
    """``merge 1:1 _n``: first with first, second with second, ..."""
    longest = max(n, m)
    rows = np.arange(longest)
    return Pairs(np.where(rows < n, rows, -1), np.where(rows < m, rows, -1))


def describe_keys(keys: list[str], where: str) -> StataError:
    """r(459): the keys do not identify the observations."""
    if len(keys) == 1:
        text = f"variable {keys[0]} does not uniquely identify observations in the {where} data"
    else:
        text = f"variables {' '.join(keys)} do not uniquely identify observations in the {where} data"
    return StataError(459, text)


def key_codes(
    master: Dataset, using: Dataset, keys: list[str], using_keys: list[str] | None = None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Group numbers of the master's and the using data's rows over the keys of both, in sorted order."""
    columns = []
    for name, other in zip(keys, using_keys or keys, strict=True):
        a, b = master.column(name), using.column(other)
        if a.is_string != b.is_string:
            raise StataError(
                106,
                f"key variable {name} is {a.stype} in master but {b.stype} in using data\n"
                "    Each key variable -- the variables on which observations are matched -- must be of the same "
                "generic type\n    in the master and using datasets.  Same generic type means both numeric or both "
                "string.",
            )
        stype = common_type(a.stype, b.stype)
        data = np.concatenate([a.recast(stype).data, b.recast(stype).data])
        columns.append(Column(data, stype))
    groups = sorting.group_rows(keys, columns, master.n + using.n)
    return groups.codes[: master.n], groups.codes[master.n :], len(groups)


def pair_rows(master: Dataset, using: Dataset, keys: list[str], kind: str) -> Pairs:
    """Rows in key order: matched and master-only ones, then those of the using data alone."""
    a, b, g = key_codes(master, using, keys)
    na, nb = np.bincount(a, minlength=g), np.bincount(b, minlength=g)
    if kind[0] == "1" and (na > 1).any():
        raise describe_keys(keys, "master")
    if kind[2] == "1" and (nb > 1).any():
        raise describe_keys(keys, "using")
    rows_a = _in_order(a)
    alone = np.flatnonzero(na[b] == 0)
    alone = alone[_in_order(b[alone])]
    if int(nb.max(initial=0)) <= 1:
        partner = np.full(g, -1)
        partner[b] = np.arange(len(b))
        im, iu = rows_a, np.repeat(partner, na)
    else:
        im, iu = _side_by_side(a, rows_a, na, b, nb)
    if not len(alone):
        return Pairs(im, iu)
    return Pairs(np.concatenate([im, np.full(len(alone), -1)]), np.concatenate([iu, alone]))


def _in_order(codes: np.ndarray) -> np.ndarray:
    """Row numbers in the order of the groups, those of a group as they stand."""
    order = sorting.stable_order([codes]) if len(codes) > 1 else None
    return np.arange(len(codes)) if order is None else order


def _side_by_side(
    a: np.ndarray, rows_a: np.ndarray, na: np.ndarray, b: np.ndarray, nb: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Groups with several rows in both datasets: first with first ..., the last of the shorter side repeated."""
    rows_b = _in_order(b)
    start_a, start_b = np.cumsum(na) - na, np.cumsum(nb) - nb
    size = np.where(na > 0, np.maximum(na, nb), 0)
    group = np.repeat(np.arange(len(na)), size)
    place = np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size)
    im = rows_a[start_a[group] + np.minimum(place, na[group] - 1)]
    at = np.minimum(start_b[group] + np.minimum(place, np.maximum(nb[group] - 1, 0)), len(rows_b) - 1)
    return im, np.where(nb[group] > 0, rows_b[at], -1)


def all_pairs(master: Dataset, using: Dataset, keys: list[str]) -> Pairs:
    """Within each group of the keys, every row of the master with every row of the using data, in key order."""
    a, b, g = key_codes(master, using, keys)
    rows_a, rows_b = _in_order(a), _in_order(b)
    nb = np.bincount(b, minlength=g)
    start_b = np.cumsum(nb) - nb
    times = nb[a[rows_a]]
    first = np.repeat(rows_a, times)
    place = np.arange(len(first)) - np.repeat(np.cumsum(times) - times, times)
    return Pairs(first, rows_b[start_b[a[first]] + place] if len(first) else np.zeros(0, dtype=np.int64))


def with_unmatched(pairs: Pairs, n: int, m: int, master: bool, using: bool) -> Pairs:
    """The pairs, and after them the rows of either dataset that found no partner."""
    alone_a = np.setdiff1d(np.arange(n), pairs.master) if master else np.zeros(0, dtype=np.int64)
    alone_b = np.setdiff1d(np.arange(m), pairs.using) if using else np.zeros(0, dtype=np.int64)
    return Pairs(
        np.concatenate([pairs.master, alone_a, np.full(len(alone_b), -1)]).astype(np.int64),
        np.concatenate([pairs.using, np.full(len(alone_a), -1), alone_b]).astype(np.int64),
    )
