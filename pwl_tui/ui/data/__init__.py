"""What the screen shows, read from the store off the event loop."""
