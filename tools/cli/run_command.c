#include "run_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "exit_code.h"
#include "launch.h"
#include "report.h"
#include "source_file.h"

/* Runs the code in the box, and then what a Python program does at its exit. */
static void run_command_program(pybox_box *box, const pybox_run *run, struct report *report)
{
    const pybox_result *result;
    pybox_status status = pybox_box_run(box, run, &result);
    if (status != PYBOX_OK) {
        report_fail(report, status);
        return;
    }
    report_run(report, result);
    if (result->outcome != PYBOX_DONE && result->outcome != PYBOX_EXCEPTION &&
        result->outcome != PYBOX_EXIT)
        return; /* it was stopped: nothing of it may run any more */
    status = pybox_box_finish(box, &result);
    if (status != PYBOX_OK)
        report_fail(report, status);
    else
        report_finish(report, result);
}

static const char *run_command_filename(const struct command_line *line)
{
    if (line->code != NULL)
        return "<string>";
    return strcmp(line->file, "-") == 0 ? "<stdin>" : line->file;
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
    pybox_status status = launch_open(&launch, &line->box, 0);
    if (status == PYBOX_OK)
        status = launch_box(&launch, &line->box, &program);
    if (status != PYBOX_OK) {
        report_fail(report, status);
        launch_close(&launch);
        return;
    }
    pybox_run run = {
        .size = sizeof run,
        .mode = line->json && line->code != NULL ? PYBOX_MODE_EVAL : PYBOX_MODE_EXEC,
        .code = source->text,
        .code_length = source->length,
        .filename = run_command_filename(line),
    };
    run_command_program(launch.box, &run, report);
    launch_close(&launch);
}

/* What a person wants to read on standard error: the traceback, or why it was stopped. */
static void run_command_explain(const struct report *report)
{
    if (report->status != PYBOX_OK) {
        complain("%s", report->failure);
        return;
    }
    if (report->traceback.length > 0)
        streams_write_all(STDERR_FILENO, report->traceback.bytes, report->traceback.length);
    if (report->exit_code >= EXIT_CODE_LIMIT && report->outcome != PYBOX_EXIT &&
        report->outcome != PYBOX_EXCEPTION)
        complain("stopped (%s): %.*s", pybox_outcome_name(report->outcome),
                 (int)report->message.length,
                 report->message.length > 0 ? report->message.bytes : "");
}

int run_command(const struct command_line *line)
{
    struct source source = {.text = (char *)line->code};
    if (line->code != NULL)
        source.length = strlen(line->code);
    else if (source_file_read(line->file, &source) != 0)
        return EXIT_CODE_USAGE;
    struct streams streams = STREAMS_TO(STDOUT_FILENO);
    struct report report = {0};
    run_command_in_box(line, &source, &streams, &report);
    if (line->json)
        streams.output_error = report_print_json(&report);
    else
        run_command_explain(&report);
    int code = report.exit_code;
    if (streams.output_error != 0 && (report.outcome == PYBOX_DONE || report.outcome == PYBOX_EXIT))
        code = EXIT_CODE_OUTPUT_LOST;
    report_free(&report);
    if (line->code == NULL)
        source_file_free(&source);
    return code;
}
