"""The trusted base: a mistake outside this folder can lose a true theorem, not make a false one.

``expressions`` is the language and substitution; ``context`` what is assumed; ``definedness`` where an expression has
a value; ``polynomials`` and ``problem`` translate a goal; ``theorem`` holds the only ways to make a theorem; ``rules``
re-checks evidence. Some parts are trusted only by the steps that name them: ``evaluate``, ``ranges`` and ``balls``
(certified steps), ``calculus`` (derivatives), ``functions`` (both), and ``smt`` (z3).
"""

from assayer.derivation.trusted import rules  # closes the list of kinds of evidence before anyone else is imported

__all__ = ["rules"]
