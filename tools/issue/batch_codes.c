/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "array.h"
#include "base/message.h"
#include "issue/batch_codes.h"
#include "issue/batch_lines.h"

/* Each thread holds one hash's memory (19 MiB by default). */
#define THREADS_MAX 16

/* ---- before storing ---- */

/* How each wanted line's code is to be made, and whether an earlier run made it. */
static enum status ask_terms(struct batch *batch)
{
    char *accounts = batch_array(batch, BATCH_ACCOUNT),
         *devices = batch_array(batch, BATCH_DEVICE);
    struct rows *rows = QUERY(
        batch->invocation->database,
        "SELECT t.account_id, t.code_length, t.memory_kib, t.passes, t.lanes,"
        " CASE WHEN $3::boolean THEN EXISTS (SELECT FROM"
        "  apppass.find_codes(account => t.account, device => d.device)) END AS there"
        " FROM apppass.find_terms(accounts => $1::text[]) AS t"
        " JOIN unnest($2::text[]) WITH ORDINALITY AS d (device, place) USING (place)"
        " ORDER BY t.place",
        accounts, devices, batch->resume ? "true" : "false");
    size_t row = 0;

    free(accounts);
    free(devices);
    if (rows == NULL)
        return database_status(batch->invocation->database);
    for (size_t i = 0; i < batch->count && row < rows_count(rows); i++) {
        struct batch_line *line = &batch->lines[i];

        if (!batch_wanted(line))
            continue;
        if (rows_text(rows, row, "account_id") == NULL)
            batch_bad_line(batch, line, "there is no such account",
                           line->fields[BATCH_ACCOUNT]);
        else if (rows_boolean(rows, row, "there"))
            batch_skip_line(batch, line);
        else
            mint_read_policy(&line->policy, rows, row);
        row++;
    }
    rows_free(&rows);
    return STATUS_DONE;
}

/* ---- hashing, on all processors ---- */

struct batch_worker {
    pthread_t thread;
    struct batch *batch;
    size_t first, step;
    bool failed;
};

static void *hash_lines(void *context)
{
    struct batch_worker *worker = context;
    char data[HASH_DATA_SIZE];
    enum outcome made;

    for (size_t i = worker->first; i < worker->batch->count; i += worker->step) {
        struct batch_line *line = &worker->batch->lines[i];

        if (!batch_wanted(line))
            continue;
        if (code_make(line->policy.code_length, &line->code)) {
            hash_data_of(line->policy.account_id, line->code.selector, data);
            made = hash_make(line->code.symbols, line->code.length, &line->policy.hash,
                             worker->batch->keys, data, line->hash);
        } else {
            made = OUTCOME_UNAVAILABLE;
        }
        worker->failed = worker->failed || made != OUTCOME_OK;
    }
    return NULL;
}

static enum status make_codes(struct batch *batch)
{
    struct batch_worker workers[THREADS_MAX];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = processors < 1             ? 1
                   : processors > THREADS_MAX ? THREADS_MAX
                                              : (size_t)processors;
    size_t started = 0;
    bool failed = false;

