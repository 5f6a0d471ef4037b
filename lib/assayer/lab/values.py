"""What a check compares, brought to one form: exact scalars in a list, or one numpy array.

Python numbers, fractions, SymPy and FLINT numbers keep their exact value; nested lists and tuples
are flattened with their shape; numpy arrays and torch tensors become one float64, complex128 or
integer array. Text, sets, mappings and None are kept whole and can only be compared exactly.
Nothing is imported that the value does not bring with it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational
from typing import Any

DIGITS = 60
"""Decimal digits to which an irrational SymPy number is evaluated."""
SMALL = 4096
"""Arrays up to this size are compared scalar by scalar, in exact arithmetic."""


class ValueRefused(TypeError):
    """A value that a check cannot weigh; the message names it and the way out."""


@dataclass(frozen=True)
class Irrational:
    """A SymPy number without a finite expansion: its expression and its value to `DIGITS` digits."""

    expression: str
    approx: Fraction


Scalar = int | float | complex | Fraction | Irrational


@dataclass(frozen=True)
class Value:
    """A value in the form in which it is compared.

    `kind` is ``numbers`` (`items` is a flat list of scalars), ``array`` (`items` is a numpy array)
    or ``whole`` (`items` is the object itself). `shape` is () for a scalar.
    """

    kind: str
    shape: tuple[int, ...]
    items: Any

    @property
    def size(self) -> int:
        if self.kind == "whole":
            return len(self.items) if hasattr(self.items, "__len__") else 1
        return math.prod(self.shape)

    def first_bad(self) -> str:
        """``"NaN"`` or ``"infinity"`` if one occurs (NaN first), else an empty text."""
        if self.kind == "array":
            import numpy

            if self.items.dtype.kind not in "fc":
                return ""
            if numpy.isnan(self.items).any():
                return "NaN"
            return "" if numpy.isfinite(self.items).all() else "infinity"
        items = self.items if self.kind == "numbers" else _leaves(self.items)
        found = {_bad(item) for item in items}
        return "NaN" if "NaN" in found else "infinity" if "infinity" in found else ""


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for pair in value.items() for item in pair for leaf in _leaves(item)]
    if isinstance(value, (list, tuple, AbstractSet)):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _bad(item: Any) -> str:
    if isinstance(item, complex):
        return _bad(item.real) or _bad(item.imag)
    if isinstance(item, (float, Decimal)):
        return "NaN" if math.isnan(item) else "infinity" if math.isinf(item) else ""
    return ""


def _from(module: str, value: Any) -> bool:
    """Whether the type of `value` comes from `module`, without importing it."""
    return any((base.__module__ or "").partition(".")[0] == module for base in type(value).__mro__)


def _sympy_number(value: Any) -> Scalar:
    import sympy

    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    if value is sympy.nan or value is sympy.zoo:
        return math.nan
    if value in (sympy.oo, -sympy.oo):
        return math.inf if value == sympy.oo else -math.inf
    if value.is_number is not True:
        names = ", ".join(sorted(str(s) for s in value.free_symbols)) or "unknown parts"
        raise ValueRefused(f"{value} is not a number: it contains {names}; substitute values first")
    # evalf is known to give wrong values for these (a sum of 65 terms came out as 0).
    for lazy in (sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit, sympy.Derivative):
        if value.has(lazy):
            raise ValueRefused(f"{value} holds an unevaluated {lazy.__name__}: evaluate it before it is compared")
    if value.is_real is not True:
        return complex(value)
    approx = _sympy_fraction(sympy.N(value, DIGITS))
    again = _sympy_fraction(sympy.N(value, 2 * DIGITS))
    if abs(approx - again) * 10 ** (DIGITS // 2) > max(abs(again), Fraction(1, 10**DIGITS)):
        raise ValueRefused(f"{value} could not be evaluated to {DIGITS} digits: give a simpler form")
    if value.is_Float:
        return approx
    return Irrational(str(value), again)


def _sympy_fraction(value: Any) -> Fraction:
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    if not value.is_Float:
        raise ValueRefused(f"{value} could not be evaluated to a number")
    sign, mantissa, exponent, _ = value._mpf_
    fraction = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -fraction if sign else fraction


def scalar(value: Any) -> Scalar | None:
    """The exact scalar that `value` stands for, or None when it is no scalar number.

    Raises `ValueRefused` for a SymPy expression that is no number and for a FLINT ball.
    """
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, (float, complex, Fraction, Irrational)):
        # numpy's float64 and complex128 are subclasses: strip them.
        if isinstance(value, float):
            return float(value)
        return complex(value) if isinstance(value, complex) else value
    if isinstance(value, Decimal):
        return Fraction(value) if value.is_finite() else float(value)
    if _from("sympy", value) and hasattr(value, "is_number") and hasattr(value, "evalf"):
        return _sympy_number(value)
    if _from("flint", value):
        if type(value).__name__ == "fmpz":
            return int(value)
        if type(value).__name__ == "fmpq":
            return Fraction(int(value.p), int(value.q))
        raise ValueRefused(f"a FLINT {type(value).__name__} is no single number: compare its ends or its midpoint")
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if _from("mpmath", value) and hasattr(value, "_mpf_"):
        if not math.isfinite(value):
            return float(value)
        sign, mantissa, exponent, _ = value._mpf_
        fraction = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
        return -fraction if sign else fraction
    return None


def _array(value: Any) -> Any | None:
    """`value` as a numpy array when it is a torch tensor or a numpy array or scalar, else None."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().resolve_conj().cpu()
        if value.is_floating_point():
            value = value.double()
        return value.numpy()
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        return numpy.asarray(value)
    return None


