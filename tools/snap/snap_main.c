/* The command pybox-snap: makes snapshots, starts from them, and says what is in them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "exit_code.h"
#include "snap_create.h"
#include "snap_diff.h"
#include "snap_files.h"
#include "snap_help.h"
#include "snap_info.h"
#include "snap_merge.h"
#include "snap_restore.h"
#include "snap_store.h"
#include "streams.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name */
} commands[] = {
    {"create", snap_create},      {"restore", snap_restore},     {"info", snap_info},
    {"verify", snap_info_verify}, {"diff", snap_diff},           {"merge", snap_merge},
    {"files", snap_files_list},   {"cat", snap_files_cat},       {"export", snap_files_export},
    {"list", snap_store_list},    {"remove", snap_store_remove}, {"gc", snap_store_collect},
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static int snap_main_is(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int snap_main_unknown(const char *word)
{
    char names[256] = "";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        strcat(names, commands[i].name);
        strcat(names, ", ");
    }
    complain("'%s' is no command (%shelp); see 'pybox-snap help'", word, names);
    return EXIT_CODE_USAGE;
}

int main(int argc, char **argv)
{
    complain_as("pybox-snap");
    streams_open_closed();
    signal(SIGPIPE, SIG_IGN); /* a write to a closed pipe is an error like others */
    signal(SIGXFSZ, SIG_IGN); /* so is a file that would be larger than this process may write */
    if (argc < 2) {
        fputs(snap_help_usage, stderr);
        return EXIT_CODE_USAGE;
    }
    if (snap_main_is(argv[1], "--help", "-h") || strcmp(argv[1], "help") == 0)
        return snap_help_print(argc > 2 && argv[1][0] != '-' ? argv[2] : NULL);
    if (snap_main_is(argv[1], "--version", "-V"))
        return snap_help_version();
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return snap_main_unknown(argv[1]);
}