    for (size_t i = 0; i < count; i++) {
        workers[i] = (struct batch_worker){.batch = batch, .first = i, .step = count};
        if (pthread_create(&workers[i].thread, NULL, hash_lines, &workers[i]) != 0)
            break;
        started++;
    }
    /* Where a thread could not be had, its share is done here. */
    for (size_t i = started; i < count; i++) {
        workers[i] = (struct batch_worker){.batch = batch, .first = i, .step = count};
        hash_lines(&workers[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (i < started)
            pthread_join(workers[i].thread, NULL);
        failed = failed || workers[i].failed;
    }
    if (!failed)
        return STATUS_DONE;
    message_error(
        "could not make the codes: no memory, or the tenant's policy is out of range");
    return STATUS_REFUSED;
}

/* A line without terms was not looked at yet. */
static enum status prepare(struct batch *batch)
{
    enum status status = STATUS_DONE;
    bool fresh = false;

    for (size_t i = 0; i < batch->count; i++)
        if (batch_wanted(&batch->lines[i]) && batch->lines[i].policy.code_length == 0) {
            batch_lines_read(batch, &batch->lines[i]);
            fresh = true;
        }
    if (fresh && batch_wanted_count(batch) > 0)
        status = ask_terms(batch);
    return status == STATUS_DONE ? make_codes(batch) : status;
}

/* ---- storing ---- */

static char *made_array(const struct batch *batch, bool hashes)
{
    const char *texts[BATCH_CHUNK];
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (batch_wanted(&batch->lines[i]))
            texts[count++] =
                hashes ? batch->lines[i].hash : batch->lines[i].code.selector;
    return database_array(count, texts);
}

static struct rows *store(struct batch *batch)
{
    const struct invocation *invocation = batch->invocation;
    char *arrays[BATCH_COLUMNS + 2];
    struct rows *rows;

    for (size_t i = 0; i < BATCH_COLUMNS; i++)
        arrays[i] = batch_array(batch, i);
    arrays[BATCH_COLUMNS] = made_array(batch, false);
    arrays[BATCH_COLUMNS + 1] = made_array(batch, true);
    rows = TRY_QUERY(
        invocation->database,
        "SELECT i.result, i.token, i.problem, i.account, i.device, i.selector,"
        " array_to_string(i.services, ' ') AS services,"
        " array_to_string(i.networks, ' ') AS networks,"
        " to_char(i.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        " AS expires_at"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
        " $6::text[], $7::text[], $8::text[], $9::text[]) WITH ORDINALITY"
        " AS t (account, device, services, networks, expires, reason, ticket, selector,"
        " hash, place)"
        " CROSS JOIN LATERAL apppass.import_code(account => t.account,"
        " device => t.device, selector => t.selector, hash => t.hash,"
        " services => t.services, networks => t.networks, expires_at => t.expires,"
        " reason => coalesce(t.reason, $10), ticket => coalesce(t.ticket, $11),"
        " operator => $12) AS i ORDER BY t.place",
        arrays[BATCH_ACCOUNT], arrays[BATCH_DEVICE], arrays[BATCH_SERVICES],
        arrays[BATCH_NETWORKS], arrays[BATCH_EXPIRES], arrays[BATCH_REASON],
        arrays[BATCH_TICKET], arrays[BATCH_COLUMNS], arrays[BATCH_COLUMNS + 1],
        COMMAND_CHANGE(invocation));
    for (size_t i = 0; i < BATCH_COLUMNS + 2; i++)
        free(arrays[i]);
    return rows;
}

/* ---- writing down ---- */

enum { OUT_ACCOUNT, OUT_DEVICE, OUT_SELECTOR, OUT_CODE };

/* expires_at is text already. */
static const struct column columns[] = {
    [OUT_ACCOUNT] = {"account", NULL, COLUMN_TEXT, 0, NULL},
    [OUT_DEVICE] = {"device", NULL, COLUMN_TEXT, 0, NULL},
    [OUT_SELECTOR] = {"selector", NULL, COLUMN_TEXT, 0, NULL},
    [OUT_CODE] = {"code", NULL, COLUMN_CODE, 0, NULL},
    {"services", NULL, COLUMN_TEXT, 0, NULL},
    {"networks", NULL, COLUMN_TEXT, 0, NULL},
    {"expires_at", NULL, COLUMN_TEXT, 0, NULL},
    {0},
};

static bool write_row(struct batch *batch, const struct batch_line *line,
                      const struct rows *rows, size_t row)
{
    const char *values[COUNT(columns)];
    char display[CODE_DISPLAY_MAX];
    bool written;

    code_format(&line->code, display);
    for (size_t i = 0; columns[i].name != NULL; i++)
        values[i] = i == OUT_CODE ? display : rows_text(rows, row, columns[i].name);
    written = results_write(batch, &results_of_codes, values);
    sodium_memzero(display, sizeof display);
    return written;
}

static enum status is_stored(struct batch *batch, char *const *values)
{
    struct rows *rows = QUERY(batch->invocation->database,
                              "SELECT FROM apppass.find_codes(account => $1,"
                              " selector => $2, which => 'all')",
                              values[OUT_ACCOUNT], values[OUT_SELECTOR]);
    enum status status = rows == NULL ? database_status(batch->invocation->database)
                         : rows_count(rows) > 0 ? STATUS_DONE
                                                : STATUS_REFUSED;

    rows_free(&rows);
    return status;
}

const struct results_kind results_of_codes = {
    .what = "codes",
    .columns = columns,
    .stored = is_stored,
};

const struct batch_kind batch_of_codes = {
    .prepare = prepare,
    .store = store,
    .stored = write_row,
    .noun = "code",
    .verb = "issued",
};
