"""Style sheets cut down to what the pages use.

A rule goes when one of its classes, ids, elements or attributes occurs nowhere: not in the pages, not as a word of a
script that they load (a script may set any class that it names). What a rule needs is read from its selector alone,
and whatever is not understood is kept. After the rules go the custom properties, key frames and fonts that nothing
left refers to. There are tools for this in npm (PurgeCSS: MIT, with PostCSS some 2 MB): the hundred lines here spare
the first build that download, and know `:is` and nesting well enough to keep them whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/)|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<url>url\(\s*[^\"'\s)][^)]*\))|(?P<mark>[{};])|(?P<space>\s+)|(?P<text>\\.|[^\\{};\s\"'/]+|/)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<([a-zA-Z][\w-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_NESTED = re.compile(r":(?:not|is|where|has|matches|host|host-context|nth-[a-z-]+)\([^()]*(?:\([^()]*\)[^()]*)*\)")
_NEED = re.compile(r"(?<!\\)[.#](-?[A-Za-z_](?:[\w-]|\\.)*)|(?:^|[\s>+~,(|*])([a-zA-Z][\w-]*)")
_ATTRIBUTE = re.compile(r"\[\s*([\w-]+)\s*(?:([~|^$*]?)=\s*[\"']?([^\"'\]]*?)[\"']?\s*[iIsS]?)?\s*\]")
_PSEUDO = re.compile(r"::?[\w-]+")
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
_NESTING = ("@media", "@supports", "@layer", "@container", "@scope", "@starting-style")
ALWAYS = frozenset({"html", "body", "head", "root"})


@dataclass
class Rule:
    """A rule or at-rule: `prelude` before the brace; `body` where there are declarations, `rules` where it nests."""

    prelude: str
    body: str | None = None
    rules: list[Rule] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of an at-rule with its sign, without a vendor's prefix; empty for a style rule."""
        found = re.match(r"@(?:-\w+-)?([\w-]+)", self.prelude)
        return f"@{found[1]}" if found else ""

    def text(self) -> str:
        """The rule as text, without needless space."""
        if self.body is not None:
            return f"{self.prelude}{{{self.body}}}"
        if self.rules or self.name in _NESTING:
            return f"{self.prelude}{{{''.join(rule.text() for rule in self.rules)}}}"
        return f"{self.prelude};"


def parse(css: str) -> list[Rule]:
    """The rules of a style sheet, in order, without comments."""
    return list(_rules(_tokens(css)))


