"""What the usual ways of checking accept, and the checker: `python benchmarks/checker.py` (a quarter of an hour).

Two banks from `tests/derivation/traps`: claims that are false as stated, and true steps of the book's own derivations.
Each judge runs alone in a process of its own and takes the whole bank in order; a call that is not done within the
limit is killed with its process and counts as not accepted. The tables count what is accepted and add up the times.
`benchmarks/checker.json` keeps the same numbers for the trust page. The checker runs cold: its cache of verdicts is
off. Nothing here is asserted about time. Run from the repository's root with the package installed (`make test` does
that).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "derivation" / "traps"))

LIMIT = 10.0
SEARCH = 0.7
"""The share of the limit that the checker may search: the refuter's last look comes after that."""
OURS = "assayer"
JUDGES = ("simplify", "doit", "equals", "sampling", OURS)
TITLES = {
    "simplify": "simplify(l − r) == 0",
    "doit": "the same after .doit()",
    "equals": "l.equals(r)",
    "sampling": "20 random points",
    OURS: "this checker",
}
ACCEPTED = ("accepted", "proved", "certified", "fault")
STARTING = 120.0
NOTE = """simplify and equals know the domains of symbols, no other hypotheses: the row "without hypotheses" counts what
they could decide. For a relation that is not an equality they are asked as SymPy offers it: the simplified relation is
True, or the sign of the (simplified) difference is known. Sampling takes floating-point points that satisfy the
hypotheses, skips those where a side is not a real number, and knows nothing of families such as f(k); what it accepts
it has not proved. A call that is not done in {limit:g} s is killed and counts as not accepted, with its {limit:g} s."""


@dataclass(frozen=True)
class Answer:
    """What a judge said of one claim: a word, and the seconds it took."""

    word: str
    seconds: float


def bank_of(name: str) -> tuple[Any, ...]:
    """The claims of a bank: "false" or "true"."""
    from trap_bank import STEPS, TRAPS

    return TRAPS if name == "false" else STEPS


def asked(judge: str, limit: float) -> Callable[[Any], str]:
    """The judge as a function from a claim to a word."""
    if judge == OURS:
        from trap_bank.ours import word

        return lambda claim: word(claim, SEARCH * limit)
    from trap_bank.judges import JUDGES as usual

    return lambda claim: "accepted" if usual[judge](claim) else "not accepted"


def serve(judge: str, bank: str, limit: float, pipe: Connection) -> None:
    """In a process of its own: answer with a word and the seconds for each index that comes."""
    os.environ["ASSAYER_CACHE"] = "off"
    claims, ask = bank_of(bank), asked(judge, limit)
    pipe.send(None)
    while True:
        claim = claims[pipe.recv()]
        begin = time.perf_counter()
        try:
            found = ask(claim)
        except Exception as fault:  # a judge that breaks has accepted nothing
            found = f"error: {type(fault).__name__}"
        pipe.send(Answer(found, time.perf_counter() - begin))


