"""The build backend of the package: scikit-build-core, after the project's own set-up (tools/setup).

The set-up installs Debian packages that are missing and builds what is not built; on a fresh machine it takes as long
as a native build of CPython and of its module. Its progress is shown on the terminal, though pip hides what backends
say.

PYBOX_BUILD names a finished build tree to take as it is, instead.

The package is in tools/python; installing the project's root installs it, too.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from scikit_build_core import build as _build
from scikit_build_core.build import (  # noqa: F401 (they are the backend's)
    get_requires_for_build_editable,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

ROOT = Path(__file__).resolve().parents[3]

os.chdir(ROOT / "tools" / "python")  # each hook is called in a process of its own


def _refuse_free_threading():
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise SystemExit(
            "pybox: this Python is free-threaded, and the package is built for the limited API, which that has not; "
            "install it for the usual build of CPython 3.9 or later"
        )


def _set_up():
    setup = ROOT / "tools" / "setup"
    if not setup.exists():
        raise SystemExit("pybox: the package is built from the project's whole source tree, and this is a part of it")
    try:
        terminal = open("/dev/tty", "w")
    except OSError:
        terminal = sys.stderr
    code = subprocess.run([str(setup), "--without-tests"], stderr=terminal, stdin=subprocess.DEVNULL).returncode
    if code != 0:
        raise SystemExit(f"pybox: the set-up did not work (exit code {code}); run {setup} to see why")


def _settings(given):
    _refuse_free_threading()
    tree = os.environ.get("PYBOX_BUILD")
    if not tree:
        _set_up()
        tree = ROOT / "build"
    return {**(given or {}), "cmake.define.PYBOX_BUILD": str(Path(tree).resolve())}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """The hook of PEP 517."""
    return _build.build_wheel(wheel_directory, _settings(config_settings), metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """The hook of PEP 660."""
    return _build.build_editable(wheel_directory, _settings(config_settings), metadata_directory)
