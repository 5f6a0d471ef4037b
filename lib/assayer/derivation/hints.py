"""What an author may tell a kernel beside the reason in words. Not trusted: a hint only steers a search.

A step's ``by=`` takes hints among its reasons: ``.eq(F(b) - F(a), by=("antiderivative", ftc(F, x)))``. Each kernel that
takes one defines its own kind beside its search and reads it with ``attempt.hints_of(Kind)``.
"""

from __future__ import annotations


class Hint:
    """The base of all hints. ``str(hint)`` stands as the reason where the author gives no words."""

    def __str__(self) -> str:
        return type(self).__name__.lower()
