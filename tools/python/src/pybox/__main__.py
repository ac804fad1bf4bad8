"""`python -m pybox`: the command `pybox` of the package. Also what the script of that name runs."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from . import _native


def main() -> NoReturn:
    command = Path(_native.__file__).parent / "engine" / "bin" / "pybox"  # an editable installation has it there
    os.execv(command, ["pybox", *sys.argv[1:]])


if __name__ == "__main__":
    main()
