#include "snapshot_forge_inside.h"

#include "bytes.h"
#include "snapshot_write.h"

#include <stdlib.h>
#include <string.h>

void forge_resize(struct fixture_file *body, size_t length)
{
    uint8_t *bytes = calloc(1, length + 1);
    if (bytes == NULL)
        abort();
    if (body->length > 0)
        memcpy(bytes, body->bytes, body->length < length ? body->length : length);
    free(body->bytes);
    *body = (struct fixture_file){.bytes = bytes, .length = length};
}

void forge_set(struct fixture_file *body, const void *bytes, size_t length)
{
    forge_resize(body, 0);
    forge_resize(body, length);
    memcpy(body->bytes, bytes, length);
}

static struct forge forge_open(struct fixture_file good)
{
    struct forge forge = {0};
    if (snapshot_format_decode_head(good.bytes, good.length, &forge.head) != PYBOX_OK)
        abort();
    for (uint32_t i = 0; i < forge.head.section_count; i++)
        forge_set(&forge.bodies[i], good.bytes + forge.head.sections[i].offset,
                 forge.head.sections[i].stored_bytes);
    return forge;
}

struct snapshot_memory_layout forge_memory_layout(const struct forge *forge)
{
    const struct snapshot_section *memory = &forge->head.sections[MEMORY];
    return snapshot_format_memory_layout(memory->offset, memory->encoding, memory->content_bytes);
}

uint8_t *forge_index_entry(struct forge *forge, uint32_t number)
{
    return forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_HEAD_BYTES +
           (size_t)number * SNAPSHOT_CHUNK_ENTRY_BYTES;
}

/* Digest of the index over its head as it is: fields that an edit made wrong stay. */
static void forge_digest_delta(struct forge *forge)
{
    struct fixture_file *body = &forge->bodies[MEMORY];
    uint64_t end = bytes_load_u64(body->bytes + SNAPSHOT_MEMORY_DATA_OFFSET);
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, body->bytes, SNAPSHOT_MEMORY_INDEX_DIGEST);
    if (end <= body->length)
        digest_add(&digest, body->bytes + SNAPSHOT_MEMORY_HEAD_BYTES,
                   end - SNAPSHOT_MEMORY_HEAD_BYTES);
    if (!forge->keep_index_digest)
        digest_finish(&digest, body->bytes + SNAPSHOT_MEMORY_INDEX_DIGEST);
}

static void forge_digest_memory(struct forge *forge)
{
    if (forge->head.sections[MEMORY].encoding == SNAPSHOT_ENCODING_DELTA) {
        forge_digest_delta(forge);
        return;
    }
    struct snapshot_memory_layout layout = forge_memory_layout(forge);
    uint8_t *bytes = forge->bodies[MEMORY].bytes;
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, bytes, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, forge_index_entry(forge, 0), layout.index_bytes);
    if (!forge->keep_index_digest)
        digest_finish(&digest, bytes + SNAPSHOT_MEMORY_INDEX_DIGEST);
    if (!forge->keep_digests)
        snapshot_format_memory_digest(forge->head.version, layout.chunk_count,
                                      forge_index_entry(forge, 0) + SNAPSHOT_CHUNK_DIGEST,
                                      SNAPSHOT_CHUNK_ENTRY_BYTES,
                                      forge->head.sections[MEMORY].digest);
}

static void forge_lay_out(struct forge *forge)
{
    uint64_t end = snapshot_format_head_bytes(forge->head.section_count);
    for (uint32_t i = 0; i < forge->head.section_count; i++) {
        struct snapshot_section *section = &forge->head.sections[i];
        section->offset = bytes_round_up(end, SNAPSHOT_SECTION_ALIGNMENT);
        section->stored_bytes = forge->bodies[i].length;
        if (section->encoding == SNAPSHOT_ENCODING_RAW) {
            section->content_bytes = section->stored_bytes;
            if (!forge->keep_digests)
                digest_bytes(forge->bodies[i].bytes, forge->bodies[i].length, section->digest);
        }
        end = section->offset + section->stored_bytes;
    }
    forge_digest_memory(forge);
    forge->head.file_bytes = end;
}

