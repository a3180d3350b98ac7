/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <sodium.h>

#include "base/interrupt.h"
#include "base/message.h"
#include "cli/batch.h"

/* Bad lines told one by one; more are only counted. */
#define ERRORS_TOLD 20

#define FILE_SIZE_MAX (512L * 1024 * 1024)

/* ---- the file ---- */

static bool read_file(const char *path, struct batch *batch)
{
    int file = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
                                      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t size = 0;
    ssize_t got = file < 0 ? -1 : 1;

    while (got > 0) {
        if (batch->length == size) {
            char *larger;

            size = size == 0 ? 65536 : 2 * size;
            larger = size > (size_t)FILE_SIZE_MAX ? NULL : realloc(batch->bytes, size);
            if (larger == NULL) {
                errno = EFBIG;
                got = -1;
                break;
            }
            batch->bytes = larger;
        }
        got = read(file, batch->bytes + batch->length, size - batch->length);
        if (got < 0 && errno == EINTR && !interrupt_pending())
            got = 1;
        else if (got > 0)
            batch->length += (size_t)got;
    }
    if (got < 0)
        message_error("could not read %s: %s", path, strerror(errno));
    if (file >= 0)
        close(file);
    return got == 0;
}

static enum status tell_columns(const struct batch *batch)
{
    char text[256] = "";
    size_t length = 0;

    for (size_t i = 0; i < batch->field_count && length < sizeof text; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s%s",
                                   i > 0 ? ", " : "", batch->fields[i].name,
                                   batch->fields[i].needed ? " (needed)" : "");
    message_hint("the first line names the columns: %s", text);
    return STATUS_REFUSED;
}

static bool name_is(const char *name, size_t length, const char *wanted)
{
    return wanted != NULL && strlen(wanted) == length &&
           strncasecmp(name, wanted, length) == 0;
}

/* Column `column` of the file is called `name`. */
static enum status place_column(struct batch *batch, const char *name, int column)
{
    size_t length;

    name += strspn(name, " ");
    length = strlen(name);
    while (length > 0 && name[length - 1] == ' ')
        length--;
    if (length == 0)
        return STATUS_DONE;
    for (size_t i = 0; i < batch->field_count; i++) {
        if (!name_is(name, length, batch->fields[i].name) &&
            !name_is(name, length, batch->fields[i].other))
            continue;
        if (batch->position[i] >= 0) {
            message_error("%s: the column \"%s\" is there twice", batch->path, name);
            return STATUS_REFUSED;
        }
        batch->position[i] = column;
        return STATUS_DONE;
    }
    message_error("%s: there is no column \"%s\"", batch->path, name);
    return tell_columns(batch);
}

static bool is_blank(const struct csv_record *record, size_t from)
{
    for (; from < record->count; from++)
        if (record->fields[from][strspn(record->fields[from], " \t")] != '\0')
            return false;
    return true;
}

static enum status read_heading(struct batch *batch)
{
    struct csv_record heading;
    enum csv_result result = csv_next(&batch->csv, &heading);
    enum status status = STATUS_DONE;

    if (result != CSV_RECORD) {
        message_error("%s, line %zu: %s", batch->path, batch->csv.line,
                      result == CSV_ERROR ? batch->csv.error : "the file is empty");
        return tell_columns(batch);
    }
    for (size_t i = 0; i < batch->field_count; i++)
        batch->position[i] = -1;
    batch->width = heading.count;
    while (batch->width > 0 && is_blank(&heading, batch->width - 1))
        batch->width--;
    for (size_t column = 0; status == STATUS_DONE && column < heading.count; column++)
        status = place_column(batch, heading.fields[column], (int)column);
    for (size_t i = 0; status == STATUS_DONE && i < batch->field_count; i++)
        if (batch->fields[i].needed && batch->position[i] < 0) {
            message_error("%s: the column \"%s\" is missing", batch->path,
                          batch->fields[i].name);
            return tell_columns(batch);
        }
    return status;
}

enum status batch_new(struct invocation *invocation, const char *path,
                      const struct batch_field *fields, size_t count,
                      struct batch **batch_r)
{
    struct batch *batch = calloc(1, sizeof *batch);

    *batch_r = batch;
    if (batch == NULL)
        return STATUS_REFUSED;
    batch->invocation = invocation;
    batch->path = path;
    batch->fields = fields;
    batch->field_count = count;
    batch->output = -1;
    batch->dry_run = command_has(invocation, OPTION_DRY_RUN);
    batch->partial = command_has(invocation, OPTION_PARTIAL) && !batch->dry_run;
    batch->resume = command_has(invocation, OPTION_RESUME);
    if (!read_file(path, batch))
        return interrupt_pending() ? STATUS_INTERRUPTED : STATUS_REFUSED;
    if (!csv_start(&batch->csv, batch->bytes, batch->length))
        return STATUS_REFUSED;
    return read_heading(batch);
}

