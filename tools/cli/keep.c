#include "keep.h"

#include <string.h>

#include "complain.h"
#include "printable.h"
#include "progress.h"

pybox_status keep_save(const struct save_options *save, const struct launch *launch)
{
    progress_begin("saving %s", save->path);
    pybox_status status = pybox_box_save(launch->box, save->path, &save->how);
    progress_end();
    return status;
}

void keep_warn(const struct launch *launch)
{
    size_t count;
    const char *const *lost = pybox_box_lost_files(launch->box, &count);
    for (size_t i = 0; i < count; i++) {
        char path[1024];
        complain("%s was open in the snapshot and is not there, so that its use fails; is a "
                 "--mount missing?",
                 printable_copy(path, sizeof path, lost[i], strlen(lost[i])));
    }
}
