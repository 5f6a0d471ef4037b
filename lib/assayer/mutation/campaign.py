"""Many mutants of many steps, tried on several processes, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any, TypeAlias

from assayer.derivation.trusted.context import Goal
from assayer.mutation.claims import KINDS, Mutant, Step, mutate
from assayer.mutation.crew import Task, tried
from assayer.mutation.sources import Source, SourceError
from assayer.mutation.trial import Limits, Outcome

TRIES = 60
Progress: TypeAlias = "Callable[[Outcome], None]"


@dataclass
class Tally:
    """The counts of one chapter or of all.

    ``kill rate`` is the share of mutants that the judge does not prove. A mutant that it proves and that no point
    shows false is a true variant: mutating a true claim often gives another true one.
    """

    name: str
    steps: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    def count(self, **wanted: Any) -> int:
        """How many outcomes have all these attributes."""
        return sum(all(getattr(o, key) == v for key, v in wanted.items()) for o in self.outcomes)

    def record(self) -> dict[str, Any]:
        """The counts, as they are stored."""
        kinds = Counter(o.kind for o in self.outcomes)
        killed = self.count(killed=True)
        return {
            "steps": self.steps,
            "mutants": len(self.outcomes),
            "known_false": self.count(sort="known false"),
            "known_false_by_both_evaluators": self.count(false=True, by=("intervals", "balls")),
            "known_false_by_the_refuter_only": self.count(false=True, by=("refuter",)),
            "accepted_false": self.count(accepted_false=True),
            "refuted": self.count(verdict="refuted"),
            "unproved": killed - self.count(verdict="refuted"),
            "true_variants": self.count(sort="true variant"),
            "undecided": self.count(sort="undecided"),
            "kill_rate": round(killed / len(self.outcomes), 4) if self.outcomes else None,
            "kill_rate_of_known_false": _share(self.count(false=True, killed=True), self.count(false=True)),
            "disagreements": sum(bool(o.disagreement) for o in self.outcomes),
            "broke": sum(bool(o.broke) for o in self.outcomes),
            "kinds": {kind: kinds[kind] for kind in KINDS if kinds[kind]},
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


@dataclass
class Report:
    """All tallies of a run, and the seed that repeats it."""

    seed: int
    tallies: list[Tally]

    @property
    def total(self) -> Tally:
        return Tally(
            "all", sum(t.steps for t in self.tallies), [outcome for t in self.tallies for outcome in t.outcomes]
        )

    @property
    def sound(self) -> bool:
        """No false mutant accepted, and no contradiction between the evaluators."""
        return not any(o.accepted_false or o.disagreement for o in self.total.outcomes)

    def record(self) -> dict[str, Any]:
        """The machine-readable form, without dates."""
        return {
            "seed": self.seed,
            "chapters": {t.name: t.record() for t in self.tallies},
            "total": self.total.record(),
        }


def campaign(
    sources: Sequence[Source],
    seed: int,
    count: int,
    jobs: int = 1,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Report:
    """Try ``count`` fresh mutants of the sources' steps. ``jobs=1`` stays in this process.

    The same seed makes the same mutants and tries them at the same points; what the kernels find in the time that
    they are given may differ.

    Raises:
        SourceError: when there is no step to mutate.
    """
    limits = limits or Limits()
    if not any(source.steps for source in sources):
        raise SourceError("there is no step to mutate")
    tallies = {s.name: Tally(s.name, len(s.steps)) for s in sources}
    for outcome in tried(tasks(sources, seed, count), jobs, limits):
        tallies[outcome.chapter].outcomes.append(outcome)
        if progress is not None:
            progress(outcome)
    return Report(seed, list(tallies.values()))


def tasks(sources: Sequence[Source], seed: int, count: int) -> Iterator[Task]:
    """The mutants of a run, each once: (chapter, seed of its points, mutant)."""
    total = sum(len(s.steps) for s in sources)
    shares = [count * len(s.steps) // total for s in sources]
    for k in range(count - sum(shares)):
        shares[k % len(shares)] += 1
    for source, share in zip(sources, shares, strict=True):
        rng = Random(f"{seed}/{source.name}")
        for number, mutant in enumerate(islice(fresh(source.steps, rng), share)):
            yield source.name, f"{seed}/{source.name}/{number}", mutant


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


COLUMNS = ("mutants", "known_false", "accepted_false", "refuted", "unproved", "true_variants", "kill_rate")


def table(report: Report) -> str:
    """The result as a table for a terminal, and everything that must not be, with the code that repeats it."""
    rows = [t.record() | {"name": t.name} for t in [*report.tallies, report.total]]
    width = max(len("chapter"), *(len(r["name"]) for r in rows))
    heads = [c.replace("_", " ") for c in COLUMNS]
    lines = ["  ".join(["chapter".ljust(width), *(h.rjust(14) for h in heads)])]
    for row in rows:
        cells = [f"{row[c]:.1%}" if c == "kill_rate" and row[c] is not None else str(row[c]) for c in COLUMNS]
        lines.append("  ".join([row["name"].ljust(width), *(c.rjust(14) for c in cells)]))
    return "\n".join([*lines, *findings(report)])


def findings(report: Report) -> list[str]:
    """One paragraph for each mutant that shows a defect."""
    told = []
    for o in report.total.outcomes:
        head = f"{o.chapter}: {o.title}\n  {o.what}\n  {o.claim}"
        if o.accepted_false:
            told.append(f"\nFALSE AND ACCEPTED ({', '.join(o.kernels)}) {head}\n  false at {o.at}\n{_indented(o.code)}")
        if o.disagreement:
            told.append(f"\nTHE EVALUATORS CONTRADICT EACH OTHER {head}\n  {o.disagreement}\n{_indented(o.code)}")
        if o.broke:
            told.append(f"\nTHE CHECKER BROKE {head}\n  {o.broke}\n{_indented(o.code)}")
    return told


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())
