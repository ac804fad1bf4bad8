#include "run_command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "exit_code.h"
#include "keep.h"
#include "launch.h"
#include "profile.h"
#include "report.h"
#include "session.h"
#include "source_file.h"
#include "stats.h"

static void run_command_fail(struct report *report, pybox_status status)
{
    report_fail(report, status, pybox_error_message(), EXIT_CODE_FAILED);
}

/* --session. */
static void run_command_park(struct session *session, const struct launch *launch,
                             struct report *report)
{
    if (session->name == NULL)
        return;
    pybox_status status = session_park(session, launch);
    if (status == PYBOX_OK) {
        report->session = session->name;
        report->revision = session->revision;
    } else {
        run_command_fail(report, status);
    }
}

/* --copy-out and --changes: what the run has left. Of a stopped one, too, if its box can be looked into. */
static void run_command_copy(const struct command_line *line, const struct launch *launch, struct report *report)
{
    pybox_status status = copy_options_do_out(&line->copy, launch->box);
    if (status == PYBOX_OK && line->copy.changes)
        status = line->json ? copy_options_json(launch->box, NULL, PYBOX_SINCE_RUN, &report->changes)
                            : copy_options_print(launch->box, NULL, PYBOX_SINCE_RUN, stderr);
    if (status == PYBOX_ERROR_DIRTY) /* it was cut off; the exit code says why */
        complain("its files cannot be looked at: nothing was copied out, and its changes are not known");
    else if (status != PYBOX_OK)
        report_fail(report, status, pybox_error_message(), EXIT_CODE_FAILED);
}

/* --save. */
static void run_command_save(const struct command_line *line, const struct launch *launch,
                             struct report *report)
{
    if (line->save.path == NULL || report->exit_code != EXIT_CODE_DONE)
        return;
    pybox_status status = keep_save(&line->save, launch);
    if (status == PYBOX_OK)
        report->saved = line->save.path;
    else
        run_command_fail(report, status);
}

/* Runs the code in the box. A session goes on; otherwise, what a Python program does at its exit comes then. */
static void run_command_program(const struct command_line *line, struct launch *launch,
                                struct session *session, const pybox_run *run,
                                struct report *report)
{
    const pybox_result *result;
    pybox_status status = launch_run(launch, run, &result);
    if (status != PYBOX_OK) {
        run_command_fail(report, status);
        return;
    }
    report_run(report, result);
    report->exit_code = launch_exit_code(launch, result);
    const int is_stopped = stopped_is(result);
    if (line->copy.out_count > 0 || line->copy.changes)
        run_command_copy(line, launch, report);
    if (is_stopped)
        return; /* nothing of it may run any more */
    run_command_save(line, launch, report);
    run_command_park(session, launch, report);
    if (session->name != NULL)
        return;
    status = launch_finish(launch, &result);
    if (status != PYBOX_OK) {
        run_command_fail(report, status);
        return;
    }
    report_finish(report, result);
    if (stopped_is(result))
        report->exit_code = launch_exit_code(launch, result);
}

static const char *run_command_filename(const struct command_line *line)
{
    if (line->code != NULL)
        return "<string>";
    return strcmp(line->file, "-") == 0 ? "<stdin>" : line->file;
}

static void run_command_code(const struct command_line *line, const struct source *source,
                             struct launch *launch, struct session *session, struct report *report)
{
    pybox_run run = {
        .size = sizeof run,
        .mode = line->json && line->code != NULL ? PYBOX_MODE_EVAL : PYBOX_MODE_EXEC,
        .code = source->text,
        .code_length = source->length,
        .filename = report->filename,
        .profile = line->profile,
    };
    keep_warn(launch);
    run_command_program(line, launch, session, &run, report);
}

static void run_command_in_box(const struct command_line *line, const struct source *source,
                               struct streams *streams, struct report *report)
{
    struct launch_program program = {
        .arguments = line->arguments,
        .argument_count = line->argument_count,
        .streams = streams,
        .capture = line->json,
        .terminal = !line->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
    };
    struct launch launch;
    struct session session;
    pybox_status status = session_launch(&session, line, &launch);
    if (status == PYBOX_OK)
        status = launch_box(&launch, &line->box, &program);
    if (status == PYBOX_OK)
        status = session_begin(&session, &launch);
    if (status == PYBOX_OK)
        status = copy_options_do_in(&line->copy, launch.box);
    if (status == PYBOX_OK)
        run_command_code(line, source, &launch, &session, report);
    else
        run_command_fail(report, status);
    session_close(&session);
    launch_close(&launch);
}

/* What a person wants to read on standard error: the traceback, and why it was stopped. */
static void run_command_explain(const struct command_line *line, const struct report *report,
                                const struct streams *streams)
{
    if (streams->unfinished && report->stopped[0] != '\0')
        streams_write_all(STDERR_FILENO, "\n", 1);
    if (report->traceback.length > 0)
        streams_write_all(STDERR_FILENO, report->traceback.bytes, report->traceback.length);
    if (report->stopped[0] != '\0')
        complain("stopped: %s", report->stopped);
    if (report->status != PYBOX_OK)
        complain("%s", report->failure);
    else if (line->save.path != NULL && report->saved == NULL)
        complain("%s was not written: the program did not end well", line->save.path);
}

/* What was asked for beside the outcome. */
static void run_command_measure(const struct command_line *line, const struct report *report)
{
    const char *profile = report->profile.bytes;
    size_t length = report->profile.length;
    if (!report->ran)
        return;
    if (line->stats)
        stats_print(report, stderr);
    if (line->profile && length == 0)
        complain("there is no profile: the program was cut off, or its module counts no fuel");
    else if (line->profile_file != NULL)
        profile_save(profile, length, line->profile_file);
    else if (line->profile && !line->json && profile_print(profile, length, stderr) != 0)
        complain("the profile is damaged");
}

/* Output that was lost is the program's failure, if it has not failed in another way. A closed
 * pipe is how programs are told to end: its exception stays what it is. */
static int run_command_lost_output(const struct report *report, int error)
{
    if (error == 0)
        return 0;
    return report->outcome == PYBOX_DONE || report->outcome == PYBOX_EXIT ||
           (report->outcome == PYBOX_EXCEPTION && report->type.length == strlen("OSError") &&
            memcmp(report->type.bytes, "OSError", strlen("OSError")) == 0);
}

int run_command(const struct command_line *line)
{
    struct source source = {.text = (char *)line->code};
    struct report report = {
        .limits = &line->box.limits,
        .filename = run_command_filename(line),
    };
    struct streams streams = STREAMS_TO(STDOUT_FILENO);
    char failure[SOURCE_FILE_FAILURE_BYTES];
    if (line->code != NULL)
        source.length = strlen(line->code);
    if (line->code == NULL && source_file_read(line->file, &source, failure) != 0)
        report_fail(&report, PYBOX_ERROR_IO, failure, EXIT_CODE_USAGE);
    else
        run_command_in_box(line, &source, &streams, &report);
    if (line->json)
        streams.output_error = report_print_json(&report);
    else
        run_command_explain(line, &report, &streams);
    run_command_measure(line, &report);
    int code = report.exit_code;
    if (run_command_lost_output(&report, streams.output_error))
        code = EXIT_CODE_OUTPUT_LOST;
    report_free(&report);
    if (line->code == NULL)
        source_file_free(&source);
    return code;
}
