"""What the command line and the screen say alike: figures, and sentences about the engine's values."""
