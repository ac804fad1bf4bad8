/* The command pybox-snap: makes snapshots and says what is in them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "exit_code.h"
#include "limit_options.h"
#include "snap_create.h"
#include "snap_info.h"
#include "streams.h"

static const char usage_short[] =
    "usage: pybox-snap create OUT [OPTION]...   run code and save the state it leaves\n"
    "       pybox-snap info FILE [--json]       what a snapshot says of itself\n"
    "       pybox-snap verify FILE              check every byte of it\n"
    "       pybox-snap help                     options, examples, exit codes\n";

static const char before_limits[] =
    "pybox-snap saves the state of a box, so that the next one starts from there in no time.\n"
    "\n"
    "  pybox-snap create OUT [OPTION]...   run code and save the state it leaves as OUT\n"
    "  pybox-snap info FILE [--json]       what a snapshot says of itself\n"
    "  pybox-snap verify FILE              read all of it, check every checksum\n"
    "  pybox-snap help | --help | --version\n"
    "\n"
    "create: what runs before the state is saved, in this order\n"
    "  --import MODULE          load a module, so that importing it later costs nothing\n"
    "  --import-list FILE       load the modules that FILE names, one a line, # begins a comment\n"
    "  --exec CODE              run a line of Python in __main__\n"
    "  --script FILE            run a program of the host's in __main__\n"
    "  All may be given many times; each runs where it stands.\n"
    "\n"
    "create: what is written\n"
    "  --mapped                 the form that is mapped directly: larger, opened fastest\n"
    "                           (default: compressed)\n"
    "  --level N                zstd level from 1 to 19 (default 3)\n"
    "  --metadata JSON          an object to keep with it\n"
    "  --json                   print facts about OUT as JSON\n"
    "\n"
    "create: what it begins with\n"
    "  --image PATH             another snapshot (default: the base image)\n"
    "  --from-nothing           no image at all: Python starts up, as for a base image\n"
    "  --module PATH, --mount HOST:GUEST[:ro], --env NAME=VALUE, --cwd DIR, --seed N,\n"
    "  --clock NS: as for pybox; of these only the environment is kept in OUT\n"
    "\n"
    "create: what each step may use (none of it is kept in OUT)\n";

static const char behind_limits[] =
    "\n"
    "What the code prints goes to stderr. OUT is replaced at once when all went well; until then\n"
    "the old file stays.\n"
    "\n"
    "Examples\n"
    "  pybox-snap create app.snap --import sqlite3 --import json --exec 'table = load()'\n"
    "  pybox --image app.snap -c 'print(len(table))'\n"
    "  pybox-snap info app.snap\n"
    "\n"
    "Exit codes: 0 done; 1 the code raised an exception, or the snapshot is damaged; n the code\n"
    "called sys.exit(n), n not 0; 2 wrong usage; 119 to 124, 126 the code ran into a limit (see\n"
    "pybox help); 125 anything else.\n";

/* After a text that was asked for. */
static int snap_main_printed(void)
{
    return fflush(stdout) != 0 || ferror(stdout) ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
}

static int snap_main_help(void)
{
    fputs(before_limits, stdout);
    limit_options_help(stdout);
    fputs(behind_limits, stdout);
    return snap_main_printed();
}

static int snap_main_is(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"create", snap_create}, {"info", snap_info}, {"verify", snap_info_verify}};
    complain_as("pybox-snap");
    streams_open_closed();
    signal(SIGPIPE, SIG_IGN); /* a write to a closed pipe is an error like others */
    if (argc < 2) {
        fputs(usage_short, stderr);
        return EXIT_CODE_USAGE;
    }
    if (snap_main_is(argv[1], "--help", "-h") || strcmp(argv[1], "help") == 0)
        return snap_main_help();
    if (snap_main_is(argv[1], "--version", "-V")) {
        printf("pybox-snap %s\n", pybox_version());
        return snap_main_printed();
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    complain("'%s' is no command (create, info, verify, help); see 'pybox-snap help'", argv[1]);
    return EXIT_CODE_USAGE;
}
