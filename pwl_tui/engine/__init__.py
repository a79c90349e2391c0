"""Submits and polls: joins lists, state and api under the money rules. Knows no screen."""
