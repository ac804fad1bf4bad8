"""Runs modules of CPython's regression tests in a box: driver.py [OPTION of regrtest...] MODULE...

The folder that holds "test", which is not part of a box's standard library, is mounted at /cpython.
"""
import sys

sys.path.append("/cpython")

from test.libregrtest.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["--single-process", "--tempdir=/tmp/regrtest"]
    main()
