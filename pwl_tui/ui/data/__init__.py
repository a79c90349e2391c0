"""What the screen shows, read from the store in threads."""
