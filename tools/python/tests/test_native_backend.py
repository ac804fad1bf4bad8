"""The build backend: what it refuses, and what it hands on."""

import sys
import sysconfig
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

import pybox_backend  # noqa: E402


def test_free_threaded_python_is_refused_clearly(monkeypatch):
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: 1 if name == "Py_GIL_DISABLED" else None)
    with pytest.raises(SystemExit, match="free-threaded"):
        pybox_backend.build_wheel("/does/not/matter")


def test_a_build_tree_that_is_named_is_taken_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("PYBOX_BUILD", str(tmp_path))
    monkeypatch.setattr(pybox_backend.subprocess, "run", None)
    given = {"build-dir": "elsewhere"}
    assert pybox_backend._settings(given) == {**given, "cmake.define.PYBOX_BUILD": str(tmp_path)}


def test_a_set_up_that_fails_is_told(monkeypatch):
    class Done:
        returncode = 7

    monkeypatch.delenv("PYBOX_BUILD", raising=False)
    commands = []
    monkeypatch.setattr(pybox_backend.subprocess, "run", lambda command, **options: commands.append(command) or Done)
    with pytest.raises(SystemExit, match="exit code 7"):
        pybox_backend._settings(None)
    assert commands == [[str(pybox_backend.ROOT / "tools" / "setup"), "--without-tests"]]
