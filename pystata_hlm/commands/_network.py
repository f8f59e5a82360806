"""Files at web addresses: fetched into the user's cache, with Stata's errors."""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
from pathlib import Path

from pystata_hlm.errors import StataError

TIMEOUT = 30.0
_URL = re.compile(r"(?i)(https?|ftp)://")


def is_url(name: str) -> bool:
    return _URL.match(name) is not None


def cache_folder() -> Path | None:
    """The user's cache of downloaded datasets; None when there is no place for one."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "pystata_hlm" / "datasets" if base and os.path.isabs(base) else None


def download(url: str) -> bytes:
    """The contents at an address. Errors: r(601) not there, r(631) no such host, r(672) refused, r(2) no answer."""
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, headers={"User-Agent": "pystata_hlm"}), timeout=TIMEOUT) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        if error.code in (404, 410):
            raise StataError(601, f"file {url} not found") from None
        if error.code in (401, 407):
            raise StataError(673, f"authorization required by server\n{url}") from None
        raise StataError(672, f"server refused to send file\n{url}") from None
    except URLError as error:
        if isinstance(error.reason, socket.gaierror):
            raise StataError(631, f"host not found\n{url} could not be opened") from None
        if isinstance(error.reason, TimeoutError):
            raise StataError(2, f"connection timed out\n{url} could not be opened") from None
        raise StataError(677, f"remote connection failed\n{url} could not be opened") from None
    except TimeoutError:
        raise StataError(2, f"connection timed out\n{url} could not be opened") from None
    except (OSError, ValueError):
        raise StataError(677, f"remote connection failed\n{url} could not be opened") from None


def fetch(url: str) -> Path:
    """A local copy of the file at an address, for this process only."""
    raw = download(url)
    handle, name = tempfile.mkstemp(prefix="pystata_hlm_", suffix=Path(url.partition("?")[0]).suffix)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
    return Path(name)
