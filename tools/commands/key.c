/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "cli/command.h"
#include "code.h"
#include "hash.h"

#define KEY_BYTES  32
#define KEYID_MAX  9 /* eight symbols and NUL */
#define NEXT_MARK  " " KEYFILE_NEXT
#define LINE_BYTES (KEYID_MAX + 2 * KEY_BYTES + 2 + sizeof NEXT_MARK)

/* A random name: the file may be merged with another host's. */
static void make_keyid(char keyid[KEYID_MAX])
{
    for (size_t i = 0; i + 1 < KEYID_MAX; i++)
        keyid[i] = CODE_ALPHABET[randombytes_uniform(32)];
    keyid[KEYID_MAX - 1] = '\0';
}

/* Append one line in one write.  A file without a line end gets one first.  A first key is
 * in use at once; a later one when every server knows it. */
static bool append_key(int file, bool line_open, bool first, char keyid[KEYID_MAX])
{
    unsigned char key[KEY_BYTES];
    char hex[2 * KEY_BYTES + 1], line[LINE_BYTES + 2];
    int length;
    bool written;

    make_keyid(keyid);
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    length = snprintf(line, sizeof line, "%s%s %s%s\n", line_open ? "\n" : "", keyid, hex,
                      first ? "" : NEXT_MARK);
    written = write(file, line, (size_t)length) == length && fsync(file) == 0;
    sodium_memzero(key, sizeof key);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(line, sizeof line);
    return written;
}

static bool ends_in_line(int file, off_t size)
{
    char last = '\n';

    return size == 0 || (pread(file, &last, 1, size - 1) == 1 && last == '\n');
}

/* An existing file must be one that the verifier takes, or the new key would be lost on
 * it. */
static enum status check_existing(const char *path)
{
    char error[256];
    struct keyfile *keys = keyfile_load(path, error, sizeof error);

    if (keys != NULL) {
        keyfile_free(&keys);
        return STATUS_DONE;
    }
    message_error("%s", error);
    return STATUS_REFUSED;
}

static enum status run_key_new(struct invocation *invocation)
{
    static const struct column columns[] = {
        {"file", NULL, COLUMN_TEXT, 0, NULL}, {"keyid", NULL, COLUMN_TEXT, 0, NULL}, {0}};
    const char *path = command_argument(invocation, 0);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool fresh = file >= 0;
    char keyid[KEYID_MAX];
    struct stat found;
    bool done;

    if (!fresh && errno == EEXIST) {
        if (check_existing(path) != STATUS_DONE)
            return STATUS_REFUSED;
        file = open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    }
    if (file < 0 || fstat(file, &found) < 0) {
        message_error("could not open %s: %s", path, strerror(errno));
        if (file >= 0)
            close(file);
        return STATUS_REFUSED;
    }
    done = append_key(file, !fresh && !ends_in_line(file, found.st_size), fresh, keyid);
    if (!done)
        message_error("could not write %s: %s", path, strerror(errno));
    close(file);
    if (!done) {
        if (fresh)
            unlink(path);
        return STATUS_REFUSED;
    }
    if (output_parts(&invocation->output, stdout,
                     (const struct part[]){
                         {NULL, columns, NULL, (const char *const[]){path, keyid}}, {0}}))
        return STATUS_DONE;
    if (fresh) {
        message_note("made key %s in %s; new hashes use it", keyid, path);
        message_hint("give the same file to every mail server (apppass_key) and to "
                     "\"apppass issue --key\";");
    } else {
        message_note("added key %s to %s; no new hash uses it yet", keyid, path);
        message_hint("give the file to every mail server, and restart what reads it;");
        message_hint("once all have it: apppass key use %s", path);
    }
    message_hint("keep a copy in a safe place: without it no code hashed with it works");
    return STATUS_DONE;
}

const struct command command_key_new = {
    .name = "key new",
    .arguments = "FILE",
    .role = ROLE_NONE,
    .run = run_key_new,
    .summary = "make a key file for keyed hashes, or extend it",
    .details =
        "With a key that only the mail servers and this tool know, who can read or write\n"
        "the database can neither guess nor forge a code. A key that is added waits until\n"
        "\"key use\": every server must know it first. Older ones must stay in the file.",
};

/* The third word of a line, which keyfile_load took; "" where there is none. */
static char *third_word(char *line)
{
    static const char blanks[] = " \t";

    for (int i = 0; i < 2; i++) {
        line += strspn(line, blanks);
        line += strcspn(line, blanks);
    }
    return line + strspn(line, blanks);
}

/* Blank the word out where it stands, so that owner, mode and everything else stay.
 * False: errno. */
static bool put_in_use(int file, char *text, size_t *used_r)
{
    static const char blanks[] = "    ";
    char *at = text;

    *used_r = 0;
    for (char *line; (line = strsep(&at, "\n")) != NULL;) {
        char *word = third_word(line);
        ssize_t length = sizeof blanks - 1;

        if (line[strspn(line, " \t")] == '#' ||
            strncmp(word, KEYFILE_NEXT, (size_t)length) != 0)
            continue;
        if (pwrite(file, blanks, (size_t)length, word - text) != length)
            return false;
        ++*used_r;
    }
    return fsync(file) == 0;
}

static enum status run_key_use(struct invocation *invocation)
{
    static const struct column columns[] = {
        {"file", NULL, COLUMN_TEXT, 0, NULL},
        {"taken_into_use", NULL, COLUMN_NUMBER, 0, NULL},
        {0}};
    const char *path = command_argument(invocation, 0);
    char *text = NULL;
    int file = -1;
    size_t used;
    ssize_t length = -1;
    char count[24];
    enum status status = STATUS_REFUSED;

    if (check_existing(path) != STATUS_DONE)
        goto done;
    text = sodium_malloc(KEYFILE_BYTES_MAX + 1);
    file = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file >= 0 && text != NULL)
        length = pread(file, text, KEYFILE_BYTES_MAX, 0);
    if (length >= 0)
        text[length] = '\0';
    if (length < 0 || !put_in_use(file, text, &used)) {
        message_error("could not change %s: %s", path, strerror(errno));
        goto done;
    }
    status = STATUS_DONE;
    snprintf(count, sizeof count, "%zu", used);
    if (output_parts(&invocation->output, stdout,
                     (const struct part[]){
                         {NULL, columns, NULL, (const char *const[]){path, count}}, {0}}))
        goto done;
    message_note(used == 0 ? "no key of %s was waiting"
                           : "new hashes use the newest key of %s",
                 path);
    if (used > 0)
        message_hint(
            "give the file to every mail server again, and restart what reads it");
done:
    if (file >= 0)
        close(file);
    sodium_free(text);
    return status;
}

const struct command command_key_use = {
    .name = "key use",
    .arguments = "FILE",
    .role = ROLE_NONE,
    .run = run_key_use,
    .summary = "let new hashes use the key that was added last",
    .details =
        "Every mail server must have the file with that key before: one that has not\n"
        "tells the people whose hash another one has replaced to try again.",
};
