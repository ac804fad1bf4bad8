"""Runs modules of CPython's regression tests in a box: driver.py [--without=NAME,...] [OPTION of regrtest...] MODULE...

The package "test", which is not part of a box's standard library, is mounted in its place there.

--without: C modules made only for testing the interpreter, which the guest does not have. Some test modules import
them at their top and would be skipped whole for a few tests that use them. A stand-in takes their place: whoever
uses it, is skipped. The name "sockets" stands for sockets: the whole of test_asyncio would be skipped for want of
them; with it, those of its modules that need none are run.
"""
import importlib
import sys
import types
import unittest

importlib.invalidate_caches()  # the base image has looked at the library's folder without the tests


class StandIn(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def skip(*arguments, **named):
            raise unittest.SkipTest(f"needs {self.__name__}.{name}, which is not part of the guest")
        return skip

    def get_config(self):
        """What test.support asks for, to know whether tracebacks have columns. In a box they have."""
        return {"code_debug_ranges": 1}


def replace(name):
    if name == "sockets":
        import test.support

        test.support.has_socket_support = True
    else:
        sys.modules[name] = StandIn(name)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("--without="):
        for name in sys.argv.pop(1).partition("=")[2].split(","):
            replace(name)
    sys.argv[1:1] = ["--single-process", "-W", "--tempdir=/tmp/regrtest"]
    from test.libregrtest.main import main

    main()
