#include "snapshot_fixture.h"

#include "snapshot_delta.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define MEMORY_BYTES (4 * SNAPSHOT_PAGE_BYTES)
#define TREE_BYTES 3000

static uint8_t memory[MEMORY_BYTES];
static uint8_t tree[TREE_BYTES];
static const char *place = "/tmp";
static char directory[64];

static void require(int condition, const char *what)
{
    if (!condition) {
        perror(what);
        exit(99);
    }
}

uint8_t *fixture_memory(void)
{
    return memory;
}

const struct snapshot_content *fixture_content(void)
{
    static const struct snapshot_global globals[] = {
        {.index = 0, .type = 'i', .value = 8388608},
        {.index = 3, .type = 'F', .value = 0x3ff0000000000000},
        {.index = 7, .type = 'I', .value = UINT64_MAX},
    };
    static const char metadata[] = "{\"name\": \"a fixture\", \"n\": [1, 2.5, \"\xc3\xa9\"]}";
    static struct snapshot_content content;
    memset(memory, 0, sizeof memory);
    for (size_t i = 0; i < SNAPSHOT_PAGE_BYTES; i++)
        memory[i] = (uint8_t)(i / 64 * 7 + i % 5);
    memory[2 * SNAPSHOT_PAGE_BYTES + 5 * 4096 + 17] = 1;
    memory[MEMORY_BYTES - 1] = 0xff;
    for (size_t i = 0; i < sizeof tree; i++)
        tree[i] = (uint8_t)(i % 251);
    content = (struct snapshot_content){.metering = 2,
                                        .globals = globals,
                                        .global_count = 3,
                                        .memory = memory,
                                        .memory_bytes = sizeof memory,
                                        .tree = tree,
                                        .tree_bytes = sizeof tree,
                                        .metadata = metadata,
                                        .metadata_bytes = sizeof metadata - 1};
    memset(content.module_hash, 0xa5, DIGEST_BYTES);
    memset(content.costs_hash, 0x5a, DIGEST_BYTES);
    return &content;
}

const struct snapshot_content *fixture_later(void)
{
    static uint8_t later[MEMORY_BYTES + SNAPSHOT_PAGE_BYTES];
    static struct snapshot_global globals[3];
    static struct snapshot_content content;
    content = *fixture_content();
    memset(later, 0, sizeof later);
    memcpy(later, memory, sizeof memory);
    later[3 * 4096 + 5] ^= 0x55;
    later[3 * 4096 + 4000] ^= 0xaa;
    for (size_t i = 0; i < 4096; i++)
        later[SNAPSHOT_PAGE_BYTES + 2 * 4096 + i] = (uint8_t)(i * i / 7 + 1);
    memset(later + 2 * SNAPSHOT_PAGE_BYTES, 0, SNAPSHOT_PAGE_BYTES);
    later[MEMORY_BYTES + 15 * 4096 + 1] = 0x77;
    memcpy(globals, content.globals, sizeof globals);
    globals[0].value = 4242;
    content.globals = globals;
    content.memory = later;
    content.memory_bytes = sizeof later;
    content.tree_bytes = 100;
    content.metadata = "{\"later\": true}";
    content.metadata_bytes = strlen(content.metadata);
    return &content;
}

void fixture_use_memory(void)
{
    if (access("/dev/shm", W_OK) == 0)
        place = "/dev/shm";
}

const char *fixture_path(const char *name)
{
    static char path[256];
    if (directory[0] == '\0') {
        snprintf(directory, sizeof directory, "%s/pybox-test-XXXXXX", place);
        require(mkdtemp(directory) != NULL, "mkdtemp");
    }
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static int count_entries(const char *path, int remove)
{
    int count = 0;
    DIR *entries = opendir(path);
    require(entries != NULL, path);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.'))
            continue;
        count++;
        if (remove)
            require(unlinkat(dirfd(entries), entry->d_name, 0) == 0, entry->d_name);
    }
    closedir(entries);
    return count;
}

