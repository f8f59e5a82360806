"""The command line.

    pystata-hlm                          a prompt
    pystata-hlm do FILE.do [args]        run a do-file, log to standard output
    pystata-hlm -b do FILE.do [args]     run it, log to FILE.log in the current folder
    pystata-hlm lint FILE.do ...         read do-files and say what of them would run here (front/lint.py)
    options: --graphs DIR  --json FILE  --release 14..18  --dask ADDRESS  --version

Exit status: 0; 1 when the do-file stopped with an error (its ``r(#);`` is the last line printed) or a file of ours
could not be written; 2 for a mistake in this command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pystata_hlm.errors import StataError
from pystata_hlm.front.record import Recorder
from pystata_hlm.output.items import Error, Graph, OutputItem
from pystata_hlm.output.text import render
from pystata_hlm.runtime.executor import Executor, ExitDoFile
from pystata_hlm.runtime.settings import RELEASES
from pystata_hlm.runtime.workspace import Workspace

BREAK = 1
"""Return code of an interrupted run (Ctrl-C)."""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pystata-hlm",
        description="Run Stata do-files without Stata. Not affiliated with StataCorp LLC.",
    )
    parser.add_argument(
        "-b", "--batch", action="store_true", help="write the log to FILE.log, not the screen"
    )
    parser.add_argument("--graphs", metavar="DIR", type=Path, help="save every graph drawn as a PNG in DIR")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write return code, error and stored results"
    )
    parser.add_argument(
        "--release", type=int, choices=RELEASES, help="Stata release whose wording to print (default 18)"
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="scheduler of a Dask cluster that runs the replicates of bootstrap, jackknife, permute, simulate",
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument("verb", nargs="?", choices=["do", "run"], help="do FILE, or run FILE for no output")
    parser.add_argument("file", nargs="?", help="the do-file")
    parser.add_argument("args", nargs="*", help="arguments for the do-file, its macros `1', `2' ...")
    return parser


class Screen:
    """The sink of the command line: text to a stream, graphs to a folder."""

    def __init__(self, stream: TextIO, workspace: Workspace, graphs: Path | None) -> None:
        self.stream = stream
        self.workspace = workspace
        self.graphs = graphs
        self.drawn = 0

    def __call__(self, item: OutputItem) -> None:
        if isinstance(item, Graph):
            self.save(item)
            return
        self.stream.write(render(item, self.workspace.settings))
        self.stream.flush()

    def save(self, graph: Graph) -> None:
        """``DIR/03_lowess.png``: number in drawing order and the kind of graph. r(603) when it cannot be written."""
        if self.graphs is None:
            return
        from pystata_hlm.graph.compile import export

        self.drawn += 1
        kind = getattr(graph.spec, "kind", "") or "graph"
        path = self.graphs / f"{self.drawn:02d}_{kind}.png"
        try:
            self.graphs.mkdir(parents=True, exist_ok=True)
            export(graph.spec, path)
        except OSError as error:
            raise StataError(603, f"file {path} could not be opened") from error


def quoted(text: str) -> str:
    """A word of a command line, in quotes where Stata needs them."""
    if '"' in text:
        return f'`"{text}"\''
    return f'"{text}"' if not text or any(c in " ,\t" for c in text) else text


def run_file(path: str, args: list[str], executor: Executor, verb: str = "do") -> int:
    """Run a do-file; prints what Stata prints at an error. Returns the return code."""
    line = " ".join([verb, f'`"{path}"\'' if '"' in path else f'"{path}"', *map(quoted, args)])
    try:
        executor.execute(line)
    except StataError as error:
        executor.report_error(error)
        return error.rc
    except ExitDoFile as leave:
        if leave.rc:
            executor.sink(Error(leave.rc, ""))
        return leave.rc
    except KeyboardInterrupt:
        executor.sink(Error(BREAK, "--Break--"))
        return BREAK
    return 0


def make(stream: TextIO, graphs: Path | None, release: int | None) -> Executor:
    workspace = Workspace()
    if release is not None:
        workspace.settings.release = release
    return Executor(workspace, Screen(stream, workspace, graphs))


def main(argv: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == ["lint"]:
        from pystata_hlm.front.lint import main as lint

        return lint(arguments[1:])
    parser = build_parser()
    options = parser.parse_intermixed_args(arguments)
    if options.version:
        from importlib.metadata import version

        print(f"pystata-hlm {version('pystata-hlm')}")
        return 0
    if options.verb and not options.file:
        parser.error(f"{options.verb}: which do-file?")
    if options.verb is None:
        for name in ("batch", "json"):
            if getattr(options, name):
                parser.error(f"--{name} needs a do-file: do FILE.do")
        from pystata_hlm.front.prompt import prompt

        return prompt(make(_utf8(sys.stdout), options.graphs, options.release))
    try:
        return _run(options)
    except BrokenPipeError:  # the reader of our output (head, less) went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    if not options.batch:
        return 1 if _with_stream(_utf8(sys.stdout), options) else 0
    log = Path(Path(options.file).stem + ".log")
    part = log.with_name(log.name + ".part")
    with part.open("w", encoding="utf-8") as stream:
        rc = _with_stream(stream, options)
    os.replace(part, log)
    if rc:
        print(f"r({rc});")
    return 1 if rc else 0


def _utf8(stream: TextIO) -> TextIO:
    """Windows consoles may not take every character of a log."""
    reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")
    return stream


@contextmanager
def dask(address: str | None) -> Iterator[None]:
    """joblib's work goes to the Dask cluster at ``address`` (None: stays here)."""
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise SystemExit("--dask needs the dask extra: pip install 'pystata-hlm[dask]'") from None
    import joblib

    try:
        client = Client(address, timeout=10)
    except OSError as error:
        raise SystemExit(f"--dask: no scheduler answers at {address} ({error})") from None
    with client, joblib.parallel_config("dask"):
        yield


def _with_stream(stream: TextIO, options: argparse.Namespace) -> int:
    executor = make(stream, options.graphs, options.release)
    recorder = Recorder(executor) if options.json else None
    with dask(options.dask):
        rc = run_file(options.file, options.args, executor, options.verb)
    if recorder is not None:
        recorder.write(options.json, rc)
    return rc


if __name__ == "__main__":
    sys.exit(main())
