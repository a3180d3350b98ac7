/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "base/moment.h"
#include "base/network.h"
#include "cli/batch.h"
#include "cli/command.h"
#include "issue/issue.h"

/* Each thread holds one hash's memory (19 MiB by default). */
#define THREADS_MAX 16

enum { ACCOUNT, DEVICE, SERVICES, NETWORKS, EXPIRES, REASON, TICKET, FIELDS };

static const struct batch_field fields[FIELDS] = {
    [ACCOUNT] = {"account", "username", true},
    [DEVICE] = {"device", "label", true},
    [SERVICES] = {"services", "service", false},
    [NETWORKS] = {"networks", "network", false},
    [EXPIRES] = {"expires", "expires_at", false},
    [REASON] = {"reason", NULL, false},
    [TICKET] = {"ticket", NULL, false},
};

static const char heading[] =
    "account,device,selector,code,services,networks,expires_at\n";

/* The same; expires_at is text already. */
static const struct column out_columns[] = {
    {"account", NULL, COLUMN_TEXT, 0, NULL},    {"device", NULL, COLUMN_TEXT, 0, NULL},
    {"selector", NULL, COLUMN_TEXT, 0, NULL},   {"code", NULL, COLUMN_CODE, 0, NULL},
    {"services", NULL, COLUMN_TEXT, 0, NULL},   {"networks", NULL, COLUMN_TEXT, 0, NULL},
    {"expires_at", NULL, COLUMN_TEXT, 0, NULL}, {0},
};

/* ---- before storing ---- */

/* Words separated by blanks or commas become the body of a PostgreSQL array: "a,b". */
static void normalise_list(char *text)
{
    char *out = text;

    while (*text != '\0') {
        text += strspn(text, " ,;");
        while (*text != '\0' && strchr(" ,;", *text) == NULL)
            *out++ = *text++;
        text += strspn(text, " ,;");
        if (*text != '\0')
            *out++ = ',';
    }
    *out = '\0';
}

static bool networks_valid(const char *list)
{
    char word[128];

    for (size_t length; *list != '\0'; list += length + (list[length] == ',')) {
        length = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, list);
        if (!network_valid(word))
            return false;
    }
    return true;
}

static void prepare_line(struct batch *batch, struct batch_line *line)
{
    char expires[MOMENT_TEXT_MAX];

    if (line->fields[SERVICES] != NULL)
        normalise_list(line->fields[SERVICES]);
    if (line->fields[NETWORKS] != NULL)
        normalise_list(line->fields[NETWORKS]);
    if (line->fields[NETWORKS] != NULL && !networks_valid(line->fields[NETWORKS])) {
        batch_bad_line(batch, line, "not networks", line->fields[NETWORKS]);
    } else if (line->fields[EXPIRES] != NULL) {
        if (issue_parse_expiry(line->fields[EXPIRES], batch->invocation->output.now,
                               expires) != STATUS_DONE) {
            batch_bad_line(batch, line, "not a time in the future",
                           line->fields[EXPIRES]);
            return;
        }
        free(line->fields[EXPIRES]);
        line->fields[EXPIRES] = strdup(expires);
    }
}

/* How each wanted line's code is to be made, and whether an earlier run made it. */
static enum status ask_terms(struct batch *batch)
{
    char *accounts = batch_array(batch, ACCOUNT), *devices = batch_array(batch, DEVICE);
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
                           line->fields[ACCOUNT]);
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
            prepare_line(batch, &batch->lines[i]);
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
    char *arrays[FIELDS + 2];
    struct rows *rows;

    for (size_t i = 0; i < FIELDS; i++)
        arrays[i] = batch_array(batch, i);
    arrays[FIELDS] = made_array(batch, false);
    arrays[FIELDS + 1] = made_array(batch, true);
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
        arrays[ACCOUNT], arrays[DEVICE], arrays[SERVICES], arrays[NETWORKS],
        arrays[EXPIRES], arrays[REASON], arrays[TICKET], arrays[FIELDS],
        arrays[FIELDS + 1], command_option(invocation, OPTION_REASON),
        command_option(invocation, OPTION_TICKET),
        command_option(invocation, OPTION_OPERATOR));
    for (size_t i = 0; i < FIELDS + 2; i++)
        free(arrays[i]);
    return rows;
}

/* ---- the file of new codes ---- */

static bool write_row(struct batch *batch, const struct batch_line *line,
                      const struct rows *rows, size_t row)
{
    char buffer[8192], display[CODE_DISPLAY_MAX];
    const char *values[sizeof out_columns / sizeof out_columns[0]];
    const struct part parts[] = {{NULL, out_columns, NULL, values}, {0}};
    FILE *file = fmemopen(buffer, sizeof buffer, "w");
    bool written;
    long length;

    if (file == NULL)
        return false;
    setvbuf(file, NULL, _IONBF, 0);
    code_format(&line->code, display);
    for (size_t i = 0; out_columns[i].name != NULL; i++)
        values[i] = out_columns[i].type == COLUMN_CODE
                        ? display
                        : rows_text(rows, row, out_columns[i].name);
    output_csv_records(file, parts);
    length = ftell(file);
    written = !ferror(file) && length > 0 &&
              write(batch->output, buffer, (size_t)length) == (ssize_t)length;
    fclose(file);
    sodium_memzero(buffer, sizeof buffer);
    sodium_memzero(display, sizeof display);
    return written;
}

