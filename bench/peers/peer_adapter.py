"""What the adapters of the compared systems have in common when they are written in Python: they do what
harness/ asks for, one line on standard input for each task, and answer with one line of JSON.

An adapter is a program of its own. It defines a subclass of Worker and calls main() with it:

    PYTHON -E -s ADAPTER FOLDER BUILD serve|start FRESH STATEMENT... EXPRESSION VALUE
"""
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path

import embedding

NO_SANDBOX = "nothing is isolated"
ONLY_PYBOX = {"memory-trimmed": "nothing gives back what an idle session does not need",
              "save-whole": "the same as save"}
WARM_UP = 3
WARM_UP_NS = 20_000_000


class Cannot(Exception):
    """The system has nothing that does this; the text says why."""


class Wrong(Exception):
    """It did something else than it should."""


class Worker:
    """What one thread uses. `fresh` and `create` run code in a state that no run has touched, and return the repr() of the
    expression if one is given; what the guest raises comes out as an exception of the class `guest_error`."""

    guest_error = Exception
    processes = False  # its threads must be processes
    isolates = True  # it is a sandbox, or a process of its own

    @classmethod
    def prepare(cls, folder, build):
        """Once in the process: imports, pools, compiled modules. Returns the system's version."""
        raise NotImplementedError

    @classmethod
    def start(cls):
        """Does print(1) in a sandbox, with the sandbox's output on standard output."""
        raise NotImplementedError

    def fresh(self, code, expression=None):
        raise NotImplementedError

    def create(self, code):
        """The same in a sandbox made for it."""
        raise NotImplementedError

    def pool(self, code):
        """The same from the system's pool of sandboxes."""
        return self.fresh(code)

    def open(self):
        """A session: an object with run(code), value(expression), save() and close()."""
        raise NotImplementedError

    def load(self, state):
        """A session with the state that another one's save() has returned."""
        raise Cannot("no snapshots of a session")

    cannot_embed = "no functions of the host, and no values but text"
    cannot_context = "no namespaces but that of the session"

    def embed(self, functions):
        """An embedding.EmbeddedSession whose code can call these functions of the host, {name: function}, and later(i)."""
        raise Cannot(self.cannot_embed)

    context_note = ""  # what a context is, if it is not a namespace within a sandbox

    def context(self, code):
        """Runs code in a namespace of its own, or what comes next to that, which ends with it."""
        raise Cannot(self.cannot_context)


class Work:
    """What all do: the arguments of the program."""

    def __init__(self, arguments):
        self.fresh, *self.statements, self.expression, self.value = arguments

    def fill(self, session):
        for statement in self.statements:
            session.run(statement)

    def verify(self, session):
        value = session.value(self.expression)
        if value != self.value:
            raise Wrong(f"{self.expression} is {value}, not {self.value}")


# ------------------------------------------------------------------------------------------
# The processes: their CPU time and memory


