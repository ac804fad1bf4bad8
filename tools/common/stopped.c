#include "stopped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit_options.h"
#include "printable.h"

/* What is said around the limit. */
static const struct {
    const char *before, *behind;
} sentences[LIMIT_OPTION_COUNT] = {
    [LIMIT_OPTION_FUEL] = {"the fuel of ", " was used up"},
    [LIMIT_OPTION_TIMEOUT] = {"its time of ", " was over"},
    [LIMIT_OPTION_CPU_TIME] = {"its CPU time of ", " was used up"},
    [LIMIT_OPTION_OUTPUT] = {"it wrote more than ", ""},
    [LIMIT_OPTION_HOST_CALLS] = {"it made more than ", " calls out of the box"},
    [LIMIT_OPTION_MEMORY] = {"it wanted more than ", " of memory"},
    [LIMIT_OPTION_STACK] = {"it recursed deeper than ", " of native stack hold"},
};

int stopped_is(const pybox_result *result)
{
    switch (result->outcome) {
    case PYBOX_DONE:
    case PYBOX_EXCEPTION:
    case PYBOX_EXIT:
        return 0;
    case PYBOX_INTERRUPTED:
        return result->cut || strcmp(result->error.type.bytes, "KeyboardInterrupt") != 0;
    default:
        return 1;
    }
}

/* The limit that ended the run; NULL: none. */
static const struct limit_option *stopped_by(const pybox_result *result)
{
    if (result->limit.length > 0)
        return limit_options_find(result->limit.bytes);
    switch (result->outcome) {
    case PYBOX_OUT_OF_MEMORY:
        return &limit_options[LIMIT_OPTION_MEMORY];
    case PYBOX_OUTPUT_FULL:
        return &limit_options[LIMIT_OPTION_OUTPUT];
    default:
        return NULL;
    }
}

/* The last line of the traceback that names a frame; NULL: none. */
static const char *stopped_frame(const pybox_bytes *traceback)
{
    static const char mark[] = "  File \"";
    const char *found = NULL, *line = traceback->bytes;
    while (line != NULL && *line != '\0') {
        if (strncmp(line, mark, sizeof mark - 1) == 0)
            found = line + sizeof mark - 1;
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return found;
}

/* What the message of a stopped run says of it: "used its fuel of 10 at line 3 of x.py, in f;
 * ...". 1 if it does. */
static int stopped_message_place(const pybox_result *result, char text[STOPPED_PLACE_BYTES])
{
    const char *at = strstr(result->error.message.bytes, " at line ");
    if (result->limit.length == 0 || !stopped_is(result) || at == NULL)
        return 0;
    at += strlen(" at ");
    size_t length = strcspn(at, ";");
    printable_copy(text, STOPPED_PLACE_BYTES, at, length);
    return 1;
}

const char *stopped_place(const pybox_result *result, const char *filename,
                          char text[STOPPED_PLACE_BYTES])
{
    text[0] = '\0';
    if (stopped_message_place(result, text))
        return text;
    const char *frame = stopped_frame(&result->error.traceback);
    const char *quote = frame != NULL ? strstr(frame, "\", line ") : NULL;
    char name[STOPPED_PLACE_BYTES / 2], function[STOPPED_PLACE_BYTES / 4] = "";
    unsigned long line = result->error.line;
    if (quote != NULL && quote < strchrnul(frame, '\n')) {
        char *end;
        line = strtoul(quote + strlen("\", line "), &end, 10);
        printable_copy(name, sizeof name, frame, (size_t)(quote - frame));
        if (strncmp(end, ", in ", 5) == 0 && end[5] != '<') /* <module> says nothing */
            printable_copy(function, sizeof function, end, strcspn(end, "\n"));
    } else {
        printable_copy(name, sizeof name, filename, strlen(filename));
    }
    if (line > 0)
        snprintf(text, STOPPED_PLACE_BYTES, "line %lu of %s%s", line, name, function);
    return text;
}

/* `number` with two digits and zeros behind them, not less. */
static uint64_t stopped_round_up(uint64_t number)
{
    uint64_t step = 1;
    while (number / step >= 100)
        step *= 10;
    return (number + step - 1) / step * step;
}

/* What is likely to be enough. A guest that came to its end in its grace shows how much fuel
 * that takes; else twice as much is the first guess. */
static uint64_t stopped_enough(const pybox_result *result, const struct limit_option *option,
                               uint64_t limit)
{
    int ended = !result->cut && result->error.type.length == 0;
    if (option == &limit_options[LIMIT_OPTION_FUEL] && ended && result->fuel_used > limit)
        return stopped_round_up(result->fuel_used);
    return limit > option->most / 2 ? option->most : 2 * limit;
}

/* "; try --fuel 2M" */
static void stopped_hint(const pybox_result *result, const struct limit_option *option,
                         uint64_t limit, char text[64])
{
    char spelt[HUMAN_BYTES];
    if (limit >= option->most)
        snprintf(text, 64, "; that is the most there can be");
    else
        snprintf(text, 64, "; try --%s %s", option->name,
                 human_spell(option->kind, stopped_enough(result, option, limit), spelt));
}

/* Whether it was cut at the end of its grace: its message says so. */
static int stopped_had_grace(const pybox_result *result)
{
    return result->cut && strstr(result->error.message.bytes, " when its grace of ") != NULL;
}

/* Without a limit: an interrupt, a crash. */
static void stopped_otherwise(const pybox_result *result, char *text, size_t room)
{
    char message[STOPPED_BYTES / 2];
    const pybox_bytes *said = &result->error.message;
    printable_copy(message, sizeof message, said->bytes, said->length);
    if (result->outcome == PYBOX_INTERRUPTED)
        snprintf(text, room, "interrupted");
    else if (result->outcome == PYBOX_TRAP)
        snprintf(text, room, "a crash in the box: %s", message);
    else
        snprintf(text, room, "%s: %s", pybox_outcome_name(result->outcome), message);
}

const char *stopped_explain(const pybox_result *result, const pybox_limits *limits,
                            const char *filename, char text[STOPPED_BYTES])
{
    text[0] = '\0';
    if (!stopped_is(result))
        return text;
    const struct limit_option *option = stopped_by(result);
    char what[STOPPED_BYTES / 2 + 32], place[STOPPED_PLACE_BYTES], hint[64] = "";
    if (option != NULL) {
        size_t index = (size_t)(option - limit_options);
        const char *before = sentences[index].before, *behind = sentences[index].behind;
        uint64_t limit = limit_options_value(limits, option);
        if (limit == PYBOX_UNLIMITED && index == LIMIT_OPTION_OUTPUT)
            limit = UINT64_C(16) << 20; /* of captured output */
        char spelt[HUMAN_BYTES];
        human_spell(option->kind, limit, spelt);
        if (before == NULL)
            snprintf(what, sizeof what, "it went over its limit of %s (--%s)", spelt, option->name);
        else
            snprintf(what, sizeof what, "%s%s%s", before, spelt, behind);
        stopped_hint(result, option, limit, hint);
    } else {
        stopped_otherwise(result, what, sizeof what);
    }
    stopped_place(result, filename, place);
    if (option == NULL && strstr(what, " at line ") != NULL)
        place[0] = '\0'; /* a crash's own message says it */
    const char *grace = stopped_had_grace(result) ? ", and it did not end in its grace" : "";
    snprintf(text, STOPPED_BYTES, "%s%s%s%s%s", what, place[0] != '\0' ? " at " : "", place, grace,
             hint);
    return text;
}
