"""Independent optima of three models of the course notes, for tests/golden/hlm_diagnostics/case.toml.

    python tools/optimum.py

Nothing of the package's engine is used: a dense normal likelihood per school with the coefficients profiled out, and
Newton steps on finite differences (fourth-order gradient) from the notes' printed values.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pystata_hlm.data.bundled import dataset_path
from pystata_hlm.data.io import read_dta


def design(cubic: bool) -> tuple[np.ndarray, ...]:
    path = dataset_path("hsb")
    assert path is not None
    data = read_dta(path)
    school, y, s, m, f, c = (
        data.column(name).values() for name in ("id", "mathach", "ses", "meanses", "female", "sector")
    )
    terms = [s, m, s * m, c, c * s, f, f * m, f * c, np.ones_like(s)]
    if cubic:
        terms += [m**2, s * m**2, m**3, s * m**3, f * m**2, f * m**3]
    return school, y, np.column_stack(terms), np.column_stack([f, np.ones_like(s)]), c


def objective(cubic: bool, by_sector: bool) -> Callable[[np.ndarray], float]:
    """Minus log likelihood of (ln sd female, ln sd _cons, cov, ln sd residual[, ln sd residual of sector 1])."""
    school, y, x, z, sector = design(cubic)
    rows = [np.flatnonzero(school == one) for one in np.unique(school)]

    def value(p: np.ndarray) -> float:
        g = np.array([[np.exp(2 * p[0]), p[2]], [p[2], np.exp(2 * p[1])]])
        sigma2 = (
            np.exp(2 * np.where(sector == 1, p[-1], p[3])) if by_sector else np.full(y.size, np.exp(2 * p[3]))
        )
        gram, logdet = np.zeros((x.shape[1] + 1, x.shape[1] + 1)), 0.0
        for k in rows:
            chol = np.linalg.cholesky(z[k] @ g @ z[k].T + np.diag(sigma2[k]))
            white = np.linalg.solve(chol, np.column_stack([x[k], y[k]]))
            gram += white.T @ white
            logdet += 2 * np.log(np.diag(chol)).sum()
        rss = gram[-1, -1] - gram[:-1, -1] @ np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
        return 0.5 * (y.size * np.log(2 * np.pi) + logdet + rss)

    return value


def newton(f: Callable[[np.ndarray], float], p: np.ndarray, h: float = 2e-3, steps: int = 4) -> np.ndarray:
    unit = h * np.eye(p.size)
    for _ in range(steps):
        here = f(p)
        gradient, hessian = np.zeros(p.size), np.zeros((p.size, p.size))
        for i, a in enumerate(unit):
            up, down = f(p + a), f(p - a)
            gradient[i] = (8 * (up - down) - (f(p + 2 * a) - f(p - 2 * a))) / (12 * h)
            hessian[i, i] = (up - 2 * here + down) / h**2
            for j, b in enumerate(unit[:i]):
                mixed = f(p + a + b) - f(p + a - b) - f(p - a + b) + f(p - a - b)
                hessian[i, j] = hessian[j, i] = mixed / (4 * h * h)
        p = p - np.linalg.solve(hessian, gradient)
    return p


MODELS = {
    "main": (False, False, [-0.028, 0.532, -1.092, 1.797]),
    "cubic": (True, False, [-0.046, 0.502, -1.012, 1.796]),
    "by_sector": (False, True, [-0.042, 0.533, -1.081, 1.839, 1.750]),
}

if __name__ == "__main__":
    for name, (cubic, by_sector, start) in MODELS.items():
        f = objective(cubic, by_sector)
        p = newton(f, np.array(start))
        variances = [np.exp(2 * p[0]), np.exp(2 * p[1]), p[2], *np.exp(2 * p[3:])]
        print(f"{name}: ll {-f(p):.9f}  random", " ".join(f"{v:.8f}" for v in variances))
