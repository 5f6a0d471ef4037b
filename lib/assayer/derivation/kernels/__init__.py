"""The kernels: one module each, found by looking into this folder; none knows of another.

A module offers ``NAME``, ``ORDER`` (small is tried first) and ``search(goal, attempt)``, a generator of certificates.
It may search in any way it likes: a certificate counts only once ``theorem.admit`` has replayed it.
"""
