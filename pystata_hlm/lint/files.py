"""Reading many do-files: which programs each may use because another file of its own defines them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pystata_hlm.lint.reader import Reading, analyse, outline, read_text
from pystata_hlm.runtime.adopath import AdoPath

SUFFIXES = (".do", ".ado")


def spread(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, and for a folder all do-files and ado-files below it."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        else:
            yield path if path.exists() or path.suffix else path.with_suffix(".do")


def read_all(paths: Iterable[Path]) -> Iterator[Reading | OSError]:
    """Each file's findings, in order; an OSError in the place of a file that cannot be read."""
    asked = list(spread(paths))
    texts: dict[Path, str] = {}
    failures: dict[Path, OSError] = {}
    for path in asked:
        try:
            texts[path] = read_text(path)
        except OSError as error:
            failures[path] = error
    family = _Family(texts)
    for path in asked:
        yield failures[path] if path in failures else analyse(texts[path], str(path), family.known(path))


_LAST = re.compile(r"[^/\\`'$}]+$")


class _Family:
    """Who runs whom, and which programs come of it. A name with a macro in it is known by its last part."""

    def __init__(self, texts: dict[Path, str]) -> None:
        self.programs: dict[Path, set[str]] = {}
        self.runs: dict[Path, list[Path]] = {}
        self.run_by: dict[Path, list[Path]] = {}
        self.ados: dict[Path, frozenset[str]] = {}
        self.own_ados = _installed()
        by_name: dict[str, list[Path]] = {}
        for path in texts:
            by_name.setdefault(path.name.lower(), []).append(path)
        waiting = list(texts.items())
        while waiting:
            path, text = waiting.pop()
            if path in self.programs:
                continue
            self.programs[path], written = outline(text)
            self.runs[path] = []
            for name in written:
                target = _target(name, path, by_name)
                if target is None:
                    continue
                self.runs[path].append(target)
                self.run_by.setdefault(target, []).append(path)
                if target not in texts and target not in self.programs:
                    try:
                        waiting.append((target, read_text(target)))
                    except OSError:
                        continue  # the do command itself will be reported when it runs

    def known(self, path: Path) -> frozenset[str]:
        """Programs of the files that this one runs, of those that run it, and of what they run; ado-files near it."""
        out: set[str] = set()
        seen: set[Path] = set()
        waiting = [path]
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            out |= self.programs.get(one, set())
            waiting += self.runs.get(one, [])
            waiting += self.run_by.get(one, [])
        return frozenset(out) | self._near(path.parent) | self.own_ados

    def _near(self, folder: Path) -> frozenset[str]:
        if folder not in self.ados:
            folders = (folder, folder / "ado")
            self.ados[folder] = frozenset(file.stem for one in folders for file in _ado_files(one))
        return self.ados[folder]


def _installed() -> frozenset[str]:
    """Names of the ado-files along the ado-path (the working directory not counted)."""
    ado = AdoPath()
    folders = [Path(ado.folder(element)).expanduser() for element in ado.path if element != "."]
    return frozenset(
        file.stem for folder in folders for file in [*_ado_files(folder), *folder.glob("?/*.ado")]
    )


def _ado_files(folder: Path) -> list[Path]:
    return list(folder.glob("*.ado")) if folder.is_dir() else []


def _target(name: str, path: Path, by_name: dict[str, list[Path]]) -> Path | None:
    """The file that ``do name`` runs, when it can be found."""
    last = _LAST.search(name)
    if last is None:
        return None
    short = last[0] if "." in last[0] else last[0] + ".do"
    beside = path.parent / (name.replace("\\", "/") if Path(name).suffix else name + ".do")
    if not any(c in name for c in "`$") and beside.is_file():
        return next((p for p in by_name.get(beside.name.lower(), []) if p.samefile(beside)), beside)
    same = by_name.get(short.lower(), [])
    return next((p for p in same if p.parent == path.parent), same[0] if len(same) == 1 else None)
