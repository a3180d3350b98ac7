/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <libsmartcols/libsmartcols.h>

#include "array.h"
#include "base/message.h"
#include "base/moment.h"
#include "log.h"
#include "output/output.h"

#define HEADING_WIDTH 14
#define CELL_MAX      2048
#define WIDTH_MIN     20
#define WIDTH_DEFAULT 80
#define WRAPPED_LEAST 10

void output_start(struct output *output)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    output->terminal = isatty(STDOUT_FILENO) == 1;
    output->colour = output->terminal && (no_color == NULL || no_color[0] == '\0') &&
                     (term == NULL || strcmp(term, "dumb") != 0);
    output->now = time(NULL);
}

char *output_harmless(const char *text)
{
    char *copy = strdup(text);

    if (copy != NULL)
        log_sanitise(copy);
    return copy;
}

const char *output_bold(const struct output *output, bool on)
{
    if (!output->colour)
        return "";
    return on ? "\033[1m" : "\033[0m";
}

/* The terminal's, or what COLUMNS says; 0: neither. */
static int known_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    long width = columns != NULL ? strtol(columns, NULL, 10) : 0;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width = size.ws_col;
    return width >= WIDTH_MIN && width < 10000 ? (int)width : 0;
}

int output_width(void)
{
    int width = known_width();

    return width > 0 ? width : WIDTH_DEFAULT;
}

/* How wide a line may be: in a pipe as long as it is, unless COLUMNS is set. */
static int line_width(const struct output *output)
{
    int width = known_width();

    return width > 0 ? width : output->terminal ? WIDTH_DEFAULT : INT_MAX;
}

enum status output_finish(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_DONE;
    if (errno == EPIPE)
        return STATUS_DONE;
    /* What an earlier write failed of isn't known any more. */
    message_error("could not write the output%s%s", errno != 0 ? ": " : "",
                  errno != 0 ? strerror(errno) : "");
    return STATUS_REFUSED;
}

/* Columns that the first `length` bytes take on a terminal. */
static int columns_of(const char *text, size_t length)
{
    mbstate_t state = {0};
    int columns = 0;

    while (length > 0) {
        wchar_t c;
        size_t used = mbrtowc(&c, text, length, &state);
        int width;

        if (used == 0 || used > length)
            return columns + (int)length;
        width = wcwidth(c);
        columns += width > 0 ? width : 0;
        text += used;
        length -= used;
    }
    return columns;
}

/* ---- one cell ---- */

static const char *absent_text(const struct column *column)
{
    return column->absent != NULL ? column->absent : "-";
}

static void both_times(time_t moment, time_t now, char *text, size_t size)
{
    char local[MOMENT_TEXT_MAX], relative[MOMENT_TEXT_MAX];

    moment_local(moment, local);
    moment_relative(moment, now, relative);
    snprintf(text, size, "%s (%s)", local, relative);
}

const char *output_time(const struct output *output, const struct rows *rows, size_t row,
                        const char *column, const char *absent)
{
    static char text[2 * MOMENT_TEXT_MAX + 4];
    time_t moment;

    if (!rows_time(rows, row, column, &moment))
        return absent;
    both_times(moment, output->now, text, sizeof text);
    return text;
}

/* What people read; `brief` in a table. */
static void people_cell(const struct output *output, const struct column *column,
                        const struct rows *rows, size_t row, bool brief, char *cell)
{
    const char *text = rows_text(rows, row, column->name);
    time_t moment;

    if (text == NULL || (column->type == COLUMN_LIST && text[0] == '\0')) {
        snprintf(cell, CELL_MAX, "%s", absent_text(column));
        return;
    }
    switch (column->type) {
    case COLUMN_TIME:
        if (!rows_time(rows, row, column->name, &moment))
            snprintf(cell, CELL_MAX, "%s", absent_text(column));
        else if (brief && (column->flags & COLUMN_SHORT))
            moment_relative(moment, output->now, cell);
        else if (brief)
            moment_local(moment, cell);
        else
            both_times(moment, output->now, cell, CELL_MAX);
        return;
    case COLUMN_BOOLEAN:
        snprintf(cell, CELL_MAX, "%s", text[0] == 't' ? "yes" : "no");
        return;
    case COLUMN_LIST:
        snprintf(cell, CELL_MAX, "%s", text);
        for (char *c = cell; *c != '\0'; c++)
            if (*c == ' ')
                *c = ',';
        break;
    case COLUMN_NUMBER:
    case COLUMN_JSON:
    case COLUMN_CODE:
    case COLUMN_TEXT:
        snprintf(cell, CELL_MAX, "%s", text);
        break;
    }
    log_sanitise(cell);
}

