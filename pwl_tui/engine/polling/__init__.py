"""Polling: when a batch is asked about, by which thread, and what its answer changes."""
