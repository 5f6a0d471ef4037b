"""Where a reader reports an error: the repository's form for a new issue, filled in."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

LIMIT = 900
"""So many characters of a statement go into an address; servers refuse very long ones."""


def issue(repository: str, title: str, body: str) -> str:
    """The address of a new issue with this title and body; empty where no repository is known.

    The form is GitHub's, which Gitea and Forgejo take too; a host that names GitLab gets GitLab's.
    """
    if not repository:
        return ""
    if "gitlab" in (urlsplit(repository).hostname or ""):
        return f"{repository}/-/issues/new?{urlencode({'issue[title]': title, 'issue[description]': body})}"
    return f"{repository}/issues/new?{urlencode({'title': title, 'body': body})}"


def claim(repository: str, id: str, statement: str, page: str) -> str:
    """The address that reports an error in a claim; `page` is where it stands."""
    short = statement if len(statement) <= LIMIT else f"{statement[:LIMIT]} …"
    body = f"Claim: `{id}`\nPage: {page}\n\n> {short}\n\nWhat is wrong, and how to see it:\n\n"
    return issue(repository, f"Error in {id}", body)


def page(repository: str, title: str, address: str) -> str:
    """The address that reports an error on a page."""
    return issue(repository, f"Error in {title}", f"Page: {address}\n\nWhat is wrong, and where:\n\n")
