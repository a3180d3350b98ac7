/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "code.h"
#include "input.h"
#include "text.h"

static const char letters_and_digits[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool has_controls(const char *bytes, size_t length)
{
    for (size_t i = 0, step; i < length; i += step)
        if (text_control(text_point(bytes + i, length - i, &step)))
            return true;
    return false;
}

bool input_name(const char *bytes, size_t length, const char *realm, char *name_r,
                size_t size)
{
    bool bare;
    int written;

    name_r[0] = '\0';
    if (bytes == NULL || length == 0 || length >= size || !text_valid(bytes, length) ||
        has_controls(bytes, length))
        return false;
    bare = realm != NULL && memchr(bytes, '@', length) == NULL;
    written = snprintf(name_r, size, "%.*s%s%s", (int)length, bytes, bare ? "@" : "",
                       bare ? realm : "");
    if (written > 0 && (size_t)written < size)
        return true;
    name_r[0] = '\0';
    return false;
}

bool input_name_secret(const char *bytes, size_t length, const char *password,
                       size_t password_length)
{
    struct code code;
    bool digit = false, is_code;

    if (bytes == NULL || length == 0)
        return false;
    if (password != NULL && length == password_length &&
        sodium_memcmp(bytes, password, length) == 0)
        return true;
    for (size_t i = 0; i < length; i++)
        digit = digit || (bytes[i] >= '0' && bytes[i] <= '9');
    is_code = digit && code_parse(bytes, length, &code) == CODE_SHAPE_VALID;
    if (digit)
        code_wipe(&code);
    return is_code;
}

static bool looks_like_address(const char *bytes, size_t length)
{
    static const char local_extra[] = ".!#$%&'*+/=?^_`{|}~-"; /* RFC 5321, atext */
    const char *at = memchr(bytes, '@', length);
    size_t local = at != NULL ? (size_t)(at - bytes) : 0;
    bool dot = false;

    if (local == 0 || local > 64 || local + 4 > length)
        return false;
    for (size_t i = 0; i < local; i++)
        if (strchr(letters_and_digits, bytes[i]) == NULL &&
            strchr(local_extra, bytes[i]) == NULL)
            return false;
    for (size_t i = local + 1; i < length; i++) {
        dot = dot || bytes[i] == '.';
        if (strchr(letters_and_digits, bytes[i]) == NULL && bytes[i] != '.' &&
            bytes[i] != '-')
            return false;
    }
    return dot && bytes[local + 1] != '.' && bytes[length - 1] != '.';
}

static bool holds(const char *text, size_t length, const char *part, size_t part_length)
{
    if (part_length == 0)
        return false;
    for (size_t i = 0; i + part_length <= length; i++)
        if (strncasecmp(text + i, part, part_length) == 0)
            return true;
    return false;
}

bool input_name_loggable(const char *bytes, size_t length, const char *password,
                         size_t password_length)
{
    struct code code;
    enum code_shape whole, local;

    if (bytes == NULL || memchr(bytes, '\0', length) != NULL ||
        !looks_like_address(bytes, length))
        return false;
    whole = code_parse(bytes, length, &code);
    local = code_parse(bytes, strcspn(bytes, "@"), &code);
    code_wipe(&code);
    return whole == CODE_SHAPE_NONE && local == CODE_SHAPE_NONE &&
           !holds(bytes, length, password, password_length) &&
           !holds(password, password_length, bytes, length);
}

bool input_service(const char *service, char service_r[INPUT_SERVICE_MAX])
{
    size_t length = service != NULL ? strlen(service) : 0;

    service_r[0] = '\0';
    if (length == 0 || length >= INPUT_SERVICE_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (strchr(letters_and_digits, service[i]) == NULL &&
            strchr("._-", service[i]) == NULL)
            return false;
    memcpy(service_r, service, length + 1);
    return true;
}

bool input_client(const char *text, struct client *client_r)
{
    char address[64];
    struct in_addr v4;
    struct in6_addr v6;
    size_t length;

    memset(client_r, 0, sizeof *client_r);
    if (text == NULL)
        return false;
    text += *text == '[';
    length = strcspn(text, "];%");
    if (length == 0 || length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (inet_pton(AF_INET6, address, &v6) == 1) {
        if (!IN6_IS_ADDR_V4MAPPED(&v6)) {
            memcpy(client_r->network, &v6, 8);
            client_r->network_length = 8;
            return inet_ntop(AF_INET6, &v6, client_r->text, sizeof client_r->text) !=
                   NULL;
        }
        memcpy(&v4, v6.s6_addr + 12, sizeof v4);
    } else if (inet_pton(AF_INET, address, &v4) != 1) {
        return false;
    }
    memcpy(client_r->network, &v4, 3);
    client_r->network_length = 3;
    return inet_ntop(AF_INET, &v4, client_r->text, sizeof client_r->text) != NULL;
}
