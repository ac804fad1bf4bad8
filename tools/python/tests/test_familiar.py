"""The familiar interface: programs for the PyBox that is made of RustPython."""

import threading

import pytest

from pybox.box import PyBox
from pybox.exception import PyboxException
from pybox.snapshot import PyBoxSnapshot


def new_box(**options):
    box = PyBox(**options)
    assert box.init_local("1")
    return box


def test_state_stays_and_exec_returns_what_is_printed():
    box = new_box()
    assert "sys" in box.exec("import sys\nprint(sys.modules)\ntest_var = 1\n", "1")
    assert box.exec("print(test_var)", "1") == "1\n"
    assert box.exec("import sys\nprint('a')\nprint('b', file=sys.stderr)", "1") == "a\nb\n"
    assert box.exec("x = 5") == "" and box.exec("print(x)") == "5\n"


def test_a_traceback_is_part_of_what_is_printed():
    output = new_box().exec("print('before')\n1/0", "1")
    assert output.startswith("before\nTraceback") and "ZeroDivisionError" in output
    assert "SyntaxError" in new_box().exec("1 +", "1")


def test_tools_and_protection():
    box = new_box()

    @box.tool
    def hello_host(name: str) -> str:
        """Greets."""
        return f"Hello {name}"
    box.exec(hello_host.stub(), "1")
    box.protect("1", hello_host.name)
    output = box.exec("print(hello_host('pybox'))\nhello_host = 'try modify'", "1")
    assert output.startswith("Hello pybox\n") and "Cannot modify protected" in output
    assert box.exec("print(hello_host('again'))", "1") == "Hello again\n"
    assert hello_host("me") == "Hello me" and hello_host.function("me") == "Hello me"
    assert hello_host.decl() == 'def hello_host(name: str) -> str:\n    """Greets."""'


def test_all_kinds_of_parameters():
    box = new_box()

    class Own:
        pass

    @box.tool
    def collect(a, b: Own = None, *rest, c=3, d: "unknown" = (1, 2), **more):  # noqa: F821
        return [a, b, rest, c, d, more]
    box.exec(collect.stub(), "1")
    assert box.exec("print(collect(1, 2, 3, c=4, e=5))", "1") == "[1, 2, (3,), 4, None, {'e': 5}]\n"


def test_contexts_inherit():
    box = PyBox()
    assert box.init_local("root") and not box.init_local("root")
    box.exec("root_val = 'I am root'", "root")
    assert box.init_local_from("child", "root") and box.init_local("other", "root")
    assert not box.init_local_from("orphan", "nothing")
    box.exec("child_val = 'I am child'", "child")
    assert "NameError" in box.exec("print(root_val)\nprint(child_val)", "root")
    assert box.exec("print(root_val)\nprint(child_val)\nroot_val = None", "child") == "I am root\nI am child\n"
    assert box.exec("print(root_val)", "root") == "I am root\n"
    assert not box.del_local("root") and box.del_local("child") and not box.del_local("child")
    with pytest.raises(RuntimeError, match="not there"):
        box.exec("1", "child")


def test_values():
    box = new_box()
    box.assign("1", "test_val", {"value": "hello pybox", "list": [1, None, 2.5]})
    assert box.exec("print(test_val['value'])", "1") == "hello pybox\n"
    assert box.get("1", "test_val") == {"value": "hello pybox", "list": [1, None, 2.5]}
    box.protect("1", "test_val")
    box.assign("1", "test_val", 5)
    assert box.get("1", "test_val") == 5


def test_tools_run_on_the_callers_thread_and_may_run_code():
    box = new_box()
    caller = threading.current_thread()

    @box.tool
    def hello(name):
        assert threading.current_thread() is caller
        return box.exec(f"print('Hello {name}')", "1")
    box.exec(hello.stub(), "1")
    assert "Hello pybox" in box.exec("print(hello('pybox'))", "1")


def test_a_pybox_exception_comes_out():
    box = new_box()
    error = PyboxException("Test Exception")

    @box.tool
    def fail():
        raise error

    @box.tool
    def wrong():
        raise ValueError("bad")
    box.exec(fail.stub() + wrong.stub(), "1")
    with pytest.raises(PyboxException) as raised:
        box.exec("try:\n    fail()\nexcept BaseException:\n    print('never')", "1")
    assert raised.value is error
    assert box.exec("try:\n    wrong()\nexcept ValueError as e:\n    print('caught', e)", "1") == "caught bad\n"


def test_another_thread_is_refused_while_it_runs():
    box = new_box()
    inside, done = threading.Event(), threading.Event()

    @box.tool
    def sleep():
        inside.set()
        done.wait()
        return "Test Thread"
    box.exec(sleep.stub(), "1")
    outputs = []
    thread = threading.Thread(target=lambda: outputs.append(box.exec("print(sleep())", "1")))
    thread.start()
    inside.wait()
    with pytest.raises(Exception, match="."):
        box.exec("1", "1")
    done.set()
    thread.join()
    assert outputs == ["Test Thread\n"]


def test_directories(tmp_path):
    (tmp_path / "a.txt").write_text("content")
    box = new_box(preopen_dirs={"/data": tmp_path})
    assert box.exec("print(open('/data/a.txt').read())\nopen('/data/b.txt', 'w').write('made')", "1") == "content\n"
    assert (tmp_path / "b.txt").read_text() == "made"
    root = new_box(preopen_dirs={"/": tmp_path})
    assert "a.txt" in root.exec("import os\nprint(os.listdir('/'))", "1")
    assert root.exec("print(open('/a.txt').read())", "1") == "content\n"


def test_snapshots():
    box = PyBox()
    box.init_local("main")
    box.exec("x = 100", "main")
    snapshot = PyBoxSnapshot(box)
    box.exec("x = 999", "main")
    assert box.exec("print(f'x = {x}')", "main") == "x = 999\n"
    snapshot.restore(box)
    assert box.exec("print(f'x = {x}')", "main") == "x = 100\n"
    again = box.snapshot()
    box.exec("x = 1", "main")
    again.restore(box)
    assert box.exec("print(x)", "main") == "100\n"


def test_fuel_stops_and_undoes():
    box = new_box(fuel="5M")
    box.exec("x = 1", "1")
    with pytest.raises(RuntimeError, match="fuel"):
        box.exec("x = 2\nwhile True: pass", "1")
    assert box.exec("print(x)", "1") == "1\n"
    with pytest.raises(RuntimeError, match="time"):
        new_box().exec("while True: pass", "1", timeout="50ms")
