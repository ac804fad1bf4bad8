#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_code.h"
#include "json_text.h"

static void report_append(struct report *report, struct report_text *text, pybox_bytes added)
{
    if (added.length == 0)
        return;
    char *grown = realloc(text->bytes, text->length + added.length);
    if (grown == NULL) {
        report->status = PYBOX_ERROR_NO_MEMORY;
        snprintf(report->failure, sizeof report->failure, "no memory for the report");
        return;
    }
    memcpy(grown + text->length, added.bytes, added.length);
    text->bytes = grown;
    text->length += added.length;
}

void report_fail(struct report *report, pybox_status status, const char *message, int exit_code)
{
    report->status = status;
    snprintf(report->failure, sizeof report->failure, "%s", message);
    report->exit_code = exit_code;
}

/* What the program ended with. */
static void report_end(struct report *report, const pybox_result *result)
{
    report->outcome = result->outcome;
    report->guest_code = result->exit_code;
    report->exit_code = exit_code_of(result);
    report->line = result->error.line;
    report->cut = result->cut;
    snprintf(report->limit, sizeof report->limit, "%s", result->limit.bytes);
    stopped_explain(result, report->limits, report->filename, report->stopped);
    if (result->outcome != PYBOX_DONE && result->outcome != PYBOX_EXIT)
        stopped_place(result, report->filename, report->place);
    report_append(report, &report->type, result->error.type);
    report_append(report, &report->message, result->error.message);
    report_append(report, &report->traceback, result->error.traceback);
    report_append(report, &report->user_traceback, result->error.user_traceback);
    report_append(report, &report->object, result->error.object);
    report_append(report, &report->hint, result->error.hint);
}

/* What it cost but fuel, and its output. */
static void report_add_costs(struct report *report, const pybox_result *result)
{
    report_append(report, &report->output, result->output);
    report_append(report, &report->errors, result->errors);
    report->host_calls += result->host_calls;
    report->output_bytes += result->output_bytes;
    report->wall_ns += result->wall_ns;
    report->cpu_ns += result->cpu_ns;
    if (result->memory_bytes > report->memory_bytes)
        report->memory_bytes = result->memory_bytes;
}

void report_run(struct report *report, const pybox_result *result)
{
    report->ran = 1;
    report_end(report, result);
    if (result->value_kind == PYBOX_VALUE_JSON)
        report_append(report, &report->value, result->value);
    report_append(report, &report->value_repr, result->value_repr);
    report_append(report, &report->value_error, result->value_error);
    report_append(report, &report->profile, result->profile);
    report->fuel_used = result->fuel_used;
    report->fuel_left = result->fuel_left;
    report_add_costs(report, result);
}

void report_finish(struct report *report, const pybox_result *result)
{
    if (stopped_is(result)) {
        report->fuel_used += result->fuel_used;
        report->fuel_left = result->fuel_left;
        free(report->type.bytes);
        free(report->message.bytes);
        report->type = report->message = (struct report_text){0};
        report_end(report, result);
    }
    report_add_costs(report, result);
}

/* Adds an item that may be NULL because memory was exhausted. 1 if it went well. */
static int report_add(cJSON *object, const char *name, cJSON *item)
{
    return item != NULL && cJSON_AddItemToObject(object, name, item);
}

static int report_add_text(cJSON *object, const char *name, const struct report_text *text)
{
    return report_add(object, name,
                      json_text_string(text->bytes != NULL ? text->bytes : "", text->length));
}

/* The value as JSON: null if there is none, or if the guest sent something else. */
static cJSON *report_value(const struct report_text *value)
{
    cJSON *item = value->length > 0 ? json_text_value(value->bytes, value->length) : NULL;
    return item != NULL ? item : cJSON_CreateNull();
}

static cJSON *report_error(const struct report *report)
{
    int known = report->type.length + report->message.length + report->traceback.length > 0;
    if (!known && (report->outcome == PYBOX_DONE || report->outcome == PYBOX_EXIT))
        return cJSON_CreateNull();
    cJSON *error = cJSON_CreateObject();
    cJSON *line = report->line > 0 ? cJSON_CreateNumber(report->line) : cJSON_CreateNull();
    int typed = report_add(error, "line", line) && report_add_text(error, "type", &report->type);
    if (typed && report_add_text(error, "message", &report->message) &&
        report_add_text(error, "traceback", &report->traceback) &&
        report_add_text(error, "user_traceback", &report->user_traceback) &&
        report_add_text(error, "hint", &report->hint) &&
        report_add(error, "exception", report_value(&report->object)))
        return error;
    cJSON_Delete(error);
    return NULL;
}

