#include "guest_table.h"

#include <stdlib.h>

/* Where the key is, or the free slot where it would be. There is always a free one. */
static struct guest_table_slot *slot_of(const struct guest_table *table, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t at = (uint32_t)(mixed >> 32) & (table->capacity - 1);
    while (table->slots[at].value != 0 && table->slots[at].key != key)
        at = (at + 1) & (table->capacity - 1);
    return &table->slots[at];
}

uint32_t table_find(const struct guest_table *table, uint64_t key)
{
    return table->capacity > 0 ? slot_of(table, key)->value - 1 : TABLE_NONE;
}

static int grow(struct guest_table *table)
{
    struct guest_table larger = {.capacity = table->capacity > 0 ? 2 * table->capacity : 64};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (larger.slots == NULL)
        return -1;
    for (uint32_t i = 0; i < table->capacity; i++)
        if (table->slots[i].value != 0)
            *slot_of(&larger, table->slots[i].key) = table->slots[i];
    larger.count = table->count;
    free(table->slots);
    *table = larger;
    return 0;
}

int table_add(struct guest_table *table, uint64_t key, uint32_t value)
{
    if (4 * (table->count + 1) > 3 * table->capacity && grow(table) < 0)
        return -1;
    *slot_of(table, key) = (struct guest_table_slot){key, value + 1};
    table->count++;
    return 0;
}

void table_free(struct guest_table *table)
{
    free(table->slots);
    *table = (struct guest_table){0};
}
