# SPDX-License-Identifier: MIT
"""What the lab raises: text for a person, shown without a traceback."""


class LabError(Exception):
    """Something that the user must know or do; its text says both."""


class NoXen(LabError):
    """Xen can neither be built nor is it in the cache."""


class NotHere(LabError):
    """This machine or this user cannot have it, which is no fault of what is tested."""
