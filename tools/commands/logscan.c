/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "commands/logscan.h"

#define TAIL_BYTES (64L * 1024 * 1024)

/* The value after `name` up to a blank. */
static bool value_of(const char *line, const char *name, char value[LOGSCAN_TEXT_MAX])
{
    const char *start = strstr(line, name);
    size_t length;

    if (start == NULL)
        return false;
    start += strlen(name);
    length = strcspn(start, " \r\n");
    if (length >= LOGSCAN_TEXT_MAX)
        return false;
    memcpy(value, start, length);
    value[length] = '\0';
    return true;
}

/* "Nov 23 04:30:01" of syslog, or one word of ISO 8601. */
static void take_stamp(struct logscan *scan, const char *line)
{
    size_t length = line[0] >= '0' && line[0] <= '9' ? strcspn(line, " ") : 15;

    snprintf(scan->stamp, sizeof scan->stamp, "%.*s", (int)length, line);
}

#define OURS "apppass: "

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* Our own words in a line: all of it where apppassd's own log was kept, else what follows the ": "
 * that ends syslog's tag and what Postfix and libsasl2 put before.  Anywhere later they may be
 * somebody else's: Cyrus IMAP logs names as they were typed. */
static const char *own_message(const char *line)
{
    static const char *const before[] = {"warning: SASL authentication problem: ",
                                         "SASL "};
    const char *text = begins(line, OURS) ? line : strstr(line, ": ");

    if (text == NULL)
        return NULL;
    text += strspn(text, ": ");
    for (size_t i = 0; i < COUNT(before); i++)
        if (begins(text, before[i]))
            text += strlen(before[i]);
    return begins(text, OURS) ? text + strlen(OURS) : NULL;
}

bool logscan_line(struct logscan *scan, const char *line, const char *account)
{
    const char *found = own_message(line);
    char user[LOGSCAN_TEXT_MAX], service[LOGSCAN_TEXT_MAX], client[LOGSCAN_TEXT_MAX];

    if (found == NULL || !begins(found, "unavailable: ") ||
        !value_of(found, " user=", user) || strcasecmp(user, account) != 0 ||
        !value_of(found, " service=", service) || !value_of(found, " client=", client))
        return false;
    scan->count++;
    memcpy(scan->service, service, sizeof service);
    memcpy(scan->client, client, sizeof client);
    take_stamp(scan, line);
    return true;
}

bool logscan_file(struct logscan *scan, const char *path, const char *account)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool readable = file != NULL;

    if (readable && fseek(file, 0, SEEK_END) == 0 && ftell(file) > TAIL_BYTES)
        readable = fseek(file, -TAIL_BYTES, SEEK_END) == 0;
    else if (readable)
        rewind(file);
    while (readable && !interrupt_pending() && getline(&line, &size, file) >= 0)
        logscan_line(scan, line, account);
    if (!readable || ferror(file)) {
        message_error("could not read %s: %s", path, strerror(errno));
        readable = false;
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return readable;
}
