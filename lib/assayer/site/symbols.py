"""The symbols of each chapter, from the records of its derivations, and which of them have two meanings.

A record tells of a symbol its name, its LaTeX and its domain; no text. So the domain is the meaning, by these rules:

* A letter and a family, which never stands without an index or an argument, are two symbols, as $x$ and $x_n$ are. A
  vector or a matrix that prints as a letter counts as one; printed bold it is a symbol of its own.
* The kind of number, whole or real, belongs to the meaning. Within one kind, the sign may be narrowed from one
  derivation of a chapter to the next ($n \\ge 0$ here, $n > 0$ there): a hypothesis more, not another meaning. Two
  domains of which neither contains the other contradict.
* A vector may be a real number in another derivation, one in a single dimension.
* Two names that print alike are two meanings of one symbol.

Between chapters a symbol may change its meaning; the page of notation lists where it does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from assayer.claims.records import Book, Chapter, Record

_SIGNS = {"": "-0+", "> 0": "+", "≥ 0": "0+", "< 0": "-", "≤ 0": "-0", "≠ 0": "-+"}
_FAMILIES = ("Function", "IndexedBase")
_VECTORS = ("vector", "vectors")
_NARROWING = {"positive": "> 0", "nonnegative": "≥ 0", "negative": "< 0", "nonpositive": "≤ 0", "nonzero": "≠ 0"}
_COMPARED = {">": ">", "≥": r"\ge", "<": "<", "≤": r"\le", "≠": r"\ne"}
_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|chi|psi|"
    "omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|ell"
)


@dataclass(frozen=True)
class Domain:
    """Where a symbol lives, in words and as LaTeX; one that a front end declared (a vector) has words alone."""

    words: str
    latex: str = ""


@dataclass
class Symbol:
    """A symbol of one chapter.

    Attributes:
        name: as the code has it.
        form: ``letter``, ``family``, ``vector``, ``matrix`` or ``family of vectors``.
        latex: how it prints, without its index.
        domains: what it was declared to be, each once, with the titles of the derivations that say so.
    """

    name: str
    form: str
    latex: str
    domains: dict[Domain, list[str]]

    @property
    def derivations(self) -> list[str]:
        """The titles of the derivations that use it, each once."""
        return list(dict.fromkeys(title for titles in self.domains.values() for title in titles))

    @property
    def shown(self) -> str:
        """Its LaTeX, with a dot where a family has its index or argument."""
        return rf"{{{self.latex}}}_{{\bullet}}" if self.form.startswith("family") else self.latex

    @property
    def look(self) -> str:
        """What a reader can tell it by, beside its name: ``letter``, ``family``, ``bold letter``, ``bold family``."""
        family = "family" if self.form.startswith("family") else "letter"
        return f"bold {family}" if re.search(r"\\(mathbf|boldsymbol|bm)\b", self.latex) else family


def of_chapter(chapter: Chapter) -> list[Symbol]:
    """The symbols of the chapter's derivations, by name; norms and inner products, made of symbols, are none."""
    found: dict[tuple[str, str], Symbol] = {}
    for _, record in chapter.of_kind("derivation"):
        for name, form, latex, domain in _declared(record):
            symbol = found.setdefault((name, form), Symbol(name, form, latex, {}))
            titles = symbol.domains.setdefault(domain, [])
            if record["title"] not in titles:
                titles.append(record["title"])
    return sorted(found.values(), key=lambda s: (s.name.casefold(), s.name, s.form))


def form_of(record: Record, name: str) -> str:
    """Whether `name` is a letter or a family in a derivation's record."""
    return "family" if name in _families(record) else "letter"


def _declared(record: Record) -> Iterable[tuple[str, str, str, Domain]]:
    families = _families(record)
    listed = set()
    for symbol in record.get("symbols", ()):
        name = symbol["symbol"]
        if not is_name(name):
            continue
        listed.add(name)
        domain = Domain(symbol["domain"], symbol["domain_latex"])
        yield name, form_of(record, name), printed(name, symbol["latex"]), domain
    for name, domain in families.items():
        if name not in listed:  # a record lists no family of plain reals
            yield name, "family", printed(name, ""), domain
    for line in record.get("declared", ()):
        name, _, form = line.partition(": ")
        if form.startswith("any "):
            continue  # what equations of matrices are judged against: a bound letter, of another size elsewhere
        yield name, form, _own_latex(record.get("script", "")).get(name) or printed(name, ""), Domain(form)


def is_name(name: str) -> bool:
    """Whether a record's symbol is a name, and not what a front end made of names, such as a norm."""
    return re.fullmatch(r"[^\W\d]\w*", name) is not None


@lru_cache(maxsize=4096)
def _calls(script: str) -> tuple[tuple[str, str, list[ast.keyword]], ...]:
    """Every call of a script whose first argument is a text: the function's name, the text, the keywords."""
    try:
        tree = ast.parse(script)
    except SyntaxError:
        return ()
    return tuple(
        (node.func.id, node.args[0].value, node.keywords)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    )


def _own_latex(script: str) -> dict[str, str]:
    """The LaTeX that a script gives to a vector, a matrix or a family of them."""
    return {
        name: str(one.value.value)
        for _, name, keywords in _calls(script)
        for one in keywords
        if one.arg == "latex" and isinstance(one.value, ast.Constant)
    }


