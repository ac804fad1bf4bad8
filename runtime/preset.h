/* Presets: what a host may choose instead of every limit by itself. */
#ifndef PRESET_H
#define PRESET_H

#include "pybox.h"

/* Whether a box of the preset may write to the host's folders. */
int preset_writes_to_host(pybox_preset preset);

/* Whether what it writes has a limit although a callback takes it. */
int preset_limits_streams(pybox_preset preset);

#endif
