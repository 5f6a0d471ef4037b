"""``{graph}``: the graph of results as drawings in the page, one to a chapter, each with the same as a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from sphinx.application import Sphinx

from assayer.claims.records import SIGNS, STATUSES
from assayer.site import layered
from assayer.site.graph import CITES, DONE, RESTS, Graph, Node, build, counted
from assayer.site.markup import link, status
from assayer.site.placed import Place, place

ROOM = 672.0
"""The width of a drawing, in pixels, as far as its nodes allow: that of the text on a wide screen."""
LETTER, SMALL, INSET, LEAST = 7.7, 6.6, 12.0, 84.0
"""How wide a letter of a name and one of a status is taken to be, the room beside them, and the least width."""
MARGIN = 6.0
Address = Callable[[str], str]
DIFFERS = "≠"
"""Beside the state of a claim whose source says otherwise."""
FOREIGN = "@"
"""Before the id of a node that stands in the drawing of another chapter."""


def setup(app: Sphinx) -> None:
    """Register the directive."""
    place(app, "graph", _draw, ("graph.css", "graph.js"))


def _draw(here: Place) -> str:
    return page(
        build(here.book), [(one.name, here.title(one)) for one in here.book.chapters], here.claim, here.around.address
    )


def page(graph: Graph, chapters: Iterable[tuple[str, str]], to: Address, entry: Address) -> str:
    """The whole graph: counts, legend, and for each chapter its drawing and its list.

    `chapters` gives names and titles as HTML; `to` the address of a claim's place, `entry` that of its entry in the
    ledger.
    """
    if not graph.nodes:
        return '<p class="ay-empty">None yet.</p>'
    shown = "".join(
        f'<h2 id="graph-of-{escape(name)}">{title}</h2>{_chapter(graph, name, to)}{_list(graph, name, to, entry)}'
        for name, title in chapters
        if graph.of(name)
    )
    return f'<div class="ay-graph">{_counts(graph)}{legend(graph)}{shown}</div>'


def _counts(graph: Graph) -> str:
    claims, lemmas, links = counted(graph.nodes.values())
    across = sum(
        graph.nodes[parent].chapter != node.chapter for node in graph.nodes.values() for parent, _ in node.parents
    )
    done = sum(node.done and node.kind == "claim" for node in graph.nodes.values())
    cited = f" and {_number(lemmas, 'cited lemma')}" if lemmas else ""
    between = f"{across} of them between chapters" if across else "none of them between chapters yet"
    return (
        f"<p>{_number(claims, 'claim')}{cited}, {_number(links, 'link')}, {between}. "
        f"{done} of the claims are done, with everything that they rest on.</p>"
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# --- The drawing of one chapter -----------------------------------------------------------------------


def _chapter(graph: Graph, chapter: str, to: Address) -> str:
    own = graph.of(chapter)
    # A claim of another chapter stands here again, as a guest: a line across thirty chapters shows nothing.
    guests = {p: graph.nodes[p] for node in own for p, _ in node.parents if graph.nodes[p].chapter != chapter}
    shown = {**{FOREIGN + id: node for id, node in guests.items()}, **{node.id: node for node in own}}
    edges = {
        (parent if parent in shown else FOREIGN + parent, node.id): kind
        for node in own
        for parent, kind in node.parents
    }
    kept = layered.reduced(list(edges))
    drawn = layered.lay_out({key: _size(node, key) for key, node in shown.items()}, kept, ROOM)
    wide, high = drawn.width + 2 * MARGIN, drawn.height + 2 * MARGIN
    lines = "".join(_edge(edge, edges[edge], drawn.paths[edge]) for edge in kept)
    # From the top down and from the left to the right, so that the keyboard meets what is needed first.
    order = sorted(shown, key=lambda key: (round(drawn.centres[key][1]), drawn.centres[key][0]))
    nodes = "".join(_node(graph, key, shown[key], drawn.centres[key], to) for key in order)
    label = f"Graph of the results of {chapter}: {_number(len(own), 'node')}, drawn; the list below says the same"
    return (
        f'<div class="ay-graph-drawing" role="region" tabindex="0" aria-label="{escape(label)}">'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
        f'viewBox="{-MARGIN:.0f} {-MARGIN:.0f} {wide:.0f} {high:.0f}" role="group" '
        f'aria-label="Results of {escape(chapter)}">'
        f"<g>{lines}</g>{nodes}</svg></div>"
    )


def _size(node: Node, key: str) -> float:
    return max(LETTER * len(_label(node, key)), SMALL * len(_state(node)), LEAST - 2 * INSET) + 2 * INSET


def _label(node: Node, key: str) -> str:
    return node.id if key.startswith(FOREIGN) else node.label


def _state(node: Node) -> str:
    """The state in signs and words: its own, and what it comes to where an ancestor is weaker."""
    word = "cited" if node.kind == "lemma" else node.status
    own = f"{SIGNS[node.status]} {word}"
    whole = own if node.standing == node.status else f"{own}, on {SIGNS[node.standing]} {node.standing}"
    return f"{whole}, {DIFFERS}" if node.differs else whole


def _key(key: str) -> str:
    """A node's id as one word, for an attribute that holds several."""
    return key.removeprefix(FOREIGN).replace(" ", "_")


