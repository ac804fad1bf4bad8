/*
 * Writes the golden files of the snapshot format: snapshot_golden_make GOOD_DIR BAD_DIR.
 *
 * To be run once for each format version, by hand; the files of older versions stay. They are
 * compressed (the mapped form is mostly zeroes).
 */
#include "snapshot_fixture.h"
#include "snapshot_forge.h"

#include "error.h"
#include "snapshot_write.h"

#include <stdio.h>
#include <stdlib.h>
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
    fixture_store(path, encoded, length);
    free(encoded);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: snapshot_golden_make GOOD_DIR BAD_DIR\n");
        return 2;
    }
    static const struct snapshot_write_options options[2] = {{.form = PYBOX_FORM_COMPRESSED},
                                                             {.form = PYBOX_FORM_MAPPED}};
    static const char *const names[2] = {"v1_compressed", "v1_mapped"};
    struct fixture_file good[2];
    for (int i = 0; i < 2; i++) {
        if (snapshot_write(fixture_path("golden"), fixture_content(), &options[i]) != PYBOX_OK) {
            fprintf(stderr, "%s\n", error_message());
            return 1;
        }
        good[i] = fixture_load(fixture_path("golden"));
        put(argv[1], names[i], good[i]);
    }
    for (size_t i = 0; i < forge_count; i++) {
        struct fixture_file file = forge_make(&forge_list[i], good[forge_list[i].base]);
        put(argv[2], forge_list[i].name, file);
        free(file.bytes);
    }
    free(good[0].bytes);
    free(good[1].bytes);
    fixture_remove();
    return 0;
}
