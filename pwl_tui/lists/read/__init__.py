"""From a file, pasted text or standard input to records: formats, encodings, delimiters, columns, sheets."""
