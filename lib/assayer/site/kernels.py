"""What each kernel of the checker shows of a step, in a sentence for readers."""

from __future__ import annotations

EXPLAINED = {
    "normal form": "Both sides, as fractions of polynomials, have the difference 0.",
    "ideal membership": "A multiple of the difference is a combination of the equations at hand.",
    "positive combination": "If the step failed, a sum of products of the facts would be both positive and 0.",
    "sums of squares": "The same, with squares found by a semidefinite program and rounded to fractions.",
    "two inequalities": "The sides are equal because each is at most the other.",
    "termwise": "Sums over one range, compared term by term.",
    "monotone": "The sign at one point, and the sign of the derivative from there on.",
    "antiderivative": "A function whose derivative is the integrand, taken at the ends.",
    "integrand by integrand": "Integrals over one range, compared point by point.",
    "cases": "The step where a relation holds, and where it does not.",
    "induction": "The statement at the start, and at the next number from the one before.",
    "balls": "Interval arithmetic on a box, split until each part decides.",
    "finite range": "Every case, decided exactly.",
    "z3": "The solver z3 finds no way for the step to fail; its word is trusted.",
}
"""One sentence for each kernel; what every one of them finds is replayed by the trusted base, z3's word excepted."""
