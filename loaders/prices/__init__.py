"""The price book: what a token cost, from when on, and since when we know it."""
