#include "display.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "guard.h"

/* errno values as the guest knows them (WASI preview 1). */
#define GUEST_EINVAL 28
#define GUEST_EIO 29
#define GUEST_ENOMEM 48

/* Of a run. */
#define KEPT_MOST 10000                      /* forms */
#define KEPT_BYTES_MOST (UINT64_C(64) << 20) /* though its output may be unlimited, as it is with a callback */

static void display_drop(pybox_display *entry)
{
    free((char *)entry->mime);
    free((char *)entry->data.bytes);
}

void display_reset(struct display *display)
{
    for (size_t i = 0; i < display->count; i++)
        display_drop(&display->kept[i]);
    display->count = 0;
    display->kept_bytes = 0;
}

void display_free(struct display *display)
{
    display_reset(display);
    free(display->kept);
    display->kept = NULL;
    display->capacity = 0;
}

static char *display_copy(const void *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, bytes, length);
        copy[length] = '\0';
    }
    return copy;
}

static int display_keep(struct display *display, uint32_t number, const char *mime,
                        const void *data, size_t length)
{
    if (display->count == KEPT_MOST || length > KEPT_BYTES_MOST - display->kept_bytes)
        return ENOMEM;
    if (display->count == display->capacity) {
        size_t capacity = display->capacity > 0 ? display->capacity * 2 : 4;
        pybox_display *grown = realloc(display->kept, capacity * sizeof *grown);
        if (grown == NULL)
            return ENOMEM;
        display->kept = grown;
        display->capacity = capacity;
    }
    pybox_display entry = {number, display_copy(mime, strlen(mime)), {display_copy(data, length), length}};
    if (entry.mime == NULL || entry.data.bytes == NULL) {
        display_drop(&entry);
        return ENOMEM;
    }
    display->kept[display->count++] = entry;
    display->kept_bytes += length;
    return 0;
}

/* type "/" subtype of printable characters; "application/vnd.x+json; charset=utf-8" is one. */
static int display_copy_mime(char mime[DISPLAY_MIME_MOST + 1], const uint8_t *bytes, uint64_t length)
{
    int slashes = 0;
    if (length < 3 || length > DISPLAY_MIME_MOST)
        return 0;
    for (uint64_t i = 0; i < length; i++) {
        if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            return 0;
        slashes += bytes[i] == '/';
        mime[i] = (char)bytes[i];
    }
    mime[length] = '\0';
    return slashes > 0 && mime[0] != '/' && mime[length - 1] != '/';
}

static uint32_t display_take(struct pybox_box *box, uint32_t number, const uint8_t *name,
                             uint64_t name_length, const uint8_t *data, uint64_t length)
{
    char mime[DISPLAY_MIME_MOST + 1];
    struct display *display = &box->display;
    if (!display_copy_mime(mime, name, name_length))
        return GUEST_EINVAL;
    if (length > box->output.limit_bytes - box->output.written_bytes) {
        box->env.stop = MODULE_TRAP_OUTPUT_FULL;
        return 0;
    }
    int failed = display->callback != NULL
                     ? display->callback(display->context, number, mime, data, (size_t)length)
                     : display_keep(display, number, mime, data, (size_t)length);
    if (failed != 0)
        return failed == ENOMEM ? GUEST_ENOMEM : GUEST_EIO;
    box->output.written_bytes += length;
    guard_charge_moved(box, length);
    return 0;
}

void display_import(struct pybox_box *box, uint64_t *values)
{
    const struct guest_memory memory = box_memory(box);
    const uint32_t name_length = (uint32_t)values[2], length = (uint32_t)values[4];
    const uint8_t *name = guest_range(&memory, (uint32_t)values[1], name_length);
    const uint8_t *data = guest_range(&memory, (uint32_t)values[3], length);
    if (name == NULL || data == NULL)
        values[0] = GUEST_EINVAL;
    else
        values[0] = display_take(box, (uint32_t)values[0], name, name_length, data, length);
}
