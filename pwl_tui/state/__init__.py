"""The local state file: the only memory of paid work. Only its engines know a database."""
