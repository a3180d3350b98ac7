/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "base/message.h"
#include "commands/wording.h"
#include "text.h"

#define SUBJECT "Subject: "

/* Of each file; a subject begins all but the first and those that are parts of a mail. */
static const char *const sections[] = {
    "words",     "listed",      "more",     "mail",     "issued", "reset",  "revoked",
    "first_use", "new_network", "expiring", "knocking", "yearly", "address"};
enum { WORDS, LISTED, MORE, MAIL, SECTIONS = COUNT(sections) };

static const char *const words[] = {"sender", "owner", "link", "administration"};

static const char *const fields[FIELD_END] = {
    [FIELD_ACCOUNT] = "account", [FIELD_ADDRESS] = "address",
    [FIELD_AT] = "at",           [FIELD_BY] = "by",
    [FIELD_COUNT] = "count",     [FIELD_DEVICE] = "device",
    [FIELD_ENDS] = "ends",       [FIELD_ITEMS] = "items",
    [FIELD_NETWORK] = "network", [FIELD_PORTAL] = "portal",
    [FIELD_REALM] = "realm",     [FIELD_SELECTOR] = "selector",
    [FIELD_SERVICE] = "service", [FIELD_SERVICES] = "services",
    [FIELD_USED] = "used",
};

struct wording {
    char *language;
    char *file; /* cut into the texts */
    char *texts[SECTIONS];
    struct wording *next;
};

static size_t find_section(const char *name, size_t length)
{
    size_t i = 0;

    while (i < SECTIONS &&
           (strlen(sections[i]) != length || strncmp(sections[i], name, length) != 0))
        i++;
    return i;
}

/* The field that "{name}" means; FIELD_END: none. */
static enum field field_at(const char *brace, size_t *length_r)
{
    size_t length = strcspn(brace + 1, "}\n");
    enum field field = 0;

    *length_r = length + 2;
    while (field < FIELD_END &&
           (brace[length + 1] != '}' || strlen(fields[field]) != length ||
            strncmp(fields[field], brace + 1, length) != 0))
        field++;
    return field;
}

/* ---- reading ---- */

static bool check_fields(const char *path, const char *section, const char *text)
{
    for (const char *brace = strchr(text, '{'); brace != NULL;
         brace = strchr(brace + 1, '{')) {
        size_t length;

        if (field_at(brace, &length) == FIELD_END) {
            message_error("%s: [%s]: \"%.*s\" is not a field", path, section,
                          (int)strcspn(brace, "}\n") + 1, brace);
            return false;
        }
    }
    return true;
}

static bool check(const char *path, const struct wording *made)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        if (made->texts[i] == NULL) {
            message_error("%s: there is no section [%s]", path, sections[i]);
            return false;
        }
        if (i >= MAIL && strncmp(made->texts[i], SUBJECT, strlen(SUBJECT)) != 0) {
            message_error("%s: [%s] does not begin with \"" SUBJECT "\"", path,
                          sections[i]);
            return false;
        }
        if (i != WORDS && !check_fields(path, sections[i], made->texts[i]))
            return false;
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        char *word = wording_word(made, words[i]);

        if (word == NULL) {
            message_error("%s: [words] has no \"%s = \"", path, words[i]);
            return false;
        }
        free(word);
    }
    if (strstr(made->texts[MAIL], "{items}") == NULL) {
        message_error("%s: [mail] has no {items}", path);
        return false;
    }
    return true;
}

/* Blank lines around a text are not part of it. */
static char *trim(char *text)
{
    text += strspn(text, "\n");
    for (size_t length = strlen(text);
         length > 1 && text[length - 1] == '\n' && text[length - 2] == '\n'; length--)
        text[length - 1] = '\0';
    return text;
}

/* Find the sections of a file; its last line has an end. */
static bool divide(const char *path, struct wording *made)
{
    char *next;

    for (char *line = made->file; *line != '\0'; line = next) {
        size_t section;

        next = strchr(line, '\n') + 1;
        if (line[0] != '[')
            continue;
        section = find_section(line + 1, strcspn(line + 1, "]\n"));
        if (section == SECTIONS) {
            message_error("%s: there is no section %.*s", path, (int)strcspn(line, "\n"),
                          line);
            return false;
        }
        line[0] = '\0';
        made->texts[section] = next;
    }
    for (size_t i = 0; i < SECTIONS; i++)
        if (made->texts[i] != NULL)
            made->texts[i] = trim(made->texts[i]);
    return true;
}

