#include "snap_help.h"

#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "exit_code.h"
#include "limit_options.h"
#include "pybox.h"

const char snap_help_usage[] =
    "usage: pybox-snap create OUT [OPTION]...          run code and save the state it leaves\n"
    "       pybox-snap restore SNAP -- [-c CODE|FILE]  run a program from there, or talk to Python\n"
    "       pybox-snap info|verify FILE                what a snapshot says of itself; check it\n"
    "       pybox-snap diff A B                        what is different in two\n"
    "       pybox-snap merge DELTA OUT                 a delta and its parents in one file\n"
    "       pybox-snap files|cat|export SNAP ...       the files in it: list, print, copy out\n"
    "       pybox-snap list|gc STORE                   sessions that are parked; clean up there\n"
    "       pybox-snap remove STORE NAME               forget a session\n"
    "       pybox-snap help [COMMAND]                  all about one of them\n";

static const char page_all[] =
    "pybox-snap saves the state of a box, so that the next one starts from there in no time: memory,\n"
    "imported modules, variables, open files, and the files that were written in the box.\n"
    "\n"
    "  create OUT [OPTION]...               run code and save the state it leaves as OUT\n"
    "  restore SNAP -- [-c CODE | FILE]     run a program from there, or talk to Python\n"
    "  info FILE                            what a snapshot says of itself\n"
    "  verify FILE                          read all of it, check every checksum\n"
    "  diff A B                             which memory, Python names and files differ\n"
    "  merge DELTA OUT                      write a delta and its parents as one full snapshot\n"
    "  files SNAP [PATTERN]                 list the files in it\n"
    "  cat SNAP PATH                        write one to standard output\n"
    "  export SNAP PATH HOST                copy a file or folder of it to the host\n"
    "  list STORE                           the sessions in a folder of 'pybox --session'\n"
    "  remove STORE NAME                    forget one of them\n"
    "  gc STORE                             delete snapshots there that no session needs\n"
    "  help [COMMAND] | --help | --version\n"
    "\n"
    "'pybox-snap help COMMAND' and 'pybox-snap COMMAND --help' tell its options.\n"
    "\n"
    "A snapshot is full, or a delta: that holds only what differs from the snapshot that it was made\n"
    "from, its parent, and is small and quickly written. A delta needs its parent to be opened. That\n"
    "is found by the digest of its content, not by its name, in the delta's own folder, in that of\n"
    "the installed base images, and in those of --parents.\n"
    "\n"
    "A snapshot belongs to the Python module that made it, and another one refuses it. What it\n"
    "contains is not trusted: at worst a bad one gives a broken program in a box. Random numbers are\n"
    "fresh after each restore, but for generators that the program seeded itself.\n"
    "\n"
    "Examples\n"
    "  pybox-snap create app.snap --import sqlite3 --exec 'table = {1: \"one\"}'\n"
    "  pybox-snap create web.snap --package jinja2.whl --package markupsafe/ --import jinja2\n"
    "  pybox-snap create day2.snap --parent app.snap --delta --exec 'table[2] = \"two\"'\n"
    "  pybox-snap restore day2.snap -- -c 'print(table)'\n"
    "  pybox-snap diff app.snap day2.snap\n"
    "  pybox-snap merge day2.snap alone.snap\n"
    "\n"
    "Exit codes\n"
    "  0    done; diff: nothing differs         1    diff: something differs; info, verify: the\n"
    "  2    wrong usage                              file is damaged or no snapshot\n"
    "  120  the output could not be written     125  anything else: no such file, a missing\n"
    "  create and restore have those of the          parent, another module's snapshot, ...\n"
    "  program that they run: see 'pybox help'\n"
    "With --json, what could not be done is an object with \"failure\": {\"status\", \"message\"}.\n";

static const char page_create[] =
    "pybox-snap create OUT [OPTION]...   runs code in a box and saves the state it leaves as OUT\n"
    "\n"
    "What it has from the beginning\n"
    "  --package WHEEL|FOLDER   a package of pure Python, as if it were installed; may be given many\n"
    "                           times. The snapshot needs nothing beside it\n"
    "  --no-compile             do not compile their modules: created sooner, imported later\n"
    "\n"
    "What happens before the state is saved, in this order\n"
    "  --file HOST:GUEST        copy a file of the host's into the box\n"
    "  --import MODULE          load a module, so that importing it later costs nothing\n"
    "  --import-list FILE       load the modules that FILE names, one a line, # begins a comment\n"
    "  --exec CODE              run a line of Python in __main__\n"
    "  --script FILE            run a program of the host's in __main__\n"
    "  All may be given many times; each happens where it stands.\n"
    "\n"
    "What is written\n"
    "  --delta                  only what differs from the image it began with\n"
    "  --mapped                 the form that is mapped directly: larger, opened fastest\n"
    "                           (default: compressed)\n"
    "  --level N                zstd level from 1 to 19 (default 3)\n"
    "  --metadata JSON          an object to keep with it\n"
    "  --json                   print facts about OUT as JSON\n"
    "\n"
    "What it begins with\n"
    "  --image PATH             another snapshot (default: the base image)\n"
    "  --parent PATH            the same, and write a delta of it: --image PATH --delta\n"
    "  --parents FOLDER         look for the parents of a delta there, too; may be given many times\n"
    "  --trusted                nobody changes PATH while it is in use: a mapped one is not copied\n"
    "  --from-nothing           no image at all: Python starts up, as for a base image\n"
    "  --module PATH, --mount HOST:GUEST[:KIND], --preset NAME, --env NAME=VALUE, --cwd DIR,\n"
    "  --seed N, --clock NS, --jail: as for pybox; of these only the environment is kept in OUT\n"
    "\n"
    "What each step may use (none of it is kept in OUT)\n";

