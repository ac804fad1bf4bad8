"""`python -m pybox`: the command `pybox` of the package. Also what the script of that name runs."""

import os
import sys
from pathlib import Path
from typing import NoReturn


def main() -> NoReturn:
    command = Path(__file__).resolve().parent / "engine" / "bin" / "pybox"
    os.execv(command, ["pybox", *sys.argv[1:]])


if __name__ == "__main__":
    main()