/* ---- JSON ---- */

static void json_list(struct json *json, const char *name, const char *text)
{
    char word[256];

    json_open(json, name, '[');
    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        if (length > 0) {
            snprintf(word, sizeof word, "%.*s", (int)length, text);
            json_string(json, NULL, word);
        }
        text += length + (text[length] == ' ');
    }
    json_close(json, ']');
}

static void json_cell(struct json *json, const struct column *column, const char *text)
{
    char moment_text[MOMENT_TEXT_MAX];
    time_t moment;

    if (text == NULL || (column->type == COLUMN_TIME && !moment_epoch(text, &moment))) {
        json_null(json, column->name);
        return;
    }
    switch (column->type) {
    case COLUMN_TIME:
        moment_rfc3339(moment, moment_text);
        json_string(json, column->name, moment_text);
        return;
    case COLUMN_BOOLEAN:
        json_boolean(json, column->name, text[0] == 't');
        return;
    case COLUMN_NUMBER:
    case COLUMN_JSON:
        json_raw(json, column->name, text);
        return;
    case COLUMN_LIST:
        json_list(json, column->name, text);
        return;
    case COLUMN_CODE:
    case COLUMN_TEXT:
        json_string(json, column->name, text);
        return;
    }
}

static void json_row(struct json *json, const struct column *columns,
                     const struct rows *rows, size_t row)
{
    json_open(json, NULL, '{');
    for (; columns->name != NULL; columns++)
        json_cell(json, columns, rows_text(rows, row, columns->name));
    json_close(json, '}');
}

static void json_rows(struct json *json, const char *name, const struct column *columns,
                      const struct rows *rows)
{
    json_open(json, name, '[');
    for (size_t row = 0; row < rows_count(rows); row++)
        json_row(json, columns, rows, row);
    json_close(json, ']');
}

/* Column `index` of a record. */
static const char *part_text(const struct part *part, size_t index)
{
    return part->rows != NULL ? rows_text(part->rows, 0, part->columns[index].name)
                              : part->values[index];
}

static void json_parts(FILE *file, const struct part *parts)
{
    struct json json;

    json_start(&json, file);
    json_open(&json, NULL, '{');
    for (const struct part *part = parts; part->columns != NULL; part++)
        if (part->name != NULL)
            json_rows(&json, part->name, part->columns, part->rows);
        else
            for (size_t i = 0; part->columns[i].name != NULL; i++)
                json_cell(&json, &part->columns[i], part_text(part, i));
    json_close(&json, '}');
    json_end(&json);
}

/* ---- CSV (RFC 4180, but with the line ends of this system) ---- */

/* Spreadsheets of East Asia take the full-width forms as well. */
static bool begins_formula(const char *text)
{
    static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};

    text += strspn(text, " ");
    for (size_t i = 0; i < COUNT(wide); i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    return *text != '\0' && strchr("=+-@", *text) != NULL;
}

/*
 * A spreadsheet runs a cell that starts like a formula, and people choose their device
 * labels: an apostrophe in front makes it text.  A spreadsheet of a country that writes
 * 1,5 begins a cell after each semicolon, quoted or not.  Without a format: fprintf would
 * leave a copy of a code on the stack.
 */
static void csv_field(FILE *file, const char *text)
{
    bool quoted = text[strcspn(text, ",;\"\r\n")] != '\0', begins = true;

    if (quoted)
        putc('"', file);
    for (; *text != '\0'; text++) {
        if (begins && begins_formula(text))
            putc('\'', file);
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
        begins = *text == ';';
    }
    if (quoted)
        putc('"', file);
}

void output_csv_plain(char *text)
{
    char *out = text;
    bool begins = true;

    for (; *text != '\0'; text++) {
        if (begins && *text == '\'' && begins_formula(text + 1))
            text++;
        begins = *text == ';';
        *out++ = *text;
    }
    *out = '\0';
}

