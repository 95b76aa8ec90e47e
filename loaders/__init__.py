"""The way in: vendor files to the lake, one committed load per file."""
