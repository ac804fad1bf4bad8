#include "explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct explanation {
    char *text;
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void explain_add(struct explanation *to,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = EXPLAIN_BYTES - to->length;
    int length = vsnprintf(to->text + to->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        to->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* With a comma between thousands. */
static void explain_add_number(struct explanation *to, uint64_t number)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    for (int i = 0; i < count; i++)
        explain_add(to, "%s%c", i > 0 && (count - i) % 3 == 0 ? "," : "", digits[i]);
}

static void explain_add_amount(struct explanation *to, const char *before, uint64_t number,
                               const char *after)
{
    explain_add(to, "%s", before);
    explain_add_number(to, number);
    explain_add(to, "%s", after);
}

static void explain_add_place(struct explanation *to, const struct stop_place *place)
{
    if (place->file[0] == '\0')
        return;
    if (place->line > 0)
        explain_add(to, " at line %u of %s", (unsigned)place->line, place->file);
    else
        explain_add(to, " in %s", place->file);
    if (place->function[0] != '\0' && place->function[0] != '<')
        explain_add(to, ", in %s", place->function);
}

/* What was reached, in the units of pybox_limits. */
static void explain_cause(const struct pybox_box *box, struct explanation *to)
{
    const pybox_limits *limits = &box->run_limits;
    switch (box->stop.cause) {
    case STOP_FUEL:
        explain_add_amount(to, "used its fuel of ", box->fuel.granted, "");
        break;
    case STOP_WALL:
        explain_add_amount(to, "ran for its ", limits->wall_ns, " ns of wall-clock time");
        break;
    case STOP_CPU:
        explain_add_amount(to, "used its ", limits->cpu_ns, " ns of CPU time");
        break;
    case STOP_INTERRUPT:
        explain_add(to, "was interrupted");
        break;
    case STOP_HOST_CALLS:
        explain_add_amount(to, "made its ", limits->host_calls, " host calls");
        break;
    case STOP_OUTPUT:
        explain_add_amount(to, "wrote its ", limits->output_bytes, " bytes of output");
        break;
    case STOP_STACK:
        explain_add(to, "used up its native stack");
        break;
    case STOP_SETUP:
    case STOP_NOTHING:
        explain_add(to, "did not come to an end");
        break;
    }
}

static void explain_raise(const struct pybox_box *box, struct explanation *to)
{
    switch (box->stop.cause) {
    case STOP_INTERRUPT:
    case STOP_SETUP:
    case STOP_NOTHING:
        return;
    case STOP_STACK:
        if (box->run_limits.stack_bytes == PYBOX_UNLIMITED) {
            explain_add(to, "; raise stack_bytes of the engine");
            return;
        }
        break;
    default:
        break;
    }
    explain_add(to, "; raise limits.%s", stop_limit(box->stop.cause));
}

/* How the second step came, for a run that was told before. */
static void explain_cut(const struct pybox_box *box, struct explanation *to)
{
    const struct stop *stop = &box->stop;
    explain_add(to, "; it went on and was cut");
    explain_add_place(to, &stop->cut);
    if (stop->end == STOP_END_FUEL)
        explain_add_amount(to, " when its grace of ", box->run_limits.grace_fuel, " fuel was used");
    else if (stop->end == STOP_END_TIME)
        explain_add_amount(to, " when its grace of ", stop->grace_ns, " ns was over");
}

size_t explain_stop(const struct pybox_box *box, int ended, char text[EXPLAIN_BYTES])
{
    struct explanation to = {text, 0};
    const struct stop *stop = &box->stop;
    const int told = stop->told && stop_guest_kind(stop->cause) != GUEST_STOP_NONE;
    explain_cause(box, &to);
    explain_add_place(&to, stop->reached.file[0] != '\0' ? &stop->reached : &stop->cut);
    if (told && stop->step == STOP_CUT)
        explain_cut(box, &to);
    if (ended && stop->cause == STOP_FUEL)
        explain_add_amount(&to, "; it went on to its end, which took ", box->fuel.used, " in all");
    explain_raise(box, &to);
    return to.length;
}

size_t explain_trap(const struct pybox_box *box, const char *trap, char text[EXPLAIN_BYTES])
{
    struct explanation to = {text, 0};
    if (box->stop.cause != STOP_NOTHING)
        to.length = explain_stop(box, 0, text);
    explain_add(&to, "%s%s", to.length > 0 ? "; then: " : "", trap);
    explain_add_place(&to, &box->stop.cut);
    return to.length;
}