def _nested(value: list[Any] | tuple[Any, ...]) -> tuple[tuple[int, ...], list[Scalar]] | None:
    """Shape and flat scalars of a rectangular nested list, or None when it is no such thing."""
    shapes: set[tuple[int, ...]] = set()
    flat: list[Scalar] = []
    for item in value:
        part = normalise(item)
        if part.kind == "whole":
            return None
        shapes.add(part.shape)
        flat.extend(_scalars(part))
    if len(shapes) > 1:
        return None
    return (len(value), *(shapes.pop() if shapes else ())), flat


def _scalars(value: Value) -> list[Scalar]:
    if value.kind == "numbers":
        return list(value.items)
    return list(value.items.reshape(-1).tolist())


def normalise(value: Any) -> Value:
    """Bring `value` to the form in which it is compared; raises `ValueRefused` where none fits."""
    array = _array(value)
    if array is not None:
        if array.dtype.kind in "OSU":
            return normalise(array.tolist())
        if array.dtype.kind not in "biufc":
            raise ValueRefused(f"an array of dtype {array.dtype} cannot be weighed: give numbers")
        if array.dtype.kind == "f" and array.dtype.itemsize < 8:
            array = array.astype("float64")
        if array.size <= SMALL:
            return Value("numbers", tuple(array.shape), array.reshape(-1).tolist())
        return Value("array", tuple(array.shape), array)
    if isinstance(value, (str, bytes, AbstractSet, Mapping)) or value is None:
        return Value("whole", (), value)
    if isinstance(value, (list, tuple)):
        nested = _nested(value)
        if nested is None:
            return Value("whole", (), value)
        return Value("numbers", *nested)
    number = scalar(value)
    if number is not None:
        return Value("numbers", (), [number])
    if hasattr(value, "tolist") and hasattr(value, "shape"):  # a SymPy matrix
        return normalise(value.tolist())
    raise ValueRefused(f"a {type(value).__name__} cannot be weighed: give a number, text, a set, a list or an array")


def aligned(first: Value, second: Value) -> tuple[Value, Value]:
    """The two values in one common form, ``numbers`` unless both are arrays."""
    if first.kind == second.kind or "whole" in (first.kind, second.kind):
        return first, second
    return tuple(Value("numbers", v.shape, _scalars(v)) for v in (first, second))  # type: ignore[return-value]


def real(item: Scalar) -> Fraction:
    """The exact (for `Irrational`: to `DIGITS` digits) value of a finite real scalar."""
    return item.approx if isinstance(item, Irrational) else Fraction(item)  # type: ignore[arg-type]


def text(value: Any, *, digits: int = 6, limit: int = 100) -> str:
    """A short text for `value`: floats to `digits` significant digits, long integers and lists abridged."""
    if isinstance(value, str):
        return value
    array = _array(value)
    if array is not None:
        value = array.tolist() if array.size <= 12 else "an array of values"
        return text(value, digits=digits, limit=limit)
    if isinstance(value, (bool, type(None))):
        return str(value)
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    if isinstance(value, int):
        return _integer_text(value, limit)
    if isinstance(value, Irrational):
        return value.expression
    if isinstance(value, Mapping):
        inner = ", ".join(f"{text(k)}: {text(v, digits=digits)}" for k, v in value.items())
        return inner if len(inner) <= limit else "a mapping"
    if isinstance(value, AbstractSet):
        items = sorted(value, key=lambda item: (str(type(item)), item) if _ordered(value) else repr(item))
        inner = ", ".join(text(item, digits=digits) for item in items)
        return "{" + inner + "}" if len(inner) <= limit else "a set of values"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(text(item, digits=digits) for item in value)
        if len(inner) > limit:
            return "a list of values"
        if isinstance(value, tuple):
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        return f"[{inner}]"
    shown = str(value)
    return shown if len(shown) <= limit else f"a {type(value).__name__}"


def _ordered(items: AbstractSet[Any]) -> bool:
    """Whether the elements can be sorted by value: all numbers, or all of one simple type."""
    kinds = {type(item) for item in items}
    return len(kinds) == 1 and kinds <= {int, str, float, Fraction, tuple}


def _integer_text(value: int, limit: int) -> str:
    # str() of an int beyond 4300 digits raises; its size in bits needs no conversion.
    if value.bit_length() > 3 * limit:
        return f"an integer of {value.bit_length()} bits"
    return str(value)
