// Pyodide in Node: CPython 3.14 for browsers. The protocol is peer_adapter.py's.
//
// A fresh run is a new interpreter from a memory snapshot of one that has started (an experimental option of the library).
// It shares the JavaScript process with all others, and code in it can reach JavaScript through the module js: it is no
// sandbox by itself. One thread: more would be Node workers with a copy of everything each.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";

const [folder, , mode, fresh, ...rest] = process.argv.slice(2);
const statements = rest.slice(0, -2);
const [expression, expected] = rest.slice(-2);
const { loadPyodide, version } = await import(`${folder}/node_modules/pyodide/pyodide.mjs`);
const WARM_UP = 1;

if (mode === "start") {
    const python = await loadPyodide();
    python.runPython("print(1)");
    process.exit(0);
}

const base = (await loadPyodide({ _makeSnapshot: true })).makeMemorySnapshot();
const open = (snapshot = base) => loadPyodide({ _loadSnapshot: snapshot, _makeSnapshot: true });
let saved;

function verify(python) {
    const value = python.runPython(`repr(${expression})`);
    if (value !== expected) throw new Error(`${expression} is ${value}, not ${expected}`);
}

function fill(python) {
    for (const statement of statements) python.runPython(statement);
}

function mustRaise(python, code) {
    let failed = false;
    try {
        python.runPython(code);
    } catch (error) {
        failed = error.name === "PythonError";
    }
    if (!failed) throw new Error(`${code} should have raised an exception`);
}

async function runFresh() {
    (await open()).runPython(fresh);
}

const tasks = {
    fresh: runFresh,
    pool: runFresh,
    create: runFresh,
    async session() {
        const python = await open();
        fill(python);
        verify(python);
    },
    async restore() {
        verify(await open(saved));
    },
    async save() {
        sessionToSave.makeMemorySnapshot();
    },
    async eval() {
        const value = sessionOfEval.runPython("repr(x + 1)");
        if (value !== "2") throw new Error(`x + 1 is ${value}, not 2`);
    },
};
const cannot = Object.fromEntries(["call", "call-dict", "data-in", "data-out", "fan-out"].map(
    (task) => [task, "not measured: its host is JavaScript in the same process, and no sandbox is between them"]));
cannot["memory-trimmed"] = "nothing gives back what an idle session does not need";
cannot["save-whole"] = "the same as save";
cannot.context = "no namespaces but that of the session";
let sessionOfEval, sessionToSave;

async function check() {
    const first = await open();
    first.runPython("x = 1 + 1");
    if (first.runPython("repr(x)") !== "2") throw new Error("1 + 1 is not 2");
    const second = await open();
    mustRaise(second, "x");
    mustRaise(second, "1 / 0");
    const session = await open();
    fill(session);
    verify(session);
    mustRaise(second, expression);
    saved = session.makeMemorySnapshot();
    await tasks.restore();
    return { version: `pyodide ${version}, CPython 3.14, Node ${process.version}` };
}

const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
};

async function measure(task, threads, count) {
    if (task in cannot) return { cannot: cannot[task] };
    if (threads !== 1) return { cannot: "one interpreter at a time in a JavaScript thread" };
    const walls = [], cpus = [];
    if (task === "eval") {
        sessionOfEval = await open();
        sessionOfEval.runPython("x = 1");
    }
    if (task === "save") {
        sessionToSave = await open();
        fill(sessionToSave);
    }
    for (let i = 0; i < WARM_UP; i++) await tasks[task]();
    const begin = process.hrtime.bigint(), cpuBegin = cpu();
    for (let i = 0; i < count; i++) {
        const wall = process.hrtime.bigint(), cpuBefore = cpu();
        await tasks[task]();
        walls.push(Number(process.hrtime.bigint() - wall));
        cpus.push(cpu() - cpuBefore);
    }
    return { elapsed_ns: Number(process.hrtime.bigint() - begin), cpu_ns: cpu() - cpuBegin,
             wall_each_ns: walls, cpu_each_ns: cpus };
}

// A program's run(), in an interpreter of its own; it has been called once before.
const program = { path: undefined, python: undefined, result: undefined };

async function compute(path, count) {
    try {
        if (program.path !== path) {
            program.path = undefined;
            program.python = await open();
            program.python.runPython(readFileSync(path, "utf8"));
            program.result = program.python.runPython("repr(run())");
            program.path = path;
        }
    } catch (error) {
        const lines = String(error).trim().split("\n");
        return { cannot: `does not run it: ${lines[lines.length - 1]}`.slice(0, 160) };
    }
    const walls = [], cpus = [];
    for (let i = 0; i < count; i++) {
        const wall = process.hrtime.bigint(), cpuBefore = cpu();
        program.python.runPython("run()\nNone");
        walls.push(Number(process.hrtime.bigint() - wall));
        cpus.push(cpu() - cpuBefore);
    }
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    return { elapsed_ns: sum(walls), cpu_ns: sum(cpus), wall_each_ns: walls, cpu_each_ns: cpus, result: program.result };
}

function writtenKib() {
    return Number(/^Pss_Dirty:\s+(\d+)/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))[1]);
}

async function memory(count) {
    const sessions = [];
    const before = writtenKib();
    for (let i = 0; i < count; i++) {
        sessions.push(await open());
        fill(sessions.at(-1));
    }
    const each = (writtenKib() - before) / count;
    sessions.forEach(verify);
    return { kib: each };
}

async function answer(task, threads, count) {
    if (task === "check") return check();
    if (task.startsWith("compute:")) return compute(task.slice("compute:".length), count);
    if (task === "memory") return memory(count);
    if (!(task in tasks) && !(task in cannot)) throw new Error(`no task ${task}`);
    return measure(task, threads, count);
}

for await (const line of createInterface({ input: process.stdin })) {
    const [task, threads, count] = line.split(" ");
    let reply;
    try {
        reply = await answer(task, Number(threads), Number(count));
    } catch (error) {
        reply = { error: String(error).slice(0, 500) };
    }
    console.log(JSON.stringify(reply));
}
process.exit(0);
