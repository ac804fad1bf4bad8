"""pybox._native and its process: Ctrl-C, faults, forks, the end of the interpreter, subinterpreters.

Most of it is in processes of their own, as it ends or changes them."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

# What all of the programs begin with.
HEAD = """
import faulthandler, gc, os, signal, sys, threading, time
from pybox import _native as n

def press(*arguments):
    "Ctrl-C, as the guest has begun."
    os.kill(os.getpid(), signal.SIGINT)
"""


def execute(program, *options):
    return subprocess.run([sys.executable, *options, "-c", HEAD + textwrap.dedent(program)], capture_output=True,
                          text=True)


def expect(program, output, *options):
    done = execute(program, *options)
    assert (done.stderr, done.stdout, done.returncode) == ("", output, 0)


# ---- Ctrl-C ----


def test_ctrl_c_stops_the_guest_and_raises():
    expect("""
        box = n.Box(limits=n.Limits(grace_ns=10**12))
        try:
            box.run("print('begun')\\nwhile True: pass", output=lambda *piece: threading.Thread(target=press).start())
        except KeyboardInterrupt:
            print("raised", box.run("6 * 7", mode=n.MODE_EVAL).value)
        print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        """, "raised 42\nTrue\n")


def test_ctrl_c_in_a_guest_that_sleeps_and_refuses():
    expect("""
        box = n.Box(limits=n.Limits(grace_ns=1))
        try:
            box.run("import time\\nprint('begun')\\n"
                    "while True:\\n    try: time.sleep(1000)\\n    except BaseException: pass",
                    output=lambda *piece: threading.Thread(target=press).start())
        except KeyboardInterrupt:
            print("raised")
        box.rollback()
        print(box.run("6 * 7", mode=n.MODE_EVAL).value)
        """, "raised\n42\n")


def test_ctrl_c_in_a_callback_comes_out_of_the_run():
    expect("""
        def f(call):
            press()
            for i in range(100): pass
            print("not reached")
        functions = n.Functions()
        functions.add("f", f, signature="()")
        try:
            n.Box(functions=functions).run(
                "import tools\\nwhile True:\\n    try: tools.f()\\n    except BaseException: pass")
        except KeyboardInterrupt:
            print("raised")
        """, "raised\n")


def test_a_handler_that_returns_gets_the_result():
    expect("""
        seen = []
        signal.signal(signal.SIGINT, lambda *arguments: seen.append(1))
        result = n.Box().run("print('begun')\\nwhile True: pass",
                             output=lambda *piece: threading.Thread(target=press).start())
        print(n.OUTCOMES[result.outcome], seen)
        """, "interrupted [1]\n")


def test_a_handler_that_a_callback_sets_counts():
    expect("""
        def output(*piece):
            signal.signal(signal.SIGINT, handler)
            threading.Thread(target=press).start()
        def handler(*arguments):
            raise ValueError("mine")
        try:
            n.Box().run("print('begun')\\nwhile True: pass", output=output)
        except ValueError as error:
            print(error)
        print(signal.getsignal(signal.SIGINT) is handler)
        """, "mine\nTrue\n")


def test_ctrl_c_of_a_nested_run():
    expect("""
        def f(call):
            call.box.run("while True: pass")
        functions = n.Functions()
        functions.add("f", f, signature="()")
        box = n.Box(functions=functions)
        threads = []
        try:
            box.run("import tools\\nprint('begun')\\nwhile True:\\n    try: tools.f()\\n    except Exception: pass",
                    output=lambda *piece: threading.Thread(target=press).start())
        except KeyboardInterrupt:
            print("raised")
        """, "raised\n")


def test_other_threads_go_on_after_ctrl_c():
    expect("""
        begun, results = threading.Event(), []
        other = n.Box()
        thread = threading.Thread(target=lambda: results.append(
            other.run("print('begun')\\nwhile True: pass", output=lambda *piece: begun.set())))
        thread.start()
        begun.wait()
        try:
            n.Box().run("print('begun')\\nwhile True: pass",
                        output=lambda *piece: threading.Thread(target=press).start())
        except KeyboardInterrupt:
            print("raised", other.running)
        other.interrupt()
        thread.join()
        print(n.OUTCOMES[results[0].outcome])
        """, "raised True\ninterrupted\n")


def test_a_process_that_ignores_ctrl_c_goes_on():
    expect("""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        def output(*piece):
            press()
        print(n.Box().run("print('begun')\\nsum(range(100_000))", mode=n.MODE_EVAL, output=output).value)
        """, "4999950000\n")


def test_ctrl_c_while_it_waits_for_a_pool():
    expect("""
        pool = n.Pool(maximum=1)
        taken = pool.take()
        def press_later():
            while pool.statistics()["waits"] == 0:
                time.sleep(0.01)
            press()
        threading.Thread(target=press_later).start()
        try:
            pool.take(n.UNLIMITED)
        except KeyboardInterrupt:
            print("raised")
        """, "raised\n")


# ---- faults ----

FAULT = """
        def fault(box):
            # Deep C recursion ends at the guard of the guest's native stack: a real SIGSEGV.
            box.run("import sys; sys.setrecursionlimit(10**9)")
            return n.OUTCOMES[box.run("def f(): f()\\nf()", limits=n.Limits(stack_bytes=65536)).outcome]
