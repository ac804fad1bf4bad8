"""The familiar interface (pybox.box): its exception."""


class PyboxException(Exception):
    """Raised by a tool, it ends the run and comes out of PyBox.exec(), past all of the guest's `except` clauses."""

    __module__ = "pybox.box"


__all__ = ["PyboxException"]
