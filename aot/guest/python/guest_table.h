/* A table from 64-bit keys to small numbers, for the profile. Memory that has run out only means that no key is added. */
#ifndef GUEST_TABLE_H
#define GUEST_TABLE_H

#include <stdint.h>

#define TABLE_NONE UINT32_MAX

/* Start with all zero. */
struct guest_table {
    struct guest_table_slot {
        uint64_t key;
        uint32_t value; /* plus 1; 0: free */
    } *slots;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;
};

/* The key's number, or TABLE_NONE. */
uint32_t table_find(const struct guest_table *table, uint64_t key);

/* Gives a key that is not there the number `value`. 0, or -1 without memory. */
int table_add(struct guest_table *table, uint64_t key, uint32_t value);

void table_free(struct guest_table *table);

#endif
