"""The plain prompt: history, blocks over several lines, errors shown and survived."""

from __future__ import annotations

import sys
from pathlib import Path

from pystata_hlm.lang.source import is_complete
from pystata_hlm.runtime.executor import ExitDoFile, Executor

HISTORY = Path("~/.pystata_hlm_history")


def _history() -> None:
    """Line editing and history where the platform has them."""
    try:
        import atexit
        import readline
    except ImportError:  # Windows
        return
    path = HISTORY.expanduser()
    try:
        readline.read_history_file(path)
    except OSError:
        readline.clear_history()
    atexit.register(_save_history, path)


def _save_history(path: Path) -> None:
    import readline

    try:
        readline.write_history_file(path)
    except OSError:
        sys.stderr.write(f"could not write {path}\n")


def prompt(executor: Executor) -> int:
    """Read, run, repeat until ``exit`` or the end of input."""
    _history()
    print("pystata-hlm: Stata do-files without Stata. Type exit to leave, help for the commands.")
    while True:
        try:
            text = input("\n. ")
            while not is_complete(text):
                text += "\n" + input("> ")
        except EOFError:
            print()
            return 0
        except KeyboardInterrupt:
            print("\n--Break--\nr(1);")
            continue
        try:
            executor.run_interactive(text)
        except ExitDoFile:
            return 0
        except KeyboardInterrupt:
            print("--Break--\nr(1);")
