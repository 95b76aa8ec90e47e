"""Answers of an API that hold records in `data` or `result`, one of them or a list."""

UNFOLD = "answers_unfold.sql"
# As the SQL has it: the first of the two names that is there.
HELD = (
    "coalesce(json_array_length(record, '/data'), json_array_length(record, '/result'))"
)
