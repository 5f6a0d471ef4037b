"""Mutation testing: change one thing in what is claimed, and see who notices.

Two kinds of mutants. Mutants of *derivations*: each judged step of the book, with a sign, a coefficient, an exponent,
an index, a relation, a symbol, a function or a hypothesis changed. Rigorous evaluation, by two evaluators, decides
which of them are false; no kernel may prove one of those. Mutants of *helpers*: each function of ``assayer.results``,
with an operator or a constant changed; the checks of its chapter should object.

From the command line::

    python -m assayer.mutation [--seed N] [--count N] [--chapter numbers/near_product] [--bank FILE.py:NAME]
    python -m assayer.mutation results [--module near_product.scan] [--sample N]

| module | holds |
|---|---|
| `claims`, `edits` | mutants of a step |
| `falsity`, `points`, `families` | the search for a point at which a mutant is false |
| `second`, `ranges` | an evaluator with no part of the checker's |
| `trial`, `crew`, `campaign` | mutants against the kernels and the judge, in processes that are ended; the counts |
| `sources`, `collect`, `cells` | the steps of the chapters and of banks of goals |
| `python_code`, `helpers` | mutants of helper functions, and their scores |
| `runs`, `shadow`, `retest`, `serving` | the chapter and the unit tests, run with one mutant after another |
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Mutant": "claims",
    "Step": "claims",
    "mutants": "claims",
    "snippet": "claims",
    "Decision": "falsity",
    "decide": "falsity",
    "Limits": "trial",
    "Outcome": "trial",
    "attempt": "trial",
    "Report": "campaign",
    "campaign": "campaign",
    "table": "campaign",
    "Source": "sources",
    "SourceError": "sources",
    "bank": "sources",
    "chapters": "sources",
    "code_mutants": "python_code",
    "helpers": "helpers",
    "try_helper": "helpers",
}
__all__ = [*sorted(_HOME)]


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'assayer.mutation' has no attribute {name!r}")
    return getattr(import_module(f"assayer.mutation.{_HOME[name]}"), name)
