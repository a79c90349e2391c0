"""The list back with its answers, in each export format."""
