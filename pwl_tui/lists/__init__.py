"""From a person's list to numbers, batches and a plan, and back to their own file with the answers."""