def _tokens(css: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(css):
        kind = str(found.lastgroup)
        if kind != "comment":
            yield kind, " " if kind == "space" else found[0]


def _rules(tokens: Iterator[tuple[str, str]]) -> Iterator[Rule]:
    """The rules up to the closing brace that is not theirs, or to the end."""
    prelude = ""
    for kind, text in tokens:
        if kind == "mark" and text == "}":
            return
        if kind == "mark" and text == ";":
            if prelude.strip() and not prelude.strip().startswith("@charset"):
                yield Rule(prelude.strip())
            prelude = ""
        elif kind == "mark":
            rule = Rule(_tight(prelude))
            if rule.name in _NESTING:
                rule.rules = list(_rules(tokens))
            else:
                rule.body = _block(tokens)
            yield rule
            prelude = ""
        else:
            prelude += text


def _block(tokens: Iterator[tuple[str, str]]) -> str:
    """A block's text up to its closing brace; blocks inside it stay as they are."""
    text, depth = "", 0
    for kind, piece in tokens:
        if kind == "mark" and piece == "}":
            if not depth:
                break
            depth -= 1
        depth += kind == "mark" and piece == "{"
        text += piece
    return ";".join(_declaration(one) for one in _declarations(text))


def _declarations(body: str) -> list[str]:
    """The declarations of a block; one that holds a block of its own is one piece with what follows it."""
    if "{" in body:
        return [body.strip()]
    pieces, now = [], ""
    for kind, text in _tokens(body):
        if kind == "mark" and text == ";":
            pieces.append(now.strip())
            now = ""
        else:
            now += text
    return [one for one in [*pieces, now.strip()] if one]


def _declaration(text: str) -> str:
    name, colon, value = text.partition(":")
    if "{" in text or not colon or not re.fullmatch(r"[\w-]+", name.strip()):
        return text
    value = re.sub(r"\s*!\s*important$", "!important", value.strip())
    return f"{name.strip()}:{value}"


def _tight(prelude: str) -> str:
    if prelude.strip().startswith("@"):
        return prelude.strip()
    return ",".join(one.strip() for one in _split(prelude))


def _split(selectors: str) -> list[str]:
    """The selectors of a list; commas inside brackets and strings do not part them."""
    pieces, now, depth, quote = [], "", 0, ""
    for sign in selectors:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        depth += (sign in "([") - (sign in ")]") if not quote else 0
        if sign == "," and not depth and not quote:
            pieces.append(now)
            now = ""
        else:
            now += sign
    return [*pieces, now]


def words_of(html: str) -> set[str]:
    """The words of a page's tags: elements, attributes and what stands in them."""
    found: set[str] = set()
    for tag, attributes in set(_TAG.findall(html)):
        found.add(tag.lower())
        found.update(_WORD.findall(attributes))
    return found


def words_of_script(script: str) -> set[str]:
    """The words of a script: a class or an element that it may make stands among them."""
    return set(_WORD.findall(script))


def used(selector: str, words: set[str]) -> bool:
    """Whether a selector can match where `words` are all that occurs."""
    bare = _NESTED.sub("", selector)
    for name, sign, value in _ATTRIBUTE.findall(bare):
        if name not in words and name.lower() not in words:
            return False
        if value and sign in ("", "~") and not set(_WORD.findall(value)) <= words:
            return False
    bare = _PSEUDO.sub("", _ATTRIBUTE.sub("", bare))
    for marked, element in _NEED.findall(bare):
        name = re.sub(r"\\(.)", r"\1", marked)
        if element and element.lower() not in words and element not in words and element.lower() not in ALWAYS:
            return False
        if name and name not in words and not set(_WORD.findall(name)) <= words:
            return False
    return True


def _matching(rules: Iterable[Rule], words: set[str]) -> list[Rule]:
    kept = []
    for rule in rules:
        if rule.name in _NESTING:
            inner = _matching(rule.rules, words)
            if inner or (rule.name == "@layer" and not rule.rules):
                kept.append(Rule(rule.prelude, None, inner))
        elif rule.name:
            kept.append(rule)
        else:
            selectors = [one for one in _split(rule.prelude) if used(one, words)]
            if selectors and rule.body:
                kept.append(Rule(",".join(selectors), rule.body))
    return kept


def _walk(rules: Iterable[Rule]) -> Iterator[Rule]:
    for rule in rules:
        yield rule
        yield from _walk(rule.rules)


def purge(rules: Iterable[Rule], words: set[str], mentioned: str = "") -> list[Rule]:
    """The rules that `words` can need, without what nothing refers to; `rules` stay as they are.

    `mentioned` is other text that may name custom properties, families or key frames: scripts, style attributes.
    """
    kept = _matching(rules, words)
    while True:
        bodies = [rule.body or "" for rule in _walk(kept)]
        wanted = set(_VARIABLE.findall(" ".join(bodies))) | set(re.findall(r"--[\w-]+", mentioned))
        size = sum(map(len, bodies))
        for rule in _walk(kept):
            if rule.body and "--" in rule.body and not rule.name:
                rule.body = ";".join(one for one in _declarations(rule.body) if _is_wanted(one, wanted))
        kept = _without(kept, lambda rule: rule.body == "" and not rule.name)
        if sum(len(rule.body or "") for rule in _walk(kept)) == size:
            break
    plain = ";".join(rule.body or "" for rule in _walk(kept) if not rule.name)
    named = set(_WORD.findall(plain)) | set(_WORD.findall(mentioned))
    families = ";".join([*re.findall(r"(?:font|font-family|--[\w-]+):([^;]*)", plain), mentioned])
    kept = _without(kept, lambda rule: rule.name == "@keyframes" and rule.prelude.split()[-1] not in named)
    return _without(kept, lambda rule: rule.name == "@font-face" and family(rule) not in _families(families))


def _is_wanted(declaration: str, wanted: set[str]) -> bool:
    name = declaration.partition(":")[0]
    return not name.startswith("--") or name in wanted


def _without(rules: Iterable[Rule], unwanted: Callable[[Rule], bool]) -> list[Rule]:
    kept = []
    for rule in rules:
        if unwanted(rule):
            continue
        if rule.name in _NESTING and rule.rules:
            rule.rules = _without(rule.rules, unwanted)
            if not rule.rules:
                continue
        kept.append(rule)
    return kept


def family(rule: Rule) -> str:
    """The family that an ``@font-face`` names."""
    found = re.search(r"font-family:\s*([^;]*)", rule.body or "")
    return found[1].strip().strip("\"'") if found else ""


def _families(text: str) -> set[str]:
    return {one.strip().strip("\"'") for one in re.split(r"[,;]|\d(?:em|rem|px|%)?(?:/[\d.]+)?\s", text)}


def written(rules: Iterable[Rule]) -> str:
    """The text of a style sheet."""
    return "".join(rule.text() for rule in rules)
