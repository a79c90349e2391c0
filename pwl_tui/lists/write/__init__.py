"""The list with its results, in each export format."""
