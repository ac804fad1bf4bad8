#include "session.h"

#include "jail_entry.h"

/* An image to begin with. That there is no such session is an error like a name that is none: parking the new one,
 * before anything runs, tells them apart. */
static pybox_status session_image(struct session *session, const struct command_line *line,
                                  struct launch *launch)
{
    pybox_status status = pybox_store_open(line->store, &session->store);
    if (status != PYBOX_OK)
        return status;
    status = pybox_store_resume(session->store, launch->module, line->session, &launch->image,
                                &session->revision);
    return status == PYBOX_ERROR_ARGUMENT ? launch_image(launch, &line->box) : status;
}

pybox_status session_launch(struct session *session, const struct command_line *line,
                            struct launch *launch)
{
    *session = (struct session){.name = line->session};
    if (line->box.jail)
        jail_entry_close_inherited();
    pybox_status status = launch_open(launch, &line->box, session->name != NULL);
    if (status == PYBOX_OK && session->name != NULL)
        status = session_image(session, line, launch);
    return status;
}

pybox_status session_park(struct session *session, const struct launch *launch)
{
    return session->name == NULL
               ? PYBOX_OK
               : pybox_store_park(session->store, session->name, launch->box, &session->revision);
}

pybox_status session_begin(struct session *session, const struct launch *launch)
{
    return session->revision == 0 ? session_park(session, launch) : PYBOX_OK;
}

void session_close(struct session *session)
{
    pybox_store_close(session->store);
    *session = (struct session){0};
}
