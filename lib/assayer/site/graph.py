"""Who rests on whom: the claims of the book and the lemmas that are cited, with the state of each, from the records.

Two claims are joined where one says that it rests on the other, or where a derivation of one cites a theorem of the
other. The second is read from the steps that the checker judged; the first is the author's word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from assayer.claims.records import Book, Chapter, LocatedClaim, weakest
from assayer.site.errors import SiteError
from assayer.site.ledger import differs

DONE = ("proved", "certified")
"""The states of a proof that is done."""
CITES, RESTS = "cites", "rests on"


@dataclass(frozen=True)
class Node:
    """A claim, or a lemma that is cited and not proved in the book.

    Attributes:
        id: the claim's id, or ``chapter:lemma`` for a lemma.
        label: its name within its chapter.
        claim: the claim whose place is the node's: itself, or for a lemma the first that cites it.
        kind: ``claim`` or ``lemma``.
        status: its own status.
        standing: the weakest status among it and all its ancestors.
        exact: whether its statement is printed from an object that the checker holds.
        differs: whether its source prints something else.
        parents: what it needs, each with `CITES` or `RESTS`.
    """

    id: str
    label: str
    claim: str
    chapter: str
    kind: str
    status: str
    exact: bool
    differs: bool
    parents: tuple[tuple[str, str], ...]
    standing: str = ""

    @property
    def done(self) -> bool:
        """Whether it and all its ancestors are proved."""
        return self.standing in DONE


@dataclass
class Graph:
    """The nodes by id, chapter by chapter and in each in the book's order, with a lemma before what cites it."""

    nodes: dict[str, Node] = field(default_factory=dict)

    def ancestors(self, id: str) -> set[str]:
        """Everything that the node `id` needs, however far, without itself."""
        reached: set[str] = set()
        waiting = [parent for parent, _ in self.nodes[id].parents]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [parent for parent, _ in self.nodes[name].parents]
        return reached

    def of(self, chapter: str) -> list[Node]:
        """The nodes of one chapter."""
        return [node for node in self.nodes.values() if node.chapter == chapter]


def build(book: Book) -> Graph:
    """The graph of `book`.

    Raises:
        SiteError: where claims cite each other's theorems in a circle, so that neither stands above the other.
    """
    nodes: dict[str, Node] = {}
    for chapter in book.chapters:
        cited = _Citations(chapter)
        for claim in (one for one in book.claims if one.chapter is chapter):
            ids, lemmas = cited.of(claim)
            for lemma in lemmas:
                name = f"{chapter.name}:{lemma}"
                if name not in nodes:
                    nodes[name] = Node(name, lemma, claim.id, chapter.name, "lemma", "assumed", True, False, ())
            parents = dict.fromkeys(claim.record["rests_on"], RESTS)
            parents |= dict.fromkeys(ids, CITES) | {f"{chapter.name}:{one}": CITES for one in lemmas}
            nodes[claim.id] = Node(
                claim.id,
                claim.id.removeprefix(f"{chapter.name}."),
                claim.id,
                chapter.name,
                "claim",
                claim.record["status"],
                bool(claim.record["latex"].strip()),
                differs(claim.record),
                tuple(parents.items()),
            )
    graph = Graph(nodes)
    for id, node in nodes.items():
        reached = graph.ancestors(id)
        if id in reached:
            others = ", ".join(sorted(reached & {one for one in nodes if id in graph.ancestors(one)} - {id}))
            raise SiteError(
                f"the claims {id} and {others} cite each other's theorems in a circle: "
                "split one of them, so that the graph of results has an order"
            )
        states = [nodes[one].status for one in reached]
        nodes[id] = replace(node, standing=weakest([node.status, *states]))
    return graph


class _Citations:
    """Which claims and lemmas the derivations of a claim cite, through derivations that no claim holds."""

    def __init__(self, chapter: Chapter) -> None:
        self.steps = {record["title"]: record["steps"] for _, record in chapter.of_kind("derivation")}
        self.owners: dict[str, list[str]] = {}
        for _, record in chapter.of_kind("claim"):
            for theorem in record["theorems"]:
                self.owners.setdefault(theorem, []).append(record["id"])

    def of(self, claim: LocatedClaim) -> tuple[list[str], list[str]]:
        """The ids of the other claims, and the lemmas that are assumed, in the order of the steps."""
        ids: dict[str, None] = {}
        lemmas: dict[str, None] = {}
        seen: set[str] = set()
        waiting: list[str] = list(claim.record["theorems"])
        while waiting:
            title = waiting.pop(0)
            if title in seen:
                continue
            seen.add(title)
            for step in self.steps.get(title, ()):
                for cited in step["lemmas"]:
                    owners = [one for one in self.owners.get(cited, ()) if one != claim.id]
                    if owners:
                        ids.update(dict.fromkeys(owners))
                    elif cited in self.steps:
                        waiting.append(cited)
                    elif step["status"] == "assumed":
                        lemmas[cited] = None
        return list(ids), list(lemmas)


def counted(nodes: Iterable[Node]) -> tuple[int, int, int]:
    """How many claims, how many lemmas that are cited, and how many links there are among `nodes`."""
    known = list(nodes)
    claims = sum(node.kind == "claim" for node in known)
    return claims, len(known) - claims, sum(len(node.parents) for node in known)