static struct fixture_file forge_close(struct forge *forge)
{
    struct fixture_file file = {.length = forge->head.file_bytes};
    file.bytes = calloc(1, file.length + 1);
    if (file.bytes == NULL)
        abort();
    for (uint32_t i = 0; i < forge->head.section_count; i++) {
        uint64_t offset = forge->head.sections[i].offset;
        if (offset <= file.length && forge->bodies[i].length <= file.length - offset)
            memcpy(file.bytes + offset, forge->bodies[i].bytes, forge->bodies[i].length);
        free(forge->bodies[i].bytes);
    }
    snapshot_format_content_digest(&forge->head, forge->head.digest);
    snapshot_format_encode_head(&forge->head, file.bytes);
    return file;
}

static void forge_poke_number(const struct forge_poke *poke, uint8_t *at)
{
    uint64_t value = 0; /* little-endian: the low bytes come first */
    memcpy(&value, at + poke->offset, poke->bytes);
    value = poke->how == POKE_SET   ? poke->value
            : poke->how == POKE_ADD ? value + poke->value
            : poke->how == POKE_OR  ? value | poke->value
                                    : value ^ poke->value;
    memcpy(at + poke->offset, &value, poke->bytes);
}

static void forge_edit(const struct forgery *forgery, struct forge *forge)
{
    const struct forge_poke *poke = &forgery->poke;
    if (poke->where == POKE_BODY)
        forge_poke_number(poke, forge->bodies[poke->section].bytes);
    else if (poke->where == POKE_SECTION)
        forge_poke_number(poke, (uint8_t *)&forge->head.sections[poke->section]);
    else
        forgery->edit(forge);
}

static void forge_patch(const struct forgery *forgery, struct fixture_file *file)
{
    if (forgery->poke.where == POKE_NOTHING) {
        forgery->patch(file);
        return;
    }
    forge_poke_number(&forgery->poke, file->bytes);
    if (forgery->poke.where == POKE_SEALED)
        forge_reseal(file);
}

struct fixture_file forge_make(const struct forgery *forgery, struct fixture_file good)
{
    struct forge forge = forge_open(good);
    if (forgery->stage == FORGE_BODY)
        forge_edit(forgery, &forge);
    forge_lay_out(&forge);
    if (forgery->stage == FORGE_TABLE)
        forge_edit(forgery, &forge);
    struct fixture_file file = forge_close(&forge);
    if (forgery->stage == FORGE_BYTES)
        forge_patch(forgery, &file);
    return file;
}

struct fixture_file forge_good(enum forge_base base, const char *path)
{
    uint8_t digest[DIGEST_BYTES];
    char parent[256];
    struct snapshot_write_options options = {
        .form = base == FORGE_MAPPED ? PYBOX_FORM_MAPPED : PYBOX_FORM_COMPRESSED};
    strcpy(parent, fixture_path("parent.snap"));
    if (base == FORGE_DELTA ? fixture_write_delta(parent, path, NULL, digest) != PYBOX_OK
                            : snapshot_write(path, fixture_content(), &options) != PYBOX_OK)
        abort();
    return fixture_load(path);
}

void forge_reseal(struct fixture_file *file)
{
    uint32_t count = bytes_load_u32(file->bytes + SNAPSHOT_HEADER_SECTION_COUNT);
    size_t length = snapshot_format_head_bytes(count);
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, file->bytes, SNAPSHOT_HEADER_TABLE_DIGEST);
    digest_add(&digest, file->bytes + SNAPSHOT_HEADER_BYTES, length - SNAPSHOT_HEADER_BYTES);
    digest_finish(&digest, file->bytes + SNAPSHOT_HEADER_TABLE_DIGEST);
}

static const struct {
    const struct forgery *list;
    const size_t *count;
} parts[] = {
    {forge_file_list, &forge_file_count},
    {forge_memory_list, &forge_memory_count},
    {forge_delta_list, &forge_delta_count},
};

const struct forgery *forge_get(size_t number)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (number < *parts[i].count)
            return &parts[i].list[number];
        number -= *parts[i].count;
    }
    return NULL;
}
