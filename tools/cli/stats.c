#include "stats.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "limit_options.h"

#define BYTES_WITH_POINTS 28

/* "1,234,567". Returns `text`. */
static const char *stats_with_points(uint64_t number, char text[BYTES_WITH_POINTS])
{
    char plain[24];
    size_t digits = (size_t)snprintf(plain, sizeof plain, "%" PRIu64, number), at = 0;
    for (size_t i = 0; i < digits; i++) {
        if (i > 0 && (digits - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = plain[i];
    }
    text[at] = '\0';
    return text;
}

/* " of 10M", or nothing without a limit. */
static const char *stats_of(const struct report *report, enum limit_option_index index,
                            char text[HUMAN_BYTES + 4])
{
    char spelt[HUMAN_BYTES];
    uint64_t limit = limit_options_value(report->limits, &limit_options[index]);
    text[0] = '\0';
    if (limit != PYBOX_UNLIMITED)
        snprintf(text, HUMAN_BYTES + 4, " of %s",
                 human_spell(limit_options[index].kind, limit, spelt));
    return text;
}

static void stats_print_outcome(const struct report *report, FILE *file)
{
    fprintf(file, "  outcome     %s", pybox_outcome_name(report->outcome));
    if (report->outcome == PYBOX_EXIT)
        fprintf(file, " %d", report->guest_code);
    if (report->type.length > 0)
        fprintf(file, " (%.*s)", (int)report->type.length, report->type.bytes);
    if (report->limit[0] != '\0')
        fprintf(file, ", limit %s", report->limit);
    if (report->cut)
        fputs(", cut off", file);
    fputc('\n', file);
    if (report->place[0] != '\0')
        fprintf(file, "  ended at    %s\n", report->place);
}

static void stats_print_fuel(const struct report *report, FILE *file)
{
    char used[BYTES_WITH_POINTS], left[BYTES_WITH_POINTS], of[HUMAN_BYTES + 4];
    fprintf(file, "  fuel        %s used", stats_with_points(report->fuel_used, used));
    if (*stats_of(report, LIMIT_OPTION_FUEL, of) != '\0')
        fprintf(file, ", %s left%s", stats_with_points(report->fuel_left, left), of);
    fputc('\n', file);
}

static void stats_print_line(const struct report *report, FILE *file, const char *title,
                             enum limit_option_index limit, const char *value)
{
    char of[HUMAN_BYTES + 4];
    fprintf(file, "  %-11s %s%s\n", title, value, stats_of(report, limit, of));
}

void stats_print(const struct report *report, FILE *file)
{
    char text[HUMAN_BYTES], calls[BYTES_WITH_POINTS];
    fputs("pybox: what the program used\n", file);
    stats_print_outcome(report, file);
    stats_print_fuel(report, file);
    stats_print_line(report, file, "wall time", LIMIT_OPTION_TIMEOUT,
                     human_show(HUMAN_TIME, report->wall_ns, text));
    stats_print_line(report, file, "CPU time", LIMIT_OPTION_CPU_TIME,
                     human_show(HUMAN_TIME, report->cpu_ns, text));
    stats_print_line(report, file, "memory", LIMIT_OPTION_MEMORY,
                     human_show(HUMAN_SIZE, report->memory_bytes, text));
    stats_print_line(report, file, "host calls", LIMIT_OPTION_HOST_CALLS,
                     stats_with_points(report->host_calls, calls));
    stats_print_line(report, file, "output", LIMIT_OPTION_OUTPUT,
                     human_show(HUMAN_SIZE, report->output_bytes, text));
}
