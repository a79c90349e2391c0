"""ProWebLook over HTTP, and nothing else: requests, typed answers, and one decoder for every error."""
