"""Rules of ``recode``: reading and applying them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.errors import StataError

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_BOUND = rf"(?:{_NUMBER}|min|max|\.[a-z]?)"
_ELEMENT = re.compile(
    rf"\s*(?:({_BOUND})\s*/\s*({_BOUND})|({_NUMBER})(?![\w])|(\.[a-z]?)(?![\w.])"
    r"|(nonm(?:i(?:s(?:s(?:i(?:n(?:g)?)?)?)?)?)?|mis(?:s(?:i(?:n(?:g)?)?)?)?|else|\*))"
)
_RESULT = re.compile(rf"\s*({_NUMBER}|\.[a-z]?)(?![\w])\s*")
_LABEL = re.compile(r"\s*(`\".*?\"'|\"[^\"]*\"|[^\s()\"]+)\s*")


@dataclass(frozen=True)
class Rule:
    """``elements = value ["label"]``. An element is (low, high) in Stata's order, or a word:
    nonmissing, missing, else."""

    elements: tuple[tuple[float, float] | str, ...]
    value: float
    code: int
    label: str = ""
    source: tuple[float, ...] = ()

    def hits(self, x: np.ndarray) -> np.ndarray:
        """Rows (in ordered form, missing above all numbers) that the rule covers, ``else`` left out."""
        out = np.zeros(x.shape, dtype=bool)
        for element in self.elements:
            if element == "nonmissing":
                out |= x < missing.SYSMISS_ORDER
            elif element == "missing":
                out |= x >= missing.SYSMISS_ORDER
            elif not isinstance(element, str):
                out |= (x >= element[0]) & (x <= element[1])
        return out

    @property
    def is_else(self) -> bool:
        return "else" in self.elements


def _ordered(text: str) -> float:
    if text == "min":
        return -np.inf
    if text == "max":
        return float(np.nextafter(missing.SYSMISS_ORDER, 0))
    code = missing.code_of(text)
    if code is not None:
        return float(missing.ordered(np.array([np.nan]), np.array([code], dtype=np.int8))[0])
    return float(text)


def _unquoted(text: str) -> str:
    return text[2:-2] if text.startswith('`"') else text.strip('"')


def _rule(text: str, at: int, labelled: bool) -> tuple[Rule, int]:
    """One rule starting at ``at``; returns it and where it ends."""
    elements: list[tuple[float, float] | str] = []
    while True:
        found = _ELEMENT.match(text, at)
        if found is None:
            break
        low, high, number, code, word = found.groups()
        if low is not None:
            elements.append((_ordered(low), _ordered(high)))
        elif number is not None or code is not None:
            value = _ordered(number or code)
            elements.append((value, value))
        else:
            full = "else" if word in ("*", "else") else "nonmissing" if word.startswith("n") else "missing"
            elements.append(full)
        at = found.end()
    equal = re.compile(r"\s*=").match(text, at)
    if not elements or equal is None:
        raise _unknown(text)
    found = _RESULT.match(text, equal.end())
    if found is None:
        raise _unknown(text)
    at = found.end()
    code = missing.code_of(found[1])
    label = ""
    if labelled:
        name = _LABEL.match(text, at)
        if name is not None:
            label, at = _unquoted(name[1]), name.end()
    value = np.nan if code is not None else float(found[1])
    return Rule(tuple(elements), float(value), code or 0, label), at


def _unknown(text: str) -> StataError:
    return StataError(198, f"unknown el {text.strip()} in rule")


def _parenthesised(text: str) -> Iterator[str]:
    at = 0
    while text[at:].strip():
        found = re.compile(r"\s*\(((?:[^()\"]|\"[^\"]*\")*)\)").match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        yield found[1]
        at = found.end()


def read_rules(text: str) -> list[Rule]:
    """``(1/3=1 "low") (else=.)`` or, without labels, ``1/3=1 else=.``"""
    rules: list[Rule] = []
    if text.lstrip().startswith("("):
        for inside in _parenthesised(text):
            rule, end = _rule(inside, 0, labelled=True)
            if inside[end:].strip():
                raise _unknown(inside)
            rules.append(rule)
        return rules
    at = 0
    while text[at:].strip():
        rule, at = _rule(text, at, labelled=False)
        rules.append(rule)
    return rules


def rule_checks(
    rules: list[Rule], values: np.ndarray, codes: np.ndarray | None, rows: np.ndarray
) -> tuple[list[int], list[tuple[int, int]]]:
    """Numbers (from 1) of the rules that no row meets, and pairs of rules that some row meets both."""
    ordered = missing.ordered(values, codes)
    hits = [rule.hits(ordered) & rows for rule in rules]
    met = np.zeros(len(values), dtype=bool)
    for hit in hits:
        met |= hit
    unused = [
        k
        for k, (rule, hit) in enumerate(zip(rules, hits, strict=True), 1)
        if (not (rows & ~met).any() and rule.is_else) or (not rule.is_else and not hit.any())
    ]
    overlaps = [(a + 1, b + 1) for b in range(len(rules)) for a in range(b) if (hits[a] & hits[b]).any()]
    return unused, overlaps


def apply_rules(
    rules: list[Rule], values: np.ndarray, codes: np.ndarray | None, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values, codes, mask of rows covered): the first rule that covers a row decides; ``else`` comes last."""
    ordered = missing.ordered(values, codes)
    out = np.array(values, dtype=np.float64)
    out_codes = missing.combine_codes(len(values), codes).copy()
    done = ~rows
    for rule in rules:
        if rule.is_else:
            hit = ~done
        else:
            hit = rule.hits(ordered) & ~done
        out[hit], out_codes[hit] = rule.value, rule.code
        done = done | hit
    return out, out_codes, done & rows
