"""The background worker: what `watch` does, in a process of its own that needs no terminal."""
