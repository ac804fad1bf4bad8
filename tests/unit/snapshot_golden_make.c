/*
 * Writes the golden files of the snapshot format: snapshot_golden_make GOOD_DIR BAD_DIR.
 *
 * To be run by hand, once for each format version or new way of being wrong; files that are there
 * stay. They are compressed (the mapped form is mostly zeroes). The parent of the delta is
 * v2_compressed.
 */
#include "snapshot_fixture.h"
#include "snapshot_forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

static void put(const char *directory, const char *name, struct fixture_file file)
{
    char path[512];
    size_t capacity = ZSTD_compressBound(file.length);
    void *encoded = malloc(capacity);
    size_t length = ZSTD_compress(encoded, capacity, file.bytes, file.length, 19);
    if (ZSTD_isError(length))
        abort();
    snprintf(path, sizeof path, "%s/%s.snap.zst", directory, name);
    if (access(path, F_OK) != 0)
        fixture_store(path, encoded, length);
    free(encoded);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: snapshot_golden_make GOOD_DIR BAD_DIR\n");
        return 2;
    }
    static const char *const names[] = {"v2_compressed", "v2_mapped", "v2_delta"};
    struct fixture_file good[FORGE_BASES];
    for (int i = 0; i < FORGE_BASES; i++) {
        good[i] = forge_good(i, fixture_path("golden"));
        put(argv[1], names[i], good[i]);
    }
    const struct forgery *forgery;
    for (size_t i = 0; (forgery = forge_get(i)) != NULL; i++) {
        struct fixture_file file = forge_make(forgery, good[forgery->base]);
        put(argv[2], forgery->name, file);
        free(file.bytes);
    }
    for (int i = 0; i < FORGE_BASES; i++)
        free(good[i].bytes);
    fixture_remove();
    return 0;
}
