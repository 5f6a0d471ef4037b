"""Where the site will be read and where its source is, as far as anybody has said.

No address is written into the book's source: a fork publishes under its own. The environment comes first
(``ASSAYER_SITE_URL``), then ``_config.yml`` (``html.baseurl``, ``repository.url``), then what GitHub's workflows
tell (``GITHUB_REPOSITORY``, as ``owner/name``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from assayer.site.errors import SiteError

_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?")


def site_url(root: Path, environment: Mapping[str, str] | None = None) -> str:
    """The address of the site with a slash at its end, or an empty text; raises `SiteError` for a bad one."""
    given = os.environ if environment is None else environment
    for where, url in (
        ("ASSAYER_SITE_URL", given.get("ASSAYER_SITE_URL", "")),
        ("html.baseurl in _config.yml", str((_config(root).get("html") or {}).get("baseurl") or "")),
        ("GITHUB_REPOSITORY", _pages(given.get("GITHUB_REPOSITORY", ""))),
    ):
        if url.strip():
            return _checked(url, where) + "/"
    return ""


def repository_url(root: Path, environment: Mapping[str, str] | None = None) -> str:
    """The address of the repository without a slash at its end, or an empty text."""
    given = os.environ if environment is None else environment
    stated = str((_config(root).get("repository") or {}).get("url") or "")
    if stated.strip():
        return _checked(stated, "repository.url in _config.yml")
    name = given.get("GITHUB_REPOSITORY", "")
    return (
        _checked(f"{given.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}", "GITHUB_REPOSITORY") if name else ""
    )


def _pages(repository: str) -> str:
    owner, slash, name = repository.partition("/")
    if not slash:
        return ""
    host = f"https://{owner.lower()}.github.io"
    return host if name.lower() == f"{owner.lower()}.github.io" else f"{host}/{name}"


def _config(root: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load((root / "_config.yml").read_text("utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SiteError(f"_config.yml cannot be read: {' '.join(str(error).split())}") from None


def _checked(url: str, where: str) -> str:
    if not _ADDRESS.fullmatch(url.strip()):
        raise SiteError(f"{where} is {url!r}, which is no address: write it as https://example.org/book")
    return url.strip().rstrip("/")
