"""What the letters and random variables behind a scalar were declared to be, in words, for a page to say."""

from __future__ import annotations

import sympy as sp

from assayer.derivation.algebra.atoms import atoms_of, letters_of
from assayer.derivation.algebra.facts import Held
from assayer.derivation.algebra.letters import one_declaration
from assayer.derivation.algebra.matrices import Mat
from assayer.derivation.algebra.random_variables import MomentSymbol, RandomMember, RandomVariable
from assayer.derivation.trusted.expressions import express


def declarations(*items: sp.Expr | Mat) -> list[str]:
    """One line for each name behind the expressions, e.g. ``S: symmetric matrix n×n``.

    Raises:
        MalformedExpression: where one name is declared in two ways.
    """
    letters = set()
    lines = set()
    for item in items:
        scalars = list(item.terms.values()) if isinstance(item, Mat) else [express(item)]
        letters |= item.letters() if isinstance(item, Mat) else set()
        scalars += [held.meaning for e in scalars for held in e.atoms(Held)]
        for expr in scalars:
            letters |= {letter for atom in atoms_of(expr) for letter in letters_of(atom)}
            lines |= {d.describe() for m in expr.atoms(MomentSymbol) for d, _ in m.powers}
            lines |= {v.declaration.describe() for v in expr.atoms(RandomVariable, RandomMember)}
    one_declaration(sorted(letters))
    return sorted(lines | {letter.declaration.describe() for letter in letters})
