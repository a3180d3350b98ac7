/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_MECHANISM_H
#define APPPASS_MECHANISM_H

/* PLAIN and LOGIN, as libsasl2 calls them. */

#include "plugin.h"

/* Fill plugin->mechanisms; the last one that the library frees frees the plugin. */
void mechanisms_offer(struct plugin *plugin);

#endif
