"""The commands: each module declares the arguments of a few, and does their work."""
