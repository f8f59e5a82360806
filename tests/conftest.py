"""Settings for all tests."""

from __future__ import annotations

import os

# Before numpy loads: the workers of pytest-xdist must not fight over cores.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from hypothesis import settings  # noqa: E402

settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")