def _edge(edge: layered.Edge, kind: str, points: list[layered.Point]) -> str:
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    for nx, ny in rest:
        middle = (y + ny) / 2
        path += f"L{nx:.1f} {ny:.1f}" if nx == x else f"C{x:.1f} {middle:.1f} {nx:.1f} {middle:.1f} {nx:.1f} {ny:.1f}"
        x, y = nx, ny
    tip = f"M{x - 4:.1f} {y - 7:.1f}L{x:.1f} {y:.1f}L{x + 4:.1f} {y - 7:.1f}"
    css = "ay-edge ay-edge-cites" if kind == CITES else "ay-edge"
    ends = f'data-from="{escape(_key(edge[0]))}" data-to="{escape(_key(edge[1]))}"'
    return f'<g class="{css}" {ends}><path d="{path}"/><path class="ay-tip" d="{tip}"/></g>'


def _node(graph: Graph, key: str, node: Node, centre: layered.Point, to: Address) -> str:
    x, y = centre
    wide, high = _size(node, key), layered.HEIGHT
    guest = key.startswith(FOREIGN)
    css = ["ay-node", f"ay-{node.status}", *_look(node)] + (["ay-node-guest"] if guest else [])
    needs = " ".join(_key(parent) for parent, _ in node.parents)
    box = f'x="{x - wide / 2:.1f}" y="{y - high / 2:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="4"'
    place = "" if guest else f' id="graph-{escape(_key(key))}"'
    name = f'<text class="ay-node-name" x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle">{escape(_label(node, key))}'
    return (
        f'<a{place} href="{escape(to(node.claim))}" class="{" ".join(css)}" data-key="{escape(_key(key))}" '
        f'data-needs="{escape(needs)}" aria-label="{escape(words(graph, node))}">'
        f'<rect class="ay-node-paper" {box}/><rect class="ay-node-box" {box}/>'
        f'{name}</text><text class="ay-node-state" x="{x:.1f}" y="{y + 14:.1f}" text-anchor="middle">'
        f"{escape(_state(node))}</text></a>"
    )


def _look(node: Node) -> list[str]:
    """The fill says how far the proof is, the border what the statement is."""
    fill = ["ay-node-done"] if node.done else []
    border = "cited" if node.kind == "lemma" else "exact" if node.exact else "words"
    return [*fill, f"ay-node-{border}"]


def words(graph: Graph, node: Node) -> str:
    """A node in words, for those who do not see it."""
    kind = "cited lemma" if node.kind == "lemma" else "claim"
    whole = "" if node.standing == node.status else f", {node.standing} with what it rests on"
    said = [f"{kind} {node.label if node.kind == 'lemma' else node.id}: {node.status}{whole}"]
    if node.done:
        said.append("done with all that it rests on")
    if node.differs:
        said.append("its source says otherwise")
    if node.parents:
        said.append("needs " + ", ".join(graph.nodes[parent].label for parent, _ in node.parents))
    return "; ".join(said)


