"""The databases that the state may be in: what differs between them stands here, and nowhere else."""