def descendants():
    """Children, their children and so on."""
    found, waiting = [], [os.getpid()]
    while waiting:
        pid = waiting.pop()
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                children = [int(child) for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
            except FileNotFoundError:
                continue  # a thread that has ended since
            found += children
            waiting += children
    return found


def written_kib():
    """What this process and its descendants have written. A page that several share counts once in the sum."""
    total = 0
    for pid in [os.getpid(), *descendants()]:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss_Dirty:"))
    return total


class CpuClock:
    """CPU time of this process, of its children that have ended, and of those that live now, in nanoseconds."""

    def __init__(self):
        self.clocks = [(~pid << 3) | 2 for pid in descendants()]  # how Linux numbers the clock of a process

    def now(self):
        living = 0
        for clock in self.clocks:
            try:
                living += time.clock_gettime_ns(clock)
            except OSError:
                pass  # it has ended since
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time_ns() + int((ended.ru_utime + ended.ru_stime) * 1e9) + living


# ------------------------------------------------------------------------------------------
# The tasks


def once_session(worker, work, _):
    session = worker.open()
    work.fill(session)
    work.verify(session)
    session.close()


def once_restore(worker, work, state):
    session = worker.load(state)
    work.verify(session)
    session.close()


TASKS = {
    "fresh": lambda worker, work, _: worker.fresh(work.fresh),
    "pool": lambda worker, work, _: worker.pool(work.fresh),
    "create": lambda worker, work, _: worker.create(work.fresh),
    "session": once_session,
    "restore": once_restore,
}


def prepare_save(worker, work):
    """A session of its own, which is saved again and again."""
    session = worker.open()
    work.fill(session)
    save = getattr(session, "save_again", session.save)
    save()
    return save, session.close


def worker_can(worker_class, task):
    """Whether the adapter's class has what a task of embedding needs."""
    method = embedding.NEEDED.get(task, embedding.NEEDED_BY_OTHERS)
    return getattr(worker_class, method) is not getattr(Worker, method)


def one_line(error):
    """The last line of what it says, shortened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:160]


def must_raise(worker, function, *arguments):
    try:
        function(*arguments)
    except worker.guest_error:
        return
    raise Wrong(f"{arguments[-1]} should have raised an exception")


def check(worker, work):
    """Fresh runs are fresh, errors are errors, sessions keep their state and share none. Returns a saved session."""
    worker.create(work.fresh)
    if worker.fresh("x = 1 + 1", "x") != "2":
        raise Wrong("1 + 1 is not 2")
    must_raise(worker, worker.fresh, "x")
    must_raise(worker, worker.fresh, "1 / 0")
    session, other = worker.open(), worker.open()
    work.fill(session)
    work.verify(session)
    must_raise(worker, other.value, work.expression)
    try:
        state = session.save()
        once_restore(worker, work, state)
    except Cannot:
        state = None
    session.close()
    other.close()
    return state


def warm_up(once):
    """A few times, or once if it is slow."""
    end = time.perf_counter_ns() + WARM_UP_NS
    for _ in range(WARM_UP):
        once()
        if time.perf_counter_ns() > end:
            return


def time_them(once, count, clock):
    """([wall nanoseconds], [CPU nanoseconds])"""
    walls, cpus = [], []
    for _ in range(count):
        cpu = clock.now() if clock else 0
        wall = time.perf_counter_ns()
        once()
        walls.append(time.perf_counter_ns() - wall)
        if clock:
            cpus.append(clock.now() - cpu)
    return walls, cpus


class Stopwatch:
    """Of a block of work. Its functions are called by the last thread that comes, before the others go on."""

    def start(self):
        self.clock = CpuClock()
        self.cpu_ns, self.elapsed_ns = self.clock.now(), time.perf_counter_ns()

    def stop(self):
        self.elapsed_ns = time.perf_counter_ns() - self.elapsed_ns
        self.cpu_ns = self.clock.now() - self.cpu_ns


def measure_threads(make_once, workers, count):
    walls, cpus, errors, watch = [], [], [], Stopwatch()
    start = threading.Barrier(len(workers), action=watch.start)
    end = threading.Barrier(len(workers), action=watch.stop)

    def work_on(worker):
        try:
            once, finish = make_once(worker)
            warm_up(once)
            start.wait()
            result = time_them(once, count, watch.clock if len(workers) == 1 else None)
            end.wait()
            finish()
            walls.extend(result[0])
            cpus.extend(result[1])
        except threading.BrokenBarrierError:
            pass
        except BaseException as error:
            errors.append(error)
            start.abort()
            end.abort()

    threads = [threading.Thread(target=work_on, args=(worker,), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return {"elapsed_ns": watch.elapsed_ns, "cpu_ns": watch.cpu_ns, "wall_each_ns": walls, "cpu_each_ns": cpus}


def measure_processes(make_once, worker, threads, count):
    """Each thread is a process that has been forked from this one, so that they do not wait for each other."""
    answers = []
    go_read, go_write = os.pipe()
    ready_read, ready_write = os.pipe()
    for _ in range(threads):
        answer_read, answer_write = os.pipe()
        if os.fork() == 0:
            try:
                os.close(go_write)
                once, finish = make_once(worker)
                warm_up(once)
                os.write(ready_write, b".")
                os.read(go_read, 1)  # until the parent closes it
                clock = CpuClock()
                before = clock.now()
                walls, cpus = time_them(once, count, clock if threads == 1 else None)
                text = json.dumps({"cpu_ns": clock.now() - before, "wall_each_ns": walls, "cpu_each_ns": cpus})
                finish()
            except BaseException as error:
                text = json.dumps({"error": repr(error)})
                os.write(ready_write, b"!")
            with open(answer_write, "w") as stream:
                stream.write(text)
            os._exit(0)
        os.close(answer_write)
        answers.append(answer_read)
    for _ in range(threads):
        os.read(ready_read, 1)
    elapsed = time.perf_counter_ns()
    os.close(go_write)
    results = []
    for answer in answers:
        with open(answer) as stream:
            results.append(json.load(stream))
    elapsed = time.perf_counter_ns() - elapsed
    for descriptor in (go_read, ready_read, ready_write):
        os.close(descriptor)
    for _ in range(threads):
        os.wait()
    for result in results:
        if "error" in result:
            raise Wrong(result["error"])
    return {"elapsed_ns": elapsed, "cpu_ns": sum(result["cpu_ns"] for result in results),
            "wall_each_ns": [wall for result in results for wall in result["wall_each_ns"]],
            "cpu_each_ns": [cpu for result in results for cpu in result["cpu_each_ns"]]}


class Service:
    def __init__(self, worker_class, version, work):
        self.worker_class, self.version, self.work = worker_class, version, work
        self.workers = [worker_class()]
        self.state = None
        self.embedding_checked = False
        self.program = (None, None, None)  # its path, the session it is in, and what it returned

    def check_embedding(self, task):
        """Before the first task of embedding, and not earlier: what it leaves behind would change how much memory sessions need."""
        if task not in embedding.NEEDED and not self.embedding_checked:
            embedding.check(self.workers[0])
            self.embedding_checked = True

    def measure(self, task, threads, count):
        def make_once(worker):
            """What is timed, and what is to be done afterwards."""
            if task in embedding.TASKS:
                return embedding.TASKS[task](worker)
            if task == "save":
                return prepare_save(worker, self.work)
            return lambda: TASKS[task](worker, self.work, self.state), lambda: None

        if (task in TASKS or task == "save") and not self.worker_class.isolates:
            return {"cannot": NO_SANDBOX}
        if task in ("restore", "save") and self.state is None:
            return {"cannot": "no snapshots of a session"}
        if task in embedding.TASKS and not worker_can(self.worker_class, task):
            return {"cannot": self.worker_class.cannot_context if task == "context" else self.worker_class.cannot_embed}
        if task in embedding.TASKS:
            self.check_embedding(task)
        if self.worker_class.processes:
            return measure_processes(make_once, self.workers[0], threads, count)
        while len(self.workers) < threads:
            self.workers.append(self.worker_class())
        return measure_threads(make_once, self.workers[:threads], count)

    def leave_program(self):
        if self.program[1] is not None:
            self.program[1].close()
        self.program = (None, None, None)

    def compute(self, path, count):
        """The program's run(), in a session of its own; it has been called once before."""
        try:
            if self.program[0] != path:
                self.leave_program()
                session = self.workers[0].open()
                session.run(Path(path).read_text())
                self.program = (path, session, session.value("run()"))
        except self.worker_class.guest_error as error:
            return {"cannot": f"does not run it: {one_line(error)}"}
        _, session, result = self.program
        clock = CpuClock()
        begin = time.perf_counter_ns()
        walls, cpus = time_them(lambda: session.value("run()"), count, clock)
        return {"elapsed_ns": time.perf_counter_ns() - begin, "cpu_ns": sum(cpus), "wall_each_ns": walls, "cpu_each_ns": cpus,
                "result": result}

    def memory(self, count):
        sessions = []
        before = written_kib()
        for _ in range(count):
            sessions.append(self.workers[0].open())
            self.work.fill(sessions[-1])
        each = (written_kib() - before) / count
        for session in sessions:
            self.work.verify(session)
            session.close()
        return {"kib": each}

    def answer(self, task, threads, count):
        if task == "check":
            self.state = check(self.workers[0], self.work)
            return {"version": self.version}
        if task.startswith("compute:"):
            return self.compute(task.partition(":")[2], count)
        self.leave_program()
        if task in ONLY_PYBOX:
            return {"cannot": ONLY_PYBOX[task]}
        if task == "memory":
            return self.memory(count) if self.worker_class.isolates else {"cannot": NO_SANDBOX}
        note = self.worker_class.context_note if task == "context" else ""
        return self.measure(task, threads, count) | ({"note": note} if note else {})


def main(worker_class):
    folder, build, mode, *rest = sys.argv[1:]
    sys.path.insert(0, folder)
    version = worker_class.prepare(Path(folder), Path(build))
    if mode == "start":
        worker_class.start()
        return
    service = Service(worker_class, version, Work(rest))
    for line in sys.stdin:
        task, threads, count = line.split()
        try:
            answer = service.answer(task, int(threads), int(count))
        except Cannot as error:
            answer = {"cannot": str(error)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
