/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "keyfile.h"
#include "phc.h"

struct keyfile {
    size_t count;
    struct {
        char id[PHC_KEYID_MAX + 1];
        bool next;
        unsigned char bytes[KEYFILE_KEY_BYTES];
    } key[KEYFILE_KEYS_MAX];
};

/* Read the whole file into `text` (KEYFILE_BYTES_MAX + 1 bytes, NUL-terminated); NULL, or
 * why not. */
static const char *read_key_file(const char *path, char *text)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
    const char *reason = NULL;
    size_t used = 0;
    ssize_t got = 1;
    struct stat status;

    if (fd < 0)
        return errno == ELOOP ? "is a symbolic link" : strerror(errno);
    if (fstat(fd, &status) != 0)
        reason = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        reason = "is not a regular file";
    else if (status.st_uid != 0 && status.st_uid != geteuid())
        reason = "is owned neither by root nor by the user who runs this";
    else if ((status.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
        reason = "is open to others, set its mode to 0600 or 0640";
    while (reason == NULL && got > 0 && used <= KEYFILE_BYTES_MAX) {
        got = read(fd, text + used, KEYFILE_BYTES_MAX + 1 - used);
        if (got > 0)
            used += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            reason = strerror(errno);
    }
    close(fd);
    if (reason == NULL && used > KEYFILE_BYTES_MAX)
        reason = "is too long for a key file";
    text[used <= KEYFILE_BYTES_MAX ? used : KEYFILE_BYTES_MAX] = '\0';
    if (reason == NULL && strlen(text) != used)
        reason = "holds a NUL byte";
    return reason;
}

/* One line without its newline; NULL, or what is wrong with it. */
static const char *parse_key_line(const char *line, struct keyfile *keys)
{
    static const char id_characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *id = line + strspn(line, " \t");
    size_t id_length = strspn(id, id_characters);
    const char *hex = id + id_length + strspn(id + id_length, " \t");
    size_t hex_length = strspn(hex, "0123456789ABCDEFabcdef");
    const char *word, *end;
    bool next;
    size_t length;

    if (*id == '\0' || *id == '\r' || *id == '#')
        return NULL;
    if (id_length == 0 || id_length > PHC_KEYID_MAX || hex == id + id_length)
        return "should start with a key id of 1 to 8 letters and digits";
    word = hex + hex_length + strspn(hex + hex_length, " \t");
    next =
        word > hex + hex_length && strncmp(word, KEYFILE_NEXT, strlen(KEYFILE_NEXT)) == 0;
    end = next ? word + strlen(KEYFILE_NEXT) : word;
    if (hex_length != 2 * KEYFILE_KEY_BYTES || end[strspn(end, " \t\r")] != '\0')
        return "should hold 64 hexadecimal digits behind the key id, and \"" KEYFILE_NEXT
               "\" or nothing behind them";
    if (keys->count == KEYFILE_KEYS_MAX)
        return "is one key too many";
    for (size_t i = 0; i < keys->count; i++)
        if (strlen(keys->key[i].id) == id_length &&
            memcmp(keys->key[i].id, id, id_length) == 0)
            return "repeats a key id";
    memcpy(keys->key[keys->count].id, id, id_length);
    keys->key[keys->count].next = next;
    if (sodium_hex2bin(keys->key[keys->count].bytes, KEYFILE_KEY_BYTES, hex, hex_length,
                       NULL, &length, NULL) != 0)
        return "should hold 64 hexadecimal digits behind the key id";
    keys->count++;
    return NULL;
}

/* Fill `keys` from the text, which is taken apart. */
static bool parse_key_file(const char *path, char *text, struct keyfile *keys,
                           char *error, size_t error_size)
{
    size_t number = 0;

    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        const char *reason = parse_key_line(line, keys);

        number++;
        if (reason != NULL) {
            snprintf(error, error_size, "key file %s: line %zu %s", path, number, reason);
            return false;
        }
    }
    if (keys->count == 0)
        snprintf(error, error_size, "key file %s: holds no key", path);
    return keys->count > 0;
}

struct keyfile *keyfile_load(const char *path, char *error, size_t error_size)
{
    struct keyfile *keys = NULL;
    char *text = NULL;
    const char *reason;
    bool loaded = false;

    if (sodium_init() < 0) {
        snprintf(error, error_size, "key file %s: could not start libsodium", path);
        return NULL;
    }
    /* Guarded memory: wiped on free, kept out of swap and core dumps where possible. */
    text = sodium_malloc(KEYFILE_BYTES_MAX + 1);
    keys = sodium_malloc(sizeof *keys);
    if (text == NULL || keys == NULL) {
        snprintf(error, error_size, "key file %s: not enough memory", path);
        goto done;
    }
    memset(keys, 0, sizeof *keys);
    reason = read_key_file(path, text);
    if (reason != NULL)
        snprintf(error, error_size, "key file %s: %s", path, reason);
    else
        loaded = parse_key_file(path, text, keys, error, error_size);
done:
    sodium_free(text);
    if (!loaded)
        keyfile_free(&keys);
    return keys;
}

void keyfile_free(struct keyfile **keys)
{
    if (keys == NULL)
        return;
    sodium_free(*keys);
    *keys = NULL;
}

const char *keyfile_newest(const struct keyfile *keys)
{
    for (size_t i = keys->count; i-- > 0;)
        if (!keys->key[i].next)
            return keys->key[i].id;
    return NULL;
}

const unsigned char *keyfile_find(const struct keyfile *keys, const void *id,
                                  size_t id_length)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strlen(keys->key[i].id) == id_length &&
            memcmp(keys->key[i].id, id, id_length) == 0)
            return keys->key[i].bytes;
    return NULL;
}

bool keyfile_is_next(const struct keyfile *keys, const unsigned char *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->key[i].bytes == key)
            return keys->key[i].next;
    return false;
}