static const char page_create_end[] =
    "\n"
    "What the code prints goes to stderr. OUT is replaced at once when all went well; until then\n"
    "the old file stays.\n"
    "\n"
    "Examples\n"
    "  pybox-snap create app.snap --import sqlite3 --import json --exec 'table = load()'\n"
    "  pybox-snap create app.snap --file config.json:/work/config.json --script setup.py\n"
    "  pybox-snap create next.snap --parent app.snap --delta --exec 'table.clear()'\n"
    "\n"
    "Exit codes: 0 done; 1 the code raised an exception; n it called sys.exit(n), n not 0; 2 wrong\n"
    "usage; 119 to 124, 126 it ran into a limit (see pybox help); 125 anything else.\n";

static const char page_restore[] =
    "pybox-snap restore SNAP [OPTION]... [--] -c CODE [ARG]...   runs a line of Python\n"
    "pybox-snap restore SNAP [OPTION]... [--] FILE [ARG]...      runs a program; - is standard input\n"
    "pybox-snap restore SNAP [OPTION]... [--]                    talks to Python\n"
    "\n"
    "The program begins with all that was in the box when SNAP was saved. It is the same as\n"
    "'pybox --image SNAP', with the same options (limits, mounts, --json, ...: see 'pybox help');\n"
    "they may stand before and behind the --. Mounts are given anew: files that were open below one\n"
    "are opened again if they are there.\n"
    "\n"
    "  --save OUT               save the state that the program leaves\n"
    "  --delta                  ... as what differs from SNAP, which OUT then needs\n"
    "  --mapped, --level N, --metadata JSON: see 'pybox-snap help create'\n"
    "  --parents FOLDER         look for the parents of SNAP there, too\n"
    "  --trusted                nobody changes SNAP while it is in use: a mapped one is not copied\n"
    "\n"
    "Examples\n"
    "  pybox-snap restore app.snap -- -c 'print(len(table))'\n"
    "  pybox-snap restore app.snap --timeout 2s -- report.py --today\n"
    "  pybox-snap restore app.snap --save next.snap --delta -- -c 'table.clear()'\n"
    "  pybox-snap restore app.snap\n"
    "\n"
    "Exit codes: the program's, as those of pybox (see 'pybox help').\n";

static const char page_info[] =
    "pybox-snap info FILE [--json]   prints what a snapshot says of itself\n"
    "\n"
    "Only its header and small parts are read: form, sizes, the digest that names its content, the\n"
    "parent that a delta needs, when it was written, the module it belongs to, and its metadata.\n"
    "\n"
    "Exit codes: 0; 1 it is damaged or no snapshot; 125 it cannot be read.\n";

static const char page_verify[] =
    "pybox-snap verify FILE [--json]   reads all of a snapshot and checks every checksum and digest\n"
    "\n"
    "The parents of a delta are read, too; they must be in its folder.\n"
    "\n"
    "Exit codes: 0 no damage was found; 1 it is damaged or no snapshot; 125 it cannot be read, or a\n"
    "parent is missing.\n";

static const char page_diff[] =
    "pybox-snap diff A B [OPTION]...   tells what is different in two snapshots of one module\n"
    "\n"
    "  memory   how many pages of 4 KiB differ, and how many bytes in them\n"
    "  name     Python names of __main__: added in B, removed, or changed, with their types. A value\n"
    "           has changed if its repr() has: what that does not tell is not seen\n"
    "  file     the same for files in the box\n"
    "\n"
    "Names and files are listed by a program in a box of each; a snapshot that was made to deceive\n"
    "can tell anything.\n"
    "\n"
    "  --pages                  list the pages that differ\n"
    "  --json                   one JSON object; memory.ranges are [offset, length, bytes differing]\n"
    "  --parents FOLDER         look for the parents of a delta there, too\n"
    "  --trusted                nobody changes A and B while they are in use\n"
    "  --module PATH            another Python module\n"
    "\n"
    "Exit codes: 0 nothing differs; 1 something does; 2 wrong usage; 125 anything else.\n";

