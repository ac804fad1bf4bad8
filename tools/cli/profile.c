#include "profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "complain.h"
#include "human.h"

#define TOP 20
#define NAME_BYTES 200

/* The member if it is a number from 0 to 2^63, else 0. */
static double profile_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    double number = cJSON_IsNumber(item) ? item->valuedouble : 0;
    return number >= 0 && number <= 0x1p63 ? number : 0;
}

/* Copies the start of a text of the guest's; what is no printable character becomes '?'. */
static void profile_text(char text[NAME_BYTES], const char *from)
{
    size_t i = 0;
    for (; from != NULL && from[i] != '\0' && i < NAME_BYTES - 1; i++) {
        unsigned char letter = (unsigned char)from[i];
        text[i] = letter < 0x20 || letter == 0x7f ? '?' : (char)letter;
    }
    text[i] = '\0';
}

static const char *profile_member(const cJSON *object, const char *name, char text[NAME_BYTES])
{
    profile_text(text, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name)));
    return text;
}

struct profile_row {
    const cJSON *item;
    double weight;
    int position; /* what weighs the same keeps its order */
};

static int profile_compare(const void *a, const void *b)
{
    const struct profile_row *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->position - y->position;
}

/* The rows of an array, heaviest first; free() them. *count is 0 if it is none; NULL then, or
 * if memory is exhausted. */
static struct profile_row *profile_sorted(const cJSON *array, const char *weight, int *count)
{
    *count = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    struct profile_row *rows = *count > 0 ? calloc((size_t)*count, sizeof *rows) : NULL;
    if (rows == NULL)
        return NULL;
    int i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        rows[i] = (struct profile_row){item, profile_number(item, weight), i};
        i++;
    }
    qsort(rows, (size_t)*count, sizeof *rows, profile_compare);
    return rows;
}

static double profile_share(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static void profile_print_count(FILE *file, const char *format, double number)
{
    char text[HUMAN_BYTES];
    fprintf(file, format, human_show(HUMAN_COUNT, (uint64_t)number, text));
}

static void profile_print_function(const cJSON *item, double fuel, FILE *file)
{
    char name[NAME_BYTES], path[NAME_BYTES];
    double own = profile_number(item, "own"), total = profile_number(item, "total");
    fprintf(file, "  %5.1f%%", profile_share(own, fuel));
    profile_print_count(file, " %8s", own);
    fprintf(file, "  %5.1f%%", profile_share(total, fuel));
    profile_print_count(file, " %8s", total);
    profile_print_count(file, " %8s", profile_number(item, "calls"));
    fprintf(file, "  %s", profile_member(item, "function", name));
    if (*profile_member(item, "file", path) != '\0')
        fprintf(file, " (%s:%.0f)", path, profile_number(item, "line"));
    fputc('\n', file);
}

static void profile_print_code_line(const cJSON *item, double fuel, FILE *file)
{
    char path[NAME_BYTES];
    double own = profile_number(item, "fuel");
    fprintf(file, "  %5.1f%%", profile_share(own, fuel));
    profile_print_count(file, " %8s", own);
    profile_print_count(file, " %8s", profile_number(item, "hits"));
    if (*profile_member(item, "file", path) != '\0')
        fprintf(file, "  %s:%.0f\n", path, profile_number(item, "line"));
    else
        fputs("  (outside)\n", file);
}

static int profile_print_rows(const cJSON *array, const char *weight, double fuel, FILE *file,
                              void print(const cJSON *, double, FILE *))
{
    int count;
    struct profile_row *rows = profile_sorted(array, weight, &count);
    if (rows == NULL)
        return count > 0 ? -1 : 0;
    for (int i = 0; i < count && i < TOP; i++)
        print(rows[i].item, fuel, file);
    if (count > TOP)
        fprintf(file, "  and %d more\n", count - TOP);
    free(rows);
    return 0;
}

int profile_print(const char *json, size_t length, FILE *file)
{
    cJSON *profile = cJSON_ParseWithLength(json, length);
    if (!cJSON_IsObject(profile)) {
        cJSON_Delete(profile);
        return -1;
    }
    double fuel = profile_number(profile, "fuel");
    profile_print_count(file, "pybox: where the fuel went, %s in all", fuel);
    profile_print_count(file, " (and %s for counting it)\n", profile_number(profile, "overhead"));
    fputs("     own              total              calls  function\n", file);
    int failed =
        profile_print_rows(cJSON_GetObjectItemCaseSensitive(profile, "functions"), "own", fuel,
                           file, profile_print_function);
    fputs("     own               hits  line\n", file);
    failed |= profile_print_rows(cJSON_GetObjectItemCaseSensitive(profile, "lines"), "fuel", fuel,
                                 file, profile_print_code_line);
    cJSON_Delete(profile);
    return failed;
}

/* Names of frames have no newline; the last blank of a line stands before the number. */
static void profile_print_stack(const cJSON *stack, FILE *file)
{
    const char *frames = cJSON_GetStringValue(cJSON_GetArrayItem(stack, 0));
    const cJSON *fuel = cJSON_GetArrayItem(stack, 1);
    if (frames == NULL || frames[0] == '\0' || !cJSON_IsNumber(fuel) ||
        !(fuel->valuedouble >= 0 && fuel->valuedouble <= 0x1p63))
        return;
    for (const char *c = frames; *c != '\0'; c++)
        fputc((unsigned char)*c < 0x20 ? '?' : *c, file);
    fprintf(file, " %.0f\n", fuel->valuedouble);
}

int profile_print_folded(const char *json, size_t length, FILE *file)
{
    cJSON *profile = cJSON_ParseWithLength(json, length);
    const cJSON *stacks = cJSON_GetObjectItemCaseSensitive(profile, "stacks"), *stack;
    int failed = cJSON_IsArray(stacks) ? 0 : -1;
    cJSON_ArrayForEach(stack, stacks) profile_print_stack(stack, file);
    cJSON_Delete(profile);
    return failed;
}

int profile_save(const char *json, size_t length, const char *path)
{
    size_t name = strlen(path);
    int raw = name >= 5 && strcmp(path + name - 5, ".json") == 0;
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return complain("can't write %s: %s", path, strerror(errno));
    int failed = 0;
    if (raw) {
        fwrite(json, 1, length, file);
        fputc('\n', file);
    } else {
        failed = profile_print_folded(json, length, file);
    }
    int written = !ferror(file) && fflush(file) == 0;
    if (failed)
        complain("the profile is damaged: nothing to write to %s", path);
    else if (!written)
        complain("can't write %s: %s", path, strerror(errno));
    fclose(file);
    return failed || !written ? -1 : 0;
}
