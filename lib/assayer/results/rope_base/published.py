"""The published tables of least bases for head size 128, as printed, and our own rows with how they were made.

`ROWS` was written by ``python benchmarks/rope_base.py --table``, which recomputes the rows: column A by `least_base`,
with the whole cover below it confirmed by balls, and column B by `safe_base`. The chapter recomputes the small rows and
confirms the ends of the others by balls.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One context length, in positions, with the least base as printed in the paper and in the article, and ours.

    `low` and `high` enclose definition A; `fails` fails at `low`. `safe_low`, `safe_high` and `safe_fails` are the same
    for definition B, where it was computed.
    """

    length: int
    paper: str
    article: str
    low: float
    high: float
    fails: int
    safe_low: float | None = None
    safe_high: float | None = None
    safe_fails: int | None = None


HEAD_DIM = 128
"""The head size of the published tables."""

ROWS = (
    Row(1024, "4.3e3", "4.3e3", 4293.437569261921, 4293.43756926718, 1009, 6018.2808572747535, 6018.280857286666, 903),
    Row(
        2048,
        "1.6e4",
        "1.2e4",
        11587.244303108524,
        11587.244303128868,
        1788,
        22764.303792491683,
        22764.303792517658,
        1946,
    ),
    Row(
        4096, "2.7e4", "2.7e4", 26952.339227852943, 26952.339227892408, 4012, 58789.5041505807, 58789.50415072756, 4000
    ),
    Row(8192, "8.4e4", "8.4e4", 83763.84101542702, 83763.84101548645, 8172, 394327.9045893048, 394327.9045904601, 7626),
    Row(
        16384,
        "3.1e5",
        "2.3e5",
        231643.6468068358,
        231643.64680741323,
        15643,
        1321077.9573642407,
        1321077.9573663585,
        16333,
    ),
    Row(
        32768,
        "6.4e5",
        "6.3e5",
        629978.2628549382,
        629978.2628557868,
        30704,
        3325751.0314424764,
        3325751.031453833,
        32323,
    ),
    Row(
        65536,
        "2.1e6",
        "2.1e6",
        2090179.6740535519,
        2090179.6740587472,
        60076,
        14949413.926169224,
        14949413.926197328,
        63137,
    ),
    Row(
        131072,
        "7.8e6",
        "4.9e6",
        4869104.3705265345,
        4869104.370544519,
        124837,
        42273617.463250674,
        42273617.46341951,
        129569,
    ),
    Row(262144, "3.6e7", "2.4e7", 23662397.036954284, 23662397.037048116, 227688),
    Row(524288, "6.4e7", "5.8e7", 58496173.80213172, 58496173.8023749, 479857),
    Row(1048576, "5.1e8", "6.5e7", 65374955.14398696, 65374955.14474113, 935093),
)
