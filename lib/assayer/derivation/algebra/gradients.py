"""Exact gradients: ``grad(f, X)`` is the matrix G with ``df = tr(Gᵀ dX)``.

The rule is one for each occurrence. A word ``u X v`` changes by ``u dX v``, and ``tr(Hᵀ u dX v) = tr((uᵀ H vᵀ)ᵀ dX)``;
a transposed occurrence contributes ``v Hᵀ u``, since ``tr(Hᵀ u dXᵀ v) = tr(dXᵀ v Hᵀ u)``; an inverse is varied by
``d(X⁻¹) = −X⁻¹ dX X⁻¹``; ``d log|det X| = tr(X⁻¹ dX)``. Scalar functions follow by the chain rule. (Magnus and
Neudecker, Matrix Differential Calculus, 1999, chapters 8 and 9, states each of these.)
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from assayer.derivation.algebra.atoms import LogDetSymbol, atoms_of, letters_of
from assayer.derivation.algebra.facts import Held
from assayer.derivation.algebra.letters import Factor, Letter, Word
from assayer.derivation.algebra.matrices import Mat, build, combined, inner, zeros
from assayer.derivation.trusted.errors import MalformedExpression, Unsupported
from assayer.derivation.trusted.expressions import BINDERS, express

_SMOOTH = (sp.exp, sp.log, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.atan)


def grad(f: object, x: Mat) -> Mat:
    """The gradient of a scalar with respect to a matrix or a vector, by all its occurrences.

    It holds where f is differentiable; what the result needs in order to be defined (a divisor that is not zero) the
    checker asks for when the result is judged.

    Args:
        f: a SymPy expression over traces and inner products: sums, products, powers, exp, log and other smooth
            functions of them.
        x: a letter: ``Mat("X")``, ``Vec("x")``, ``theta[t]``.

    Raises:
        MalformedExpression: where ``f`` is no scalar, ``x`` no single letter, or the entries of ``x`` are not free
            (symmetric, orthogonal).
        Unsupported: for a function without a derivative everywhere (Abs, Max), or a Sum that runs over members of
            the family of ``x``.
    """
    if isinstance(f, Mat):
        raise MalformedExpression(f"grad of {f}, which is not a scalar: backward(G, M, X) takes a matrix M")
    letter = _free_letter(x)
    found = zeros_like(x)
    expr = express(f)
    for held in expr.atoms(Held):
        if any(_depends(atom, letter) for atom in atoms_of(held.meaning)):
            raise MalformedExpression(f"{held} is held as one symbol: take the gradient of its expansion, .meaning")
    for bound in expr.atoms(*BINDERS):
        _no_bound_member(bound, letter)
    for atom in atoms_of(expr):
        if _depends(atom, letter):
            found = found + _slope(expr, atom) * _grad_atom(atom, letter, x)
    return found


def backward(upstream: Mat, output: Mat | sp.Expr, x: Mat) -> Mat:
    """The gradient with respect to ``x`` of a function L of ``output``, where ``upstream`` is L's gradient there.

    This is the chain rule: ``dL = tr(upstreamᵀ d output)``. Neither what L is nor whether ``upstream`` depends on
    ``x`` matters: ``backward(G, W + B*A, A)`` is ``BᵀG``.
    """
    if not isinstance(output, Mat) or not isinstance(upstream, Mat):
        raise MalformedExpression("backward takes matrices; for a scalar output write upstream*grad(output, X)")
    inner(upstream, output)  # a clear error where the shapes do not fit
    letter = _free_letter(x)
    found = zeros_like(x)
    for bound in set().union(*(c.atoms(*BINDERS) for c in output.terms.values())):
        _no_bound_member(bound, letter)
    for word, coefficient in output.terms.items():
        found = found + coefficient * _vary(upstream, word, letter, x)
        if any(_depends(atom, letter) for atom in atoms_of(coefficient)):
            alone = combined([(word, sp.S.One)], output.rows, output.cols)
            found = found + inner(upstream, alone) * grad(coefficient, x)
    return found


def zeros_like(x: Mat) -> Mat:
    """The zero of the shape of ``x``."""
    return build({}, x.rows, x.cols) if None in x.shape else zeros(*x.shape)


def _free_letter(x: object) -> Letter:
    words = list(x.terms.items()) if isinstance(x, Mat) else []
    if len(words) != 1 or words[0][1] != 1 or len(words[0][0]) != 1 or words[0][0][0] != Factor(words[0][0][0].letter):
        raise MalformedExpression(f"grad with respect to {x}: take a letter, such as Mat('X') or Vec('x')")
    letter = words[0][0][0].letter
    for word in ("symmetric", "orthogonal"):
        if getattr(letter, word):
            raise MalformedExpression(
                f"the gradient with respect to the {word} matrix {letter.name}: its entries are not free. Declare "
                f"it without {word}=True for the gradient over all matrices"
                + ("; the gradient over the symmetric ones is (G + G.T)/2" if word == "symmetric" else "")
            )
    return letter


def _same(one: Letter, two: Letter) -> bool:
    """Whether two letters are the same; members of one family are where their indices are.

    Raises:
        Unsupported: where the indices may or may not be equal.
    """
    if one.declaration != two.declaration:
        if one.name == two.name:
            raise MalformedExpression(f"{one.name} is declared twice: {one.describe()}; {two.describe()}")
        return False
    if one.index is None:
        return True
    gap = sp.expand(one.index - two.index)
    if not isinstance(gap, sp.Integer):
        raise Unsupported(
            f"whether {one.plain()} is {two.plain()} depends on the index: take the gradient of one term, "
            "or name the vector itself"
        )
    return gap == 0


def _depends(atom: sp.Expr, letter: Letter) -> bool:
    answers = [_same(found, letter) for found in letters_of(atom)]  # every one is asked: each may refuse
    return any(answers)


def _slope(expr: sp.Expr, atom: sp.Expr) -> sp.Expr:
    """The ordinary derivative with respect to an atom, by the rules for sums, products, powers and smooth functions."""
    if expr == atom:
        return sp.S.One
    if atom not in expr.atoms(type(atom)):
        return sp.S.Zero
    if isinstance(expr, sp.Add):
        return sp.Add(*(_slope(term, atom) for term in expr.args))
    if isinstance(expr, sp.Mul):
        return sp.Add(*(sp.Mul(*expr.args[:k], _slope(a, atom), *expr.args[k + 1 :]) for k, a in enumerate(expr.args)))
    if isinstance(expr, sp.Pow):
        base, exponent = expr.base, expr.exp
        found = exponent * base ** (exponent - 1) * _slope(base, atom)
        rest = _slope(exponent, atom)
        return found if rest == 0 else found + expr * sp.log(base) * rest
    if isinstance(expr, _SMOOTH):
        return expr.fdiff(1) * _slope(expr.args[0], atom)
    if isinstance(expr, sp.Sum):
        return sp.Sum(_slope(expr.function, atom), *expr.limits)
    if isinstance(expr, AppliedUndef):
        raise Unsupported(f"{expr} is a function without a known derivative: use backward(G, M, X) for a loss of M")
    raise Unsupported(f"{expr.func.__name__} has no derivative everywhere, or none known here (in {expr})")


def _no_bound_member(expr: sp.Expr, letter: Letter) -> None:
    """Refuse a sum over members of the letter's own family: which of them the letter is depends on its index.

    A bound index may have the name of one in the letter, and is another number all the same.
    """
    bound = {index for index, *_ in expr.limits}
    for atom in atoms_of(expr):
        if bound & atom.free_symbols and any(one.declaration == letter.declaration for one in letters_of(atom)):
            raise Unsupported(f"the sum {expr} runs over {atom}: take the gradient of one term")


def _grad_atom(atom: sp.Expr, letter: Letter, x: Mat) -> Mat:
    if isinstance(atom, LogDetSymbol):
        return x.inv.T
    found = zeros_like(x)
    word = atom.word  # the atom is tr(word): with F = X it changes by tr(dX rest), the upstream is restᵀ
    for place, f in enumerate(word):
        if _same(f.letter, letter):
            rest = combined([(word[place + 1 :] + word[:place], sp.S.One)], f.cols, f.rows)
            found = found + _contribution(f, rest.T, x)
    return found


def _vary(upstream: Mat, word: Word, letter: Letter, x: Mat) -> Mat:
    found = zeros_like(x)
    for place, f in enumerate(word):
        if not _same(f.letter, letter):
            continue
        at_factor = upstream
        if place:
            at_factor = _word(word[:place]).T * at_factor
        if place + 1 < len(word):
            at_factor = at_factor * _word(word[place + 1 :]).T
        found = found + _contribution(f, at_factor, x)
    return found


def _word(word: Word) -> Mat:
    return combined([(word, sp.S.One)], word[0].rows, word[-1].cols)


def _contribution(f: Factor, upstream: Mat, x: Mat) -> Mat:
    """What reaches X from the upstream of one factor, which is X, Xᵀ, X⁻¹ or X⁻ᵀ."""
    straight = upstream.T if f.transposed else upstream
    if not f.inverted:
        return straight
    inverse = x.inv.T  # as X⁻¹ varies by −X⁻¹ dX X⁻¹, the upstream of X is −X⁻ᵀ (·) X⁻ᵀ
    return -(inverse * straight * inverse)