void fixture_remove(void)
{
    if (directory[0] == '\0')
        return;
    count_entries(directory, 1);
    require(rmdir(directory) == 0, directory);
    directory[0] = '\0';
}

int fixture_count_files(void)
{
    return count_entries(directory, 0);
}

int fixture_count_descriptors(void)
{
    return count_entries("/proc/self/fd", 0);
}

static struct fixture_file fixture_decode(struct fixture_file file)
{
    unsigned long long length = ZSTD_getFrameContentSize(file.bytes, file.length);
    struct fixture_file decoded = {.bytes = malloc(length + 1), .length = length};
    require(decoded.bytes != NULL, "malloc");
    size_t got = ZSTD_decompress(decoded.bytes, decoded.length, file.bytes, file.length);
    require(got == decoded.length, "a test's file is no zstd file");
    free(file.bytes);
    return decoded;
}

struct fixture_file fixture_load(const char *path)
{
    FILE *from = fopen(path, "rb");
    require(from != NULL, path);
    struct stat found;
    require(fstat(fileno(from), &found) == 0, path);
    struct fixture_file file = {.length = (size_t)found.st_size};
    file.bytes = malloc(file.length + 1);
    require(file.bytes != NULL, "malloc");
    require(fread(file.bytes, 1, file.length, from) == file.length, path);
    fclose(from);
    size_t name = strlen(path);
    return name > 4 && strcmp(path + name - 4, ".zst") == 0 ? fixture_decode(file) : file;
}

void fixture_store(const char *path, const void *bytes, size_t length)
{
    FILE *to = fopen(path, "wb");
    require(to != NULL, path);
    require(fwrite(bytes, 1, length, to) == length && fclose(to) == 0, path);
}

static int fixture_same_content(const struct snapshot_content *a, const struct snapshot_content *b)
{
    if (memcmp(a->module_hash, b->module_hash, DIGEST_BYTES) != 0 ||
        memcmp(a->costs_hash, b->costs_hash, DIGEST_BYTES) != 0 || a->metering != b->metering ||
        a->global_count != b->global_count || a->memory_bytes != b->memory_bytes ||
        a->tree_bytes != b->tree_bytes || a->metadata_bytes != b->metadata_bytes)
        return 0;
    for (uint32_t i = 0; i < a->global_count; i++)
        if (a->globals[i].index != b->globals[i].index ||
            a->globals[i].type != b->globals[i].type || a->globals[i].value != b->globals[i].value)
            return 0;
    return (a->tree_bytes == 0 || memcmp(a->tree, b->tree, a->tree_bytes) == 0) &&
           memcmp(a->metadata, b->metadata, a->metadata_bytes) == 0;
}

int fixture_opens_as(const char *path, const struct snapshot_content *content, int trusted)
{
    struct image_options options = {.trusted_file = trusted};
    return fixture_opens_with(path, content, &options);
}

int fixture_write_delta(const char *parent, const char *delta, const struct snapshot_pages *pages,
                        uint8_t digest[DIGEST_BYTES])
{
    struct image *image = NULL;
    struct snapshot_write_options options = {.digest = digest};
    pybox_status status = snapshot_write(parent, fixture_content(), NULL);
    if (status == PYBOX_OK)
        status = image_open(parent, NULL, NULL, &image);
    if (status == PYBOX_OK)
        status = snapshot_write_delta(delta, fixture_later(), image, pages, &options);
    image_close(image);
    return (int)status;
}

int fixture_opens_with(const char *path, const struct snapshot_content *content,
                       const struct image_options *options)
{
    struct image *image;
    pybox_status status = image_open(path, NULL, options, &image);
    if (status != PYBOX_OK)
        return -(int)status;
    size_t length = content->memory_bytes;
    int same = fixture_same_content(&image_describe(image)->content, content);
    if (same && length > 0) {
        uint8_t *mapped;
        same = image_map(image, &mapped) == PYBOX_OK && memcmp(mapped, content->memory, length) == 0;
        image_unmap(image, mapped);
    }
    image_close(image);
    return same;
}
