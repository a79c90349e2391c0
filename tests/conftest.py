"""What holds for all tests."""

from hypothesis import settings

# An example that takes long tells of a busy machine, not of the program.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
