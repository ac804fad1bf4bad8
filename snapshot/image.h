/*
 * An image: the decoded state of a guest that any number of boxes map copy-on-write.
 *
 * Its linear memory lies in a sealed memfd (or, if the caller trusts the file, in a snapshot file
 * of the mapped form), so that making a box's memory is one mmap. That of a delta may be layered:
 * the memory of the full snapshot at the end of its chain of parents, and pages to be put over it. An
 * image never changes and is counted by reference; all functions may be called from any thread.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "page_source.h"
#include "snapshot_content.h"

struct image;

struct image_options {
    unsigned threads; /* that decode; 0: the processors this thread may use, at most 4 */
    /* The file is an installed one that nobody changes or truncates while the image lives: a mapped
     * form is then mapped as it is. Its header, section table and small sections are checked, its
     * memory and the index of it are not read (image_verify() does that). If it is truncated all
     * the same, boxes get SIGBUS. Otherwise its memory is copied into a sealed memfd, and checked.
     */
    int trusted_file;
    uint64_t max_memory_bytes; /* 0: 4 GiB; boxes have 64 KiB less */
    uint64_t max_tree_bytes;   /* 0: 256 MiB */

    /* Where the parents of a delta are looked for, by digest: as <digest>.snap, then in every *.image
     * and *.snap. First in `trusted_folder` (NULL: none), where files are trusted as above: a full
     * snapshot that is found there is shared by all deltas of the process. */
    const char *trusted_folder;
    const char *const *folders;
    size_t folder_count;
    /* The image of a delta may be layered. Otherwise, and if many pages changed, its memory is
     * copied and becomes one. */
    int layered;
};

#define IMAGE_DEPTH_LIMIT 64           /* parents of a delta */
#define IMAGE_LAYER_LIMIT_BYTES (16u << 20) /* pages of a layered image */

/*
 * Decodes the snapshot at `path`. `module_hash` (DIGEST_BYTES) is that of the module that will run
 * it; NULL accepts any. NULL options: all zeroes. Only memory that is not zero is touched. Blocks
 * on file I/O, allocates. Errors: IO, SNAPSHOT_FORMAT, SNAPSHOT_VERSION, SNAPSHOT_CORRUPT,
 * SNAPSHOT_MODULE, SNAPSHOT_PARENT, LIMIT, NO_MEMORY, UNSUPPORTED (no sealable memfd).
 */
pybox_status image_open(const char *path, const uint8_t *module_hash,
                        const struct image_options *options, struct image **image);

/* Reads the whole snapshot at `path`, and its parents, and recomputes everything: checksums, the
 * digest of each chunk and section, the digests that name them, and that what is to be zero is
 * zero. A delta whose parent cannot be found, but which is well as far as can be told without, gives
 * SNAPSHOT_PARENT. Errors: as image_open(). */
pybox_status image_verify(const char *path, const struct image_options *options);

/* Makes an image of a state in memory, which is copied and named. Errors: ARGUMENT, IO, NO_MEMORY,
 * UNSUPPORTED. */
pybox_status image_create_from_content(const struct snapshot_content *content,
                                       struct image **image);

/* The descriptor of a sealed memfd that holds all of the image, a snapshot in the mapped form; it is the
 * image's, and is made on the first call if the image is not one already. Any thread.
 * Errors: UNSUPPORTED (a file that was mapped), IO, NO_MEMORY. */
pybox_status image_share(struct image *image, int *fd);

/* Opens what another process has shared; the descriptor stays the caller's. Seals, fields and digests
 * are all checked. `module_hash` as for image_open(). Errors: ARGUMENT (not sealed), UNSUPPORTED (not the
 * mapped form), IO, SNAPSHOT_*, LIMIT, NO_MEMORY. */
pybox_status image_receive(int fd, const uint8_t *module_hash, struct image **image);

/* Takes one more hold on the image, and returns it. */
struct image *image_hold(struct image *image);

/* Gives up one hold; with the last one the image goes. Mappings made by image_map() stay valid.
 * NULL is allowed. */
void image_close(struct image *image);

/* What is in an image. Lives as long as the caller's hold. */
struct image_view {
    int fd;                          /* holds the memory; read only or sealed against writing */
    uint64_t memory_offset;          /* in fd; page-aligned */
    uint64_t mapped_bytes;           /* in fd; what is behind, up to memory_bytes, is zero */
    struct page_overlay overlay;     /* lies over that; empty unless the image is layered */
    struct snapshot_content content; /* content.memory == NULL: map it */
};
const struct image_view *image_describe(const struct image *image);

/* Maps a private, writable copy of the whole memory somewhere, the overlay over it: to read all of it at once, as one
 * who writes it to a file does. (The loader maps those of boxes, between guards.) NULL for a memory of 0 bytes. To be
 * unmapped with image_unmap(), or, if the image is gone, munmap(). Errors: NO_MEMORY. */
pybox_status image_map(const struct image *image, uint8_t **memory);

/* NULL is allowed. */
void image_unmap(const struct image *image, uint8_t *memory);

/* Puts the overlay over a memory whose first mapped_bytes are mapped at `address`, and whose rest up
 * to memory_bytes is zero and writable. */
void image_put_overlay(const struct image *image, uint8_t *address);

/* What the memory of a layered image lies over, itself an image; another image: that itself. Lives
 * as long as the caller's hold of `image`. */
struct image *image_root(struct image *image);

/* How many deltas it was made of; 0: its snapshot is a full one. Its root's depth is 0. */
uint32_t image_depth(const struct image *image);

/* When its snapshot was written, since 1970; 0: not said, or there is none. */
uint64_t image_created_ns(const struct image *image);

/* Copies the digest that names the image's state, by which its snapshot is found. That of an image
 * that was not read from a file is computed, once, from all of its memory. Error: NO_MEMORY. */
pybox_status image_digest_name(struct image *image, uint8_t digest[DIGEST_BYTES]);

/* The digests of its chunks as format version 2 has them, DIGEST_BYTES each, zeroes for a zero
 * chunk. Lives as long as the image. Reads the index of a trusted file, or all memory if that does
 * not say. Errors: IO, SNAPSHOT_*, NO_MEMORY. */
pybox_status image_digest_chunks(struct image *image, const uint8_t **digests);

/* Those of the pages of a chunk: zeroes behind the end of the memory, too. Kept, once known.
 * Errors: NO_MEMORY. */
pybox_status image_digest_units(struct image *image, uint32_t chunk,
                                uint8_t units[][DIGEST_BYTES]);

/* The memory, to be read. Lives as long as the image. Error: NO_MEMORY. */
pybox_status image_page_source(struct image *image, struct page_source *source);

#endif
