"""Monarch matrices: a block diagonal matrix, a transposition, another block diagonal matrix, the transposition back.

Defined for the chapter chapters/low_rank/monarch.ipynb. n = p b; L holds b blocks of p×p, R holds p blocks of b×b;
M x stands for a matrix to the left of a column, so that a layer Y = X W has W = Mᵀ. Places of a vector of length n are
pairs: place k b + l is row k and column l of a p×b array.
"""

from __future__ import annotations

from assayer.results.monarch.blocks import (
    by_factors,
    counted,
    dense,
    inverse_product,
    multiply,
    operations,
    parts,
    slices,
    storage,
    transposed,
    unsliced,
)
from assayer.results.monarch.members import FOURTH, KINDS, dft, fft_factors, hadamard, sample, stride
from assayer.results.monarch.nearest import (
    Compared,
    compare,
    descend,
    distance,
    kept,
    nearest,
    slice_ranks,
    truncated,
)

__all__ = [
    "FOURTH",
    "KINDS",
    "Compared",
    "by_factors",
    "compare",
    "counted",
    "dense",
    "descend",
    "dft",
    "distance",
    "fft_factors",
    "hadamard",
    "inverse_product",
    "kept",
    "multiply",
    "nearest",
    "operations",
    "parts",
    "sample",
    "slice_ranks",
    "slices",
    "storage",
    "stride",
    "transposed",
    "truncated",
    "unsliced",
]
