/*
 * Finding host functions by words.
 * A text's words are its runs of letters and digits (bytes over 127 count as letters), cut where small letters turn
 * to capitals: "readFile", "read_file" and "read file" have the same two. A word of the query fits one of a text if
 * they are the same but for capitals; one of three letters or more also, half as well, if either begins with the
 * other.
 * A function's score is the sum over the query's words of the best fit: in its name 8, its module 4, its parameters
 * 3, its documentation's first line 3, the rest of it 1; twice that if it has all of the words. The whole query as
 * its name: 100 more.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "functions.h"

#define QUERY_WORDS 32
#define SHORTEST_PREFIX 3
#define DEFAULT_MOST 10

struct word {
    const char *bytes;
    size_t length;
};

struct found {
    unsigned score;
    uint32_t number;
};

static int is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c > 127;
}

/* The next word at or behind *at; an empty one at the end. Moves *at behind it. */
static struct word next_word(const char **at, const char *end)
{
    const char *start = *at;
    while (start < end && !is_letter((unsigned char)*start))
        start++;
    const char *stop = start;
    while (stop < end && is_letter((unsigned char)*stop)) {
        stop++;
        if (stop < end && stop[-1] >= 'a' && stop[-1] <= 'z' && *stop >= 'A' && *stop <= 'Z')
            break;
    }
    *at = stop;
    return (struct word){start, (size_t)(stop - start)};
}

/* 2: the same, 1: one begins with the other, 0 */
static unsigned words_fit(const struct word *a, const struct word *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    if (shorter == 0 || strncasecmp(a->bytes, b->bytes, shorter) != 0)
        return 0;
    if (a->length == b->length)
        return 2;
    return shorter >= SHORTEST_PREFIX;
}

/* How well a word fits the best of a text's. */
static unsigned fit_in(const struct word *word, const char *text, size_t length)
{
    unsigned best = 0;
    const char *end = text + length;
    for (struct word in = next_word(&text, end); in.length > 0 && best < 2; in = next_word(&text, end)) {
        unsigned fit = words_fit(word, &in);
        best = fit > best ? fit : best;
    }
    return best;
}

/* Doubled, as half a fit counts half. */
static unsigned score_word(const struct function *function, const struct word *word)
{
    const pybox_function_info *info = &function->info;
    const size_t line = strcspn(info->documentation, "\n");
    unsigned best = 8 * fit_in(word, info->name, strlen(info->name)), score;
    score = 4 * fit_in(word, info->module, strlen(info->module));
    best = score > best ? score : best;
    for (uint32_t i = 0; i < function->signature.count; i++) {
        const char *name = function->signature.parameters[i].name;
        score = 3 * fit_in(word, name, strlen(name));
        best = score > best ? score : best;
    }
    score = 3 * fit_in(word, info->documentation, line);
    best = score > best ? score : best;
    if (best == 0)
        best = fit_in(word, info->documentation + line, strlen(info->documentation + line));
    return best;
}

static unsigned score_function(const struct function *function, const char *query,
                               const struct word *words, int count)
{
    unsigned sum = 0;
    int missing = 0;
    for (int i = 0; i < count; i++) {
        unsigned score = score_word(function, &words[i]);
        sum += score;
        missing |= score == 0;
    }
    if (sum > 0 && !missing)
        sum *= 2;
    if (strcasecmp(query, function->info.name) == 0 || strcasecmp(query, function->full_name) == 0)
        sum += 200;
    return sum;
}

static int by_score(const void *a, const void *b)
{
    const struct found *first = a, *second = b;
    if (first->score != second->score)
        return first->score < second->score ? 1 : -1;
    return first->number < second->number ? -1 : 1;
}

pybox_status pybox_functions_search(const pybox_functions *functions, const char *query, size_t most,
                                    int (*each)(void *context, const pybox_function_info *info),
                                    void *context)
{
    struct word words[QUERY_WORDS];
    int count = 0;
    if (functions == NULL || query == NULL || each == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "functions, query or each is NULL; expected all");
    const char *at = query, *end = query + strlen(query);
    while (count < QUERY_WORDS && (words[count] = next_word(&at, end)).length > 0)
        count++;
    struct found *found = malloc((functions->count + 1u) * sizeof *found);
    if (found == NULL)
        return error_set_memory("a search", functions->count * sizeof *found);
    uint32_t found_count = 0;
    for (uint32_t i = 0; i < functions->count; i++) {
        unsigned score = score_function(functions->list[i], query, words, count);
        if (score > 0)
            found[found_count++] = (struct found){score, i};
    }
    qsort(found, found_count, sizeof *found, by_score);
    for (uint32_t i = 0; i < found_count && i < (most > 0 ? most : DEFAULT_MOST); i++)
        if (each(context, &functions->list[found[i].number]->info) != 0)
            break;
    free(found);
    return PYBOX_OK;
}
