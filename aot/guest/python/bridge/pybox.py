"""What a program in a box can know of its box.

A run that has used up its fuel or its time, or that the host interrupts, gets an exception at the line that is running:
a subclass of Stopped. It is no Exception, so `except Exception` lets it pass; `finally` and `with` blocks run. Time and
fuel for them are short (pybox_limits: grace_ns, grace_fuel): when they are used up, the run is cut off. A program that
swallows the exception and goes on gets it again.

display() shows values to the host in rich forms.

    try:
        search(problem)
    except pybox.Stopped:
        print("best so far:", best)
        raise
"""

from _pybox_display import display


class ProtectedError(NameError):
    """The host has protected this name: no code may bind or delete it. Not a Stopped: a run goes on."""


class Stopped(BaseException):
    """The run is being stopped. Base class of the reasons; not an Exception."""


class OutOfFuel(Stopped):
    """The run has used up its fuel: what its instructions cost, the same on every machine."""


class DeadlineExceeded(Stopped):
    """The run took longer, or took more CPU time, than it may."""


class Interrupted(Stopped):
    """The host has interrupted the run (pybox_box_interrupt)."""


class HostError(Exception):
    """A function of the host has failed. (It may also raise a built-in exception.)"""
