"""The one error of the set-up."""


class SetupError(Exception):
    """The set-up cannot go on; the message is one line that names the thing and the way out."""
