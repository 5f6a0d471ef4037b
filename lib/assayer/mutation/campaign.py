"""Many mutants of many steps, tried on several processes, and what came of them."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from random import Random
from typing import Any, TypeAlias

from assayer.derivation.trusted.context import Goal
from assayer.mutation.claims import KINDS, Mutant, Step, mutate
from assayer.mutation.crew import Task, tried
from assayer.mutation.sources import Source, SourceError
from assayer.mutation.trial import Limits, Outcome

TRIES = 60
Progress: TypeAlias = "Callable[[Outcome], None]"
MEANING = {
    "mutants": "judged steps with one thing changed in the claim or in a hypothesis, or with a hypothesis taken away; "
    "each once, and none a step of its source",
    "known_false": "rigorous evaluation found a point that certainly satisfies the hypotheses and at which the claim "
    "certainly fails, or a side has no value",
    "accepted_false": "known false, and proved by the kernels alone or by the whole judge: must be 0",
    "killed": "known false, and refused both by the kernels alone and by the whole judge",
    "kill_rate": "killed, as a share of the known false mutants that were judged",
    "refuted": "killed, and the judge names a counterexample",
    "unproved": "killed, and the judge finds neither a proof nor a counterexample",
    "rest": "no point shows them false: true variants of a true claim, and what the search does not reach",
    "rest_judged": "of the rest, a random sample that the kernels and the judge were asked about",
    "true_variants": "of that sample, proved, with no point against them in a deeper search",
    "undecided": "of that sample, neither",
    "overran": "ended when the clock or the memory of one mutant ran out: not judged, and in no rate",
    "broke": "the checker raised, or its process died: must be 0",
}
"""What each count means, in the words that are printed and stored."""


@dataclass
class Tally:
    """The counts of one chapter or of all; :data:`MEANING` says what each is."""

    name: str
    steps: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    def count(self, **wanted: Any) -> int:
        """How many outcomes have all these attributes."""
        return sum(all(getattr(o, key) == v for key, v in wanted.items()) for o in self.outcomes)

    def record(self) -> dict[str, Any]:
        """The counts, as they are stored."""
        kinds = Counter(o.kind for o in self.outcomes)
        killed, false = self.count(killed=True), self.count(false=True)
        overran, broke = (sum(bool(getattr(o, word)) for o in self.outcomes) for word in ("overran", "broke"))
        return {
            "steps": self.steps,
            "mutants": len(self.outcomes),
            "known_false": false,
            "known_false_by_both_evaluators": self.count(false=True, by=("intervals", "balls")),
            "known_false_by_the_refuter_only": self.count(false=True, by=("refuter",)),
            "accepted_false": self.count(accepted_false=True),
            "killed": killed,
            "kill_rate": _share(killed, self.count(false=True, judged=True)),
            "refuted": self.count(killed=True, verdict="refuted"),
            "unproved": killed - self.count(killed=True, verdict="refuted"),
            "refuted_rate": _share(self.count(killed=True, verdict="refuted"), self.count(false=True, judged=True)),
            "rest": len(self.outcomes) - false,
            "rest_judged": self.count(false=False, judged=True),
            "true_variants": self.count(sort="true variant"),
            "undecided": self.count(sort="undecided"),
            "overran": overran,
            "broke": broke,
            "disagreements": sum(bool(o.disagreement) for o in self.outcomes),
            "kinds": {kind: kinds[kind] for kind in KINDS if kinds[kind]},
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


@dataclass
class Report:
    """All tallies of a run, the seed that repeats it, and what a mutant could cost."""

    seed: int
    tallies: list[Tally]
    limits: Limits = field(default_factory=Limits)

    @property
    def total(self) -> Tally:
        return Tally(
            "all", sum(t.steps for t in self.tallies), [outcome for t in self.tallies for outcome in t.outcomes]
        )

    @property
    def sound(self) -> bool:
        """No false mutant accepted, and no contradiction between the evaluators."""
        return not any(o.accepted_false or o.disagreement for o in self.total.outcomes)

    @property
    def whole(self) -> bool:
        """The checker broke on no mutant."""
        return not any(o.broke for o in self.total.outcomes)

    def record(self) -> dict[str, Any]:
        """The machine-readable form, without dates."""
        total = self.total
        search, kernels, judge = (sum(o.spent[k] for o in total.outcomes) for k in range(3))
        return {
            "seed": self.seed,
            "meaning": MEANING,
            "limits": {
                "seconds_for_the_kernels": self.limits.seconds,
                "share_with_longer": self.limits.long_share,
                "seconds_with_longer": self.limits.long_seconds,
                "share_of_the_rest_judged": self.limits.rest_share,
                "clock": self.limits.clock,
            },
            "processor_seconds": {
                "search_for_points": round(search, 1),
                "kernels": round(kernels, 1),
                "judge": round(judge, 1),
            },
            "most_megabytes": max((o.memory[0] for o in total.outcomes), default=0) >> 20,
            "chapters": {t.name: t.record() for t in self.tallies},
            "total": total.record(),
        }


def campaign(
    sources: Sequence[Source],
    seed: int,
    count: int,
    jobs: int = 1,
    limits: Limits | None = None,
    progress: Progress | None = None,
    minutes: float | None = None,
) -> Report:
    """Try ``count`` fresh mutants of the sources' steps, in ``jobs`` processes beside this one.

    The same seed makes the same mutants and tries them at the same points; what the kernels find in the time that
    they are given may differ. After so many ``minutes`` no further one is begun; the sources have had their shares.

    Raises:
        SourceError: when there is no step to mutate.
    """
    limits = limits or Limits()
    if not any(source.steps for source in sources):
        raise SourceError("there is no step to mutate")
    tallies = {s.name: Tally(s.name, len(s.steps)) for s in sources}
    finish = None if minutes is None else time.monotonic() + 60 * minutes
    work = takewhile(lambda _: finish is None or time.monotonic() < finish, tasks(sources, seed, count))
    for outcome in tried(work, jobs, limits):
        tallies[outcome.chapter].outcomes.append(outcome)
        if progress is not None:
            progress(outcome)
    return Report(seed, list(tallies.values()), limits)


def tasks(sources: Sequence[Source], seed: int, count: int) -> Iterator[Task]:
    """The mutants of a run, each once: (chapter, seed of its points, mutant)."""
    total = sum(len(s.steps) for s in sources)
    shares = [count * len(s.steps) // total for s in sources]
    for k in range(count - sum(shares)):
        shares[k % len(shares)] += 1
    made = (_placed(k, s, share, seed) for k, (s, share) in enumerate(zip(sources, shares, strict=True)))
    for _, _, task in heapq.merge(*made, key=lambda placed: placed[:2]):
        yield task


def _placed(place: int, source: Source, share: int, seed: int) -> Iterator[tuple[float, int, Task]]:
    """A source's mutants, spread evenly over the run."""
    rng = Random(f"{seed}/{source.name}")
    for number, mutant in enumerate(islice(fresh(source.steps, rng), share)):
        yield (number + 0.5) / share, place, (source.name, f"{seed}/{source.name}/{number}", mutant)


