"""Packages in sandboxes: wheels and folders of pure Python."""

import base64
import hashlib
import zipfile

import pytest

from pybox import Policy, Pool, Sandbox, errors

FILES = {
    "shapes/__init__.py": "def area(a, b):\n    return a * b\n",
    "shapes-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: shapes\nVersion: 1.5\nSummary: Shapes.\n",
    "shapes-1.5.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def record():
    lines = []
    for name, text in FILES.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(text.encode())}\n")
    return "".join(lines) + "shapes-1.5.dist-info/RECORD,,\n"


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "shapes-1.5-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
        archive.writestr("shapes-1.5.dist-info/RECORD", record())
    return path


def test_a_wheel_is_importable(wheel):
    with Sandbox(packages=[wheel]) as sandbox:
        assert sandbox.eval("import shapes; shapes.area(2, 3)") == 6
        assert sandbox.eval("import importlib.metadata; importlib.metadata.version('shapes')") == "1.5"
        with sandbox.clone() as clone:
            assert clone.eval("shapes.area(2, 4)") == 8


def test_in_policies_and_pools(wheel):
    (wheel.parent / "policy.toml").write_text(f'packages = ["{wheel.name}"]')
    policy = Policy.load(wheel.parent / "policy.toml")
    with Pool(policy) as pool:
        assert pool.run("import shapes; shapes.area(2, 3)").value == 6
    with Sandbox(policy, tools=[]) as sandbox:
        assert sandbox.eval("import shapes; shapes.area(1, 1)") == 1


def test_what_is_no_package(tmp_path):
    (tmp_path / "bad.whl").write_bytes(b"nothing")
    with pytest.raises(errors.Error):
        Sandbox(packages=[tmp_path / "bad.whl"])
    with pytest.raises(errors.Error):
        Sandbox(packages=[tmp_path / "nothing.whl"])
