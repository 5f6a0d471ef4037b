"""What an import costs: the bench loads none of the large libraries, and no layer above it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "sympy", "matplotlib", "flint", "z3", "tqdm", "IPython", "pyarrow", "filelock")


def loaded_by(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import assayer.lab", "import assayer.claims", "from assayer.lab import check"])
def test_the_bench_is_light(statement: str) -> None:
    loaded = loaded_by(statement)
    assert not loaded & set(HEAVY)
    assert not {name for name in loaded if name.startswith(("assayer.derivation", "assayer.results"))}


def test_a_check_of_plain_numbers_is_light_too() -> None:
    loaded = loaded_by(
        "from assayer.lab import check, exact\n"
        "made = check('t', predicted=1, measured=1, budget=exact(), falsifier={'x': 2})\n"
        "made._repr_mimebundle_()"
    )
    assert not loaded & set(HEAVY)


def test_the_same_question_sees_what_is_loaded() -> None:
    assert "numpy" in loaded_by("import assayer.lab, numpy")
