"""Formulas as a line of text, for places that hold no formula: a search's index, a page's description, a title."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GREEK = dict(
    zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Upsilon",
            "Phi",
            "Psi",
            "Omega",
        ],
        "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        strict=True,
    )
)
GREEK = _GREEK | {"varepsilon": "ε", "vartheta": "θ", "varphi": "φ", "varrho": "ρ", "varsigma": "ς", "varpi": "π"}
"""The name of each Greek letter in TeX, and the letter."""
_SIGNS = {
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "equiv": "≡", "sim": "∼",
    "ll": "≪", "gg": "≫", "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩",
    "to": "→", "rightarrow": "→", "mapsto": "↦", "Rightarrow": "⇒", "implies": "⇒", "iff": "⇔", "infty": "∞",
    "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "nabla": "∇", "cdot": "·", "times": "×", "pm": "±", "mp": "∓",
    "circ": "∘", "otimes": "⊗", "oplus": "⊕", "top": "⊤", "bot": "⊥", "forall": "∀", "exists": "∃", "star": "⋆",
    "ldots": "…", "dots": "…", "cdots": "…", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
    "rceil": "⌉", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖",
    "prime": "′", "ell": "ℓ", "emptyset": "∅", "setminus": "∖", "propto": "∝", "colon": ":", "lbrace": "{",
    "rbrace": "}", "dagger": "†", "hbar": "ℏ", "neg": "¬", "land": "∧", "lor": "∨",
}  # fmt: skip
_BOARD = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "E": "𝔼", "P": "ℙ", "1": "𝟙"}
_ACCENTS = {"hat": "̂", "widehat": "̂", "tilde": "̃", "widetilde": "̃", "bar": "̄", "dot": "̇", "ddot": "̈", "vec": "⃗"}
_SILENT = frozenset(
    [
        "left",
        "right",
        "big",
        "Big",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "bigg",
        "biggl",
        "biggr",
        "Bigg",
        "displaystyle",
        "textstyle",
        "limits",
        "nolimits",
        "nonumber",
        "notag",
        "label",
        "tag",
    ]
)
_FONTS = frozenset(
    [
        "text",
        "textrm",
        "textbf",
        "textit",
        "mathrm",
        "mathbf",
        "mathit",
        "mathsf",
        "mathtt",
        "mathcal",
        "mathfrak",
        "mathscr",
        "boldsymbol",
        "bm",
        "operatorname",
    ]
)
_NAMED = frozenset(["label", "tag", "ref", "eqref", "begin", "end", "hspace", "vspace"])
_TOKEN = re.compile(r"\\([A-Za-z]+)\*?|\\(.)|([{}^_&~])|(\s+)|([^\\{}^_&~\s]+)", re.DOTALL)
_FACTOR = re.compile(r"√?(\d+|\w)([_^](\w|\([^()]*\)))*|√\([^()]*\)")
_TIGHT = re.compile(r"\s*([,;.)\]⌋⌉⟩])")


def formula(tex: str) -> str:
    """The TeX `tex` as text that a person reads: ``\\frac{1}{\\sqrt T}`` becomes ``1/√T``. Never raises."""
    said = "".join(_Reader(tex).run())
    return " ".join(_TIGHT.sub(r"\1", said).split())


class _Reader:
    """Reads TeX from the left: every piece is a group, a command with its groups, or a run of characters."""

    def __init__(self, tex: str) -> None:
        self.tokens = list(_TOKEN.finditer(tex))
        self.place = 0

    def run(self) -> Iterator[str]:
        while self.place < len(self.tokens):
            yield self.piece()

    def piece(self) -> str:
        command, escaped, mark, space, run = self.tokens[self.place].groups()
        self.place += 1
        if command:
            return self.command(command)
        if escaped:
            return {"|": "‖", "\\": " ", "{": "{", "}": "}", "%": "%", "#": "#", "&": "&", "_": "_"}.get(escaped, " ")
        if mark == "{":
            inside = []
            while self.place < len(self.tokens) and self.tokens[self.place][0] != "}":
                inside.append(self.piece())
            self.place += 1
            return "".join(inside)
        if mark in ("^", "_"):
            return self.script(mark)
        return " " if space or mark else run or ""

    def group(self) -> str:
        """The next group, or the next single character as TeX takes it."""
        while self.place < len(self.tokens) and self.tokens[self.place][4]:
            self.place += 1
        if self.place >= len(self.tokens):
            return ""
        run = self.tokens[self.place][5]
        if run and len(run) > 1:  # TeX takes one character of a run
            rest = self.tokens[self.place]
            self.tokens[self.place : self.place + 1] = [*_TOKEN.finditer(run[0]), *_TOKEN.finditer(rest[0][1:])]
        return self.piece().strip()

    def script(self, mark: str) -> str:
        raised = self.group()
        if mark == "^" and raised in ("⊤", "⋆", "′", "∘", "†"):
            return raised
        return f"{mark}{_one(raised)}"

    def command(self, name: str) -> str:
        if self.place < len(self.tokens) and self.tokens[self.place][4]:
            self.place += 1  # the space that ends a command's name
        if name in _NAMED:
            self.group()
            return " "
        if name in _SILENT:
            return ""
        if name in ("frac", "dfrac", "tfrac"):
            above, below = self.group(), self.group()
            above = f"({above})" if re.search(r"[\s+\-=∑/]", above) else above
            return f"{above}/{below if _FACTOR.fullmatch(below) else f'({below})'}"
        if name == "binom":
            return f"C({self.group()}, {self.group()})"
        if name == "sqrt":
            if self.place < len(self.tokens) and self.tokens[self.place][0].startswith("["):
                self.place += 1
            return f"√{_one(self.group())}"
        if name == "mathbb":
            letter = self.group()
            return _BOARD.get(letter, letter)
        if name in _ACCENTS:
            under = self.group()
            return under + _ACCENTS[name] if len(under) == 1 else under
        if name in ("quad", "qquad"):
            return " "
        sign = GREEK.get(name) or _SIGNS.get(name)
        if sign:
            return f" {sign} " if sign in "≤≥≠≈≡∼≪≫∈∉→⇒⇔×" else sign
        return "" if name in _FONTS else f"{name} "


def _one(text: str) -> str:
    """`text` in parentheses, unless it is one thing."""
    return text if re.fullmatch(r"√?[\w.′⋆]*|\(.*\)", text) and not re.search(r"\).*\(", text) else f"({text})"