"""


def test_faults_of_guests_are_no_crashes():
    for options in ((), ("-X", "faulthandler")):
        expect(FAULT + """
        print(fault(n.Box()))
        faulthandler.enable()
        print(fault(n.Box()))
        faulthandler.disable()
        print(fault(n.Box()))
        """, "limit\n" * 3, *options)


@pytest.mark.parametrize("before, after", [("", ""), ("faulthandler.enable()", ""), ("", "faulthandler.enable()"),
                                           ("faulthandler.enable()", "faulthandler.enable()"),
                                           ("", "faulthandler.enable(); faulthandler.disable()")])
def test_crashes_of_the_host_are_told_and_end_it(before, after):
    done = execute(f"""
        {before or "pass"}
        box = n.Box()
        {after or "pass"}
        box.run("1")
        import ctypes
        ctypes.string_at(0)
        """)
    assert done.returncode == -signal.SIGSEGV
    told = bool(before) or after == "faulthandler.enable()"
    assert done.stderr.count("Segmentation fault") == told


# ---- forks ----


def test_a_child_goes_on_with_what_was_made():
    expect("""
        functions = n.Functions()
        functions.add("f", lambda call: str(os.getpid()), signature="()")
        box = n.Box(functions=functions)
        box.run("x = 1")
        box.checkpoint()
        pool = n.Pool()
        pid = os.fork()
        box.run("x += 1")
        values = [box.variable_get("x").value]
        box.rollback()
        values.append(box.variable_get("x").value)
        values.append(box.run("import tools; tools.f()", mode=n.MODE_EVAL).value == str(os.getpid()))
        values.append(n.Box().run("2 + 3", mode=n.MODE_EVAL).value)
        values.append(pool.take().run("3 + 4", mode=n.MODE_EVAL).value)
        values.append(n.Box(image=box.image()).variable_get("x").value)
        try:
            box.run("print('begun')\\nwhile True: pass", output=lambda *piece: threading.Thread(target=press).start())
        except KeyboardInterrupt:
            values.append("interrupted")
        if pid == 0:
            print(values, flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        print(values)
        """, "['2', '1', True, '5', '7', '1', 'interrupted']\n" * 2)


def test_a_fork_in_a_callback():
    expect("""
        def f(call):
            return str(os.fork())
        functions = n.Functions()
        functions.add("f", f, signature="()")
        box = n.Box(functions=functions)
        pid = int(box.run("import tools; tools.f()", mode=n.MODE_EVAL).value)
        if pid != 0:
            os.waitpid(pid, 0)
        print(pid == 0, box.run("1 + 1", mode=n.MODE_EVAL).value, flush=True)
        os._exit(0)
        """, "True 2\nFalse 2\n")


def test_a_fork_while_another_thread_is_inside_is_refused_clearly():
    expect("""
        begun = threading.Event()
        other, box, pool = n.Box(), n.Box(), n.Pool()
        image = box.image()
        thread = threading.Thread(target=lambda: other.run("print('begun')\\nwhile True: pass",
                                                           output=lambda *piece: begun.set()))
        thread.start()
        begun.wait()
        pid = os.fork()
        if pid == 0:
            for call in (lambda: box.run("1"), lambda: other.run("1"), pool.take, lambda: n.Box(image=image)):
                try:
                    call()
                except n.UnsupportedError as error:
                    assert "fork()" in str(error)
                else:
                    print("not refused")
            other.interrupt()
            del box, pool, image
            gc.collect()
            print(n.Box().run("6 * 7", mode=n.MODE_EVAL).value, flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        other.interrupt()
        thread.join()
        print(box.run("7 * 7", mode=n.MODE_EVAL).value)
        """, "42\n49\n", "-W", "ignore::DeprecationWarning")


# ---- the end ----


def test_what_is_alive_at_the_end():
    expect("""
        functions = n.Functions()
        functions.add("f", lambda call: None, signature="()")
        box = n.Box(functions=functions, output=print)
        pool = n.Pool()
        taken = pool.take()
        cycle = [box]
        cycle.append(cycle)
        """, "")


def test_threads_that_run_guests_at_the_end():
    for code in ("while True: pass", "while True: print('x')", "import tools\\nwhile True: tools.f()"):
        expect(f"""
        begun = threading.Event()
        functions = n.Functions()
        functions.add("f", lambda call: None, signature="()")
        for _ in range(3):
            box = n.Box(functions=functions)
            begun.clear()
            threading.Thread(target=box.run, args=("print('begun')\\n{code}",),
                             kwargs={{"output": lambda *piece: begun.set()}}, daemon=True).start()
            begun.wait()
        print("end")
        """, "end\n")


def test_runs_in_atexit_functions():
    expect("""
        import atexit
        box = n.Box()
        atexit.register(lambda: print(box.run("6 * 7", mode=n.MODE_EVAL).value))
        """, "42\n")


def test_a_box_that_is_freed_by_the_end_of_the_interpreter():
    expect("""
        sys.kept = n.Box()
        class Late:
            def __init__(self, box): self.box = box
            def __del__(self): self.box.close()
        sys.late = Late(n.Box())
        """, "")


def test_subinterpreters_are_refused():
    done = execute("""
        try:
            import _interpreters as sub
        except ImportError: # before CPython 3.13
            import _xxsubinterpreters as sub
        try:
            print(sub.run_string(sub.create(), "import pybox._native"))
        except sub.RunFailedError as error:
            print(error)
        """)
    assert "subinterpreter" in done.stdout and done.returncode == 0, done


def test_the_module_may_be_imported_again():
    expect("""
        import importlib
        first = n.Box()
        del sys.modules["pybox._native"]
        again = importlib.import_module("pybox._native")
        print(again.Box().run("6 * 7", mode=again.MODE_EVAL).value, first.run("1").outcome)
        """, "42 0\n")


def test_a_home_that_is_not_there():
    done = subprocess.run([sys.executable, "-c", "from pybox import _native as n\nn.Box()"], capture_output=True,
                          text=True, env={**os.environ, "PYBOX_HOME": "/does/not/exist"})
    assert "/does/not/exist/python.so" in done.stderr and "FileError" in done.stderr
