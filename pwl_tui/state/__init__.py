"""The local state file: the only memory of paid work. Only this package knows SQLite."""
