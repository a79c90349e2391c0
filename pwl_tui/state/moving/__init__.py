"""Moving a state between a file and a database: `move` is the way in."""
