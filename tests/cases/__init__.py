"""What people really bring and what servers really answer, each case with the right outcome.

``python -m tests.cases`` prints the table. Small input files are in ``inputs``.
"""
