"""The cache of verdicts: it saves the search, and nothing that stands in it is believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sympy as sp
from flint import Ordering, fmpq_mpoly_ctx
from sympy import Abs, Eq, Ge, Gt, Le, Max, Min, Ne, Rational, Sum, factorial, sqrt

from assayer.derivation import Derivation, Forall, Status, cache, clock, judge, prover, verdict
from assayer.derivation.coding import NoText, certificate_of, certificate_tree, goal_text
from assayer.derivation.hints import Hint
from assayer.derivation.trusted.context import Context, Goal, Hypothesis, Relation
from assayer.derivation.trusted.expressions import express, renamed
from assayer.derivation.trusted.problem import problem
from assayer.derivation.trusted.rules import Cone, Solver, Term, Zero
from assayer.derivation.verdict import Verdict, judge_goal

LIBRARY = Path(__file__).parents[2] / "lib"
N, a, b, c = sp.symbols("N a b c", integer=True, nonnegative=True)
n, t = sp.symbols("n t", integer=True, positive=True)
k, p = sp.symbols("k p", integer=True)
x, y = sp.symbols("x y", real=True)
z = sp.Symbol("z", positive=True)
f = sp.Function("f")

Claim = tuple[object, str, object, list[object]]
TRUE: dict[str, Claim] = {
    "normal form": (a + b + c, "=", N + 1 - (a - 1) * (b - 1), [Eq(N, a * b + c)]),
    "with a hole": ((x**2 - 1) / (x - 1), "=", x + 1, [Ne(x, 1)]),
    "roots": (1 / (1 + sqrt(z)), "=", (1 - sqrt(z)) / (1 - z), [Ne(z, 1)]),
    "combination": (x**2 + y**2, ">=", 2 * x * y, []),
    "absolute values": (Abs(x + y), "<=", Abs(x) + Abs(y), []),
    "induction": (Sum(k**3, (k, 1, n)), "=", n**2 * (n + 1) ** 2 / 4, []),
    "a power": (2**n, ">=", n + 1, []),
    "finite range": (factorial(k), "<=", k**k, [Ge(k, 1), Le(k, 12)]),
    "family": (f(n + 1), "<=", f(n), [Forall(t, Le(f(t + 1), f(t)))]),
    "bound index": (Sum(x * f(k), (k, 1, n)), "=", x * Sum(f(t), (t, 1, n)), []),
    "solver or cases": (Max(x, y) + Min(x, y), "=", x + y, []),
    "ground": (sqrt(2) * sqrt(3), "=", sqrt(6), []),
}
FALSE: dict[str, Claim] = {
    "sign": (a + b + c, "=", N + 1 + (a - 1) * (b - 1), [Eq(N, a * b + c)]),
    "hole": ((x**2 - 1) / (x - 1), "=", x + 1, []),
    "touching": ((x - Rational(355, 113)) ** 2, ">", 0, []),
    "family": (f(n), "<=", f(n + 1), []),
    "ground": (sqrt(2) + sqrt(3), "=", sqrt(10), []),
}


def goal(claim: Claim) -> Goal:
    left, sign, right, hypotheses = claim
    relation = Relation(express(left), sign, express(right))
    return Goal(Context.of(hypotheses, relation.symbols()), relation)


def entry_file(place: Path, wanted: Goal) -> Path:
    key = cache.key_of(wanted)
    assert key is not None
    return place / "judged" / key[:2] / f"{key[2:]}.json"


@dataclass
class Store:
    """A cache of its own, and how often the kernels and the refuter were asked to search."""

    place: Path
    calls: list[str] = field(default_factory=list)

    def judged(self, wanted: Goal) -> tuple[Verdict, list[str]]:
        """The verdict, and what it took."""
        self.calls.clear()
        problem.cache_clear()
        return judge_goal(wanted), list(self.calls)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("ASSAYER_CACHE", str(tmp_path))
    made = Store(tmp_path)

    def counting(name: str) -> Callable[..., object]:
        before = getattr(verdict, name)

        def counted(*arguments: object, **named: object) -> object:
            made.calls.append(name)
            return before(*arguments, **named)

        return counted

    for name in ("prove", "refute"):
        monkeypatch.setattr(verdict, name, counting(name))
    return made


# -- what it is for ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", TRUE)
def test_what_was_proved_is_not_searched_for_again(store: Store, name: str) -> None:
    first, effort = store.judged(goal(TRUE[name]))
    assert first.status in (Status.PROVED, Status.CERTIFIED)
    assert "prove" in effort
    again, effort = store.judged(goal(TRUE[name]))
    assert effort == []
    assert (str(again), again.points) == (str(first), first.points)
    assert again.sequent is not None
    assert first.sequent is not None
    assert again.sequent.uses == first.sequent.uses


@pytest.mark.parametrize("name", FALSE)
def test_what_was_refuted_is_evaluated_at_its_point_only(store: Store, name: str) -> None:
    first, effort = store.judged(goal(FALSE[name]))
    assert first.status == "refuted"
    assert "refute" in effort
    again, effort = store.judged(goal(FALSE[name]))
    assert effort == []
    assert str(again) == str(first)
    assert again.counterexample == first.counterexample


def test_a_chain_is_judged_again_from_the_cache(store: Store) -> None:
    def chain() -> Derivation:
        steps = Derivation("chain", Ge(x, 1), Ge(y, 2), declare=(n,)).start(Sum(k, (k, 1, n)) + x**2 + y**2)
        return steps.eq(n * (n + 1) / 2 + x**2 + y**2).ge(n * (n + 1) / 2 + 2 * x * y).ge(n * (n + 1) / 2 + 4)

    first = chain().theorem()
    store.calls.clear()
    problem.cache_clear()
    assert repr(chain().theorem()) == repr(first)
    assert store.calls == []


def test_what_was_neither_proved_nor_refuted_is_not_kept(store: Store) -> None:
    hard = goal((sp.binomial(2 * n, n) * sp.sin(1), ">=", n / 2, []))
    assert judge_goal(hard, seconds=0.05).status in ("tested", "unproved")
    assert not list(store.place.rglob("*.json"))


def test_a_model_s_counterexample_is_found_anew(store: Store) -> None:
    pell = goal((k, "<=", p, [Eq(k**2 - 61 * p**2, 1), Gt(p, 0)]))
    for _ in range(2):
        store.calls.clear()
        found = judge_goal(pell, model=lambda rng: {k: 1766319049, p: 226153980})
        assert found.status == "refuted"
    assert cache.key_of(pell, model=True) != cache.key_of(pell)


# -- names -------------------------------------------------------------------------------------------------------------
def distinct() -> list[Goal]:
    """Goals that print alike, or nearly: no two may share an entry."""
    w, u, v = sp.Symbol("x", positive=True), sp.Symbol("x", integer=True), sp.Symbol("x", nonnegative=True)
    square = [Goal(Context.of([], {s}), Relation(s**2, ">=", sp.S.Zero)) for s in (x, w, u, v)]
    named = [
        Goal(Context.of([Hypothesis(name, Ge(x, bound))]), Relation(x, ">=", sp.S.Zero))
        for name, bound in (("A", 1), ("B", 1), ("A", 2))
    ]
    signs = [Goal(Context.of([], {x, y}), Relation(x, sign, y)) for sign in ("=", "<=", "<", ">=", ">", "!=")]
    families = [
        Goal(Context.of([], {n}), Relation(member, ">=", sp.S.Zero))
        for member in (
            f(n),
            sp.Function("f", positive=True)(n),
            sp.IndexedBase("f")[n],
            sp.IndexedBase("f", positive=True)[n],
        )
    ]
    foralls = [
        Goal(Context.of([Forall(i, Ge(f(i), 0))], {n}), Relation(f(n), ">=", sp.S.Zero))
        for i in (t, sp.Symbol("t", integer=True), sp.Symbol("t", integer=True, nonnegative=True))
    ]
    plain = Goal(Context.of([Ge(f(t), 0)], {n}), Relation(f(n), ">=", sp.S.Zero))
    own = renamed(k, [])
    bound = [
        Goal(Context.of([], {n}), Relation(Sum(i * f(j), (i, 1, n)), ">=", sp.S.Zero))
        for i, j in ((k, k), (k, n), (own, own), (own, n))
    ]
    numbers = [
        Goal(Context.of([], {x}), Relation(x, ">=", q)) for q in (sp.Integer(12), Rational(1, 2), sp.Integer(21))
    ]
    declared = [Goal(Context.of([], symbols), Relation(x, ">=", sp.S.Zero)) for symbols in ({x}, {x, y})]
    swapped = [Goal(Context.of([], {x, y}), Relation(*pair)) for pair in ((x, "<=", y), (y, "<=", x))]
    return [*square, *named, *signs[1:], *families, *foralls, plain, *bound, *numbers, *declared[1:], *swapped[1:]]


def test_no_two_goals_share_a_name() -> None:
    texts = [goal_text(g) for g in distinct()]
    assert len(set(texts)) == len(texts)


def test_a_goal_has_one_name_whatever_its_bound_index_is_called_by_the_checker() -> None:
    one, two = sp.Dummy("k", integer=True), sp.Dummy("k", integer=True)
    texts = {goal_text(Goal(Context(), Relation(Sum(i * f(i), (i, 1, n)), ">=", sp.S.Zero))) for i in (one, two)}
    assert len(texts) == 1


NAMES = """
import sys, importlib.util
spec = importlib.util.spec_from_file_location("names", {file!r})
module = importlib.util.module_from_spec(spec)
sys.modules["names"] = module
spec.loader.exec_module(module)
print([module.cache.key_of(g) for g in module.distinct()])
print([module.cache.key_of(module.goal(c)) for c in module.TRUE.values()])
"""


def python(program: str, place: Path, seed: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(LIBRARY),
        "PYTHONHASHSEED": seed,
        "ASSAYER_CACHE": str(place),
    }
    return subprocess.Popen(
        [sys.executable, "-c", program.format(file=__file__)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_goal_has_one_name_in_every_process(tmp_path: Path) -> None:
    running = [python(NAMES, tmp_path, seed) for seed in ("1", "4242")]
    outputs = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0]
    assert "None" not in outputs[0][0]


@dataclass(frozen=True)
class Told(Hint):
    what: object


def test_hints_a_model_and_versions_are_part_of_the_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = goal(TRUE["combination"])
    keys = {
        cache.key_of(wanted),
        cache.key_of(wanted, [Told(x)]),
        cache.key_of(wanted, [Told(y)]),
        cache.key_of(wanted, model=True),
    }
    monkeypatch.setattr(cache, "versions", lambda: "another checker")
    keys.add(cache.key_of(wanted))
    assert None not in keys
    assert len(keys) == 5
    assert cache.key_of(wanted, [Told(lambda: x)]) is None  # a function has no name: nothing is kept


# -- nothing is believed -----------------------------------------------------------------------------------------------
ZERO = ["new", "Zero", ["substitutions", ["tuple"]]]
PROCESS = ["new", "Popen", ["args", ["tuple", "true"]]]


def damaged(text: str) -> dict[str, str | bytes]:
    """An entry in many states of ruin."""
    content = json.loads(text)
    changed = {
        "no evidence": {**content, "evidence": {}},
        "evidence is a list": {**content, "evidence": [1, 2]},
        "evidence of no kernel": {**content, "evidence": {g: ["no such kernel", None] for g in content["evidence"]}},
        "evidence of numbers": {**content, "evidence": {g: [3, 4] for g in content["evidence"]}},
        "every certificate is zero": {
            **content,
            "evidence": {
                g: ["normal form", ["new", "Zero", ["substitutions", ["tuple"]]]] for g in content["evidence"]
            },
        },
        "another class": {
            **content,
            "evidence": {
                g: ["normal form", ["new", "Popen", ["args", ["tuple", "true"]]]] for g in content["evidence"]
            },
        },
        "text instead of a certificate": {
            **content,
            "evidence": {g: ["normal form", "__import__('os').abort()"] for g in content["evidence"]},
        },
        "no witness": {**content, "witness": None},
        "a witness outside": {**content, "witness": {"x": ["-1", "0"]}},
        "a witness of nobody": {**content, "witness": {"nobody": ["1", "1"]}},
        "survived is text": {**content, "survived": "many"},
        "survived is negative": {**content, "survived": -1},
        "another key": {**content, "key": "0" * 64},
        "no key": {name: value for name, value in content.items() if name != "key"},
        "refuted though true": {**content, "refuted": {"x": ["1", "1"], "y": ["2", "1"]}},
        "refuted at nonsense": {**content, "refuted": [[]]},
    }
    return {
        "empty": "",
        "half": text[: len(text) // 2],
        "last brace lost": text[:-1],
        "bytes": bytes(range(256)),
        "null": "null",
        "a number": "17",
        "a list": "[[], {}]",
        "deep": "[" * 100_000,
        "long": '"' + "a" * (5 * 2**20) + '"',
        **{name: json.dumps(value) for name, value in changed.items()},
    }


STATES = list(damaged(json.dumps({"key": "", "evidence": {}, "survived": 0, "witness": None, "refuted": None})))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["combination", "with a hole", "induction"])
def test_a_damaged_entry_is_recomputed_and_written_again(store: Store, name: str, state: str) -> None:
    wanted = goal(TRUE[name])
    first, _ = store.judged(wanted)
    path = entry_file(store.place, wanted)
    whole = path.read_bytes()
    ruin = damaged(whole.decode())[state]
    path.write_bytes(ruin if isinstance(ruin, bytes) else ruin.encode())
    again, effort = store.judged(wanted)
    assert again.status == first.status
    assert again.sequent is not None
    assert again.sequent.goal == wanted
    assert "prove" in effort
    assert path.read_bytes() == whole
    assert store.judged(wanted)[1] == []


def forged(wanted: Goal, evidence: dict[Goal, tuple[str, object]]) -> cache.Entry:
    key = cache.key_of(wanted)
    assert key is not None
    point = {str(s): ["1", "1"] for s in wanted.relation.symbols()}
    proofs = {cache._digest(goal_text(g)): found for g, found in evidence.items()}
    return cache.Entry(key, proofs, survived=300, witness=point)


FORGERIES = {
    "normal form": ("normal form", ZERO),
    "z3": ("z3", None),
    "positive combination": (
        "positive combination",
        [
            "new",
            "Cone",
            ["terms", ["tuple", ["new", "Term", ["coefficient", ["fmpq", "1", "1"]], ["positions", ["tuple"]]]]],
        ],
    ),
    "finite range": ("finite range", ["new", "FiniteRange"]),
    "induction": ("induction", None),
}


@pytest.mark.parametrize("kind", FORGERIES)
@pytest.mark.parametrize(
    "claim",
    [(x, "=", y, []), (x**2, ">=", x, []), (Sum(k, (k, 1, n)), "=", n, []), (n, "<=", 1, []), (x, ">", 1, [Gt(x, 0)])],
    ids=str,
)
def test_a_forged_entry_does_not_prove_what_is_false(store: Store, claim: Claim, kind: str) -> None:
    wanted = goal(claim)
    assert wanted not in [goal(c) for c in TRUE.values()]
    cache.save(forged(wanted, {wanted: FORGERIES[kind]}))
    found, _ = store.judged(wanted)
    assert found.status == "refuted"
    assert found.sequent is None


class Everything(dict[str, object]):
    """Evidence for whatever is asked."""

    def __getitem__(self, digest: str) -> object:
        return super().get(digest, FORGERIES["normal form"])


@pytest.mark.parametrize("kernel", [k.NAME for k in prover.kernels()])
@pytest.mark.parametrize(
    "claim",
    [
        (2**n, ">=", n + 2, []),
        (Sum(k, (k, 1, n)), "=", n**2, []),
        (Sum(1 / k, (k, 1, n)), "<=", Sum(1 / (k + 1), (k, 1, n)), []),
        (Max(x, y), "<=", x, []),
        (x**2, ">=", x, [Ge(x, 0)]),
        (1 / x, ">=", 1 / x, []),
    ],
    ids=str,
)
def test_forged_evidence_for_every_sub_goal_proves_nothing_above_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claim: Claim, kernel: str
) -> None:
    wanted = goal(claim)
    evidence = Everything({cache._digest(goal_text(wanted)): (kernel, None)})
    entry = cache.Entry("key", evidence)  # type: ignore[arg-type]
    assert cache.Recalled(entry, clock.now() + 10).proof(wanted, ()) is None


def test_an_entry_of_another_claim_is_not_this_claim_s(store: Store) -> None:
    true, false = goal(TRUE["combination"]), goal((x**2 + y**2, ">=", 3 * x * y, []))
    store.judged(true)
    stolen = json.loads(entry_file(store.place, true).read_text())
    path = entry_file(store.place, false)
    path.parent.mkdir(parents=True, exist_ok=True)
    stolen["evidence"] = {cache._digest(goal_text(false)): found for found in stolen["evidence"].values()}
    for key in (stolen["key"], cache.key_of(false)):
        path.write_text(json.dumps({**stolen, "key": key}))
        assert store.judged(false)[0].status == "refuted"


def test_a_point_that_does_not_refute_is_not_believed(store: Store) -> None:
    wanted = goal((x, "<=", 5, [Ge(x, 0)]))
    assert store.judged(wanted)[0].status == "refuted"
    path = entry_file(store.place, wanted)
    for point in ({"x": ["4", "1"]}, {"x": ["-9", "1"]}, {}, {"y": ["9", "1"]}, {"x": ["9"]}, {"x": "9"}):
        path.write_text(json.dumps({**json.loads(path.read_text()), "refuted": point}))
        found, effort = store.judged(wanted)
        assert found.status == "refuted"
        assert "refute" in effort
        assert found.counterexample is not None
        assert dict(found.counterexample.point)["x"] not in ("4", "-9")


def test_z3_is_asked_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from assayer.derivation.trusted import smt

    evenness = goal((2 * p, "!=", 2 * k + 1, []))
    found, _ = store.judged(evenness)
    if "z3" not in found.kernel:
        pytest.skip("another kernel proves it")
    assert store.judged(evenness)[1] == []
    monkeypatch.setattr(smt, "_command", lambda: [sys.executable, "-c", "print('unknown')"])
    assert store.judged(evenness)[0].sequent is None


def test_a_kernel_that_lies_from_the_cache_meets_the_checker(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = goal((x, "=", y, []))

    class Liar:
        NAME, ORDER = "liar", 0

        @staticmethod
        def search(goal: Goal, attempt: prover.Attempt) -> Iterator[object]:
            yield from (Zero(), "proved", Status.PROVED)

    monkeypatch.setattr(prover, "kernels", lambda: (Liar,))
    cache.save(forged(wanted, {wanted: ("liar", None)}))
    assert store.judged(wanted)[0].status == "refuted"


# -- evidence as data --------------------------------------------------------------------------------------------------
def test_a_certificate_reads_back_as_it_was() -> None:
    wanted = goal(TRUE["combination"])
    ring = problem(wanted).algebra.context
    one, two = ring.gens()[:2]
    certificate = Cone((Term(sp_rational(3, 7), (0, 2), one - 2 * two**3),), ((1, one * two),), ((0, 1),))
    tree = json.loads(json.dumps(certificate_tree(certificate, wanted)))
    assert certificate_of(tree, wanted) == certificate


def sp_rational(p: int, q: int) -> object:
    from flint import fmpq

    return fmpq(p, q)


@pytest.mark.parametrize(
    "tree",
    [
        ["poly", 3, [[[[0, 1]], "1", "1"]]],
        ["new", "Sequent", ["goal", None]],
        ["new", "Relation", ["left", "x"], ["sign", "="], ["right", "y"]],
        ["new", "Zero", ["substitutions", ["poly", 10**9, []]]],
        ["new", "Zero", ["substitutions", ["expr", ["__import__", ["s", "os", []]]]]],
        ["new", "Zero", ["substitutions", ["expr", ["s", "x", [["cls", True]]]]]],
        ["new", "Zero", ["nothing", None]],
        ["eval", "1"],
        {"new": "Zero"},
        [],
        7,
    ],
    ids=str,
)
def test_what_is_no_certificate_is_not_read(tree: object) -> None:
    with pytest.raises(NoText):
        certificate_of(tree, goal(TRUE["combination"]))


def test_what_has_no_form_is_not_kept() -> None:
    wanted = goal(TRUE["combination"])
    foreign = fmpq_mpoly_ctx.get(["q"], Ordering.lex).gens()[0]
    for certificate in (Solver(1.5), Cone((Term(sp_rational(1, 1), (), foreign),))):
        with pytest.raises(NoText):
            certificate_tree(certificate, wanted)


# -- files -------------------------------------------------------------------------------------------------------------
def test_off_means_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    for off in ("off", "OFF"):
        monkeypatch.setenv("ASSAYER_CACHE", off)
        assert cache.folder() is None
        assert cache.key_of(goal(TRUE["combination"])) is None
        assert judge(x + y, "=", y + x).status == "proved"
    assert list(tmp_path.iterdir()) == []


def test_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("ASSAYER_CACHE", str(tmp_path / "mine"))
    assert cache.folder() == tmp_path / "mine"
    monkeypatch.delenv("ASSAYER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "assayer"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "assayer"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert cache.folder() == tmp_path / "Local" / "assayer"
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert cache.folder() is None


def test_a_folder_that_cannot_be_used_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ASSAYER_CACHE", str(tmp_path / "file"))
    for _ in range(2):
        assert judge(x + y, "=", y + x).status == "proved"
        assert judge(x, "=", y).status == "refuted"
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_write_that_fails_leaves_nothing_half_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(cache.os, "replace", full)
    assert store.judged(goal(TRUE["combination"]))[0].status == "proved"
    assert [path for path in store.place.rglob("*") if path.is_file()] == []


JUDGE = (
    NAMES.replace("print([module.cache.key_of(g) for g in module.distinct()])", "")
    + """
