"""Equations judged against an arbitrary matrix print as matrices; anything else prints as it was judged."""

from __future__ import annotations

import pytest
from sympy import Eq, Ge, Symbol

from assayer.derivation import Derivation, StepNotProved, assume
from assayer.derivation.algebra import Mat, Vec, inner, tr, weak

eta = Symbol("eta", positive=True)
A, B, G = Mat("A", "n", "r"), Mat("B", "r", "m"), Mat("G", "n", "m")
A1, B1, Z = Mat("A'", "n", "r", latex="A_{+}"), Mat("B'", "r", "m", latex="B_{+}"), Mat("Z", "n", "m")


def says(left: Mat, right: Mat, against: Mat) -> Eq:
    return Eq(inner(left, against), inner(right, against))


def one_step() -> Derivation:
    first = assume(
        S1=says(A1, A - eta * G * B.T, Z * B1.T),
        S2=says(B1, B - eta * A.T * G, A.T * Z),
        S3=says(B1, B - eta * A.T * G, B * G.T * Z),
    )
    return (
        Derivation("one step", *first)
        .start(weak(A1 * B1 - A * B))
        .eq(weak(-eta * (A * A.T * G + G * B.T * B) + eta**2 * G * B.T * A.T * G))
    )


def test_lines_hypotheses_and_conclusion_print_as_matrices() -> None:
    theorem = one_step().theorem()
    text = repr(theorem)
    assert "assume S1: A'·B' = A·B' - eta·G·Bᵀ·B'" in text
    assert "so " not in text and "A'·B' - A·B\n    = eta**2·G·Bᵀ·Aᵀ·G" in text
    assert "tr(" not in text and "Z: any matrix n×m; M = N is judged as ⟨Z, M⟩ = ⟨Z, N⟩" in text
    assert theorem.conclusion_latex.startswith(r"A_{+} B_{+} - A B = ")
    record = theorem.record()
    assert record["start"]["plain"] == "A'·B' - A·B" and [s["symbol"] for s in record["symbols"]] == ["eta"]
    assert [h.plain for h in theorem.hypotheses][1] == "A·B' = A·B - eta·A·Aᵀ·G"


def test_the_step_that_is_shown_is_judged() -> None:
    first = assume(S1=says(A1, A - eta * G * B.T, Z * B.T))
    wrong = Derivation("a sign", *first).start(weak(A1 * B)).eq(weak(A * B + eta * G * B.T * B))
    with pytest.raises(StepNotProved):
        wrong.theorem()


def test_vectors_print_as_vectors() -> None:
    x, y, probe = Vec("x", "n"), Vec("y", "n"), Vec("Z", "n")
    same = assume(H=Eq(probe @ x, probe @ (2 * y)))
    assert "assume H: x = 2·y" in repr(Derivation("twice", *same).start(weak(x)).eq(weak(2 * y)).theorem())


@pytest.mark.parametrize(
    ("hypothesis", "start", "end"),
    [
        (Ge(inner(Z, G), 0), inner(Z, G), inner(G, Z)),  # an inequality is of this Z alone
        (Eq(inner(Z, Z), inner(Z, G)), inner(Z, G), inner(Z, Z)),  # not linear in Z
        (Eq(inner(Z, A * B) + 1, inner(Z, G)), inner(Z, G), inner(Z, A * B) + 1),  # a number beside the pairing
        (Eq(inner(Z, A * B), tr(G.T * G)), inner(Z, A * B), tr(G.T * G)),  # a pairing and a number
    ],
    ids=["inequality", "square", "number", "mixed"],
)
def test_what_is_of_one_z_alone_prints_as_it_was_judged(hypothesis: object, start: object, end: object) -> None:
    text = repr(Derivation("of one Z", *assume(H=hypothesis)).start(start).eq(end).theorem())
    assert "Z: matrix n×m" in text and "any matrix" not in text


def test_a_line_without_z_beside_lines_with_z() -> None:
    both = assume(H=Eq(weak(A * B), weak(G)), K=Eq(tr(A.T * A), 1))
    text = repr(Derivation("two kinds", *both).start(weak(A * B)).eq(weak(G)).theorem())
    assert "assume H: A·B = G" in text and "assume K: ‖A‖²_F = 1" in text
