/*
 * The inside of a store of sessions: a folder with
 *
 *   snapshots/<digest>.snap   what sessions are made of: full snapshots, and deltas of them. A file never changes and is
 *                             never replaced; one that is made names a parent that is there already, so no circles come
 *                             about
 *   sessions/<name>.json      which snapshot a session is, and its revision; replaced as a whole
 *   sessions/.<name>.lock     locked (flock) while a session is parked or removed
 *   sessions/.removed.json    the highest revision of all sessions that were removed: those of a new one are higher, so
 *                             that who holds a removed session cannot take a new one of its name for it
 *   sessions/.removed         locked while that is raised
 *   .lock                     locked by all for reading, by those who collect for writing: so nothing is deleted that
 *                             somebody is about to need
 *
 * The kernel frees the locks of a process that ends, however it ends. What it has not finished is a temporary file, or a
 * snapshot that no session needs: collected later. Whoever may write into the folder may give any session any state, and
 * thus at worst a broken guest; links in it are not followed.
 */
#ifndef STORE_H
#define STORE_H

#include <stdint.h>

#include "digest.h"
#include "pybox.h"

#define STORE_NAME_BYTES 101 /* of a session, with the NUL */
#define STORE_REVISION_LIMIT (UINT64_C(1) << 53) /* what JSON numbers hold exactly */

struct pybox_store {
    char *snapshots; /* path of the folder, with a slash at the end */
    char *sessions;
    int folder_fd, snapshots_fd, sessions_fd;
};

/* What a session's file says. */
struct store_session {
    uint8_t digest[DIGEST_BYTES];
    uint64_t revision;
    uint64_t parked_ns;
};

/* Errors: ARGUMENT. */
pybox_status store_session_check_name(const char *name);

/* Reads a session. One that is not there has the revision 0. Errors: IO, SNAPSHOT_FORMAT (the file is no session's),
 * NO_MEMORY. */
pybox_status store_session_read(const struct pybox_store *store, const char *name,
                                struct store_session *session);

/* Puts a session in place, as a whole. Errors: IO, NO_MEMORY. */
pybox_status store_session_write(const struct pybox_store *store, const char *name,
                                 const struct store_session *session);

/* The highest revision that a removed session had; 0: none was removed. Errors: as store_session_read(). */
pybox_status store_removed_read(const struct pybox_store *store, uint64_t *revision);

/* Makes it at least `revision`. Errors: as store_session_read(), and BUSY. */
pybox_status store_removed_raise(const struct pybox_store *store, uint64_t revision);

/* The names of all sessions, each STORE_NAME_BYTES, in order; to be freed. Errors: IO, NO_MEMORY. */
pybox_status store_session_names(const struct pybox_store *store, char (**names)[STORE_NAME_BYTES],
                                 size_t *count);

/* Locks a file in the folder `fd`, which is made if it is not there, and stores its descriptor: closing it
 * frees the lock. Waits 10 s for others. Errors: BUSY, IO. */
enum store_lock { STORE_SHARED, STORE_ALONE };
pybox_status store_lock(int fd, const char *name, enum store_lock how, int *lock);

/* Locks a session. */
pybox_status store_session_lock(const struct pybox_store *store, const char *name, int *lock);

/* "<digest>.snap". */
#define STORE_FILE_BYTES (DIGEST_HEX_BYTES + 5)
char *store_file_name(const uint8_t digest[DIGEST_BYTES], char name[STORE_FILE_BYTES]);

#endif
