/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/message.h"
#include "cli/change.h"

/* Make it in a transaction that stays open.  NULL: *status_r, and none is open. */
static struct rows *make(struct invocation *invocation, const struct change *change,
                         enum status *status_r)
{
    struct rows *rows = NULL;

    *status_r = database_begin(invocation->database);
    if (*status_r == STATUS_DONE)
        rows = change->make(invocation, status_r);
    if (rows == NULL)
        database_rollback(invocation->database);
    return rows;
}

static enum status preview(struct invocation *invocation, const struct change *change,
                           const struct rows *rows)
{
    return change->preview != NULL && invocation->output.format == FORMAT_PEOPLE
               ? change->preview(invocation, rows)
               : STATUS_DONE;
}

static enum status keep(struct invocation *invocation, const struct change *change,
                        const struct rows *rows)
{
    enum status status = database_commit(invocation->database);

    return status == STATUS_DONE ? change->report(invocation, rows, true) : status;
}

static enum status only_tell(struct invocation *invocation, const struct change *change,
                             const struct rows *rows)
{
    enum status status = preview(invocation, change, rows);

    if (status == STATUS_DONE)
        status = change->report(invocation, rows, false);
    if (status == STATUS_DONE)
        message_note("dry run: nothing was done");
    return status;
}

enum status change_run(struct invocation *invocation, const struct change *change)
{
    bool dry_run = command_has(invocation, OPTION_DRY_RUN);
    bool ask = change->question != NULL && !command_has(invocation, OPTION_YES);
    struct rows *shown = NULL, *rows;
    enum status status;

    for (;;) {
        rows = make(invocation, change, &status);
        if (rows == NULL)
            break;
        if (!dry_run && (!ask || rows_count(rows) == 0 ||
                         (shown != NULL && rows_same(shown, rows, change->key)))) {
            status = keep(invocation, change, rows);
            break;
        }
        database_rollback(invocation->database);
        if (dry_run) {
            status = only_tell(invocation, change, rows);
            break;
        }
        if (shown != NULL)
            message_note("this is no longer what was shown; now it is:");
        rows_free(&shown);
        shown = rows;
        rows = NULL;
        status = preview(invocation, change, shown);
        if (status == STATUS_DONE)
            status = command_confirm(change->question);
        if (status != STATUS_DONE)
            break;
    }
    rows_free(&rows);
    rows_free(&shown);
    return status;
}
