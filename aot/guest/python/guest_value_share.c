#include "guest_value_share.h"

#include <stdlib.h>

#define FIRST_CAPACITY 64u

static struct value_seen *find_slot(struct value_seen *slots, uint32_t capacity, const PyObject *object)
{
    const uint64_t address = (uint64_t)(uintptr_t)object;
    uint32_t i = (uint32_t)((address >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    for (;; i++) {
        struct value_seen *slot = &slots[i & (capacity - 1)];
        if (slot->object == NULL || slot->object == object)
            return slot;
    }
}

/* At most half of the slots are in use. */
static int make_room(struct value_share *share)
{
    if (share->used < share->capacity / 2)
        return 0;
    const uint32_t capacity = share->capacity > 0 ? 2 * share->capacity : FIRST_CAPACITY;
    struct value_seen *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < share->capacity; i++)
        if (share->slots[i].object != NULL)
            *find_slot(slots, capacity, share->slots[i].object) = share->slots[i];
    free(share->slots);
    share->slots = slots;
    share->capacity = capacity;
    return 0;
}

struct value_seen *value_share_find(struct value_share *share, PyObject *object, int add)
{
    if (share->capacity > 0) {
        struct value_seen *slot = find_slot(share->slots, share->capacity, object);
        if (slot->object != NULL)
            return slot;
    }
    if (!add || make_room(share) < 0)
        return NULL;
    struct value_seen *slot = find_slot(share->slots, share->capacity, object);
    slot->object = Py_NewRef(object);
    share->used++;
    return slot;
}

void value_share_clear(struct value_share *share)
{
    for (uint32_t i = 0; i < share->capacity; i++) {
        Py_XDECREF(share->slots[i].object);
        Py_XDECREF(share->slots[i].description);
    }
    free(share->slots);
    *share = (struct value_share){0};
}
