#include "wait.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "guest.h"
#include "value_check.h"

void wait_clear_requests(struct wait *wait)
{
    free(wait->requests);
    free(wait->texts);
    free(wait->open);
    free(wait->is_answered);
    wait->requests = wait->open = NULL;
    wait->texts = NULL;
    wait->is_answered = NULL;
    wait->count = 0;
    wait->is_listed = 0;
    wait->wake_ns = wait->last_id = 0;
}

void wait_clear(struct wait *wait)
{
    wait_clear_requests(wait);
    free(wait->answers);
    *wait = (struct wait){0};
}

/* ------------------------------------------------------------------------------------------
 * Requests
 */

/* What is left of a payload. */
struct reader {
    const uint8_t *at;
    uint64_t left;
};

static const uint8_t *reader_take(struct reader *reader, uint64_t bytes)
{
    if (bytes > reader->left)
        return NULL;
    const uint8_t *taken = reader->at;
    reader->at += bytes;
    reader->left -= bytes;
    return taken;
}

/* A name that can be shown in a line. */
static int wait_is_name(const uint8_t *name, uint32_t length)
{
    if (length == 0 || length > WAIT_MAX_FUNCTION_BYTES || !bytes_are_utf8(name, length))
        return 0;
    for (uint32_t i = 0; i < length; i++)
        if (name[i] < 0x20 || name[i] == 0x7f)
            return 0;
    return 1;
}

static char *wait_copy(char **room, const uint8_t *bytes, uint32_t length)
{
    char *to = *room;
    memcpy(to, bytes, length);
    to[length] = '\0';
    *room += length + 1;
    return to;
}

static pybox_status wait_read_one(struct reader *reader, uint64_t after, char **room,
                                  pybox_request *request)
{
    const uint8_t *head = reader_take(reader, GUEST_REQUEST_HEAD);
    if (head == NULL)
        return guest_broken("a request is cut off");
    const uint64_t id = bytes_load_u64(head);
    const uint32_t name_length = bytes_load_u32(head + 8), length = bytes_load_u32(head + 12);
    const uint8_t *name = reader_take(reader, name_length);
    const uint8_t *arguments = name != NULL ? reader_take(reader, length) : NULL;
    if (arguments == NULL)
        return guest_broken("a request is longer than its payload");
    if (id <= after || !wait_is_name(name, name_length))
        return guest_broken("a request with a wrong number or name");
    struct value_fault fault;
    if (length == 0 || arguments[0] != '{' || value_check((const char *)arguments, length, &fault) != 0)
        return guest_broken("a request whose arguments are no JSON object within the caps");
    request->id = id;
    request->function = wait_copy(room, name, name_length);
    request->arguments = (pybox_bytes){wait_copy(room, arguments, length), length};
    return PYBOX_OK;
}

static pybox_status wait_allocate(struct wait *wait, size_t count, size_t text_bytes)
{
    wait->requests = calloc(count + 1, sizeof *wait->requests);
    wait->open = calloc(count + 1, sizeof *wait->open);
    wait->is_answered = calloc(count + 1, 1);
    wait->texts = malloc(text_bytes + 2 * count + 1);
    if (wait->requests == NULL || wait->open == NULL || wait->is_answered == NULL ||
        wait->texts == NULL)
        return error_set_memory("a list of requests", text_bytes);
    return PYBOX_OK;
}

pybox_status wait_read(struct wait *wait, const uint8_t *payload, uint64_t bytes)
{
    wait_clear_requests(wait);
    struct reader reader = {payload, bytes};
    const uint8_t *head = reader_take(&reader, GUEST_REQUESTS_HEAD);
    if (head == NULL || bytes > GUEST_MAX_PAYLOAD_BYTES)
        return guest_broken("a list of requests of a wrong length");
    const uint32_t count = bytes_load_u32(head + 16);
    if (count > GUEST_MAX_REQUESTS)
        return guest_broken("too many requests");
    pybox_status status = wait_allocate(wait, count, bytes);
    char *room = wait->texts;
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++)
        status = wait_read_one(&reader, i > 0 ? wait->requests[i - 1].id : 0, &room,
                               &wait->requests[i]);
    const uint64_t last_id = bytes_load_u64(head + 8);
    if (status == PYBOX_OK &&
        (reader.left > 0 || (count > 0 && last_id < wait->requests[count - 1].id)))
        status = guest_broken("a list of requests of a wrong length or number");
    if (status != PYBOX_OK) {
        wait_clear_requests(wait);
        return status;
    }
    wait->wake_ns = bytes_load_u64(head);
    wait->last_id = last_id;
    wait->count = count;
    wait->is_listed = 1;
    return PYBOX_OK;
}

size_t wait_list_open(struct wait *wait)
{
    size_t open = 0;
    for (size_t i = 0; i < wait->count; i++)
        if (!wait->is_answered[i])
            wait->open[open++] = wait->requests[i];
    return open;
}

/* ------------------------------------------------------------------------------------------
 * Answers
 */

/* Where the request is in the list, or `count`. */
static size_t wait_find(const struct wait *wait, uint64_t id)
{
    size_t low = 0, high = wait->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (wait->requests[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < wait->count && wait->requests[low].id == id ? low : wait->count;
}

static pybox_status wait_reserve(struct wait *wait, size_t more)
{
    if (more <= wait->answer_capacity - wait->answer_bytes)
        return PYBOX_OK;
    size_t capacity = wait->answer_capacity * 2;
    if (capacity < wait->answer_bytes + more)
        capacity = wait->answer_bytes + more + 256;
    uint8_t *grown = realloc(wait->answers, capacity);
    if (grown == NULL)
        return error_set_memory("answers", capacity);
    wait->answers = grown;
    wait->answer_capacity = capacity;
    return PYBOX_OK;
}

pybox_status wait_answer(struct wait *wait, uint64_t id, enum guest_answer kind, const void *head,
                         size_t head_bytes, const void *body, size_t body_bytes)
{
    const size_t found = wait_find(wait, id);
    if (found == wait->count && (id == 0 || id > wait->last_id))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the box has made no request %llu; expected one of pybox_box_requests()",
                         (unsigned long long)id);
    if (found == wait->count)
        return PYBOX_OK; /* the guest has stopped waiting for it */
    if (wait->is_answered[found])
        return error_set(PYBOX_ERROR_ARGUMENT, "request %llu has been answered already",
                         (unsigned long long)id);
    if (head_bytes > WAIT_MAX_ANSWER_BYTES || body_bytes > WAIT_MAX_ANSWER_BYTES ||
        wait->answer_bytes + head_bytes + body_bytes > WAIT_MAX_ANSWER_BYTES)
        return error_set(PYBOX_ERROR_LIMIT,
                         "the answers are longer than %llu MiB in all; resume the box in between",
                         (unsigned long long)(WAIT_MAX_ANSWER_BYTES >> 20));
    pybox_status status = wait_reserve(wait, GUEST_ANSWER_HEAD + head_bytes + body_bytes);
    if (status != PYBOX_OK)
        return status;
    uint8_t *to = wait->answers + wait->answer_bytes;
    bytes_store_u64(to, id);
    bytes_store_u32(to + 8, kind);
    bytes_store_u32(to + 12, (uint32_t)(head_bytes + body_bytes));
    to += GUEST_ANSWER_HEAD;
    if (head_bytes > 0)
        memcpy(to, head, head_bytes);
    if (body_bytes > 0)
        memcpy(to + head_bytes, body, body_bytes);
    wait->answer_bytes += GUEST_ANSWER_HEAD + head_bytes + body_bytes;
    wait->is_answered[found] = 1;
    return PYBOX_OK;
}
