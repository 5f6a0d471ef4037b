"""What `make book` and `make test` need installed, and how it gets into `.venv`. Standard library only.

`plan` decides (which set, is what stands still good), `accelerator` chooses torch's wheel, `pip` runs pip and
puts its failures into one line, `build` does the work, `cli` is the command.
"""
