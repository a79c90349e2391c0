"""The files beside the database: the journal and the locks, and whose they are."""
