"""Signals to draw: what is stored projects as it says, and what is not a basis is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assayer.claims import records
from assayer.lab import FigureRefused, sketch


def legendre(count: int, nodes: int) -> dict[str, Any]:
    """Orthonormal Legendre polynomials at Gauss's nodes."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    rows = np.polynomial.legendre.legvander(x, count - 1).T * np.sqrt(np.arange(count) + 0.5)[:, None]
    return {"nodes": x, "weights": w, "basis": rows, "signals": {"a step": np.sign(x), "a wave": np.sin(3 * x)}}


def drawn(**change: Any) -> Any:
    given = {**legendre(8, 24), "alt": "A step and the polynomial nearest to it.", "shows": "what is kept", **change}
    return sketch("N", given.pop("sizes", (1, 4, 8)), **given)


def test_what_is_stored_projects_as_least_squares_does() -> None:
    record = records.validate(drawn().record())
    w, rows = np.array(record["weights"]), np.array(record["basis"])
    wave = np.array(record["signals"][1]["values"])
    kept = (rows * w) @ wave @ rows
    x = np.array(record["nodes"])
    best = np.polynomial.Polynomial.fit(x, wave, 7, w=np.sqrt(w))(x)
    assert np.abs(kept - best).max() < 24 * 5e-6  # 24 products of numbers stored to 6 digits
    assert np.abs(kept - wave).max() > np.abs(best - wave).max() / 2


def test_it_is_the_same_on_every_run_and_has_a_picture_for_pages_without_scripts() -> None:
    one, two = drawn()._repr_mimebundle_(), drawn()._repr_mimebundle_()
    assert one == two
    assert one["image/svg+xml"].startswith("<svg") and str(drawn()) == "sketch N (1, 4, 8): what is kept"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": np.ones(24)}, "not orthonormal"),
        ({"weights": -np.ones(24)}, "weights be positive"),
        ({"nodes": np.zeros(24)}, "nodes must rise"),
        ({"nodes": np.arange(5.0)}, "must have one length"),
        ({"signals": {}}, "must have one length"),
        ({"signals": {"a": np.full(24, np.nan)}}, "not finite"),
        ({"signals": {" ": np.zeros(24)}}, "name of a signal"),
        ({"sizes": (1, 9)}, "from 1 to 8"),
        ({"sizes": (4, 1)}, "rising"),
        ({"sizes": (4,)}, "two or more"),
        ({"alt": ""}, "alt"),
        (legendre(200, 256), "at most 20000"),
    ],
)
def test_what_is_no_basis_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(FigureRefused, match=message):
        drawn(**change)
