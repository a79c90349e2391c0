"""From a person's list to numbers and a plan, and back to their own file with the results."""
