"""Runs modules of CPython's regression tests in a box: driver.py [OPTION of regrtest...] MODULE...

The package "test", which is not part of a box's standard library, is mounted in its place there.
"""
import importlib
import sys

importlib.invalidate_caches()  # the base image has looked at the library's folder without it

from test.libregrtest.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["--single-process", "-W", "--tempdir=/tmp/regrtest"]
    main()
