"""The bank: claims that are false as stated, claims that must be refused, and true steps of the book's subject."""

from __future__ import annotations

from trap_bank import (
    false_branches,
    false_calculus,
    false_domains,
    false_language,
    false_numbers,
    false_regions,
    false_rules,
    false_sums,
    true_attention,
    true_batches,
    true_descent,
    true_functions,
    true_matrices,
    true_moments,
    true_noise,
    true_polynomials,
    true_rotation,
    true_scaling,
    true_sums,
)
from trap_bank.false_language import MALFORMED, Malformed
from trap_bank.false_rules import VACUOUS
from trap_bank.kinds import Claim, Trap, TrueStep

TRAPS: tuple[Trap, ...] = (
    *false_domains.TRAPS,
    *false_branches.TRAPS,
    *false_numbers.TRAPS,
    *false_regions.TRAPS,
    *false_sums.TRAPS,
    *false_rules.TRAPS,
    *false_calculus.TRAPS,
    *false_language.TRAPS,
)

STEPS: tuple[TrueStep, ...] = (
    *true_descent.STEPS,
    *true_rotation.STEPS,
    *true_polynomials.STEPS,
    *true_moments.STEPS,
    *true_batches.STEPS,
    *true_attention.STEPS,
    *true_matrices.STEPS,
    *true_scaling.STEPS,
    *true_functions.STEPS,
    *true_sums.STEPS,
    *true_noise.STEPS,
)

__all__ = ["MALFORMED", "STEPS", "TRAPS", "VACUOUS", "Claim", "Malformed", "Trap", "TrueStep"]