static bool read_file(const char *path, struct wording *made)
{
    FILE *file = fopen(path, "re");
    size_t size = 0;
    ssize_t length = file != NULL ? getdelim(&made->file, &size, '\0', file) : -1;

    if (length < 0)
        message_error("could not read %s: %s", path, strerror(errno));
    else if (made->file[length - 1] != '\n' || !text_valid(made->file, (size_t)length) ||
             strpbrk(made->file, "\r\t") != NULL)
        message_error("%s is not text in UTF-8, its lines ended by LF", path);
    else if (divide(path, made))
        return fclose(file) == 0 && check(path, made);
    if (file != NULL)
        fclose(file);
    return false;
}

static bool load_one(const char *folder, const char *name, struct wording **list)
{
    size_t length = strlen(name);
    struct wording *made;
    char *path;
    bool good;

    if (length <= 4 || name[0] == '.' || strcmp(name + length - 4, ".txt") != 0)
        return true;
    made = message_needed(calloc(1, sizeof *made));
    made->language = message_needed(strndup(name, length - 4));
    made->next = *list;
    *list = made;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        path = message_needed(NULL);
    good = read_file(path, made);
    free(path);
    return good;
}

struct wording *wording_load(const char *folder)
{
    DIR *open = opendir(folder);
    struct wording *list = NULL;
    const struct dirent *entry;
    bool good = open != NULL;

    if (open == NULL)
        message_error("could not read %s: %s", folder, strerror(errno));
    while (good && (entry = readdir(open)) != NULL)
        good = load_one(folder, entry->d_name, &list);
    if (open != NULL)
        closedir(open);
    if (good && list == NULL)
        message_error("there is no file LANGUAGE.txt in %s", folder);
    if (!good)
        wording_free(&list);
    return list;
}

void wording_free(struct wording **list)
{
    while (*list != NULL) {
        struct wording *first = *list;

        *list = first->next;
        free(first->file);
        free(first->language);
        free(first);
    }
}

/* ---- choosing ---- */

static const struct wording *find_language(const struct wording *list,
                                           const char *language, size_t length)
{
    while (list != NULL && (strlen(list->language) != length ||
                            strncmp(list->language, language, length) != 0))
        list = list->next;
    return list;
}

const struct wording *wording_choose(const struct wording *list, const char *language)
{
    const struct wording *found = find_language(list, language, strlen(language));

    if (found == NULL)
        found = find_language(list, language, strcspn(language, "-"));
    if (found == NULL)
        found = find_language(list, "en", 2);
    return found != NULL ? found : list;
}

const char *wording_language(const struct wording *chosen)
{
    return chosen->language;
}

/* ---- filling in ---- */

static bool has_values(const char *line, size_t length, const char *const *values)
{
    const char *brace = line;

    while ((brace = memchr(brace, '{', length - (size_t)(brace - line))) != NULL) {
        size_t ignored;

        if (values[field_at(brace++, &ignored)] == NULL)
            return false;
    }
    return true;
}

static char *fill(const char *from, const char *end, const char *const *values)
{
    char *text = NULL;
    size_t size;
    FILE *file = message_needed(open_memstream(&text, &size));

    while (from < end) {
        const char *line = from, *stop = from + strcspn(from, "\n");

        from = stop + 1;
        if (!has_values(line, (size_t)(stop - line), values))
            continue;
        while (line < stop) {
            size_t taken = *line == '{' ? 0 : strcspn(line, "{\n");

            if (taken > 0)
                fwrite(line, 1, taken, file);
            else
                fputs(values[field_at(line, &taken)], file);
            line += taken;
        }
        if (stop < end)
            putc('\n', file);
    }
    fclose(file);
    return message_needed(text);
}

/* Where the text of a section begins behind its subject. */
static const char *behind_subject(size_t section, const char *text)
{
    return section < MAIL ? text : text + strcspn(text, "\n") + 1;
}

char *wording_text(const struct wording *chosen, const char *section,
                   const char *const *values)
{
    size_t at = find_section(section, strlen(section));
    const char *text = at < SECTIONS ? behind_subject(at, chosen->texts[at]) : NULL;

    return text != NULL ? fill(text, text + strlen(text), values) : NULL;
}

char *wording_subject(const struct wording *chosen, const char *section,
                      const char *const *values)
{
    size_t at = find_section(section, strlen(section));
    const char *text = at >= MAIL && at < SECTIONS ? chosen->texts[at] : NULL;

    return text != NULL ? fill(text + strlen(SUBJECT), text + strcspn(text, "\n"), values)
                        : NULL;
}

char *wording_word(const struct wording *chosen, const char *name)
{
    const char *line = chosen->texts[WORDS];

    for (; line[0] != '\0'; line += strcspn(line, "\n") + 1)
        if (strncmp(line, name, strlen(name)) == 0 &&
            strncmp(line + strlen(name), " = ", 3) == 0) {
            line += strlen(name) + 3;
            return message_needed(strndup(line, strcspn(line, "\n")));
        }
    return NULL;
}
