/*
 * Makes snapshot files that are wrong in one way, and right in all others: checksums and digests
 * are made to match, so that the check meant is the one that is met.
 */
#ifndef SNAPSHOT_FORGE_H
#define SNAPSHOT_FORGE_H

#include "snapshot_fixture.h"
#include "snapshot_format.h"

/* A file taken apart. Bodies are as stored. */
struct forge {
    struct snapshot_head head;
    struct fixture_file bodies[SNAPSHOT_SECTION_LIMIT];
    int keep_index_digest; /* set by an edit of MEMORY that wants its checksum to be wrong */
    int keep_digests;      /* the same for the digests of sections */
};

enum forge_stage {
    FORGE_BODY,  /* `edit` changes bodies; then lengths, places and digests are computed */
    FORGE_TABLE, /* `edit` changes entries of the table, after that; then the content and table
                    digests */
    FORGE_BYTES, /* `patch` changes the bytes of the file; nothing is computed */
};

/* A number that is changed where it lies. */
struct forge_poke {
    enum { POKE_NOTHING, POKE_BODY, POKE_SECTION, POKE_SEALED, POKE_PLAIN } where;
    uint32_t section;
    size_t offset; /* in the body, in the entry of the table, in the file */
    size_t bytes;  /* of the number */
    enum { POKE_SET, POKE_ADD, POKE_FLIP, POKE_OR } how;
    uint64_t value;
};

/* Which file it starts from. */
enum forge_base { FORGE_COMPRESSED, FORGE_MAPPED, FORGE_DELTA, FORGE_BASES };

struct forgery {
    const char *name;
    enum forge_base base;
    enum forge_stage stage;
    void (*edit)(struct forge *forge);
    void (*patch)(struct fixture_file *file);
    pybox_status status; /* of image_open() without trust */
    pybox_status verify; /* of image_verify(); the same unless a forgery is for verification only */
    const char *message; /* a part of the error's message */
    struct forge_poke poke; /* instead of `edit` or `patch` */
};

/* They are numbered from 0; NULL behind the last. */
const struct forgery *forge_get(size_t number);

/* Writes the good file of a base to `path`; a delta's parent is in the same folder, as parent.snap. */
struct fixture_file forge_good(enum forge_base base, const char *path);

/* Makes the file of a forgery from a good one of its base. */
struct fixture_file forge_make(const struct forgery *forgery, struct fixture_file good);

#endif