class Worker:
    """A judge in a process that can be killed; it starts anew after that."""

    def __init__(self, judge: str, bank: str, limit: float) -> None:
        self.judge, self.bank, self.limit = judge, bank, limit
        self.process: BaseProcess | None = None

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=serve, args=(self.judge, self.bank, self.limit, theirs), daemon=True)
        self.process.start()
        theirs.close()  # else the end of the process would not be seen here
        try:
            ready = self.pipe.poll(STARTING) and self.pipe.recv() is None
        except EOFError:
            ready = False
        if not ready:
            raise SystemExit(f"the process of {self.judge} did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()

    def ask(self, index: int) -> Answer:
        self.pipe.send(index)
        try:
            if self.pipe.poll(self.limit):
                return self.pipe.recv()
            word = "time-out"
        except EOFError:
            word = "error: the process ended"
        self.stop()
        self.start()
        return Answer(word, self.limit)


def progress(items: Iterable[int], what: str, total: int) -> Iterator[int]:
    """A bar on a terminal, where tqdm is installed; else one line for each quarter."""
    try:
        from tqdm import tqdm
    except ImportError:
        for place, item in enumerate(items):
            if place % max(1, total // 4) == 0:
                print(f"{what}: {place} of {total}", file=sys.stderr)
            yield item
    else:
        yield from tqdm(items, desc=what, total=total, file=sys.stderr, leave=False)


def run(bank: str, judges: Iterable[str], limit: float, every: int) -> dict[str, dict[str, Answer]]:
    """Ask each judge about each claim of a bank (or every n-th): judge → claim's id → answer."""
    claims = bank_of(bank)
    chosen = range(0, len(claims), every)
    answers: dict[str, dict[str, Answer]] = {}
    for judge in judges:
        with Worker(judge, bank, limit) as worker:
            asked_in_order = progress(chosen, f"{bank} bank, {judge}", len(chosen))
            answers[judge] = {claims[i].id: worker.ask(i) for i in asked_in_order}
    return answers


def counted(answers: dict[str, Answer], chosen: Iterable[str]) -> dict[str, Any]:
    """How many of the chosen claims were accepted, the time-outs, and the seconds in all."""
    mine = {name: answers[name] for name in chosen}
    return {
        "accepted": sum(a.word in ACCEPTED for a in mine.values()),
        "timeouts": sum(a.word == "time-out" for a in mine.values()),
        "errors": sum(a.word.startswith("error") for a in mine.values()),
        "seconds": round(sum(a.seconds for a in mine.values()), 2),
    }


def words(answers: dict[str, Answer]) -> dict[str, int]:
    """How often the checker said each word."""
    found: dict[str, int] = {}
    for answer in answers.values():
        found[answer.word] = found.get(answer.word, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def group_sizes(claims: Iterable[Any], key: Callable[[Any], str], answers: dict[str, dict[str, Answer]]) -> Any:
    """For each group of claims its size and what each judge accepted of it."""
    groups: dict[str, list[str]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim.id)
    return {
        name: {"count": len(ids), **{judge: counted(found, ids)["accepted"] for judge, found in answers.items()}}
        for name, ids in groups.items()
    }


def table(title: str, rows: list[tuple[str, int, list[str]]], judges: Iterable[str]) -> None:
    """Print counts, one line for a row."""
    print(f"\n{title}\n{'':<52}{'of':>6}" + "".join(f"{judge:>14}" for judge in judges))
    for name, size, cells in rows:
        print(f"{name:<52}{size:>6}" + "".join(f"{cell:>14}" for cell in cells))


def report(bank: str, answers: dict[str, dict[str, Answer]]) -> dict[str, Any]:
    """Print the table of a bank and return the same numbers."""
    asked_ids = set(next(iter(answers.values())))
    claims = [claim for claim in bank_of(bank) if claim.id in asked_ids]
    subsets = {
        "all": claims,
        "equalities": [c for c in claims if c.rel == "="],
        "other relations": [c for c in claims if c.rel != "="],
        "without hypotheses": [c for c in claims if not c.hypotheses and c.box is None],
    }
    numbers = {
        name: {"count": len(found), **{j: counted(a, [c.id for c in found]) for j, a in answers.items()}}
        for name, found in subsets.items()
    }
    rows = [
        (f"accepted, {name}", part["count"], [str(part[judge]["accepted"]) for judge in answers])
        for name, part in numbers.items()
    ]
    rows.append(("time-outs", len(claims), [str(numbers["all"][judge]["timeouts"]) for judge in answers]))
    rows.append(("seconds, all", len(claims), [f"{numbers['all'][judge]['seconds']:.1f}" for judge in answers]))
    title = "Claims that are false as stated" if bank == "false" else "True steps of the book's derivations"
    table(f"{title}: how many are accepted", rows, answers)
    key = (lambda claim: claim.cause) if bank == "false" else (lambda claim: claim.topic)
    groups = group_sizes(claims, key, answers)
    table(
        "by " + ("cause" if bank == "false" else "topic"),
        [(name, part["count"], [str(part[j]) for j in answers]) for name, part in groups.items()],
        answers,
    )
    record: dict[str, Any] = {"subsets": numbers, "groups": groups}
    if OURS in answers:
        record["verdicts"] = words(answers[OURS])
        print(f"\nwhat {TITLES[OURS]} said: " + ", ".join(f"{n} {word}" for word, n in record["verdicts"].items()))
        open_ones = [c.id for c in claims if (answers[OURS][c.id].word in ACCEPTED) == (bank == "false")]
        record["accepted although false" if bank == "false" else "not proved"] = open_ones
        print(f"{'accepted although false' if bank == 'false' else 'not proved'}: {' '.join(open_ones) or 'none'}")
    return record


def machine() -> dict[str, Any]:
    """The machine and the versions, without its name."""
    packages = ("sympy", "python-flint", "z3-solver", "mpmath")
    return {
        "machine": f"{os.cpu_count()} cores, {platform.system()}, {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }


def write(path: Path, record: dict[str, Any]) -> None:
    """Write the record whole or not at all."""
    draft = path.with_suffix(".json.tmp")
    draft.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(draft, path)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for one call")
    parser.add_argument("--every", type=int, default=1, help="take every n-th claim only; nothing is written then")
    parser.add_argument("--judges", default=",".join(JUDGES), help="which judges, with commas")
    chosen = parser.parse_args(arguments)
    judges = [name for name in JUDGES if name in chosen.judges.split(",")]
    if not judges or chosen.every < 1 or chosen.limit <= 0:
        raise SystemExit(f"--judges takes some of {', '.join(JUDGES)}; --every is at least 1 and --limit above 0")
    where = machine()
    print(
        f"{where['machine']}, Python {where['python']}, " + ", ".join(f"{k} {v}" for k, v in where["versions"].items())
    )
    for name in judges:
        print(f"  {name:<10} {TITLES[name]}")
    record: dict[str, Any] = {"schema": 1, **where, "limit": chosen.limit}
    for bank in ("false", "true"):
        record[bank] = report(bank, run(bank, judges, chosen.limit, chosen.every))
    print("\n" + NOTE.format(limit=chosen.limit))
    if chosen.every == 1 and judges == list(JUDGES):
        write(ROOT / "benchmarks" / "checker.json", record)


if __name__ == "__main__":
    main()
