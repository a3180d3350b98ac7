/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "issue/results.h"

/* ---- reading what is there ---- */

static size_t column_count(const struct results_kind *kind)
{
    size_t count = 0;

    while (kind->columns[count].name != NULL)
        count++;
    return count;
}

static void release(char **values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] != NULL)
            sodium_memzero(values[i], strlen(values[i]));
        free(values[i]);
        values[i] = NULL;
    }
}

static bool copy_record(const struct batch *file, const struct csv_record *record,
                        char **values)
{
    for (size_t i = 0; i < file->field_count; i++) {
        values[i] = strdup(record->fields[file->position[i]]);
        if (values[i] == NULL)
            return false;
        output_csv_plain(values[i]);
    }
    return true;
}

enum status results_read(const struct batch *batch, const struct results_kind *kind,
                         enum status (*take)(void *context, char *const *values,
                                             off_t end),
                         void *context)
{
    struct batch_field fields[BATCH_FIELDS] = {{0}};
    char *values[BATCH_FIELDS] = {NULL};
    size_t count = column_count(kind);
    struct csv_record record;
    struct batch *file = NULL;
    enum status status;

    for (size_t i = 0; i < count; i++)
        fields[i] = (struct batch_field){kind->columns[i].name, NULL, true};
    status = batch_new(batch->invocation, batch->output_path, fields, count, &file);
    while (status == STATUS_DONE && csv_next(&file->csv, &record) == CSV_RECORD &&
           record.count >= file->width) {
        status = copy_record(file, &record, values)
                     ? take(context, values, (off_t)(file->csv.next - file->bytes))
                     : STATUS_REFUSED;
        release(values, count);
    }
    if (file != NULL)
        sodium_memzero(file->bytes, file->length);
    batch_free(&file);
    return status;
}

struct stored {
    struct batch *batch;
    const struct results_kind *kind;
    off_t end; /* of the last row that is stored */
};

static enum status find_stored(void *context, char *const *values, off_t end)
{
    struct stored *stored = context;
    enum status status = stored->kind->stored(stored->batch, values);

    if (status == STATUS_DONE)
        stored->end = end;
    return status == STATUS_REFUSED ? STATUS_DONE : status;
}

/*
 * Rows are written before their transaction commits, so after a crash the end of the file
 * may hold what was never stored: cut it off.
 */
static enum status drop_unstored(struct batch *batch, const struct results_kind *kind,
                                 off_t heading)
{
    struct stored stored = {batch, kind, heading};
    enum status status;

    batch->output_length = lseek(batch->output, 0, SEEK_END);
    status = results_read(batch, kind, find_stored, &stored);
    if (status != STATUS_DONE)
        return status;
    batch->output_length = stored.end;
    if (ftruncate(batch->output, stored.end) == 0)
        return STATUS_DONE;
    message_error("could not shorten %s: %s", batch->output_path, strerror(errno));
    return STATUS_REFUSED;
}

/* ---- the file ---- */

/* Of an earlier run, and nobody else's. */
static int open_again(const char *path, const char *what)
{
    int file = open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    struct stat found;

    if (file >= 0 && fstat(file, &found) == 0 && S_ISREG(found.st_mode)) {
        if (found.st_uid != geteuid())
            message_error("%s belongs to somebody else, who would read the %s", path,
                          what);
        else if ((found.st_mode & 077) != 0)
            message_error("%s can be read by others: chmod 600 it first", path);
        else
            return file;
    } else {
        message_error("could not open %s: %s", path,
                      file < 0 ? strerror(errno) : "not a file");
    }
    if (file >= 0)
        close(file);
    return -1;
}

int results_create(const struct batch *batch, const char *path, const char *what,
                   bool *resumed_r)
{
    int file =
        open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

    *resumed_r = file < 0 && errno == EEXIST && batch->resume;
    if (*resumed_r)
        return open_again(path, what);
    if (file < 0) {
        message_error("could not create %s: %s", path, strerror(errno));
        if (errno == EEXIST)
            message_hint("an existing file is never overwritten; --resume adds to it");
    }
    return file;
}

enum status results_open(struct batch *batch, const struct results_kind *kind)
{
    char heading[256] = "";
    FILE *text;
    bool resumed;
    size_t length;

    if (batch->dry_run)
        return STATUS_DONE;
    text = fmemopen(heading, sizeof heading, "w");
    if (text == NULL)
        return STATUS_REFUSED;
    output_csv_heading(text, kind->columns);
    fclose(text);
    length = strlen(heading);
    batch->output = results_create(batch, batch->output_path, kind->what, &resumed);
    if (batch->output < 0)
        return STATUS_REFUSED;
    if (resumed)
        return drop_unstored(batch, kind, (off_t)length);
    if (write(batch->output, heading, length) == (ssize_t)length)
        return STATUS_DONE;
    message_error("could not write %s: %s", batch->output_path, strerror(errno));
    return STATUS_REFUSED;
}

bool results_write(struct batch *batch, const struct results_kind *kind,
                   const char *const *values)
{
    const struct part parts[] = {{NULL, kind->columns, NULL, values}, {0}};
    char buffer[8192];
    FILE *file = fmemopen(buffer, sizeof buffer, "w");
    bool written;
    long length;

    if (file == NULL)
        return false;
    setvbuf(file, NULL, _IONBF, 0);
    output_csv_records(file, parts);
    length = ftell(file);
    written = !ferror(file) && length > 0 &&
              write(batch->output, buffer, (size_t)length) == (ssize_t)length;
    fclose(file);
    sodium_memzero(buffer, sizeof buffer);
    return written;
}

void results_close(struct batch *batch)
{
    if (batch->output < 0)
        return;
    if (batch->output_length == 0)
        unlink(batch->output_path);
    else if (ftruncate(batch->output, batch->output_length) < 0)
        message_error("could not shorten %s: %s; its end holds what does not exist",
                      batch->output_path, strerror(errno));
    close(batch->output);
    batch->output = -1;
}
