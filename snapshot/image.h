/*
 * An image: the decoded state of a guest that any number of boxes map copy-on-write.
 *
 * Its linear memory lies in a sealed memfd (or, if the caller trusts the file, in a snapshot file
 * of the mapped form), so that making a box's memory is one mmap. It never changes and is counted
 * by reference; all functions may be called from any thread.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "snapshot_content.h"

struct image;

struct image_options {
    unsigned threads; /* that decode; 0: the processors this thread may use, at most 4 */
    /* The file is an installed one that nobody changes or truncates while the image lives: a mapped
     * form is then mapped as it is. Its header, section table and small sections are checked, its
     * memory and the index of it are not read (snapshot_verify() does that). If it is truncated all
     * the same, boxes get SIGBUS. Otherwise its memory is copied into a sealed memfd, and checked.
     */
    int trusted_file;
    uint64_t max_memory_bytes; /* 0: 4 GiB */
    uint64_t max_tree_bytes;   /* 0: 256 MiB */
};

/*
 * Decodes the snapshot at `path`. `module_hash` (DIGEST_BYTES) is that of the module that will run
 * it; NULL accepts any. NULL options: all zeroes. Only memory that is not zero is touched. Blocks
 * on file I/O, allocates. Errors: IO, SNAPSHOT_FORMAT, SNAPSHOT_VERSION, SNAPSHOT_CORRUPT,
 * SNAPSHOT_MODULE, LIMIT, NO_MEMORY, UNSUPPORTED (no sealable memfd).
 */
pybox_status image_open(const char *path, const uint8_t *module_hash,
                        const struct image_options *options, struct image **image);

/* Makes an image of a state in memory, which is copied. Its digest is all zeroes (it is not
 * computed). Errors: ARGUMENT, IO, NO_MEMORY, UNSUPPORTED. */
pybox_status image_create_from_content(const struct snapshot_content *content,
                                       struct image **image);

/* Takes one more hold on the image, and returns it. */
struct image *image_hold(struct image *image);

/* Gives up one hold; with the last one the image goes. Mappings made by image_map() stay valid.
 * NULL is allowed. */
void image_close(struct image *image);

/* What is in an image. Lives as long as the caller's hold. */
struct image_view {
    int fd;                          /* holds the memory; read only or sealed against writing */
    uint64_t memory_offset;          /* in fd; page-aligned */
    struct snapshot_content content; /* content.memory == NULL: map it */
    uint8_t digest[DIGEST_BYTES];    /* names the snapshot it was decoded from */
};
const struct image_view *image_describe(const struct image *image);

/*
 * Maps the whole memory at `address`, private and writable, over whatever is mapped there: the
 * caller has reserved content.memory_bytes (page-aligned). Nothing is mapped for a memory of 0
 * bytes. One system call. Errors: NO_MEMORY.
 */
pybox_status image_map(const struct image *image, void *address);

#endif
