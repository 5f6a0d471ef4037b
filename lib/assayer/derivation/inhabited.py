"""That something satisfies the hypotheses: from a contradiction anything would follow."""

from __future__ import annotations

from assayer.derivation.refute import Model, Table, witness
from assayer.derivation.trusted.context import Context, Hypothesis
from assayer.derivation.trusted.errors import ContradictoryHypotheses, Uninhabited
from assayer.derivation.verdict import contradictory


def inhabited(context: Context, model: Model | None) -> Table | None:
    """A point that satisfies the hypotheses; None where there are none.

    Raises:
        ContradictoryHypotheses: naming a smallest set of hypotheses that nothing satisfies.
        Uninhabited: when no point was found.
    """
    if not context.hypotheses:
        return None
    found = witness(context, model)
    if found is not None:
        return found
    if contradictory(context):
        raise ContradictoryHypotheses(
            "nothing satisfies the hypotheses "
            f"{'; '.join(str(h) for h in _core(context).hypotheses)}: drop or mend one of them"
        )
    raise Uninhabited(
        "no point was found that satisfies the hypotheses "
        f"{'; '.join(str(h) for h in context.hypotheses)}: pass model=, a function of a random.Random "
        "that returns {symbol: rational}"
    )


def _core(context: Context) -> Context:
    """A smallest set of hypotheses that already contradict each other, dropping one at a time."""
    kept: list[Hypothesis] = list(context.hypotheses)
    for hypothesis in context.hypotheses:
        fewer = [h for h in kept if h is not hypothesis]
        if contradictory(Context(tuple(fewer), context.symbols)):
            kept = fewer
    return Context(tuple(kept), context.symbols)
