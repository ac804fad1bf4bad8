#include "repl.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "exit_code.h"
#include "keep.h"
#include "launch.h"
#include "line_editor.h"
#include "report.h"
#include "session.h"
#include "stats.h"

struct repl {
    const struct command_line *line;
    struct launch_program program;
    struct streams streams;
    struct launch launch;
    struct session session;
    struct line_editor *editor;
    char *statement; /* the lines of it so far, with newlines between them */
    size_t length, capacity;
    unsigned count; /* of statements: each has a name, under which tracebacks show its source */
    int done;
    int broken; /* the box cannot be used any more */
    int unparked; /* what is in it has not been parked */
    int exit_code;
};

static const char banner[] =
    "Python in a box (pybox " PYBOX_VERSION "). help() helps, Ctrl-D or exit() leaves.\n";

static int repl_fail(struct repl *repl)
{
    repl->broken = 1;
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

/* Tells a person what has become of a stopped statement, as --rollback says. One that was cut leaves a box that must be
 * rolled back. */
static void repl_undone(struct repl *repl, int cut)
{
    switch (repl->line->box.rollback) {
    case PYBOX_ROLLBACK_NEVER:
        if (!cut)
            return;
        if (pybox_box_rollback(repl->launch.box) != PYBOX_OK)
            repl_fail(repl);
        else
            complain("it was cut off in the middle, so that all is as at the beginning");
        return;
    case PYBOX_ROLLBACK_RUN:
        complain("what the statement did is undone");
        return;
    case PYBOX_ROLLBACK_STOPPED:
        complain("all is as at the beginning");
        return;
    case PYBOX_ROLLBACK_ALWAYS: /* as after every statement */
        return;
    }
}

/* The statement was stopped. A person goes on, a script ends. */
static void repl_stopped(struct repl *repl, const pybox_result *result, const char *filename)
{
    char text[STOPPED_BYTES];
    complain("stopped: %s", stopped_explain(result, &repl->line->box.limits, filename, text));
    repl->unparked = repl->line->box.rollback == PYBOX_ROLLBACK_NEVER;
    int cut = result->cut || result->outcome == PYBOX_TRAP || result->outcome == PYBOX_OUTPUT_FULL;
    int code = launch_exit_code(&repl->launch, result);
    if (repl->program.terminal && repl->launch.signal != SIGTERM) {
        repl_undone(repl, cut);
    } else {
        repl->broken = cut && repl->line->box.rollback == PYBOX_ROLLBACK_NEVER;
        repl->done = 1;
        repl->exit_code = code;
    }
}

/* --session: after every statement that was not stopped. */
static void repl_park(struct repl *repl)
{
    repl->unparked = 0;
    if (session_park(&repl->session, &repl->launch) == PYBOX_OK)
        return;
    complain("%s", pybox_error_message());
    complain("what the last statement did is not in session %s", repl->session.name);
    repl->done = 1;
    repl->exit_code = EXIT_CODE_FAILED;
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
        repl_park(repl);
    } else if (result->outcome == PYBOX_DONE || result->outcome == PYBOX_EXCEPTION) {
        repl_park(repl);
    } else if (stopped_is(result)) {
        repl_stopped(repl, result, filename);
    } else if (result->outcome == PYBOX_INTERRUPTED && repl->program.terminal) { /* Ctrl-C */
        repl_undone(repl, 0);
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

static void repl_greet(const struct repl *repl)
{
    if (!repl->program.terminal)
        return;
    streams_write_all(STDOUT_FILENO, banner, sizeof banner - 1);
    if (repl->session.name != NULL && repl->session.revision > 1)
        printf("Session %s goes on, from revision %" PRIu64 ".\n", repl->session.name,
               repl->session.revision);
    else if (repl->session.name != NULL)
        printf("Session %s is new.\n", repl->session.name);
    fflush(stdout);
}

static void repl_end(struct repl *repl)
{
    const pybox_result *result;
    if (!repl->broken && repl->unparked)
        repl_park(repl);
    if (!repl->broken && repl->line->save.path != NULL &&
        keep_save(&repl->line->save, &repl->launch) != PYBOX_OK)
        repl_fail(repl);
    if (!repl->broken && repl->session.name == NULL &&
        launch_finish(&repl->launch, &result) != PYBOX_OK)
        repl_fail(repl);
}

static void repl_talk(struct repl *repl)
{
    repl_greet(repl);
    while (!repl->done)
        repl_step(repl);
    repl_end(repl);
    if (repl->streams.output_error != 0 && repl->exit_code == EXIT_CODE_DONE)
        repl->exit_code = EXIT_CODE_OUTPUT_LOST;
}

/* Before there may be a jail, in which it could not open its files. */
static int repl_editor(struct repl *repl)
{
    repl->editor = line_editor_open(&repl->streams, repl->program.terminal);
    if (repl->editor == NULL)
        pybox_error_set(PYBOX_ERROR_NO_MEMORY, "out of memory");
    return repl->editor != NULL ? 0 : -1;
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
    if (session_launch(&repl.session, line, &repl.launch) != PYBOX_OK ||
        repl_editor(&repl) != 0 ||
        launch_box(&repl.launch, &line->box, &repl.program) != PYBOX_OK ||
        session_begin(&repl.session, &repl.launch) != PYBOX_OK) {
        repl_fail(&repl);
    } else {
        keep_warn(&repl.launch);
        repl_talk(&repl);
    }
    line_editor_close(repl.editor);
    free(repl.statement);
    session_close(&repl.session);
    launch_close(&repl.launch);
    return repl.exit_code;
}
