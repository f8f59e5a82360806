"""The session: everything that outlives one command. One per REPL, kernel, do-file run or test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.paths import expanded
from pystata_hlm.numeric.rng import StataRNG
from pystata_hlm.output.items import Graph, OutputItem
from pystata_hlm.runtime.adopath import AdoPath
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.settings import Settings

if TYPE_CHECKING:
    from pystata_hlm.runtime.programs import Program

E_SAMPLE = "e(sample)"

Sink = Callable[[OutputItem], None]


@dataclass
class StoredEstimates:
    """What ``estimates store`` keeps: e() and the sample (also in the variable ``_est_name``)."""

    name: str
    stored: Stored
    title: str = ""


@dataclass
class Workspace:
    """Dataset, macros, scalars, matrices, stored results, estimates, random numbers, graphs, settings."""

    data: Dataset = field(default_factory=Dataset)
    """The dataset of the current frame."""
    frame: str = "default"
    """Name of the current frame."""
    other_frames: dict[str, Dataset] = field(default_factory=dict)
    """The datasets of the frames that are not current."""
    globals: dict[str, str] = field(default_factory=dict)
    scalars: dict[str, float | str] = field(default_factory=dict)
    matrices: dict[str, StataMatrix] = field(default_factory=dict)
    r: Stored = field(default_factory=lambda: Stored("r"))
    e: Stored = field(default_factory=lambda: Stored("e"))
    s: Stored = field(default_factory=lambda: Stored("s"))
    estimates: dict[str, StoredEstimates] = field(default_factory=dict)
    current_estimates: str = ""
    """Name under which the active e() is stored, "" when it is not."""
    rng: StataRNG = field(default_factory=StataRNG)
    rng_kind: str = "default"
    settings: Settings = field(default_factory=Settings)
    graphs: dict[str, Graph] = field(default_factory=dict)
    current_graph: str = ""
    preserved: list[Any] = field(default_factory=list)
    """What ``preserve`` keeps: (depth of the do-file or program, dataset, name of the frame)."""
    snapshots: dict[int, Any] = field(default_factory=dict)
    """``snapshot save``: copies of the data by number."""
    cwd: Path = field(default_factory=Path.cwd)
    rc: int = 0
    temporaries: int = 0
    """Temporary names given out so far (tempvar, tempname, tempfile)."""
    version: float | None = None
    """What the ``version`` command in force says; None: the release."""
    programs: dict[str, Program] = field(default_factory=dict)
    """Programs in memory, defined by the user or loaded from an ado-file, in the order of their definition."""
    ado: AdoPath = field(default_factory=AdoPath)
    cursor: int = 0
    """Column at which ``display, _continue`` left the cursor."""
    timers: dict[int, tuple[float | None, float, int]] = field(default_factory=dict)
    """``timer``: when it was switched on (None when off), seconds so far, times switched on."""
    postfiles: dict[str, Any] = field(default_factory=dict)
    """``postfile``: results being collected, by the name they are posted under."""
    files: dict[str, Any] = field(default_factory=dict)
    """``file open``: open files by handle."""
    constraints: dict[int, str] = field(default_factory=dict)
    """``constraint define``: texts by number."""
    partitions: tuple[Any, ...] = ()
    """The pieces of the Parquet data that the ``parquet`` prefix makes ``mixed`` read."""
    calendars: dict[str, Any] = field(default_factory=dict)
    """Business calendars loaded so far, by name."""

    # -- frames of data
    def frame_names(self) -> list[str]:
        """All frames, in alphabetical order."""
        return sorted([self.frame, *self.other_frames])

    def frame_data(self, name: str) -> Dataset | None:
        """The dataset in a frame, None when there is no such frame."""
        return self.data if name == self.frame else self.other_frames.get(name)

    def change_frame(self, name: str) -> None:
        """Make an existing frame the current one."""
        if name != self.frame:
            found = self.other_frames.pop(name)
            self.other_frames[self.frame] = self.data
            self.frame, self.data = name, found

    def drop_frame(self, name: str) -> None:
        """Drop a frame that is not current."""
        del self.other_frames[name]

    def drop_temporary_frame(self, name: str) -> None:
        """Drop a frame whose name was a tempname; when it is the current one, another becomes current."""
        if name == self.frame and self.other_frames:
            others = self.frame_names()
            others.remove(name)
            self.change_frame("default" if "default" in others else others[0])
        self.other_frames.pop(name, None)

    def reset_frames(self) -> None:
        """One empty frame called default."""
        self.other_frames.clear()
        self.frame, self.data = "default", Dataset()

    def set_version(self, version: float | None) -> None:
        """The version in force (None: the newest); below 14 the default generator is kiss32."""
        self.version = version
        self.choose_rng()

    def choose_rng(self, kind: str | None = None) -> None:
        """``set rng kind``: mt64, kiss32, or default, which goes by the version."""
        self.rng_kind = kind or self.rng_kind
        old = self.version is not None and self.version < 14
        wanted = self.rng_kind if self.rng_kind != "default" else "kiss32" if old else "mt64"
        if self.rng.kind != wanted:
            self.rng.set_kind("kiss32" if wanted == "kiss32" else "mt64")

    def resolve(self, path: str) -> Path:
        """A path as typed, relative to the session's working directory; ``~`` expands."""
        p = expanded(path)
        return p if p.is_absolute() else self.cwd / p

    def store(self, stored: Stored) -> None:
        """Replace r(), e() or s() as a whole."""
        if stored.klass == "e":
            if stored.sample is not None:
                self.data.hidden[E_SAMPLE] = np.asarray(stored.sample, dtype=bool)
                stored = stored.with_(sample=None)
            self.current_estimates = ""
        setattr(self, stored.klass, stored)

    def clear_estimates(self) -> None:
        self.e = Stored("e")
        self.current_estimates = ""
        self.data.hidden.pop(E_SAMPLE, None)

    def e_sample(self) -> np.ndarray:
        """The estimation sample as a mask over the present observations (all False when there is none)."""
        mask = self.data.hidden.get(E_SAMPLE)
        if mask is None or len(mask) != self.data.n:  # no variables are left, so no observations are
            return np.zeros(self.data.n, dtype=bool)
        return np.asarray(mask, dtype=bool)