# --- The same as a list, and the legend ---------------------------------------------------------------


def _list(graph: Graph, chapter: str, to: Address, entry: Address) -> str:
    items = "".join(f"<li>{_item(graph, node, to, entry)}</li>" for node in graph.of(chapter))
    return f'<details class="ay-graph-list"><summary>The same as a list</summary><ul>{items}</ul></details>'


def _item(graph: Graph, node: Node, to: Address, entry: Address) -> str:
    name = escape(node.label if node.kind == "lemma" else node.id)
    own = "" if node.standing == node.status else f", with what it rests on {status(node.standing)}"
    ledger = "" if node.kind == "lemma" else f" · {link(entry(node.claim), 'ledger')}"
    wrong = f" · {DIFFERS} its source says otherwise" if node.differs else ""
    done = " · done" if node.done else ""
    label = f"<code>{name}</code>" if node.kind == "claim" else f"{name} (cited)"
    parents = [(graph.nodes[parent], kind) for parent, kind in node.parents]
    needs = "".join(f"<li>{kind} {link(to(one.claim), _name(one))} {status(one.status)}</li>" for one, kind in parents)
    inner = f"<ul>{needs}</ul>" if needs else ""
    return f"{link(to(node.claim), label)} {status(node.status)}{own}{done}{wrong}{ledger}{inner}"


def _name(node: Node) -> str:
    return f"<code>{escape(node.id)}</code>" if node.kind == "claim" else escape(node.label)


def legend(graph: Graph) -> str:
    """What the signs of the drawings mean; only what is there."""
    nodes = list(graph.nodes.values())
    rows = [
        (
            _swatch("box", f"ay-{word}", "ay-node-done"),
            f"{SIGNS[word]} {word}, as is all that it rests on",
        )
        for word in DONE
        if any(node.done and node.status == word for node in nodes)
    ]
    rows += [
        (
            _swatch("box", f"ay-{word}"),
            f"{SIGNS[word]} {word}{'; something that it rests on is not' if word in DONE else ''}",
        )
        for word in STATUSES
        if any(not node.done and node.status == word for node in nodes)
    ]
    borders = (
        ("exact", "the statement is printed from what the checker holds", lambda n: n.kind == "claim" and n.exact),
        ("words", "the statement stands in words", lambda n: n.kind == "claim" and not n.exact),
        ("cited", "a lemma that is cited, not proved", lambda n: n.kind == "lemma"),
    )
    rows += [(_swatch("box", f"ay-node-{css}"), said) for css, said, there in borders if any(map(there, nodes))]
    if any(node.differs for node in nodes):
        rows.append((f'<span class="ay-legend-sign">{DIFFERS}</span>', "its source says otherwise"))
    if any(graph.nodes[p].chapter != node.chapter for node in nodes for p, _ in node.parents):
        rows.append((_swatch("box", "ay-node-guest"), "a claim of another chapter"))
    kinds = {kind for node in nodes for _, kind in node.parents}
    if CITES in kinds:
        rows.append((_swatch("line", "ay-edge-cites"), "a derivation of the lower cites the upper"))
    if RESTS in kinds:
        rows.append((_swatch("line"), "the lower rests on the upper, as its author says"))
    items = "".join(f"<li>{swatch} {escape(said)}</li>" for swatch, said in rows)
    return f'<ul class="ay-legend" role="list" aria-label="Signs of the drawings">{items}</ul>'


def _swatch(shape: str, *css: str) -> str:
    if shape == "line":
        inside = f'<g class="{" ".join(("ay-edge", *css))}"><path d="M2 10H30"/></g>'
    else:
        box = 'x="2" y="2" width="28" height="16" rx="3"'
        inside = f'<g class="{" ".join(("ay-node", *css))}"><rect class="ay-node-box" {box}/></g>'
    return f'<svg class="ay-swatch" width="32" height="20" viewBox="0 0 32 20" aria-hidden="true">{inside}</svg>'
