"""What was declared of matrices and random variables stands with the theorem, in every form of it."""

from __future__ import annotations

from sympy import Symbol

from assayer.claims import Claim, Source
from assayer.derivation import Derivation
from assayer.derivation.algebra import E, Mat, RandomVariable, tr
from assayer.derivation.lemma import Theorem

d = Symbol("d", integer=True, positive=True)


def symmetry() -> Theorem:
    S, B = Mat("S", d, d, symmetric=True), Mat("B", d, d)
    return Derivation("symmetry").start(tr(S * B)).eq(tr(S * B.T), by="S is symmetric").theorem()


def test_a_declaration_is_printed_and_recorded() -> None:
    made = symmetry()
    lines = ["B: matrix d×d", "S: symmetric matrix d×d"]
    assert list(made.declared) == lines == made.record()["declared"]
    assert all(f"  with {line}\n" in repr(made) for line in lines)


def test_a_claim_carries_the_declarations_of_its_theorems() -> None:
    claim = Claim("declared.symmetry", "It turns round.", source=Source("a", "b"), theorem=symmetry())
    assert claim.record()["declared"] == list(symmetry().declared)


def test_moments_are_declarations_too() -> None:
    X = RandomVariable("X", mean=0)
    made = Derivation("square").start(E((X + 1) ** 2)).eq(E(X**2) + 1, by="the mean is 0").theorem()
    assert made.declared == ("X: random variable, E[X] = 0",)


def test_a_theorem_about_numbers_declares_nothing() -> None:
    x = Symbol("x", real=True)
    made = Derivation("square").start(x**2).ge(0).theorem()
    assert made.declared == () and "declared" not in made.record()
