/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/message.h"
#include "commands/letter.h"
#include "text.h"

#define PLAIN_MAX 60 /* bytes of a header's text that are left as they are */
#define WORD_BYTES                                                                       \
    36 /* of an encoded word: behind "Subject: " it ends before column 76 */
#define LINE_WIDTH 76 /* of quoted-printable (RFC 2045, 6.7) */

static const char atoms[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "!#$%&'*+-/=?^_`{|}~";

/* ---- headers ---- */

/* How much of the text makes one encoded word: no character is broken. */
static size_t word_length(const char *text)
{
    size_t taken = 0;

    while (text[taken] != '\0') {
        size_t length;

        if (text_point(text + taken, strlen(text + taken), &length) == TEXT_INVALID)
            length = 1;
        if (taken + length > WORD_BYTES)
            break;
        taken += length;
    }
    return taken;
}

/* RFC 2047. */
static void put_encoded(FILE *file, const char *text)
{
    char encoded[sodium_base64_ENCODED_LEN(WORD_BYTES, sodium_base64_VARIANT_ORIGINAL)];

    while (*text != '\0') {
        size_t taken = word_length(text);

        sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)text, taken,
                          sodium_base64_VARIANT_ORIGINAL);
        text += taken;
        fprintf(file, "=?UTF-8?B?%s?=%s", encoded, *text != '\0' ? "\n " : "");
    }
}

static void put_text(FILE *file, const char *text, const char *plain)
{
    bool as_it_is = strlen(text) <= PLAIN_MAX && strspn(text, plain) == strlen(text) &&
                    strstr(text, "=?") == NULL;

    if (as_it_is)
        fputs(text, file);
    else
        put_encoded(file, text);
}

/* setlocale() must not reach it: strftime is no help. */
static void put_date(FILE *file, time_t date)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm utc;

    gmtime_r(&date, &utc);
    fprintf(file, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\n", days + 3 * utc.tm_wday,
            utc.tm_mday, months + 3 * utc.tm_mon, utc.tm_year + 1900, utc.tm_hour,
            utc.tm_min, utc.tm_sec);
}

/* ---- the text ---- */

static bool needs_code(const char *at, size_t column)
{
    unsigned char byte = (unsigned char)*at;

    return byte == '=' || byte > '~' || (byte < ' ' && byte != '\t') ||
           /* What a line must not end or begin with on its way. */
           ((byte == ' ' || byte == '\t') && (at[1] == '\n' || at[1] == '\0')) ||
           (column == 0 && (byte == '.' || strncmp(at, "From ", 5) == 0));
}

static void put_quoted(FILE *file, const char *text)
{
    size_t column = 0;

    for (; *text != '\0'; text++) {
        bool coded = *text != '\n' && needs_code(text, column);

        if (*text == '\n') {
            putc('\n', file);
            column = 0;
            continue;
        }
        if (column + (coded ? 3 : 1) > LINE_WIDTH - 1) {
            fputs("=\n", file);
            column = 0;
            coded = needs_code(text, column);
        }
        column += coded ? 3 : 1;
        fprintf(file, coded ? "=%02X" : "%c", (unsigned char)*text);
    }
}

/* ---- addresses ---- */

static bool dot_atom(const char *text, size_t length)
{
    if (length == 0 || text[0] == '.' || text[length - 1] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        bool letter = (unsigned char)text[i] > '~' || strchr(atoms, text[i]) != NULL;

        if (!letter && (text[i] != '.' || text[i + 1] == '.'))
            return false;
    }
    return true;
}

char *letter_address(const char *address)
{
    const char *at = strrchr(address, '@');
    size_t local = at != NULL ? (size_t)(at - address) : strlen(address), size;
    bool quoted = !dot_atom(address, local);
    char *made = NULL;
    FILE *file = message_needed(open_memstream(&made, &size));

    fputs(quoted ? "\"" : "", file);
    for (size_t i = 0; i < local; i++)
        fprintf(file, "%s%c", quoted && strchr("\"\\", address[i]) != NULL ? "\\" : "",
                address[i]);
    fprintf(file, "%s%s", quoted ? "\"" : "", address + local);
    fclose(file);
    return message_needed(made);
}

bool letter_address_valid(const char *address)
{
    const char *at = strrchr(address, '@');

    for (const char *byte = address; *byte != '\0'; byte++)
        if ((unsigned char)*byte > '~')
            return false;
    return at != NULL && strlen(address) <= 254 &&
           dot_atom(address, (size_t)(at - address)) && dot_atom(at + 1, strlen(at + 1));
}

void letter_write(FILE *file, const struct letter *letter)
{
    static const char phrase[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -";
    char *recipient = letter_address(letter->recipient);
    char printable['~' - ' ' + 2] = "";

    for (int byte = ' '; byte <= '~'; byte++)
        printable[byte - ' '] = (char)byte;
    fputs("From: ", file);
    put_text(file, letter->name, phrase);
    fprintf(file, "\n <%s>\nTo: <%s>\nSubject: ", letter->sender, recipient);
    put_text(file, letter->subject, printable);
    putc('\n', file);
    put_date(file, letter->date);
    fprintf(file,
            "Message-ID: <apppass.%s@%s>\n"
            "Auto-Submitted: auto-generated\n"
            "MIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: quoted-printable\n"
            "Content-Language: %s\n\n",
            letter->key, strrchr(letter->sender, '@') + 1, letter->language);
    put_quoted(file, letter->text);
    free(recipient);
}
