"""`python -m nightly` is `tollbook`."""

from nightly.cli import main

main()