static void csv_cell(FILE *file, const struct column *column, const char *text)
{
    char moment_text[MOMENT_TEXT_MAX];
    time_t moment;
    char *harmless;

    if (text == NULL)
        return;
    if (column->type == COLUMN_TIME) {
        if (moment_epoch(text, &moment)) {
            moment_rfc3339(moment, moment_text);
            fputs(moment_text, file);
        }
    } else if (column->type == COLUMN_BOOLEAN) {
        fputs(text[0] == 't' ? "yes" : "no", file);
    } else if (column->type == COLUMN_CODE) {
        fputs(text, file);
    } else if ((harmless = output_harmless(text)) != NULL) {
        csv_field(file, harmless);
        free(harmless);
    }
}

void output_csv_row(FILE *file, const struct column *heading, const struct rows *rows,
                    size_t row)
{
    for (const struct column *column = heading; column->name != NULL; column++) {
        if (column != heading)
            putc(',', file);
        if (rows_has(rows, column->name))
            csv_cell(file, column, rows_text(rows, row, column->name));
    }
    putc('\n', file);
}

static void csv_rows(FILE *file, const struct column *heading, const struct rows *rows)
{
    for (size_t row = 0; row < rows_count(rows); row++)
        output_csv_row(file, heading, rows, row);
}

static const struct column *csv_list_heading(const struct part *parts)
{
    const struct column *heading = NULL;

    for (; parts->columns != NULL; parts++)
        if (parts->name != NULL)
            heading = parts->columns;
    return heading;
}

void output_csv_records(FILE *file, const struct part *parts)
{
    for (const struct part *part = parts; part->columns != NULL; part++)
        for (size_t i = 0; part->columns[i].name != NULL; i++) {
            if (part != parts || i > 0)
                putc(',', file);
            csv_cell(file, &part->columns[i], part_text(part, i));
        }
    putc('\n', file);
}

static void csv_names(FILE *file, const struct column *columns, const char *before)
{
    for (; columns->name != NULL; columns++, before = ",")
        fprintf(file, "%s%s", before, columns->name);
}

static void csv_parts(FILE *file, const struct part *parts)
{
    const struct column *heading = csv_list_heading(parts);

    if (heading == NULL) {
        for (const struct part *part = parts; part->columns != NULL; part++)
            csv_names(file, part->columns, part == parts ? "" : ",");
        putc('\n', file);
        output_csv_records(file, parts);
        return;
    }
    output_csv_heading(file, heading);
    for (; parts->columns != NULL; parts++)
        if (parts->name != NULL)
            csv_rows(file, heading, parts->rows);
}

void output_csv_heading(FILE *file, const struct column *columns)
{
    csv_names(file, columns, "");
    putc('\n', file);
}

bool output_parts(const struct output *output, FILE *file, const struct part *parts)
{
    if (output->format == FORMAT_PEOPLE)
        return false;
    if (output->format == FORMAT_JSON)
        json_parts(file, parts);
    else
        csv_parts(file, parts);
    return true;
}

/* ---- tables ---- */

static const char *state_colour(const char *state)
{
    static const char *const bad[] = {"revoked",   "expired",  "lapsed",
                                      "suspended", "disabled", NULL};

    for (size_t i = 0; bad[i] != NULL; i++)
        if (strcmp(state, bad[i]) == 0)
            return "red";
    return strcmp(state, "live") == 0 || strcmp(state, "enabled") == 0 ? "green" : NULL;
}

/* Tables shout; borrowed until the next call. */
static const char *table_heading(const struct column *column)
{
    static char heading[64];

    snprintf(heading, sizeof heading, "%s", column->heading);
    for (char *c = heading; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    return heading;
}

static bool fill_line(const struct output *output, const struct column *columns,
                      const struct rows *rows, size_t row, struct libscols_table *table)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    char cell[CELL_MAX];
    size_t shown = 0;

    if (line == NULL)
        return false;
    for (size_t i = 0; columns[i].name != NULL; i++) {
        if (columns[i].flags & COLUMN_DETAIL)
            continue;
        people_cell(output, &columns[i], rows, row, true, cell);
        if (scols_line_set_data(line, shown, cell) != 0)
            return false;
        if (columns[i].flags & COLUMN_STATE)
            scols_cell_set_color(scols_line_get_cell(line, shown), state_colour(cell));
        shown++;
    }
    return true;
}

