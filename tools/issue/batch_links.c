/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "array.h"
#include "issue/batch_lines.h"
#include "issue/batch_links.h"
#include "issue/terms.h"

static enum status prepare(struct batch *batch)
{
    bool pin = command_has(batch->invocation, OPTION_PIN);

    for (size_t i = 0; i < batch->count; i++) {
        struct batch_line *line = &batch->lines[i];

        if (batch_wanted(line))
            batch_lines_read(batch, line);
        if (batch_wanted(line))
            offer_make_key(pin, &line->offer);
    }
    return STATUS_DONE;
}

/* ---- storing ---- */

static char *sums(const struct batch *batch, bool of_pins)
{
    const char *texts[BATCH_CHUNK];
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct offer_key *offer = &batch->lines[i].offer;

        if (!batch_wanted(&batch->lines[i]))
            continue;
        texts[count++] = !of_pins                ? offer->sum
                         : offer->pin[0] != '\0' ? offer->pin_sum
                                                 : NULL;
    }
    return database_array(count, texts);
}

/* The secrets themselves go through no statement, which a log may keep. */
static struct rows *store(struct batch *batch)
{
    const struct invocation *invocation = batch->invocation;
    char *arrays[BATCH_COLUMNS + 2], valid[ISSUE_VALID_MAX];
    struct rows *rows;

    if (issue_read_valid(invocation, valid) != STATUS_DONE)
        return NULL;
    for (size_t i = 0; i < BATCH_COLUMNS; i++)
        arrays[i] = batch_array(batch, i);
    arrays[BATCH_COLUMNS] = sums(batch, false);
    arrays[BATCH_COLUMNS + 1] = sums(batch, true);
    rows = TRY_QUERY(
        invocation->database,
        "SELECT i.result, i.token, i.problem, i.account, i.device, i.url,"
        " array_to_string(i.services, ' ') AS services,"
        " array_to_string(i.networks, ' ') AS networks,"
        " to_char(i.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        " AS expires_at,"
        " to_char(i.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        " AS ends_at, i.language"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
        " $6::text[], $7::text[], $8::bytea[], $9::bytea[]) WITH ORDINALITY"
        " AS t (account, device, services, networks, expires, reason, ticket, link_hash,"
        " pin_hash, place)"
        " CROSS JOIN LATERAL apppass.import_offer(account => t.account,"
        " device => t.device, link_hash => t.link_hash, pin_hash => t.pin_hash,"
        " valid => make_interval(secs => $10::double precision),"
        " services => t.services, networks => t.networks, expires_at => t.expires,"
        " reason => coalesce(t.reason, $11), ticket => coalesce(t.ticket, $12),"
        " operator => $13, skip_live => $14::boolean) AS i ORDER BY t.place",
        arrays[BATCH_ACCOUNT], arrays[BATCH_DEVICE], arrays[BATCH_SERVICES],
        arrays[BATCH_NETWORKS], arrays[BATCH_EXPIRES], arrays[BATCH_REASON],
        arrays[BATCH_TICKET], arrays[BATCH_COLUMNS], arrays[BATCH_COLUMNS + 1], valid,
        COMMAND_CHANGE(invocation), batch->resume ? "true" : "false");
    for (size_t i = 0; i < BATCH_COLUMNS + 2; i++)
        free(arrays[i]);
    return rows;
}

/* ---- writing down ---- */

/* Times are text already. */
static const struct column columns[] = {
    [LINK_ACCOUNT] = {"account", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_DEVICE] = {"device", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_LINK] = {"link", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_PIN] = {"pin", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_SERVICES] = {"services", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_NETWORKS] = {"networks", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_EXPIRES] = {"expires_at", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_ENDS] = {"ends_at", NULL, COLUMN_TEXT, 0, NULL},
    [LINK_LANGUAGE] = {"language", NULL, COLUMN_TEXT, 0, NULL},
    {0},
};

static bool write_row(struct batch *batch, const struct batch_line *line,
                      const struct rows *rows, size_t row)
{
    const char *values[COUNT(columns)];
    const struct offer_key *offer = &line->offer;
    char link[OFFER_LINK_MAX];
    bool written;

    offer_link(rows_text(rows, row, "url"), offer, link);
    for (size_t i = 0; columns[i].name != NULL; i++)
        values[i] = i == LINK_LINK  ? link
                    : i == LINK_PIN ? offer->pin
                                    : rows_text(rows, row, columns[i].name);
    written = results_write(batch, &results_of_links, values);
    sodium_memzero(link, sizeof link);
    return written;
}

/* Its link was the last one of the device: two never end in the same second, as the second
 * one waits for the end of the first.  What was followed by another is dead. */
static enum status is_stored(struct batch *batch, char *const *values)
{
    struct database *database = batch->invocation->database;
    struct rows *rows = TRY_QUERY(
        database,
        "SELECT FROM apppass.find_offers(account => $1, since => $3::timestamptz) AS o"
        " JOIN (VALUES ($2, $3::timestamptz)) AS written (device, ends_at)"
        " ON o.device = written.device AND date_trunc('second', o.ends_at) = written.ends_at",
        values[LINK_ACCOUNT], values[LINK_DEVICE], values[LINK_ENDS]);
    enum status status = rows == NULL           ? database_status(database)
                         : rows_count(rows) > 0 ? STATUS_DONE
                                                : STATUS_REFUSED;

    if (rows == NULL && status != STATUS_REFUSED)
        database_complain(database);
    rows_free(&rows);
    return status;
}

const struct results_kind results_of_links = {
    .what = "links",
    .columns = columns,
    .stored = is_stored,
};

const struct batch_kind batch_of_links = {
    .prepare = prepare,
    .store = store,
    .stored = write_row,
    .noun = "link",
    .verb = "made",
};
