"""pybox._native: threads, interrupts, garbage collection."""

import gc
import threading
import weakref

import pytest

from pybox import _native as n


def start(box, code, **options):
    """Runs code in a thread; returns when the guest has written something, with what ends the test of it."""
    begun, results = threading.Event(), []

    def work():
        results.append(box.run("print('begun')\n" + code, output=lambda *piece: begun.set(), **options))

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()

    def end():
        thread.join()
        return results[0]

    return end


def test_a_box_is_used_by_one_thread_at_a_time(tmp_path):
    box, store = n.Box(), n.Store(tmp_path)
    end = start(box, "while True: pass")
    assert box.running
    for call in (lambda: box.run("1"), box.checkpoint, lambda: box.variable_get("x"), box.close, box.requests,
                 lambda: box.checkpoints, lambda: store.park("x", box)):
        with pytest.raises(n.BusyError):
            call()
    box.interrupt()
    assert end().outcome == n.INTERRUPTED
    assert not box.running


@pytest.mark.parametrize("how, outcome", [(n.INTERRUPT_STOP, n.INTERRUPTED), (n.INTERRUPT_CUT, n.INTERRUPTED),
                                          (n.INTERRUPT_KEYBOARD, n.INTERRUPTED)])
def test_interrupts_from_another_thread(how, outcome):
    box = n.Box()
    end = start(box, "while True: pass")
    box.interrupt(how)
    result = end()
    assert result.outcome == outcome
    assert result.cut or how != n.INTERRUPT_CUT


def test_the_gil_is_free_while_guests_run():
    boxes = [n.Box() for _ in range(3)]
    ends = [start(box, "while True: pass") for box in boxes]
    assert sum(range(1000)) == 499500  # Python code runs beside them
    for box in boxes:
        box.interrupt()
    assert [end().outcome for end in ends] == [n.INTERRUPTED] * 3


def test_many_threads_with_callbacks():
    functions = n.Functions()
    functions.add("f", lambda call: call.arguments, signature="(x: int) -> object")
    failures = []

    def work(number):
        try:
            for i in range(20):
                pieces = []
                box = n.Box(functions=functions)
                value = box.run(f"from tools import f\nprint({number})\nf({i})", mode=n.MODE_EVAL,
                                output=lambda stream, piece: pieces.append(piece)).value
                assert value == f'{{"x":{i}}}' and pieces == [b"%d\n" % number]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_box_goes_from_thread_to_thread():
    box = n.Box()
    box.run("x = 0")
    for _ in range(5):
        thread = threading.Thread(target=lambda: box.run("x += 1"))
        thread.start()
        thread.join()
    assert box.variable_get("x").value == "5"


def test_boxes_are_freed_by_any_thread():
    boxes = [n.Box() for _ in range(4)]
    thread = threading.Thread(target=boxes.clear)
    thread.start()
    thread.join()
    assert boxes == []


def test_cycles_are_collected():
    class Host:
        def __init__(self):
            functions = n.Functions()
            functions.add("f", self.called, signature="()")
            self.box = n.Box(functions=functions, output=self.called, display=self.called, input=self.called)
            self.box.run("import tools", output=self.called, refill=self.called, trace=self.called)
            self.pool = n.Pool(functions=functions, output=self.called)
            self.taken = self.pool.take()

        def called(self, *arguments):
            pass

    host = Host()
    watched = [weakref.ref(host), weakref.ref(host.box), weakref.ref(host.taken)]
    del host
    gc.collect()
    assert [watch() for watch in watched] == [None] * 3


def test_what_a_box_needs_lives_as_long_as_it():
    def make():
        functions = n.Functions()
        functions.add("f", lambda call: '"alive"', signature="()")
        module = n.Module()
        return n.Box(image=n.Image(module), functions=functions)

    box = make()
    gc.collect()
    assert box.run("import tools; tools.f()", mode=n.MODE_EVAL).value == '"alive"'
    clone = box.clone()
    del box
    gc.collect()
    assert clone.run("import tools; tools.f()", mode=n.MODE_EVAL).value == '"alive"'


def test_a_box_may_be_dropped_in_its_own_callback():
    boxes = {}

    def drop(*piece):
        boxes.clear()
        gc.collect()

    boxes["it"] = n.Box(output=drop)
    assert boxes["it"].run("print('x')\n6 * 7", mode=n.MODE_EVAL).value == "42"
    assert boxes == {}


def test_the_callables_of_a_run_that_waits_survive_another_call():
    box = n.Box()
    result = box.run("for i in range(100_000): pass\ni", mode=n.MODE_EVAL, limits=n.Limits(fuel=1_000_000),
                     refill=lambda used: n.REFILL_YIELD, output=lambda *piece: None)
    while result.outcome == n.PENDING:
        with pytest.raises(n.BusyError):
            box.run("1", output=lambda *piece: 1 / 0)
        gc.collect()
        result = box.resume(5_000_000)
    assert result.value == "99999"