#define COLUMNS_MAX 24

/* How the columns of one table share the terminal. */
struct layout {
    int width[COLUMNS_MAX]; /* of the widest cell, heading included; 0: not shown */
    bool wrap[COLUMNS_MAX];
    int least; /* what the table takes at the narrowest */
};

static void measure(struct layout *layout, const struct output *output,
                    const struct column *columns, const struct rows *rows)
{
    char cell[CELL_MAX];

    for (size_t i = 0; columns[i].name != NULL; i++) {
        if (columns[i].flags & COLUMN_DETAIL)
            continue;
        layout->width[i] = columns_of(columns[i].heading, strlen(columns[i].heading));
        layout->wrap[i] = (columns[i].flags & COLUMN_WRAP) != 0;
        for (size_t row = 0; row < rows_count(rows); row++) {
            int width;

            people_cell(output, &columns[i], rows, row, true, cell);
            width = columns_of(cell, strlen(cell));
            if (width > layout->width[i])
                layout->width[i] = width;
        }
        layout->least += layout->wrap[i] && layout->width[i] > WRAPPED_LEAST
                             ? WRAPPED_LEAST + 1
                             : layout->width[i] + 1;
    }
    layout->least--;
}

/* The narrower a column, the less is won by breaking it: those stay whole that can. */
static void share(struct layout *layout, int room)
{
    for (;;) {
        size_t next = COLUMNS_MAX;

        for (size_t i = 0; i < COLUMNS_MAX; i++)
            if (layout->wrap[i] &&
                (next == COLUMNS_MAX || layout->width[i] < layout->width[next]))
                next = i;
        if (next == COLUMNS_MAX)
            return;
        if (layout->width[next] > WRAPPED_LEAST) {
            if (layout->least + layout->width[next] - WRAPPED_LEAST > room)
                return;
            layout->least += layout->width[next] - WRAPPED_LEAST;
        }
        layout->wrap[next] = false;
    }
}

static bool people_table(const struct output *output, const struct column *columns,
                         const struct rows *rows, const struct layout *layout)
{
    struct libscols_table *table = scols_new_table();
    bool done = table != NULL;

    for (size_t i = 0; done && columns[i].name != NULL; i++) {
        int flags = layout->wrap[i] ? SCOLS_FL_WRAP : 0;

        if (columns[i].flags & COLUMN_DETAIL)
            continue;
        if (columns[i].type == COLUMN_NUMBER)
            flags = SCOLS_FL_RIGHT;
        done =
            scols_table_new_column(table, table_heading(&columns[i]), 0, flags) != NULL;
    }
    for (size_t row = 0; done && row < rows_count(rows); row++)
        done = fill_line(output, columns, rows, row, table);
    if (done) {
        scols_table_enable_colors(table, output->colour);
        /* The library asks only standard output's own size; COLUMNS counts as well. */
        if (line_width(output) != INT_MAX) {
            scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
            scols_table_set_termwidth(table, (size_t)line_width(output));
        }
        fflush(stdout);
        done = scols_print_table(table) == 0;
    }
    scols_unref_table(table);
    return done;
}

/* Where a table does not fit: a line for each cell that says something. */
static void people_list(const struct output *output, const struct column *columns,
                        const struct rows *rows)
{
    char cell[CELL_MAX], line[CELL_MAX + 64];
    int indent = 0;

    for (size_t i = 0; columns[i].name != NULL; i++)
        if (!(columns[i].flags & COLUMN_DETAIL) &&
            (int)strlen(columns[i].heading) + 2 > indent)
            indent = (int)strlen(columns[i].heading) + 2;
    for (size_t row = 0; row < rows_count(rows); row++) {
        if (row > 0)
            putchar('\n');
        for (size_t i = 0; columns[i].name != NULL; i++) {
            if (columns[i].flags & COLUMN_DETAIL)
                continue;
            people_cell(output, &columns[i], rows, row, true, cell);
            if (cell[0] == '\0')
                continue;
            snprintf(line, sizeof line, "%-*s%s", indent, table_heading(&columns[i]),
                     cell);
            output_hanging(output, indent, line);
        }
    }
}

