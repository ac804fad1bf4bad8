#include "repl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "exit_code.h"
#include "launch.h"
#include "line_editor.h"
#include "report.h"
#include "stats.h"

struct repl {
    const struct command_line *line;
    struct launch_program program;
    struct streams streams;
    struct launch launch;
    struct line_editor *editor;
    char *statement; /* the lines of it so far, with newlines between them */
    size_t length, capacity;
    unsigned count; /* of statements: each has a name, under which tracebacks show its source */
    int done;
    int cut; /* the box was cut off and may only be destroyed */
    int exit_code;
};

static const char banner[] =
    "Python in a box (pybox " PYBOX_VERSION "). help() helps, Ctrl-D or exit() leaves.\n";

static int repl_fail(struct repl *repl)
{
    repl->cut = 1;
    repl->done = 1;
    repl->exit_code = EXIT_CODE_FAILED;
    return complain("%s", pybox_error_message());
}

/* Adds a line to the statement. 0, or -1 after a message. */
static int repl_add(struct repl *repl, const char *text, size_t length)
{
    size_t needed = repl->length + length + 2;
    if (needed > repl->capacity) {
        char *grown = realloc(repl->statement, 2 * needed);
        if (grown == NULL) {
            repl->done = 1;
            repl->exit_code = EXIT_CODE_FAILED;
            return complain("out of memory");
        }
        repl->statement = grown;
        repl->capacity = 2 * needed;
    }
    memcpy(repl->statement + repl->length, text, length);
    repl->length += length;
    repl->statement[repl->length++] = '\n';
    repl->statement[repl->length] = '\0';
    return 0;
}

/* A first line that holds nothing, or only a comment. */
static int repl_is_blank(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\f'))
        i++;
    return i == length || text[i] == '#';
}

static int repl_is_incomplete(const pybox_result *result)
{
    static const char incomplete[] = "_IncompleteInputError";
    return result->outcome == PYBOX_EXCEPTION &&
           result->error.type.length == sizeof incomplete - 1 &&
           memcmp(result->error.type.bytes, incomplete, sizeof incomplete - 1) == 0;
}

/* The box was cut off: what it knew is lost, the conversation goes on in a new one. */
static void repl_restart(struct repl *repl)
{
    if (launch_box(&repl->launch, &repl->line->box, &repl->program) != PYBOX_OK)
        repl_fail(repl);
    else
        complain("this is a new box: names from before are gone");
}

/* The statement was stopped. A person goes on, a script ends. */
static void repl_stopped(struct repl *repl, const pybox_result *result, const char *filename)
{
    char text[STOPPED_BYTES];
    complain("stopped: %s", stopped_explain(result, &repl->line->box.limits, filename, text));
    repl->cut =
        result->cut || result->outcome == PYBOX_TRAP || result->outcome == PYBOX_OUTPUT_FULL;
    if (!repl->program.terminal || repl->launch.signal == SIGTERM) {
        repl->done = 1;
        repl->exit_code = launch_exit_code(&repl->launch, result);
    } else if (repl->cut) {
        repl->cut = 0;
        repl_restart(repl);
    }
}

/* --stats: after every statement. */
static void repl_stats(const struct repl *repl, const pybox_result *result, const char *filename)
{
    struct report report = {.limits = &repl->line->box.limits, .filename = filename};
    report_run(&report, result);
    stats_print(&report, stderr);
    report_free(&report);
}

/* Runs the statement. Returns 1 if it goes on in the next line, 0 if it is done with. */
static int repl_run(struct repl *repl)
{
    char filename[32];
    snprintf(filename, sizeof filename, "<input-%u>", repl->count);
    pybox_run run = {
        .size = sizeof run,
        .mode = PYBOX_MODE_SINGLE,
        .code = repl->statement,
        .code_length = repl->length - 1, /* only an empty line's newline ends a block */
        .filename = filename,
    };
    const pybox_result *result;
    if (launch_run(&repl->launch, &run, &result) != PYBOX_OK) {
        repl_fail(repl);
        return 0;
    }
    if (repl_is_incomplete(result))
        return 1;
    repl->count++;
    streams_write_all(STDERR_FILENO, result->error.traceback.bytes, result->error.traceback.length);
    if (repl->line->stats)
        repl_stats(repl, result, filename);
    if (result->outcome == PYBOX_EXIT) {
        repl->done = 1;
        repl->exit_code = exit_code_of(result);
    } else if (stopped_is(result)) {
        repl_stopped(repl, result, filename);
    }
    return 0;
}

/* One line of the conversation. */
static void repl_step(struct repl *repl)
{
    const char *text;
    size_t length;
    switch (line_editor_read(repl->editor, repl->length > 0 ? "... " : ">>> ", &text, &length)) {
    case LINE_EDITOR_INTERRUPTED:
        repl->length = 0;
        fputs("\nKeyboardInterrupt\n", stderr);
        return;
    case LINE_EDITOR_END:
        /* A block at the end of a script needs no blank line behind it. */
        if (repl->length > 0 && repl_add(repl, "", 0) == 0 && repl_run(repl))
            fputs("  the last statement is not complete\n", stderr);
        repl->length = 0;
        if (repl->program.terminal)
            streams_write_all(STDOUT_FILENO, "\n", 1);
        repl->done = 1;
        return;
    case LINE_EDITOR_LINE:
        break;
    }
    if (repl->length == 0 && repl_is_blank(text, length))
        return;
    if (repl_add(repl, text, length) == 0 && !repl_run(repl))
        repl->length = 0;
}

static void repl_talk(struct repl *repl)
{
    if (repl->program.terminal)
        streams_write_all(STDOUT_FILENO, banner, sizeof banner - 1);
    while (!repl->done)
        repl_step(repl);
    const pybox_result *result;
    if (!repl->cut && launch_finish(&repl->launch, &result) != PYBOX_OK)
        repl_fail(repl);
    if (repl->streams.output_error != 0 && repl->exit_code == EXIT_CODE_DONE)
        repl->exit_code = EXIT_CODE_OUTPUT_LOST;
}

int repl(const struct command_line *line)
{
    static const char *const no_arguments[] = {""};
    struct repl repl = {.line = line, .streams = STREAMS_TO(STDOUT_FILENO)};
    repl.streams.by_line = 1;
    repl.program = (struct launch_program){
        .arguments = no_arguments,
        .argument_count = 1,
        .streams = &repl.streams,
        .terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
    };
    if (launch_open(&repl.launch, &line->box, 0) != PYBOX_OK ||
        launch_box(&repl.launch, &line->box, &repl.program) != PYBOX_OK) {
        repl_fail(&repl);
    } else {
        repl.editor = line_editor_open(&repl.streams, repl.program.terminal);
        if (repl.editor != NULL) {
            repl_talk(&repl);
            line_editor_close(repl.editor);
        } else {
            repl.exit_code = EXIT_CODE_FAILED;
            complain("out of memory");
        }
    }
    free(repl.statement);
    launch_close(&repl.launch);
    return repl.exit_code;
}