static void release_lines(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_line *line = &batch->lines[i];

        for (size_t field = 0; field < BATCH_FIELDS; field++)
            free(line->fields[field]);
        sodium_memzero(line, sizeof *line);
    }
    batch->count = 0;
}

void batch_free(struct batch **batch)
{
    if (*batch == NULL)
        return;
    release_lines(*batch);
    csv_release(&(*batch)->csv);
    free((*batch)->bytes);
    free(*batch);
    *batch = NULL;
}

/* ---- a chunk of rows ---- */

void batch_bad_line(struct batch *batch, struct batch_line *line, const char *reason,
                    const char *detail)
{
    line->state = LINE_BAD;
    if (batch->bad++ >= ERRORS_TOLD)
        return;
    progress_clear(&batch->progress);
    message_error("%s, line %zu: %s%s%s", batch->path, line->number, reason,
                  detail != NULL ? ": " : "", detail != NULL ? detail : "");
}

static char *trimmed(const char *text)
{
    size_t length;

    text += strspn(text, " \t");
    length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return length > 0 ? message_needed(strndup(text, length)) : NULL;
}

/* Spreadsheets write separators for whatever was ever touched: rows of nothing else, and
 * more of them than the heading has. */
static void take_record(struct batch *batch, const struct csv_record *record)
{
    struct batch_line *line = &batch->lines[batch->count];

    if (is_blank(record, 0))
        return;
    batch->count++;
    line->number = record->line;
    if (record->count < batch->width || !is_blank(record, batch->width)) {
        batch_bad_line(
            batch, line,
            record->count < batch->width ? "too few fields" : "too many fields", NULL);
        return;
    }
    for (size_t i = 0; i < batch->field_count; i++) {
        if (batch->position[i] >= 0)
            line->fields[i] = trimmed(record->fields[batch->position[i]]);
        if (batch->fields[i].needed && line->fields[i] == NULL) {
            batch_bad_line(batch, line, "empty", batch->fields[i].name);
            return;
        }
    }
}

/* Fill the chunk.  False at the end of the file and where it can't be read on. */
static bool read_chunk(struct batch *batch, enum status *status_r)
{
    struct csv_record record;
    enum csv_result result = CSV_RECORD;

    release_lines(batch);
    *status_r = STATUS_DONE;
    while (batch->count < BATCH_CHUNK &&
           (result = csv_next(&batch->csv, &record)) == CSV_RECORD)
        take_record(batch, &record);
    if (result == CSV_ERROR) {
        progress_clear(&batch->progress);
        message_error("%s, line %zu: %s", batch->path, batch->csv.line, batch->csv.error);
        *status_r = STATUS_REFUSED;
    }
    return *status_r == STATUS_DONE && batch->count > 0;
}

bool batch_wanted(const struct batch_line *line)
{
    return line->state == LINE_WANTED;
}

size_t batch_wanted_count(const struct batch *batch)
{
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        count += batch_wanted(&batch->lines[i]);
    return count;
}

char *batch_array(const struct batch *batch, size_t field)
{
    const char *texts[BATCH_CHUNK];
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (batch_wanted(&batch->lines[i]))
            texts[count++] = batch->lines[i].fields[field];
    return database_array(count, texts);
}

void batch_skip_line(struct batch *batch, struct batch_line *line)
{
    line->state = LINE_SKIPPED;
    batch->skipped++;
}

/* ---- storing ---- */

/* What became of one line; it stays wanted where another code may do. */
static enum status settle(struct batch *batch, const struct batch_kind *kind,
                          struct batch_line *line, const struct rows *rows, size_t row)
{
    const char *result = rows_text(rows, row, "result");
    const char *token = rows_text(rows, row, "token");

    if (strcmp(result, "exists") == 0 && batch->resume) {
        batch_skip_line(batch, line);
    } else if (strcmp(result, "added") != 0) {
        if (token == NULL || strcmp(token, "code_selector_unique") != 0)
            batch_bad_line(batch, line, rows_text(rows, row, "problem"), NULL);
    } else {
        line->state = LINE_DONE;
        batch->done++;
        if (kind->stored != NULL && !batch->dry_run &&
            !kind->stored(batch, line, rows, row)) {
            progress_clear(&batch->progress);
            message_error("could not write %s: %s", batch->output_path, strerror(errno));
            return STATUS_REFUSED;
        }
    }
    return STATUS_DONE;
}

static enum status store_wanted(struct batch *batch, const struct batch_kind *kind)
{
    struct rows *rows = kind->store(batch);
    enum status status = STATUS_DONE;
    size_t row = 0;

    if (rows == NULL) {
        progress_clear(&batch->progress);
        database_complain(batch->invocation->database);
        return database_status(batch->invocation->database);
    }
    for (size_t i = 0; status == STATUS_DONE && i < batch->count; i++)
        if (batch_wanted(&batch->lines[i]))
            status = settle(batch, kind, &batch->lines[i], rows, row++);
    rows_free(&rows);
    return status;
}