static bool people_rows(const struct output *output, const struct column *columns,
                        const struct rows *rows)
{
    struct layout layout = {.least = 0};

    if (line_width(output) == INT_MAX)
        return people_table(output, columns, rows, &layout);
    measure(&layout, output, columns, rows);
    if (layout.least > line_width(output)) {
        people_list(output, columns, rows);
        return true;
    }
    share(&layout, line_width(output));
    return people_table(output, columns, rows, &layout);
}

enum status output_table(const struct output *output, const struct column *columns,
                         const struct rows *rows, const char *none)
{
    struct json json;

    if (output->format == FORMAT_JSON) {
        json_start(&json, stdout);
        json_rows(&json, NULL, columns, rows);
        json_end(&json);
    } else if (output->format == FORMAT_CSV) {
        output_csv_heading(stdout, columns);
        csv_rows(stdout, columns, rows);
    } else if (rows_count(rows) == 0) {
        message_note("%s", none);
    } else if (!people_rows(output, columns, rows)) {
        message_error("could not print the table: %s", strerror(errno));
        return STATUS_REFUSED;
    }
    return STATUS_DONE;
}

/* ---- paragraphs ---- */

void output_words(FILE *file, int width, int indent, const char *text)
{
    int used = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        int columns = columns_of(text, length);

        if (used > 0 && used + 1 + columns > width - indent) {
            fprintf(file, "\n%*s", indent, "");
            used = 0;
        } else if (used > 0) {
            putc(' ', file);
            used++;
        }
        fprintf(file, "%.*s", (int)length, text);
        used += columns;
        text += length + strspn(text + length, " ");
    }
    putc('\n', file);
}

void output_paragraph(const struct output *output, int indent, const char *text)
{
    char *harmless = output_harmless(text);

    printf("%*s", indent, "");
    if (harmless != NULL)
        output_words(stdout, line_width(output), indent, harmless);
    free(harmless);
}

void output_hanging(const struct output *output, int indent, const char *text)
{
    char *harmless = output_harmless(text);
    size_t length = harmless != NULL ? strnlen(harmless, (size_t)indent) : 0;

    if (harmless != NULL) {
        printf("%.*s", (int)length, harmless);
        output_words(stdout, line_width(output), indent, harmless + length);
    }
    free(harmless);
}

/* ---- records ---- */

/* On a terminal a long value is broken, and goes on under its beginning, or on a line of
 * its own where that leaves too little room. */
static void record_line(const struct output *output, int width, const char *heading,
                        const char *text)
{
    char line[CELL_MAX + 64];

    snprintf(line, sizeof line, "%-*s  %s", width, heading, text);
    if (columns_of(line, strlen(line)) <= line_width(output)) {
        puts(line);
    } else if (width <= line_width(output) / 2) {
        output_hanging(output, width + 2, line);
    } else {
        puts(heading);
        output_paragraph(output, 2, text);
    }
}

void output_line(const struct output *output, const char *heading, const char *format,
                 ...)
{
    char text[CELL_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_sanitise(text);
    record_line(output, HEADING_WIDTH, heading, text);
}

static void people_record(const struct output *output, const struct column *columns,
                          const struct rows *rows, size_t row)
{
    char cell[CELL_MAX];
    int width = HEADING_WIDTH;

    for (size_t i = 0; columns[i].name != NULL; i++)
        if ((int)strlen(columns[i].heading) > width)
            width = (int)strlen(columns[i].heading);
    for (size_t i = 0; columns[i].name != NULL; i++) {
        people_cell(output, &columns[i], rows, row, false, cell);
        log_sanitise(cell);
        record_line(output, width, columns[i].heading, cell);
    }
}

enum status output_record(const struct output *output, const struct column *columns,
                          const struct rows *rows, size_t row)
{
    struct json json;

    if (output->format == FORMAT_JSON) {
        json_start(&json, stdout);
        json_row(&json, columns, rows, row);
        json_end(&json);
    } else if (output->format == FORMAT_CSV) {
        output_csv_heading(stdout, columns);
        output_csv_row(stdout, columns, rows, row);
    } else {
        people_record(output, columns, rows, row);
    }
    return STATUS_DONE;
}
