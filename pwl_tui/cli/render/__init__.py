"""What commands print: JSON for scripts, text for people."""
