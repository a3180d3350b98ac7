/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "array.h"
#include "cli/command.h"
#include "issue/batch_codes.h"
#include "issue/batch_lines.h"
#include "issue/batch_links.h"
#include "issue/issue.h"
#include "issue/letters.h"
#include "issue/terms.h"

/* What can't be said of many at once, or of links. */
static enum status check_options(const struct invocation *invocation)
{
    static const enum option_id single[] = {OPTION_DEVICE,  OPTION_SERVICE,
                                            OPTION_NETWORK, OPTION_EXPIRES,
                                            OPTION_QR,      OPTION_MOBILECONFIG};
    bool links = command_has(invocation, OPTION_HANDOVER);
    char valid[ISSUE_VALID_MAX];
    enum status status;

    if (command_argument(invocation, 0) != NULL)
        return command_usage_error(invocation,
                                   "with --batch the accounts stand in the file");
    for (size_t i = 0; i < COUNT(single); i++)
        if (command_has(invocation, single[i]))
            return command_usage_error(invocation, "--batch goes without --%s",
                                       option_specs[single[i]].name);
    status = links ? issue_read_valid(invocation, valid) : issue_for_links(invocation);
    if (status != STATUS_DONE)
        return status;
    if (links && command_has(invocation, OPTION_KEY))
        return command_usage_error(invocation, "--key is for codes that are made here, "
                                               "not with --handover");
    if (!command_has(invocation, OPTION_OUTPUT) &&
        !command_has(invocation, OPTION_DRY_RUN))
        return command_usage_error(invocation,
                                   "--batch needs --output FILE, for the new %s",
                                   links ? "links" : "codes");
    return STATUS_DONE;
}

static enum status make_codes(struct batch *batch)
{
    enum status status =
        mint_load_keys(command_option(batch->invocation, OPTION_KEY), &batch->keys);

    if (status == STATUS_DONE)
        status = results_open(batch, &results_of_codes);
    if (status == STATUS_DONE)
        status = batch_run(batch, &batch_of_codes);
    results_close(batch);
    keyfile_free(&batch->keys);
    return status;
}

static enum status make_links(struct batch *batch)
{
    struct letters letters = LETTERS_NONE;
    enum status status = results_open(batch, &results_of_links), written;

    if (status == STATUS_DONE)
        status = letters_open(&letters, batch);
    if (status == STATUS_DONE)
        status = batch_run(batch, &batch_of_links);
    results_close(batch);
    written = letters_write(&letters, batch);
    return status != STATUS_DONE ? status : written;
}

enum status issue_batch(struct invocation *invocation, const char *path)
{
    struct batch *batch = NULL;
    enum status status = check_options(invocation);

    if (status == STATUS_DONE)
        status = batch_new(invocation, path, batch_lines_fields, BATCH_COLUMNS, &batch);
    if (status == STATUS_DONE) {
        batch->output_path = command_option(invocation, OPTION_OUTPUT);
        status = command_has(invocation, OPTION_HANDOVER) ? make_links(batch)
                                                          : make_codes(batch);
    }
    batch_free(&batch);
    return status;
}
