"""From a file, pasted text or standard input to rows: encodings, delimiters, columns, sheets."""