def _families(record: Record) -> dict[str, Domain]:
    """The families that the derivation uses, from the declarations in its script and from its text."""
    text = " ".join(
        [record["start"]["plain"], record["conclusion"]["plain"]]
        + [one["plain"] for one in (*record["steps"], *record["hypotheses"])]
    )
    found = {}
    for name, domain in _in_script(record.get("script", "")).items():
        if re.search(rf"(?<!\w){re.escape(name)}[(\[]", text):
            found[name] = domain
    return found


def _in_script(script: str) -> dict[str, Domain]:
    found = {}
    for function, name, keywords in _calls(script):
        if function in _FAMILIES:
            said = {one.arg for one in keywords if isinstance(one.value, ast.Constant) and one.value.value is True}
            sign = next((shown for word, shown in _NARROWING.items() if word in said), "")
            found[name] = _domain("integer" if "integer" in said else "real", sign)
    return found


def _domain(kind: str, sign: str) -> Domain:
    letter = rf"\mathbb{{{'Z' if kind == 'integer' else 'R'}}}"
    if not sign:
        return Domain(kind, letter)
    relation, zero = sign.split()
    return Domain(f"{kind} {sign}", rf"{letter}_{{{_COMPARED[relation]} {zero}}}")


def printed(name: str, latex: str) -> str:
    """A symbol's LaTeX; a family's record has its bare name, which TeX would read as a product of letters."""
    if latex and latex != name:
        return latex if not re.search(r"[^\x00-\x7f]", latex) else ""
    head, *rest = name.split("_")
    shown = f"\\{head}" if _GREEK.fullmatch(head) else head if len(head) < 2 else rf"\mathrm{{{head}}}"
    if not re.fullmatch(r"[\\A-Za-z0-9{}]+", shown):
        return ""
    return f"{shown}_{{{','.join(rest)}}}" if rest else shown


# --- Two meanings -------------------------------------------------------------------------------------


def contradict(one: Domain, other: Domain) -> bool:
    """Whether two domains of one symbol cannot both be its meaning."""
    if {one.words.endswith(_VECTORS), other.words.endswith(_VECTORS)} == {True, False}:
        return not any(domain.words.startswith("real") for domain in (one, other))
    (kind, sign), (other_kind, other_sign) = (d.words.partition(" ")[::2] for d in (one, other))
    if kind != other_kind or sign not in _SIGNS or other_sign not in _SIGNS:
        return one.words != other.words
    a, b = set(_SIGNS[sign]), set(_SIGNS[other_sign])
    return not (a <= b or b <= a)


def conflicts(chapter: Chapter) -> list[str]:
    """One line for each symbol of the chapter that has two meanings; see the head of this module."""
    found = []
    alike: dict[tuple[str, str], Symbol] = {}
    looks: dict[tuple[str, str], list[Symbol]] = {}
    for symbol in of_chapter(chapter):
        looks.setdefault((symbol.name, symbol.look), []).append(symbol)
        if symbol.latex:
            earlier = alike.setdefault((symbol.latex, symbol.look), symbol)
            if earlier.name != symbol.name:
                found.append(
                    f"{chapter.path}: {earlier.name} ({earlier.derivations[0]!r}) and {symbol.name} "
                    f"({symbol.derivations[0]!r}) both print as {symbol.latex}: rename one of them"
                )
    for (name, _), symbols in looks.items():
        said = [(domain, titles[0]) for symbol in symbols for domain, titles in symbol.domains.items()]
        pairs = ((a, b) for k, a in enumerate(said) for b in said[k + 1 :])
        clash = next(((a, b) for a, b in pairs if contradict(a[0], b[0])), None)
        if clash:
            (domain, title), (other, place) = clash
            found.append(
                f"{chapter.path}: the symbol {name} has two meanings: {domain.words} in {title!r}, {other.words} in "
                f"{place!r}: use another letter for one of them"
            )
    return found


def changing(book: Book) -> dict[str, list[tuple[Chapter, Symbol]]]:
    """The symbols, by name, whose meaning differs between chapters, with what they are in each."""
    by_name: dict[tuple[str, str], list[tuple[Chapter, Symbol]]] = {}
    for chapter in book.chapters:
        for symbol in of_chapter(chapter):
            by_name.setdefault((symbol.name, symbol.look), []).append((chapter, symbol))
    return {
        name: places
        for (name, _), places in sorted(by_name.items(), key=lambda item: (item[0][0].casefold(), item[0]))
        if any(
            contradict(a, b)
            for k, (_, one) in enumerate(places)
            for _, other in places[k + 1 :]
            for a in one.domains
            for b in other.domains
        )
    }


def anchor(chapter: Chapter, name: str, form: str) -> str:
    """The id of a symbol's entry on the page of notation; letters keep their case, other signs their code."""
    letters = "".join(c if c.isascii() and c.isalnum() else f"-{ord(c):x}" for c in name)
    kind = "" if form == "letter" else f".{form.replace(' ', '-')}"
    return f"symbol.{chapter.name}.{letters}{kind}"
