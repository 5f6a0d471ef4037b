"""Validation of every notebook in minutes: kernels forked from one process, and chapters that need no second run.

A chapter's cost beyond its own work is imports and a kernel's start, some three seconds each time. Here one
process, the server, imports torch, SymPy, matplotlib and the library once, and each notebook's kernel is a fork
of it. nbval is the same, and so are its verdicts, with these exceptions, for which every chapter runs once in
ordinary kernels in each new environment (and each night in CI):

- a submodule that a cell uses and does not import may be there all the same, because the server has loaded it;
- what a library prints or warns of while it is imported is not seen;
- all kernels of one server share the seed of Python's string hashes, as they would under PYTHONHASHSEED.

Processes, each the parent of the next: the *owner* (the run, or the client that asked first), the *keeper*, the
*server*, the *kernels*. None outlives the one above it, nor a kernel its client, however that one ends: see
`keeper` and `server`.

Modules: `settings` (what a kernel's environment holds), `wire` (messages), `keeper`, `server`, `kernel` (what a
fork does first), `handle` (to start and end a server), `provisioner` (jupyter_client's side); `imports`,
`inputs`, `stamps` (what a chapter depends on, and whether it has passed with it), `outcomes` (a pytest plugin),
`runner` and the command, ``python -m assayer.validation``.
"""
