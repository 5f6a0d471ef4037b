"""One module a chapter: the functions whose numbers the chapter checks.

A module here never imports `assayer.derivation`: what a chapter measures must not depend on what it proves.
"""
