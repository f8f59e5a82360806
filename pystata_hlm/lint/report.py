"""Sums over files, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pystata_hlm.lint.reader import Command, Reading
from pystata_hlm.runtime import community

FORMAT = 1
"""Number of the JSON layout."""


@dataclass(slots=True)
class Sums:
    """Counts of command lines."""

    commands: int = 0
    parsed: int = 0
    implemented: int = 0
    captured: int = 0
    """Not implemented, but under ``capture``: the do-file goes on."""
    opaque: int = 0
    """The command itself is a macro."""

    def add(self, command: Command) -> None:
        self.commands += 1
        self.parsed += command.parsed
        self.implemented += command.implemented
        self.captured += command.captured and not command.implemented
        self.opaque += command.status == "opaque"

    @property
    def runs(self) -> bool:
        """Nothing stops it, as far as can be seen without running it."""
        return self.commands == self.implemented + self.captured

    def shares(self) -> dict[str, Any]:
        whole = self.commands or 1
        return {
            "commands": self.commands,
            "parsed": self.parsed,
            "parsed_share": round(self.parsed / whole, 6) if self.commands else 1.0,
            "implemented": self.implemented,
            "implemented_share": round(self.implemented / whole, 6) if self.commands else 1.0,
            "captured": self.captured,
            "opaque": self.opaque,
        }


@dataclass(slots=True)
class Report:
    """What was found in all files."""

    files: list[tuple[Reading, Sums]] = field(default_factory=list)
    total: Sums = field(default_factory=Sums)
    lacks: Counter[tuple[str, str]] = field(default_factory=Counter)
    lacks_in: Counter[tuple[str, str]] = field(default_factory=Counter)
    statuses: dict[str, str] = field(default_factory=dict)
    """What kind of command each lacking one is."""

    def add(self, reading: Reading) -> None:
        sums = Sums()
        here: set[tuple[str, str]] = set()
        for command in reading.commands:
            sums.add(command)
            self.total.add(command)
            for lack in command.lacks:
                key = (lack.kind, lack.name)
                self.lacks[key] += 1
                here.add(key)
                if lack.kind == "command":
                    self.statuses[lack.name] = command.status
        self.lacks_in.update(here)
        self.files.append((reading, sums))

    @property
    def whole(self) -> int:
        """Files that nothing stops."""
        return sum(sums.runs for _, sums in self.files)


def _ordered(counts: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


# ---------------------------------------------------------------- JSON


def as_json(report: Report) -> dict[str, Any]:
    """The layout of docs/lint.md."""
    return {
        "format": FORMAT,
        "files": [_file(reading, sums) for reading, sums in report.files],
        "overall": {
            "files": len(report.files),
            "lines": sum(reading.lines for reading, _ in report.files),
            "whole_files": report.whole,
            **report.total.shares(),
        },
        "lacking": [
            {
                "kind": kind,
                "name": name,
                "source": _source(report, kind, name),
                "count": count,
                "files": report.lacks_in[kind, name],
            }
            for (kind, name), count in _ordered(report.lacks)
        ],
    }


def _source(report: Report, kind: str, name: str) -> str:
    if kind != "command":
        return "official"
    return {"lacking": "official"}.get(report.statuses[name], report.statuses[name])


def _file(reading: Reading, sums: Sums) -> dict[str, Any]:
    return {
        "file": reading.path,
        "lines": reading.lines,
        "runs": sums.runs,
        **sums.shares(),
        "programs": sorted(reading.programs),
        "problems": [_problem(command) for command in reading.commands if not command.implemented],
    }


def _problem(command: Command) -> dict[str, Any]:
    out: dict[str, Any] = {
        "line": command.line,
        "column": command.column,
        "command": command.name,
        "parses": command.parsed,
        "captured": command.captured,
        "text": command.text,
    }
    if command.rc:
        out |= {"rc": command.rc, "message": command.message}
    if command.lacks:
        out["lacking"] = [{"kind": lack.kind, "name": lack.name} for lack in command.lacks]
    return out


# ---------------------------------------------------------------- text

_MOST = 20  # entries of a list, unless --all


def as_text(report: Report, everything: bool = False) -> str:
    """The report for people: each file's shares, then what is lacking, then what does not parse."""
    out = _table(report) if len(report.files) <= 50 or everything else []
    total = report.total
    out += [
        "",
        f"{len(report.files):,} {_plural(len(report.files), 'file')}, {total.commands:,} command {_plural(total.commands, 'line')}: "
        f"{_percent(total.parsed, total.commands)} parse, "
        f"{_percent(total.implemented, total.commands)} are implemented with all their options.",
        f"{report.whole:,} of {len(report.files):,} {_plural(len(report.files), 'file')} "
        f"{'holds' if report.whole == 1 else 'hold'} nothing that would stop it.",
    ]
    if total.captured:
        what = "line is" if total.captured == 1 else "lines are"
        out.append(f"{total.captured:,} further {what} under capture: failing there stops nothing.")
    if total.opaque:
        out.append(f"{total.opaque:,} commands are named by macros and count as implemented.")
    for kind, title in (
        ("command", "Commands not available"),
        ("subcommand", "Subcommands not available"),
        ("option", "Options not available"),
        ("clause", "Weights and qualifiers not available"),
        ("function", "Functions not available"),
        ("package", "Packages to install that we do not provide"),
    ):
        out += _lacking(report, kind, title, everything)
    out += _unparsed((reading for reading, _ in report.files), everything)
    return "\n".join(out) + "\n"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else word + "s"


