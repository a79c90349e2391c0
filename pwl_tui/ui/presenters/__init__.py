"""Values turned into text: no widgets and no I/O."""
