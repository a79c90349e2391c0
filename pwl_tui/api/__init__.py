"""ProWebLook over HTTP: typed answers, typed errors, and nothing else of the program."""