/* An object of two members. NULL if memory is exhausted. */
static cJSON *report_pair(const char *first, cJSON *a, const char *second, cJSON *b)
{
    cJSON *pair = cJSON_CreateObject();
    if (report_add(pair, first, a) && report_add(pair, second, b))
        return pair;
    cJSON_Delete(pair);
    return NULL;
}

static cJSON *report_failure(const struct report *report)
{
    if (report->status == PYBOX_OK)
        return cJSON_CreateNull();
    return report_pair("status", cJSON_CreateString(pybox_status_name(report->status)), "message",
                       json_text_string(report->failure, strlen(report->failure)));
}

static cJSON *report_fuel_left(const struct report *report)
{
    return !report->ran || report->fuel_left == PYBOX_UNLIMITED
               ? cJSON_CreateNull()
               : json_text_number(report->fuel_left);
}

/* What it used, and which limit it met. */
static int report_fill_costs(const struct report *report, cJSON *object)
{
    cJSON *limit =
        report->limit[0] != '\0' ? cJSON_CreateString(report->limit) : cJSON_CreateNull();
    cJSON *profile =
        report->profile.length > 0 ? report_value(&report->profile) : cJSON_CreateNull();
    return report_add(object, "limit", limit) &&
           report_add(object, "cut", cJSON_CreateBool(report->cut)) &&
           report_add(object, "fuel",
                      report_pair("used", json_text_number(report->fuel_used), "left",
                                  report_fuel_left(report))) &&
           report_add(object, "times",
                      report_pair("wall_ms", cJSON_CreateNumber((double)report->wall_ns / 1e6),
                                  "cpu_ms", cJSON_CreateNumber((double)report->cpu_ns / 1e6))) &&
           report_add(object, "memory_bytes", json_text_number(report->memory_bytes)) &&
           report_add(object, "host_calls", json_text_number(report->host_calls)) &&
           report_add(object, "output_bytes", json_text_number(report->output_bytes)) &&
           report_add(object, "profile", profile);
}

static cJSON *report_saved(const struct report *report)
{
    return report->saved != NULL ? json_text_string(report->saved, strlen(report->saved))
                                 : cJSON_CreateNull();
}

static cJSON *report_session(const struct report *report)
{
    return report->session != NULL ? report_pair("name", cJSON_CreateString(report->session),
                                                 "revision", json_text_number(report->revision))
                                   : cJSON_CreateNull();
}

static int report_fill(const struct report *report, cJSON *object)
{
    cJSON *outcome =
        report->ran ? cJSON_CreateString(pybox_outcome_name(report->outcome)) : cJSON_CreateNull();
    cJSON *repr = report->value_repr.length > 0
                      ? json_text_string(report->value_repr.bytes, report->value_repr.length)
                      : cJSON_CreateNull();
    cJSON *why = report->value_error.length > 0
                     ? json_text_string(report->value_error.bytes, report->value_error.length)
                     : cJSON_CreateNull();
    return report_add(object, "outcome", outcome) &&
           report_add(object, "value", report_value(&report->value)) &&
           report_add(object, "value_repr", repr) &&
           report_add(object, "value_error", why) &&
           report_add(object, "error", report->ran ? report_error(report) : cJSON_CreateNull()) &&
           report_add_text(object, "stdout", &report->output) &&
           report_add_text(object, "stderr", &report->errors) &&
           report_add(object, "exit_code", cJSON_CreateNumber(report->exit_code)) &&
           report_fill_costs(report, object) && report_add(object, "saved", report_saved(report)) &&
           report_add(object, "session", report_session(report)) &&
           (report->changes == NULL || report_add(object, "changes", cJSON_Duplicate(report->changes, 1))) &&
           report_add(object, "failure", report_failure(report));
}

int report_print_json(const struct report *report)
{
    cJSON *object = cJSON_CreateObject();
    int failed = object != NULL && report_fill(report, object) ? json_text_print(object) : ENOMEM;
    cJSON_Delete(object);
    return failed;
}

void report_free(struct report *report)
{
    struct report_text *texts[] = {&report->value,     &report->value_repr,     &report->value_error,  &report->type,
                                   &report->message,   &report->traceback,      &report->user_traceback,
                                   &report->object,    &report->hint,           &report->output,
                                   &report->errors,    &report->profile};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]->bytes);
    cJSON_Delete(report->changes);
    *report = (struct report){.limits = report->limits, .filename = report->filename};
}