static enum status store_chunk(struct batch *batch, const struct batch_kind *kind)
{
    enum status status = STATUS_DONE;

    for (int i = 0; status == STATUS_DONE && i < BATCH_TRIES; i++) {
        status = kind->prepare != NULL ? kind->prepare(batch) : STATUS_DONE;
        if (status == STATUS_DONE && batch_wanted_count(batch) > 0)
            status = store_wanted(batch, kind);
        if (batch_wanted_count(batch) == 0)
            return status;
    }
    for (size_t i = 0; status == STATUS_DONE && i < batch->count; i++)
        if (batch_wanted(&batch->lines[i]))
            batch_bad_line(batch, &batch->lines[i], "could not find a free selector",
                           NULL);
    return status;
}

/* What was written must be safe before what it belongs to is committed. */
static enum status commit(struct batch *batch)
{
    enum status status;

    if (batch->output >= 0 && fsync(batch->output) < 0) {
        message_error("could not write %s: %s", batch->output_path, strerror(errno));
        return STATUS_REFUSED;
    }
    status = database_commit(batch->invocation->database);
    if (status == STATUS_DONE && batch->output >= 0)
        batch->output_length = lseek(batch->output, 0, SEEK_END);
    return status;
}

/* All chunks: each in its own transaction (partial), or all in one that stays open. */
static enum status store_all(struct batch *batch, const struct batch_kind *kind)
{
    struct database *database = batch->invocation->database;
    enum status status = database_begin(database), read_status = STATUS_DONE;

    while (status == STATUS_DONE && read_chunk(batch, &read_status)) {
        status = store_chunk(batch, kind);
        progress_show(&batch->progress, (size_t)(batch->csv.next - batch->bytes));
        if (status == STATUS_DONE && batch->partial) {
            status = commit(batch);
            if (status == STATUS_DONE)
                status = database_begin(database);
        }
    }
    progress_clear(&batch->progress);
    return status != STATUS_DONE ? status : read_status;
}

static void tell_result(const struct batch *batch, const struct batch_kind *kind,
                        size_t kept)
{
    const struct column columns[] = {{kind->verb, NULL, COLUMN_NUMBER, 0, NULL},
                                     {"skipped", NULL, COLUMN_NUMBER, 0, NULL},
                                     {"bad", NULL, COLUMN_NUMBER, 0, NULL},
                                     {0}};
    char texts[3][24];
    const char *const values[] = {texts[0], texts[1], texts[2]};
    const struct part parts[] = {{NULL, columns, NULL, values}, {0}};

    snprintf(texts[0], sizeof texts[0], "%zu", kept);
    snprintf(texts[1], sizeof texts[1], "%zu", batch->skipped);
    snprintf(texts[2], sizeof texts[2], "%zu", batch->bad);
    if (batch->bad > ERRORS_TOLD)
        message_note("... and %zu bad lines more", batch->bad - ERRORS_TOLD);
    if (output_parts(&batch->invocation->output, stdout, parts))
        return;
    if (batch->skipped > 0)
        message_note("skipped %zu that were there already", batch->skipped);
    message_note("%s %zu %s%s", kind->verb, kept, kind->noun, kept == 1 ? "" : "s");
}

/* Everything was tried in one transaction that is not to be kept. */
static enum status give_up(struct batch *batch, const struct batch_kind *kind)
{
    database_rollback(batch->invocation->database);
    if (batch->dry_run) {
        message_note("dry run: %zu %s%s would be %s", batch->done, kind->noun,
                     batch->done == 1 ? "" : "s", kind->verb);
    } else {
        message_error("nothing was %s: %zu bad line%s", kind->verb, batch->bad,
                      batch->bad == 1 ? "" : "s");
        message_hint("correct the file, or take the good lines alone with --partial");
    }
    tell_result(batch, kind, 0);
    return batch->bad > 0 ? STATUS_REFUSED : STATUS_DONE;
}

enum status batch_run(struct batch *batch, const struct batch_kind *kind)
{
    enum status status;

    progress_start(&batch->progress, batch->length);
    status = store_all(batch, kind);
    if (status == STATUS_DONE && !batch->partial && (batch->bad > 0 || batch->dry_run))
        return give_up(batch, kind);
    if (status == STATUS_DONE) {
        progress_say(&batch->progress, "finishing: the audit trail is sealed ...");
        status = commit(batch);
        progress_clear(&batch->progress);
    }
    if (status == STATUS_DONE) {
        tell_result(batch, kind, batch->done);
        return batch->bad > 0 ? STATUS_REFUSED : STATUS_DONE;
    }
    database_rollback(batch->invocation->database);
    if (batch->partial)
        message_hint("what was committed before stays; --resume goes on from there");
    else
        message_hint("nothing was %s", kind->verb);
    return status;
}
