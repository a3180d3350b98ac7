/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PRESENCE_H
#define APPPASS_PRESENCE_H

/*
 * Says whom this process serves, where Cyrus IMAP's programs say it themselves: in a file
 * of their folder, `proc_path` of imapd.conf(5), named by the process id. apppass-logoutd
 * reads them.  timsieved is the one program of Cyrus IMAP with logins that writes none.
 */

#include <stdbool.h>

#include "attributes.h"

/*
 * presence_say - this process serves `user` at `client` (SASL's ipremoteport, or NULL)
 *
 * `user` is "" until the login is through.  The file goes when the plugin is unloaded or
 * the process exits; a signal leaves it, which nobody takes for another process's.
 * False: errno says why not, and nothing was changed.
 */
bool presence_say(const char *folder, const char *service, const char *client,
                  const char *user) MUST_CHECK;

#endif
