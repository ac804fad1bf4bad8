#include "guest_names.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST 8u

static int is_same(const struct name *place, PyObject *key, Py_hash_t hash)
{
    if (place->name == key)
        return 1;
    if (place->hash != hash)
        return 0;
    if (!PyUnicode_CheckExact(key))
        return 1;
    return PyUnicode_Compare(place->name, key) == 0; /* cannot fail for two of them */
}

/* Where the name is, or the free place for it. There is one. */
static struct name *find_place(const struct names *names, PyObject *key, Py_hash_t hash)
{
    uint32_t at = (uint32_t)hash & (names->size - 1);
    while (names->places[at].name != NULL && !is_same(&names->places[at], key, hash))
        at = (at + 1) & (names->size - 1);
    return &names->places[at];
}

struct name *names_find(const struct names *names, PyObject *key, Py_hash_t hash)
{
    if ((names->mask & NAMES_BIT(hash)) == 0)
        return NULL;
    struct name *place = find_place(names, key, hash);
    return place->name != NULL ? place : NULL;
}

static int grow(struct names *names)
{
    struct names grown = {.size = names->size > 0 ? names->size * 2 : SMALLEST,
                          .used = names->used,
                          .mask = names->mask};
    grown.places = calloc(grown.size, sizeof *grown.places);
    if (grown.places == NULL)
        return -1;
    for (uint32_t i = 0; i < names->size; i++)
        if (names->places[i].name != NULL)
            *find_place(&grown, names->places[i].name, names->places[i].hash) = names->places[i];
    free(names->places);
    *names = grown;
    return 0;
}

struct name *names_add(struct names *names, PyObject *name)
{
    const Py_hash_t hash = PyObject_Hash(name);
    struct name *place = names_find(names, name, hash);
    if (place != NULL)
        return place;
    if (names->used * 2 >= names->size && grow(names) < 0)
        return NULL;
    place = find_place(names, name, hash);
    *place = (struct name){.name = Py_NewRef(name), .hash = hash};
    names->used++;
    names->mask |= NAMES_BIT(hash);
    return place;
}

/* What was put behind a place because it was taken moves up. */
static void close_gap(struct names *names, uint32_t gap)
{
    const uint32_t mask = names->size - 1;
    for (uint32_t at = (gap + 1) & mask; names->places[at].name != NULL; at = (at + 1) & mask) {
        const uint32_t wanted = (uint32_t)names->places[at].hash & mask;
        if (((at - wanted) & mask) < ((at - gap) & mask))
            continue;
        names->places[gap] = names->places[at];
        gap = at;
    }
    names->places[gap] = (struct name){0};
}

int names_remove(struct names *names, PyObject *name)
{
    struct name *place = names_find(names, name, PyObject_Hash(name));
    if (place == NULL)
        return 0;
    PyObject *held = place->name;
    close_gap(names, (uint32_t)(place - names->places));
    if (--names->used == 0)
        names->mask = 0;
    Py_DECREF(held);
    return 1;
}

void names_clear(struct names *names)
{
    struct names cleared = *names;
    *names = (struct names){0};
    for (uint32_t i = 0; i < cleared.size; i++)
        Py_XDECREF(cleared.places[i].name);
    free(cleared.places);
}

struct name *names_next(const struct names *names, uint32_t *at)
{
    while (*at < names->size) {
        struct name *place = &names->places[(*at)++];
        if (place->name != NULL)
            return place;
    }
    return NULL;
}
