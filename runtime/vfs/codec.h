/*
 * The encoded form of a tree's state. All numbers are little-endian; a text is a u16 length and its bytes.
 *
 *     u32 CODEC_MAGIC, u32 version: 1, or 2 if there is something of an overlay (2: what only that has)
 *     u64 number of the last inode
 *     u32 nodes
 *     u32 roots, then for each: text guest path of the in-memory mount or overlay, u32 node
 *     for each node, numbered from 0; a directory's number is lower than those of the directories in it:
 *         u8 type, u64 inode, u64 accessed, u64 modified, u64 changed (nanoseconds since 1970), u64 size
 *         2: u8 flags; with CODEC_PROXY: text its path in the host's directory, from the overlay's root (of that: ".")
 *         of a regular file:   u32 pieces, then for each: u64 position, u32 length, bytes
 *         of a symbolic link:  `size` bytes
 *         of a directory:      u64 next cookie, u32 entries, then for each: u64 cookie, text name, u32 node
 *         2: of a whiteout (type 0): nothing
 *     u32 descriptors, then for each, by number:
 *         u32 number, u8 kind, u8 type, u8 stream, u8 preopen, u8 readable, u8 writable, u16 flags,
 *         u64 rights, u64 inheriting, u64 offset
 *         of VFS_OPEN: text guest path of the mount ("": the made-up directories), then
 *             u8 CODEC_NODE, u32 node    in-memory
 *             u8 CODEC_PATH, text        below the mount (of made-up directories: from the root; of overlays: in the
 *                                        host's directory)
 *             u8 CODEC_WHOLE             the mount itself (a device or a single host file)
 *             u8 CODEC_LOST              a host file whose path is not known
 */
#ifndef CODEC_H
#define CODEC_H

#define CODEC_MAGIC 0x56584250u /* "PBXV" */
#define CODEC_VERSION 1u
#define CODEC_VERSION_OVERLAY 2u

#define CODEC_PROXY 1u /* it is a directory that stands for one of the host's */
#define CODEC_PURE 2u  /* a proxy whose times are the host's */

enum { CODEC_NODE = 1, CODEC_PATH = 2, CODEC_WHOLE = 3, CODEC_LOST = 4 };

/* Bytes of the smallest node: what a count of nodes is checked against. */
#define CODEC_NODE_BYTES 41u
#define CODEC_ENTRY_BYTES 14u

#endif