/*
 * Rows are written before their transaction commits, so after a crash the end of the file
 * may hold codes that were never stored: cut them off.
 */
static enum status drop_unstored(struct batch *batch)
{
    static const struct batch_field out_fields[] = {
        {"account", NULL, true},    {"device", NULL, true},    {"selector", NULL, true},
        {"code", NULL, true},       {"services", NULL, false}, {"networks", NULL, false},
        {"expires_at", NULL, false}};
    struct csv_record record;
    struct batch *old = NULL;
    const char *keep;
    enum status status = batch_new(batch->invocation, batch->output_path, out_fields,
                                   sizeof out_fields / sizeof out_fields[0], &old);

    keep = old != NULL ? old->csv.next : NULL;
    while (status == STATUS_DONE && csv_next(&old->csv, &record) == CSV_RECORD &&
           record.count > 2) {
        char *account = strdup(record.fields[old->position[0]]);
        struct rows *rows;
        size_t found;

        if (account == NULL) {
            status = STATUS_REFUSED;
            break;
        }
        output_csv_plain(account);
        rows = QUERY(batch->invocation->database,
                     "SELECT FROM apppass.find_codes(account => $1, selector => $2, "
                     "which => 'all')",
                     account, record.fields[old->position[2]]);
        free(account);
        found = rows != NULL ? rows_count(rows) : 0;

        if (rows == NULL)
            status = database_status(batch->invocation->database);
        rows_free(&rows);
        if (found == 0)
            break;
        keep = old->csv.next;
    }
    if (status == STATUS_DONE) {
        batch->output_length = (off_t)(keep - old->bytes);
        if (ftruncate(batch->output, batch->output_length) < 0)
            status = STATUS_REFUSED;
    }
    if (old != NULL)
        sodium_memzero(old->bytes, old->length);
    batch_free(&old);
    return status;
}

static enum status open_output(struct batch *batch, bool *created_r)
{
    struct stat found = {.st_uid = geteuid()};

    *created_r = false;
    if (batch->dry_run)
        return STATUS_DONE;
    batch->output =
        open(batch->output_path,
             O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (batch->output >= 0) {
        *created_r = true;
        if (write(batch->output, heading, sizeof heading - 1) == sizeof heading - 1)
            return STATUS_DONE;
    } else if (errno == EEXIST && batch->resume) {
        batch->output =
            open(batch->output_path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
        if (batch->output >= 0 && fstat(batch->output, &found) == 0 &&
            S_ISREG(found.st_mode) && (found.st_mode & 077) == 0 &&
            found.st_uid == geteuid()) {
            batch->output_length = found.st_size;
            return drop_unstored(batch);
        }
        if (batch->output >= 0 && found.st_uid != geteuid()) {
            message_error("%s belongs to somebody else, who would read the codes",
                          batch->output_path);
            return STATUS_REFUSED;
        }
        if (batch->output >= 0) {
            message_error("%s can be read by others: chmod 600 it first",
                          batch->output_path);
            return STATUS_REFUSED;
        }
    }
    message_error("could not create %s: %s", batch->output_path, strerror(errno));
    if (errno == EEXIST)
        message_hint("an existing file is never overwritten; --resume adds to it");
    return STATUS_REFUSED;
}

/* Nothing of what was not committed stays in the file. */
static void close_output(struct batch *batch, bool created)
{
    if (batch->output < 0)
        return;
    if (created && batch->output_length == 0)
        unlink(batch->output_path);
    else if (ftruncate(batch->output, batch->output_length) < 0)
        message_error("could not shorten %s: %s; its end holds codes that do not exist",
                      batch->output_path, strerror(errno));
    close(batch->output);
}

static enum status check_options(const struct invocation *invocation)
{
    static const enum option_id single[] = {
        OPTION_DEVICE,       OPTION_SERVICE,  OPTION_NETWORK, OPTION_EXPIRES, OPTION_QR,
        OPTION_MOBILECONFIG, OPTION_HANDOVER, OPTION_PIN,     OPTION_VALID};

    if (command_argument(invocation, 0) != NULL)
        return command_usage_error(invocation,
                                   "with --batch the accounts stand in the file");
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        if (command_has(invocation, single[i]))
            return command_usage_error(invocation, "--batch goes without --%s",
                                       option_specs[single[i]].name);
    if (!command_has(invocation, OPTION_OUTPUT) &&
        !command_has(invocation, OPTION_DRY_RUN))
        return command_usage_error(invocation,
                                   "--batch needs --output FILE, for the new codes");
    return STATUS_DONE;
}

enum status issue_batch(struct invocation *invocation, const char *path)
{
    static const struct batch_kind kind = {
        .prepare = prepare,
        .store = store,
        .stored = write_row,
        .noun = "code",
        .verb = "issued",
    };
    struct batch *batch = NULL;
    bool created = false;
    enum status status = check_options(invocation);

    if (status == STATUS_DONE)
        status = batch_new(invocation, path, fields, FIELDS, &batch);
    if (status == STATUS_DONE)
        status = mint_load_keys(command_option(invocation, OPTION_KEY), &batch->keys);
    if (status == STATUS_DONE) {
        batch->output_path = command_option(invocation, OPTION_OUTPUT);
        status = open_output(batch, &created);
        if (status == STATUS_DONE)
            status = batch_run(batch, &kind);
        close_output(batch, created);
    }
    if (batch != NULL)
        keyfile_free(&batch->keys);
    batch_free(&batch);
    return status;
}
