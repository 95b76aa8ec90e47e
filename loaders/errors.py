"""What can go wrong with a home or a file, in words for the person who runs the night.

No message ever holds text from inside a vendor's file.
"""


class TollbookError(Exception):
    """A condition that the operator can act on; the message says how."""


class SettingsError(TollbookError):
    """The configuration or the call is wrong (exit 2)."""


class LakeUnwritable(TollbookError):
    """Nothing was committed; the lake is as it was."""


class LakeDamaged(TollbookError):
    """A file of a committed load is gone or changed; nothing was done."""


class FileNotLanded(TollbookError):
    """One file could not be read; the others are not affected."""


class BuildFailed(TollbookError):
    """dbt could not build; nothing was published."""


class NotPublished(TollbookError):
    """A test or a check failed; yesterday's books stay published (exit 3)."""
