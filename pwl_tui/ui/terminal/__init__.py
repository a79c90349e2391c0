"""The terminal: its driver, signals, clipboard, notifications, themes and ASCII."""
