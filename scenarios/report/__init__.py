"""A comparison as tables, figures, documents and files."""
