"""Which equalities of a context to solve for what: a proposal that certificates carry and replay. Not trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import fmpq_mpoly

from assayer.derivation.trusted.problem import Problem


def solvable(p: Problem) -> list[tuple[int, int]]:
    """Pairs (position of an equality fact, generator it is solved for), each generator at most once.

    An equality qualifies if, after the substitutions before it, it is linear in the generator with a constant
    coefficient. Generators of the goal are preferred.
    """
    wanted = p.difference.numerator.degrees()
    generators = list(p.algebra.context.gens())
    equations = {i: f.polynomial for i, f in enumerate(p.facts) if f.kind == "="}
    pairs: list[tuple[int, int]] = []
    for i in list(equations):
        equation = equations[i]
        linear = [g for g, d in enumerate(equation.degrees()) if d == 1 and equation.derivative(g).is_constant()]
        if equation.is_zero() or not linear:
            continue
        g = max(linear, key=lambda g: (wanted[g] > 0, -wanted[g], -g))
        slope = equation.derivative(g)
        image = (equation - slope * generators[g]) / (-slope.leading_coefficient())
        images = [*generators[:g], image, *generators[g + 1 :]]
        equations = {j: (q.compose(*images) if j > i else q) for j, q in equations.items()}
        pairs.append((i, g))
    return pairs


def solved(p: Problem, pairs: Sequence[tuple[int, int]]) -> Callable[[fmpq_mpoly], fmpq_mpoly]:
    """The function that puts the solutions of ``pairs`` into a polynomial, one after the other."""
    facts = [*p.facts, *p.negation]
    generators = list(p.algebra.context.gens())
    images = list(generators)
    for position, g in pairs:
        equation = facts[position].polynomial.compose(*images)
        slope = equation.derivative(g)
        image = (equation - slope * generators[g]) / (-slope.leading_coefficient())
        step = [*generators[:g], image, *generators[g + 1 :]]
        images = [q.compose(*step) for q in images]
    if not pairs:
        return lambda q: q
    return lambda q: q.compose(*images)
