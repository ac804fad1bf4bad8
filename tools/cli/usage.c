#include "usage.h"

#include "limit_options.h"

const char usage_short[] =
    "usage: pybox [OPTION]... -c CODE [ARG]...     run a line of Python\n"
    "       pybox [OPTION]... run FILE [ARG]...    run a program; - is standard input\n"
    "       pybox [OPTION]... repl                 talk to Python\n"
    "       pybox help                             options, examples, exit codes\n";

static const char before_limits[] =
    "pybox runs Python that you need not trust: in a box of its own, which sees no files,\n"
    "no network and no environment of this machine but what you give it.\n"
    "\n"
    "  pybox [OPTION]... -c CODE [ARG]...     run a line of Python\n"
    "  pybox [OPTION]... run FILE [ARG]...    run a program; - is standard input\n"
    "  pybox [OPTION]... FILE [ARG]...        the same\n"
    "  pybox [OPTION]... repl                 talk to Python\n"
    "  pybox help | --help | --version\n"
    "\n"
    "FILE is read by pybox itself, so it need not be visible in the box. Options stand anywhere\n"
    "before CODE or FILE; all that stands behind belongs to the program (sys.argv).\n"
    "\n"
    "What the program sees\n"
    "  --mount HOST:GUEST[:ro]  show the folder HOST as GUEST in the box; with :ro it cannot be\n"
    "                           changed; may be given many times\n"
    "  --env NAME=VALUE         set an environment variable; may be given many times\n"
    "  --cwd DIR                the folder the program starts in (in the box; default /work)\n"
    "  --seed N                 fix all random numbers\n"
    "  --clock NS               fix the clocks: they begin NS nanoseconds after 1970\n"
    "\n"
    "What it may use (sizes 64M, 1.5G; counts 1000, 250k, 10M; times 250ms, 2s, 1.5h; or\n"
    "'unlimited')\n";

static const char behind_limits[] =
    "\n"
    "Out of fuel or time, a program gets an exception at the line that is running\n"
    "(pybox.OutOfFuel, pybox.DeadlineExceeded), so that finally blocks run; if it has not ended\n"
    "in its grace it is cut off.\n"
    "\n"
    "What comes back\n"
    "  --json                   one JSON object on stdout instead of the program's output:\n"
    "                           outcome, value (of -c: that of its last expression), value_repr,\n"
    "                           error {type, message, traceback, line}, stdout, stderr,\n"
    "                           exit_code, limit (what stopped it), cut, fuel {used, left},\n"
    "                           times {wall_ms, cpu_ms}, memory_bytes, host_calls, output_bytes,\n"
    "                           profile, failure {status, message} if pybox itself failed\n"
    "  --stats                  fuel, times, memory, calls and output on stderr at the end\n"
    "  --profile                fuel by function and line on stderr at the end\n"
    "  --profile=FILE           the same to FILE, for flame graphs: folded stacks, or as JSON if\n"
    "                           the name ends in .json\n"
    "\n"
    "What runs it\n"
    "  --module PATH            another Python module (default: the one installed with pybox)\n"
    "  --image PATH             start from this snapshot (see pybox-snap; default: the\n"
    "                           base image)\n"
    "\n"
    "Examples\n"
    "  pybox -c 'print(6 * 7)'\n"
    "  pybox run --mount ./data:/data:ro report.py /data/sales.csv\n"
    "  echo 'import sys; print(sys.version)' | pybox run -\n"
    "  pybox --json -c '[n * n for n in range(4)]'\n"
    "\n"
    "Exit codes\n"
    "  0    the program ran to its end           120  its output could not be written\n"
    "  1    it raised an exception (traceback    121  it ran out of fuel\n"
    "       on stderr)                           122  it wrote more than --output-limit\n"
    "  n    it called sys.exit(n)                123  it ran out of memory\n"
    "  2    wrong usage, or FILE cannot be read  124  its time was over\n"
    "  125  pybox itself failed: no module, a    126  it was stopped hard: a crash in the box\n"
    "       mount that does not exist, ...       130  Ctrl-C\n"
    "  119  another limit                        143  SIGTERM\n"
    "\n"
    "Environment\n"
    "  PYBOX_HOME               the folder of the module and its images\n"
    "  PYBOX_HISTORY            where repl keeps its history (default ~/.pybox_history)\n";

void usage_print(FILE *file)
{
    fputs(before_limits, file);
    limit_options_help(file);
    fputs(behind_limits, file);
}
