/* Reads snapshot files: opens and validates one, gives its parts. Image.h makes it usable for
 * boxes. */
#ifndef SNAPSHOT_READ_H
#define SNAPSHOT_READ_H

#include "snapshot_content.h"

struct snapshot_limits {
    uint64_t memory_bytes; /* largest linear memory to accept; 0: SNAPSHOT_MEMORY_LIMIT_BYTES */
    uint64_t tree_bytes;   /* largest decoded tree to accept; 0: 256 MiB */
    int without_tree;      /* that of a delta is not read: what its child has is another */
};

/* A file whose header, section table and small sections have been read and checked. */
struct snapshot;

/*
 * Opens the snapshot file at `path`. Everything that is read is checked before it is used, and is
 * read once: a file that someone changes at the same time is a corrupt file at worst. Reads the
 * header, the section table and all sections but the memory; nothing is allocated beyond the
 * limits, whatever the file claims. NULL limits: all zeroes. Blocks on file I/O, allocates. Any
 * thread.
 *
 * Errors:
 *   IO                cannot be opened or read, or is no regular file
 *   SNAPSHOT_FORMAT   not a snapshot, truncated, bytes behind its end, or a field out of range
 *   SNAPSHOT_VERSION  another format version, or it needs a feature this library does not have
 *   SNAPSHOT_CORRUPT  a checksum does not match
 *   LIMIT             well-formed, but over one of `limits`
 *   NO_MEMORY
 */
pybox_status snapshot_open(const char *path, const struct snapshot_limits *limits,
                           struct snapshot **snapshot);

/* The same for the file behind `fd`, which stays the caller's. */
pybox_status snapshot_open_descriptor(int fd, const struct snapshot_limits *limits,
                                      struct snapshot **snapshot);

void snapshot_close(struct snapshot *snapshot);

/* Reads only the header of the file at `path`: its own name, and its parent's (zeroes: none). The
 * sections are not looked at. Errors: as snapshot_open(). */
pybox_status snapshot_read_names(const char *path, uint8_t digest[DIGEST_BYTES],
                                 uint8_t parent[DIGEST_BYTES]);

/* The content, with memory == NULL. Lives as long as the snapshot. */
const struct snapshot_content *snapshot_describe(const struct snapshot *snapshot);

/* 1 if its memory is that of its parent but for some pages. */
int snapshot_is_delta(const struct snapshot *snapshot);

/* 1 if its tree is its parent's: then content.tree is NULL until snapshot_inherit_tree(). */
int snapshot_inherits_tree(const struct snapshot *snapshot);

/* Reads the tree of a delta that was opened without it, and does not inherit it. Errors: as snapshot_open(). */
pybox_status snapshot_read_tree(struct snapshot *snapshot, const struct snapshot_limits *limits);

/* Gives a snapshot the tree, which is copied, of another that has the same. Error: NO_MEMORY. */
pybox_status snapshot_inherit_tree(struct snapshot *snapshot, const struct snapshot *from);

/* 1 if the sections TREE of two snapshots say the same. */
int snapshot_same_tree(const struct snapshot *one, const struct snapshot *other);

/* Facts about the file. */
struct snapshot_info {
    uint32_t version;
    pybox_form form;
    int delta;                    /* its memory is that of its parent but for some pages */
    uint8_t parent[DIGEST_BYTES]; /* of a delta, names its parent; else zeroes */
    uint64_t created_ns;          /* since 1970; 0: not said */
    uint8_t digest[DIGEST_BYTES]; /* names the content: both forms of one state have the same */
    uint64_t file_bytes;
    uint64_t memory_stored_bytes; /* what the memory takes in the file */
};
void snapshot_inform(const struct snapshot *snapshot, struct snapshot_info *info);

/* The file's descriptor (read only) and, in the mapped form, where in it the memory lies
 * (page-aligned; memory_bytes long); 0 in the compressed form. Owned by the snapshot. */
int snapshot_descriptor(const struct snapshot *snapshot, uint64_t *memory_offset);

/* The digests of its chunks, DIGEST_BYTES each, zeroes for a zero chunk: known once the index was
 * read (snapshot_extract(), snapshot_read_index()). NULL: not known, or a delta, or of version 1,
 * whose digests are others. */
const uint8_t *snapshot_digests(const struct snapshot *snapshot);

/* The digest of the section MEMORY, DIGEST_BYTES. */
const uint8_t *snapshot_memory_digest(const struct snapshot *snapshot);

/* Reads and checks the index of a memory that is not a delta's. Errors: as snapshot_extract(). */
pybox_status snapshot_read_index(struct snapshot *snapshot);

/* Closes the file of an open snapshot, which from then on is good for snapshot_describe() and
 * snapshot_inform() only. */
void snapshot_release_file(struct snapshot *snapshot);

/* SNAPSHOT_MODULE with a message if it was made by another module than `module_hash`. */
pybox_status snapshot_check_module(const struct snapshot *snapshot,
                                   const uint8_t module_hash[DIGEST_BYTES]);

/*
 * Reads and checks the index of the memory (not of a delta), then writes every chunk that is not
 * all zeroes to `fd`, at its address in linear memory. `fd` is an empty file of memory_bytes that reads as zeroes (a
 * memfd). `threads` as in snapshot_write_options. On failure the contents of `fd` are unspecified.
 * Errors: IO, SNAPSHOT_FORMAT, SNAPSHOT_CORRUPT, NO_MEMORY.
 */
pybox_status snapshot_extract(struct snapshot *snapshot, int fd, unsigned threads);

/* Reads the whole of a snapshot that is not a delta, and recomputes everything: checksums, the
 * digest of each chunk and section, the digest that names it, and that what is to be zero is zero.
 * Errors: as snapshot_extract(). */
pybox_status snapshot_verify(struct snapshot *snapshot, unsigned threads);

/* The digest of the section TREE, of any snapshot whose tree has been read. Error: SNAPSHOT_CORRUPT. */
pybox_status snapshot_verify_tree(const struct snapshot *snapshot);

#endif
