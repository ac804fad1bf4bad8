/*
 * The runtime library of a guest that is compiled with -fprofile-generate (train-guest): clang's code counts into tables
 * that it registers here; the stepper's trainer has them written down, one line for each function and for each value.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct data { /* INSTR_PROF_DATA of LLVM 19, 32 bits */
    uint64_t name, hash;
    int32_t counters, bitmap;
    uint32_t function, values;
    uint32_t count;
    uint16_t sites[3];
    uint32_t bitmap_bytes;
};

struct target { /* what one place called, or the size it asked for */
    struct target *next;
    uint64_t value, count;
};

struct names { /* of one object file */
    const char *text;
    uint64_t length;
};

int __llvm_profile_runtime; /* clang's code refers to it, so that the runtime is linked */

enum { MOST_FUNCTIONS = 32768, MOST_FILES = 4096 };
static struct data *all[MOST_FUNCTIONS];
static struct names names[MOST_FILES];
static uint32_t known, files;

void __llvm_profile_register_function(void *data)
{
    if (known == MOST_FUNCTIONS)
        abort();
    all[known++] = data;
}

void __llvm_profile_register_names_function(void *text, uint64_t length)
{
    if (files == MOST_FILES)
        abort();
    names[files].text = text;
    names[files++].length = length;
}

static struct target *pool;
static uint32_t pool_left;

void __llvm_profile_instrument_target(uint64_t value, void *at, uint32_t index)
{
    struct data *data = at;
    if (data->values == 0) {
        uint32_t sites = data->sites[0] + data->sites[1] + data->sites[2];
        struct target **made = calloc(sites, sizeof(*made));
        if (made == NULL)
            abort();
        data->values = (uint32_t)made;
    }
    struct target **place = &((struct target **)data->values)[index], **first = place;
    for (; *place != NULL; place = &(*place)->next)
        if ((*place)->value == value) {
            (*place)->count++;
            return;
        }
    if (pool_left == 0) {
        pool = calloc(pool_left = 4096, sizeof(*pool));
        if (pool == NULL)
            abort();
    }
    struct target *made = pool++;
    pool_left--;
    made->value = value;
    made->count = 1;
    made->next = *first;
    *first = made;
}

/* Sizes between two powers of two are one, and all above 512: InstrProfGetRangeRepValue of LLVM. */
static uint64_t size_class(uint64_t size)
{
    if (size <= 8 || (size <= 512 && (size & (size - 1)) == 0))
        return size;
    return size > 512 ? 513 : (UINT64_C(1) << (63 - __builtin_clzll(size))) + 1;
}

void __llvm_profile_instrument_memop(uint64_t size, void *at, uint32_t index)
{
    __llvm_profile_instrument_target(size_class(size), at, index);
}

static void tell_sites(const struct data *data)
{
    uint32_t at = 0;
    struct target **values = (struct target **)data->values;
    for (int kind = 0; kind < 3; kind++)
        for (uint32_t i = 0; i < data->sites[kind]; i++, at++)
            for (struct target *target = values != NULL ? values[at] : NULL; target != NULL; target = target->next)
                printf("v %d %u %llu %llu\n", kind, i, (unsigned long long)target->value,
                       (unsigned long long)target->count);
}

/* Two lengths (LEB128, the second one 0: not compressed), and names with the byte 1 between them. */
static void tell_names(const char *text, uint64_t length)
{
    const char *end = text + length;
    while (*text++ & 0x80) {
    }
    if (*text++ != 0)
        abort();
    printf("n ");
    fwrite(text, 1, (size_t)(end - text), stdout);
    printf("\n");
}

static void forget_sites(const struct data *data)
{
    struct target **values = (struct target **)data->values;
    uint32_t sites = data->sites[0] + data->sites[1] + data->sites[2];
    for (uint32_t i = 0; values != NULL && i < sites; i++)
        for (struct target *target = values[i]; target != NULL; target = target->next)
            target->count = 0;
}

__attribute__((export_name("pybox_counts_forget"))) void pybox_counts_forget(void)
{
    for (uint32_t i = 0; i < known; i++) {
        memset((char *)all[i] + all[i]->counters, 0, all[i]->count * sizeof(uint64_t));
        forget_sites(all[i]);
    }
}

__attribute__((export_name("pybox_counts"))) void pybox_counts(void)
{
    for (uint32_t i = 0; i < files; i++)
        tell_names(names[i].text, names[i].length);
    for (uint32_t i = 0; i < known; i++) {
        const struct data *data = all[i];
        const uint64_t *counters = (const uint64_t *)((const char *)data + data->counters);
        printf("f %llx %llu %u %u %u %u", (unsigned long long)data->name, (unsigned long long)data->hash, data->function,
               data->sites[0], data->sites[1], data->sites[2]);
        for (uint32_t j = 0; j < data->count; j++)
            printf(" %llu", (unsigned long long)counters[j]);
        printf("\n");
        tell_sites(data);
    }
    fflush(stdout);
}
