"""``python -m assayer.mutation.collect NOTEBOOK FILE``: run a chapter's derivations and store every judged step.

A process of its own, so that what a chapter imports (torch, say) stays out of the one that tries the mutants. Only
the cells that write derivations run, with those that they need; all of them where a name is still missing.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import sympy as sp

from assayer.derivation import derivation as surface
from assayer.derivation.refute import Model
from assayer.derivation.trusted.context import Context
from assayer.mutation.cells import derivations, runnable
from assayer.mutation.claims import Step
from assayer.notebooks.notebook import Cell, Notebook, read

MODEL_POINTS = 20


class CellFailed(RuntimeError):
    """A cell of the chapter raised; the message names the cell and says what."""


class Recorder:
    """Writes down each step that a derivation judges and proves, while a block runs."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._open: list[tuple[str, Context, list[Step]]] = []

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Listen to every ``Derivation`` inside the block."""
        judge, theorem = surface.judge_goal, surface.Derivation.theorem
        surface.judge_goal, surface.Derivation.theorem = self._judge(judge), self._theorem(theorem)
        try:
            yield
        finally:
            surface.judge_goal, surface.Derivation.theorem = judge, theorem

    def _theorem(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def theorem(derivation: surface.Derivation, *words: Any, **more: Any) -> Any:
            heard: list[Step] = []
            self._open.append((derivation.title, derivation.context, heard))
            try:
                made = original(derivation, *words, **more)
            finally:
                self._open.pop()
            self.steps += heard  # only now: a derivation that is refused leaves no steps
            if len(heard) > 1:
                model = heard[0].model
                self.steps.append(Step(f"{made.title} (conclusion)", made.sequent.goal, model=model))
            return made

        return theorem

    def _judge(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def judge_goal(*words: Any, **more: Any) -> Any:
            verdict = original(*words, **more)
            if self._open and verdict.sequent is not None:
                title, context, heard = self._open[-1]
                said = signature.bind(*words, **more).arguments
                goal = said["goal"]
                own = {h.label for h in context.hypotheses}
                lemmas = frozenset(h.label for h in goal.context.hypotheses) - own
                model = points_of(said.get("model"))
                hints = tuple(said.get("hints") or ())
                heard.append(Step(f"{title}, step {len(heard) + 1}", goal, lemmas, hints, model))
            return verdict

        return judge_goal


def points_of(model: Model | None) -> tuple[Mapping[sp.Basic, Any], ...]:
    """Some points of an author's model: the model itself, a function of the notebook, cannot leave its process."""
    if model is None:
        return ()
    rng = Random(0)
    drawn = [{sp.sympify(k): sp.Rational(v) for k, v in model(rng).items()} for _ in range(MODEL_POINTS)]
    return tuple(drawn)


def steps_of(notebook: Notebook) -> list[Step]:
    """Run the notebook's derivations and return their steps.

    Raises:
        CellFailed: where a cell raises.
    """
    every = runnable(notebook)
    chosen = derivations(every)
    try:
        return run(notebook, chosen)
    except CellFailed as failure:
        if isinstance(failure.__cause__, NameError) and len(chosen) < len(every):
            return run(notebook, every)
        raise


def run(notebook: Notebook, cells: Sequence[Cell]) -> list[Step]:
    """Run some cells in order, in a namespace of their own, and return the steps of their derivations."""
    recorder = Recorder()
    names: dict[str, Any] = {"__name__": "__main__"}
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), recorder.recording():
        for cell in cells:
            try:
                exec(compile(cell.source, f"{notebook.name} cell {cell.index}", "exec"), names)
            except Exception as reason:
                raise CellFailed(
                    f"{notebook.name} cell {cell.index} raised {type(reason).__name__}: {reason}; does make test pass?"
                ) from reason
    return recorder.steps


def portable(step: Step) -> Step:
    """The step without hints that cannot be sent to another process; they only steer a search."""
    kept = []
    for hint in step.hints:
        with contextlib.suppress(Exception):
            pickle.dumps(hint)
            kept.append(hint)
    return replace(step, hints=tuple(kept))


def main(arguments: Sequence[str] | None = None) -> int:
    """Collect one notebook's steps into a file."""
    path, target = sys.argv[1:] if arguments is None else arguments
    try:
        steps = steps_of(read(path))
    except CellFailed as failure:
        print(" ".join(str(failure).split()), file=sys.stderr)
        return 1
    with open(target, "wb") as file:
        pickle.dump([portable(step) for step in steps], file)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