for _ in range(3):
    for name, claim in [*module.TRUE.items(), *module.FALSE.items()]:
        print(name, module.judge_goal(module.goal(claim)))
"""
)


def test_processes_side_by_side_agree_and_leave_whole_files(tmp_path: Path) -> None:
    running = [python(JUDGE, tmp_path, seed) for seed in ("1", "2")]
    outputs = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == len(TRUE) + len(FALSE)
    for path in files:
        content = json.loads(path.read_text())
        assert content["key"] == path.parent.name + path.stem


def test_the_folder_stays_within_its_size(store: Store) -> None:
    for claim in TRUE.values():
        judge_goal(goal(claim))
    entries = sorted(store.place.rglob("*.json"))
    for age, path in enumerate(entries):
        os.utime(path, (10**9 + age, 10**9 + age))
    foreign = store.place / "thesis.json"
    foreign.write_text("mine")
    total = sum(path.stat().st_size for path in entries)
    cache.prune(store.place, most_bytes=total)
    assert sorted(store.place.rglob("judged/*/*.json")) == entries
    cache.prune(store.place, most_bytes=total // 2)
    left = sorted(store.place.rglob("judged/*/*.json"))
    assert 0 < len(left) < len(entries)
    assert sum(path.stat().st_size for path in left) <= total // 2
    assert left == sorted(entries[-len(left) :])
    assert foreign.read_text() == "mine"


def test_a_temporary_file_of_a_killed_process_is_removed(store: Store) -> None:
    judge_goal(goal(TRUE["combination"]))
    folder = next(store.place.rglob("*.json")).parent
    old, young = folder / "old.tmp", folder / "young.tmp"
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (10**9, 10**9))
    cache.prune(store.place)
    assert not old.exists()
    assert young.exists()
