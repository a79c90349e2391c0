"""Windows over a screen that ask one thing."""
