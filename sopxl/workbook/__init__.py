"""Everything that knows sheets: the template, reading tables from a book, writing results, macros."""