static const char page_merge[] =
    "pybox-snap merge DELTA OUT [OPTION]...   writes a delta and its parents as one full snapshot\n"
    "\n"
    "OUT needs no parent. It holds the same state, and may have another form.\n"
    "\n"
    "  --mapped                 the form that is mapped directly: larger, opened fastest\n"
    "  --level N                zstd level from 1 to 19 (default 3)\n"
    "  --metadata JSON          an object to keep with it (default: that of DELTA)\n"
    "  --parents FOLDER         look for the parents there, too; may be given many times\n"
    "  --trusted                nobody changes the files while they are in use\n"
    "  --module PATH            another Python module\n"
    "  --json                   print facts about OUT as JSON\n"
    "\n"
    "Exit codes: 0 done; 1 a file is damaged; 2 wrong usage; 125 anything else.\n";

#define FILES_OPTIONS \
    "  --mount HOST:GUEST:overlay\n" \
    "                           what was an overlay of HOST when SNAP was saved (its changes are in SNAP)\n" \
    "  --parents FOLDER, --trusted, --module PATH: as for restore\n" \
    "  --files-limit SIZE, --folder-depth COUNT, --preset NAME, ...: for a SNAP with more than the default\n" \
    "\n" \
    "No code of the snapshot's is run. PATH is absolute in the box, or relative to /work.\n" \
    "\n" \
    "Exit codes: 0; 1 SNAP is damaged or no snapshot; 2 wrong usage; 125 anything else.\n"

static const char page_files[] =
    "pybox-snap files SNAP [PATTERN] [OPTION]...   lists the files in a snapshot\n"
    "\n"
    "PATTERN is a folder, or has wildcards: *, ?, [a-z], and ** for any number of folders (default\n"
    "'/work/**'). A line has the kind (- file, d folder, l link, o other), the size and the path.\n"
    "\n"
    "  --json                   one JSON object; files: path, type, bytes, modified_ns of each\n" FILES_OPTIONS;

static const char page_cat[] =
    "pybox-snap cat SNAP PATH [OPTION]...   writes a file of a snapshot to standard output\n"
    "\n"
    "  --json                   what could not be done is told as a JSON object\n" FILES_OPTIONS;

static const char page_export[] =
    "pybox-snap export SNAP PATH HOST [OPTION]...   copies a file or folder of a snapshot to the host\n"
    "\n"
    "A folder's contents go into the folder HOST, which is made. Links that would lead out of it, and\n"
    "devices, are left out.\n"
    "\n"
    "  --replace                over files that are there; else that is an error\n"
    "  --changes                only what was changed of an overlay, against its folder as it is now\n"
    "  --json                   one JSON object; copied: files, folders, links, bytes, skipped\n"
    FILES_OPTIONS;

static const char page_list[] =
    "pybox-snap list STORE [--json]   lists the sessions in a store\n"
    "\n"
    "A store is a folder that 'pybox --session NAME --store FOLDER' keeps sessions in. For each the\n"
    "list has its revision, a number that grows each time it is parked, when that was last, and the\n"
    "size of its own snapshot, without the parent that sessions share. --json has the digest of that,\n"
    "too: it is the file snapshots/DIGEST.snap of the store, which other commands take like any\n"
    "snapshot.\n"
    "\n"
    "Exit codes: 0; 125 there is no store, or it cannot be read.\n";

static const char page_remove[] =
    "pybox-snap remove STORE NAME [--json]   forgets a session\n"
    "\n"
    "Its snapshots stay until 'pybox-snap gc STORE'. A process that goes on with the session cannot\n"
    "park it any more, also if a new one of its name is made: that begins with a higher revision.\n"
    "\n"
    "Exit codes: 0; 125 there is no such session, or no store.\n";

static const char page_gc[] =
    "pybox-snap gc STORE [OPTION]...   deletes the snapshots that no session needs\n"
    "\n"
    "Each time a session is parked a snapshot is written, and the one before is not needed any more.\n"
    "Other processes may use the store meanwhile.\n"
    "\n"
    "  --age TIME               only those that are older, as 90s, 1.5h or 7d (default: all)\n"
    "  --dry-run                delete nothing, tell how much it would be\n"
    "  --json                   one JSON object: files, bytes\n"
    "\n"
    "Exit codes: 0; 2 wrong usage; 125 there is no store, or it cannot be read.\n";

static const struct {
    const char *name, *page;
} pages[] = {
    {"create", page_create}, {"restore", page_restore}, {"info", page_info},
    {"verify", page_verify}, {"diff", page_diff},       {"merge", page_merge},
    {"files", page_files},   {"cat", page_cat},         {"export", page_export},
    {"list", page_list},     {"remove", page_remove},   {"gc", page_gc},
};

int snap_help_printed(void)
{
    return fflush(stdout) != 0 || ferror(stdout) ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
}

int snap_help_print(const char *command)
{
    if (command == NULL) {
        fputs(page_all, stdout);
        return snap_help_printed();
    }
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(command, pages[i].name) != 0)
            continue;
        fputs(pages[i].page, stdout);
        if (pages[i].page == page_create) {
            limit_options_help(stdout);
            fputs(page_create_end, stdout);
        }
        return snap_help_printed();
    }
    complain("there is no command '%s' to tell of; see 'pybox-snap help'", command);
    return EXIT_CODE_USAGE;
}

int snap_help_version(void)
{
    printf("pybox-snap %s\n", pybox_version());
    return snap_help_printed();
}
