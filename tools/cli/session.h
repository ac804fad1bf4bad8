/* --session NAME --store FOLDER: a box whose state goes on, in the next process. */
#ifndef SESSION_H
#define SESSION_H

#include "command_line.h"
#include "launch.h"

struct session {
    const char *name; /* NULL: there is none, and the functions below but session_launch() do nothing */
    pybox_store *store;
    uint64_t revision; /* 0: it is new */
};

/* Opens engine, module and image of the command line: that of the session if it has been parked, else as
 * launch_open(). */
pybox_status session_launch(struct session *session, const struct command_line *line,
                            struct launch *launch);

/* The box is made: a new session is parked, so that its name is taken. */
pybox_status session_begin(struct session *session, const struct launch *launch);

/* Parks the box. BUSY: another process has continued the session meanwhile, and nothing has changed. */
pybox_status session_park(struct session *session, const struct launch *launch);

void session_close(struct session *session);

#endif
