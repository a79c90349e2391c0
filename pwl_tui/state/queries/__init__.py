"""Reading results: filters, search, sorting, counts and windows of rows."""