def fresh(steps: Sequence[Step], rng: Random) -> Iterator[Mutant]:
    """Different mutants of the steps in turn, of every kind; where one change yields nothing new, two are made."""
    seen: set[Goal] = {step.goal for step in steps}
    while steps:
        order = list(steps)
        rng.shuffle(order)
        found = False
        for step in order:
            mutant = _new(step, seen, rng)
            if mutant is not None:
                found = True
                seen.add(mutant.goal)
                yield mutant
        if not found:
            return


def _new(step: Step, seen: set[Goal], rng: Random) -> Mutant | None:
    for number in range(TRIES):
        mutant = mutate(step, rng.choice(KINDS), rng)
        if mutant is not None and number > TRIES // 2:
            again = mutate(_as_step(mutant), rng.choice(KINDS), rng)
            if again is not None:
                mutant = Mutant(step, again.kind, f"{mutant.what}; {again.what}", again.goal)
        if mutant is not None and mutant.goal not in seen:
            return mutant
    return None


def _as_step(mutant: Mutant) -> Step:
    return Step(mutant.step.title, mutant.goal, mutant.step.lemmas, mutant.step.hints)


COLUMNS = ("mutants", "known_false", "accepted_false", "killed", "kill_rate", "refuted_rate", "rest_judged")
COLUMNS += ("true_variants", "overran", "broke")


def table(report: Report) -> str:
    """The result as a table for a terminal, what its words mean, and everything that must not be, with the code that
    repeats it."""
    rows = [t.record() | {"name": t.name} for t in [*report.tallies, report.total]]
    width = max(len("chapter"), *(len(r["name"]) for r in rows))
    heads = [c.replace("_", " ") for c in COLUMNS]
    lines = ["  ".join(["chapter".ljust(width), *(h.rjust(14) for h in heads)])]
    for row in rows:
        cells = [f"{row[c]:.1%}" if c.endswith("rate") and row[c] is not None else str(row[c]) for c in COLUMNS]
        lines.append("  ".join([row["name"].ljust(width), *(c.rjust(14) for c in cells)]))
    lines += ["", *(f"{c.replace('_', ' ')}: {MEANING[c]}." for c in COLUMNS if c in MEANING)]
    lines += [
        f"refuted rate: of these, with a counterexample. Of the rest, {report.limits.rest_share:.0%} drawn at "
        f"random were judged; of the known false, {report.limits.long_share:.0%} with {report.limits.long_seconds:g} s "
        f"for the kernels, the others with {report.limits.seconds:g} s."
    ]
    return "\n".join([*lines, *findings(report)])


def findings(report: Report) -> list[str]:
    """One paragraph for each mutant that shows a defect, or that was not judged in its time."""
    told = []
    for o in report.total.outcomes:
        head = f"{o.chapter}: {o.title}\n  {o.what}\n  {o.claim}"
        if o.accepted_false:
            told.append(f"\nFALSE AND ACCEPTED ({', '.join(o.kernels)}) {head}\n  false at {o.at}\n{_indented(o.code)}")
        if o.disagreement:
            told.append(f"\nTHE EVALUATORS CONTRADICT EACH OTHER {head}\n  {o.disagreement}\n{_indented(o.code)}")
        if o.broke:
            told.append(f"\nTHE CHECKER BROKE {head}\n  {o.broke}\n{_indented(o.code)}")
        if o.overran:
            told.append(f"\noverran: {head}\n  {o.overran}")
    return told


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())
