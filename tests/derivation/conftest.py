"""What the checker's tests share: each judges afresh, whatever was judged before on this machine."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAYER_CACHE", "off")