def _percent(part: int, whole: int) -> str:
    if part == whole:
        return "100%"
    share = 100 * part / whole
    return f"{min(share, 99.99):.2f}%" if share > 99 else f"{share:.1f}%"


def _table(report: Report) -> list[str]:
    width = max([4, *(len(reading.path) for reading, _ in report.files)])
    out = [f"{'File':<{width}}  {'Lines':>6}  {'Commands':>8}  {'Parsed':>7}  {'Implemented':>11}"]
    for reading, sums in report.files:
        out.append(
            f"{reading.path:<{width}}  {reading.lines:>6,}  {sums.commands:>8,}  "
            f"{_percent(sums.parsed, sums.commands):>7}  {_percent(sums.implemented, sums.commands):>11}"
        )
    return out


_NOTES = {"community": "community-contributed", "unknown": "not a command we know"}


def _lacking(report: Report, kind: str, title: str, everything: bool) -> list[str]:
    found = [(name, count) for (one, name), count in _ordered(report.lacks) if one == kind]
    if not found:
        return []
    shown = found if everything else found[:_MOST]
    width = max(len(name) for name, _ in shown)
    out = ["", f"{title}:", f"  {'':<{width}}  {'times':>6}  {'files':>6}"]
    for name, count in shown:
        note = _NOTES.get(report.statuses.get(name, ""), "") if kind == "command" else ""
        package = community.package_of(name) if kind == "command" else None
        if package is not None and package != name:
            note += f", package {package}"
        out.append(f"  {name:<{width}}  {count:>6,}  {report.lacks_in[kind, name]:>6,}  {note}".rstrip())
    if len(found) > len(shown):
        out.append(f"  and {len(found) - len(shown):,} more")
    return out


def _unparsed(readings: Iterable[Reading], everything: bool) -> list[str]:
    wrong: Sequence[tuple[str, Command]] = [
        (reading.path, command) for reading in readings for command in reading.commands if not command.parsed
    ]
    if not wrong:
        return []
    shown = wrong if everything else wrong[:_MOST]
    out = ["", "Lines that do not parse:"]
    for path, command in shown:
        out.append(
            f"  {path}:{command.line}:{command.column}: {command.message.splitlines()[0]} r({command.rc})"
        )
        out.append(f"      {command.text[:100]}")
    if len(wrong) > len(shown):
        out.append(f"  and {len(wrong) - len(shown):,} more")
    return out
