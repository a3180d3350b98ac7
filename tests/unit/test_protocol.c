/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "protocol.h"

/* A request as bytes; a length of SIZE_MAX ends the strings. */
struct bytes {
    size_t length;
    char bytes[5 * (2 + 65535)];
};

static void put_string(struct bytes *to, const char *bytes, size_t length)
{
    to->bytes[to->length++] = (char)(length >> 8);
    to->bytes[to->length++] = (char)(length & 0xff);
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

struct good {
    const char *name;
    const char *strings[REQUEST_STRINGS + 1];
    const char *user; /* joined again */
};

static const struct good goods[] = {
    {"libsasl2 2.1.28, address",
     {"alice", "pw", "imap", "example.org"},
     "alice@example.org"},
    {"bare name", {"alice", "pw", "pop", ""}, "alice"},
    {"bare name, realm of the connection", {"alice", "pw", "imap", "host"}, "alice@host"},
    {"cut at the last at-sign", {"a@b", "pw", "HTTP", "c"}, "a@b@c"},
    {"address not cut", {"alice@example.org", "pw", "imap", ""}, "alice@example.org"},
    {"all empty", {"", "", "", ""}, ""},
    {"later libsasl2",
     {"alice", "pw", "imap", "example.org", "192.0.2.1;4711"},
     "alice@example.org"},
    {"later libsasl2, address unknown",
     {"alice", "pw", "imap", "example.org", ""},
     "alice@example.org"},
};

static size_t count_strings(const struct good *good)
{
    size_t count = 0;

    while (good->strings[count] != NULL)
        count++;
    return count;
}

static void build(const struct good *good, struct bytes *to)
{
    to->length = 0;
    for (size_t i = 0; i < count_strings(good); i++)
        put_string(to, good->strings[i], strlen(good->strings[i]));
}

static void check(const struct good *good, const struct request *request)
{
    char user[REQUEST_USER_MAX + 1];
    size_t count = count_strings(good);

    assert_int_equal(request_state(request), count == 5 ? REQUEST_FIVE : REQUEST_FOUR);
    assert_false(request->refused);
    assert_int_equal(request_user(request, user), strlen(good->user));
    assert_string_equal(user, good->user);
    assert_string_equal(request->password, good->strings[REQUEST_PASSWORD]);
    assert_string_equal(request->service, good->strings[REQUEST_SERVICE]);
    assert_string_equal(request->client, count == 5 ? good->strings[REQUEST_CLIENT] : "");
}

static void requests_in_every_cut(void **state)
{
    static struct bytes bytes;

    (void)state;
    for (size_t i = 0; i < COUNT(goods); i++) {
        print_message("  %s\n", goods[i].name);
        build(&goods[i], &bytes);
        for (size_t piece = 1; piece <= bytes.length; piece++) {
            struct request request = {0};

            for (size_t at = 0; at < bytes.length; at += piece) {
                size_t length = bytes.length - at < piece ? bytes.length - at : piece;

                request_feed(&request, bytes.bytes + at, length);
            }
            check(&goods[i], &request);
        }
    }
}

/* Every beginning but the whole, and the four strings of a request of five. */
static void beginnings_are_partial(void **state)
{
    static struct bytes bytes;

    (void)state;
    for (size_t i = 0; i < COUNT(goods); i++) {
        size_t four = 0;

        build(&goods[i], &bytes);
        for (size_t j = 0; j < REQUEST_CLIENT; j++)
            four += 2 + strlen(goods[i].strings[j]);
        for (size_t length = 0; length < bytes.length; length++) {
            struct request request = {0};

            assert_int_equal(request_feed(&request, bytes.bytes, length),
                             length == four ? REQUEST_FOUR : REQUEST_PARTIAL);
        }
    }
}

struct limit {
    const char *name;
    enum request_string string;
    size_t length;
    bool refused;
};

static const struct limit limits[] = {
    {"longest login", REQUEST_LOGIN, REQUEST_LOGIN_MAX, false},
    {"login too long", REQUEST_LOGIN, REQUEST_LOGIN_MAX + 1, true},
    {"login of 65535", REQUEST_LOGIN, 65535, true},
    {"longest password", REQUEST_PASSWORD, SECRET_MAX, false},
    {"password too long", REQUEST_PASSWORD, SECRET_MAX + 1, true},
    {"password of 65535", REQUEST_PASSWORD, 65535, true},
    {"longest service", REQUEST_SERVICE, REQUEST_SERVICE_MAX, false},
    {"service too long", REQUEST_SERVICE, REQUEST_SERVICE_MAX + 1, true},
    {"service of 65535", REQUEST_SERVICE, 65535, true},
    {"longest realm", REQUEST_REALM, REQUEST_REALM_MAX, false},
    {"realm too long", REQUEST_REALM, REQUEST_REALM_MAX + 1, true},
    {"realm of 65535", REQUEST_REALM, 65535, true},
    {"longest client", REQUEST_CLIENT, REQUEST_CLIENT_MAX, false},
    {"client too long", REQUEST_CLIENT, REQUEST_CLIENT_MAX + 1, true},
    {"client of 65535", REQUEST_CLIENT, 65535, true},
};

/* Too long is legal: read to the end, refused, and the strings around it unharmed. */
static void limits_refuse_and_read_on(void **state)
{
    static struct bytes bytes;
    static char filler[65535];

    (void)state;
    memset(filler, 'x', sizeof(filler));
    for (size_t i = 0; i < COUNT(limits); i++) {
        const struct limit *limit = &limits[i];
        struct request request = {0};
        size_t expected = limit->length;

        print_message("  %s\n", limit->name);
        bytes.length = 0;
        for (unsigned j = 0; j < REQUEST_STRINGS; j++)
            put_string(&bytes, j == limit->string ? filler : "abc",
                       j == limit->string ? limit->length : 3);
        assert_int_equal(request_feed(&request, bytes.bytes, bytes.length), REQUEST_FIVE);
        assert_int_equal(request.refused, limit->refused);
        if (limit->refused)
            expected = 0;
        assert_int_equal(request.lengths[limit->string], expected);
        for (unsigned j = 0; j < REQUEST_STRINGS; j++)
            if (j != limit->string)
                assert_int_equal(request.lengths[j], 3);
        if (limit->string != REQUEST_LOGIN)
            assert_string_equal(request.login, "abc");
    }
}

static void longest_names_join(void **state)
{
    static struct bytes bytes;
    struct request request = {0};
    char login[REQUEST_LOGIN_MAX], realm[REQUEST_REALM_MAX], user[REQUEST_USER_MAX + 1];

    (void)state;
    memset(login, 'l', sizeof(login));
    memset(realm, 'r', sizeof(realm));
    bytes.length = 0;
    put_string(&bytes, login, sizeof(login));
    put_string(&bytes, "", 0);
    put_string(&bytes, "", 0);
    put_string(&bytes, realm, sizeof(realm));
    request_feed(&request, bytes.bytes, bytes.length);
    assert_int_equal(request_user(&request, user), REQUEST_USER_MAX);
    assert_int_equal(user[REQUEST_LOGIN_MAX], '@');
    assert_int_equal(user[REQUEST_USER_MAX], '\0');
}

/* A NUL would cut a C string short: "imap\0x" must not pass for "imap". */
static void nul_bytes(void **state)
{
    static const struct {
        enum request_string string;
        bool refused;
    } cases[] = {
        {REQUEST_LOGIN, false}, {REQUEST_PASSWORD, false}, {REQUEST_SERVICE, true},
        {REQUEST_REALM, false}, {REQUEST_CLIENT, true},
    };
    static struct bytes bytes;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = {0};

        bytes.length = 0;
        for (unsigned j = 0; j < REQUEST_STRINGS; j++)
            put_string(&bytes, j == cases[i].string ? "a\0b" : "abc", 3);
        request_feed(&request, bytes.bytes, bytes.length);
        assert_int_equal(request.refused, cases[i].refused);
        assert_int_equal(request.lengths[cases[i].string], 3);
    }
}

static void what_follows_five_strings_is_ignored(void **state)
{
    static struct bytes bytes;
    struct request request = {0};

    (void)state;
    build(&goods[6], &bytes);
    put_string(&bytes, "a sixth", 7);
    assert_int_equal(request_feed(&request, bytes.bytes, bytes.length), REQUEST_FIVE);
    check(&goods[6], &request);
}

static void wiped_is_ready_again(void **state)
{
    static struct bytes bytes;
    static const struct request empty;
    struct request request = {0};

    (void)state;
    build(&goods[0], &bytes);
    request_feed(&request, bytes.bytes, bytes.length);
    request_wipe(&request);
    assert_memory_equal(&request, &empty, sizeof(empty));
}

static void replies_are_counted_strings(void **state)
{
    (void)state;
    assert_memory_equal(reply_bytes(true), "\0\2OK", REPLY_LENGTH);
    assert_memory_equal(reply_bytes(false), "\0\2NO", REPLY_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_in_every_cut),
        cmocka_unit_test(beginnings_are_partial),
        cmocka_unit_test(limits_refuse_and_read_on),
        cmocka_unit_test(longest_names_join),
        cmocka_unit_test(nul_bytes),
        cmocka_unit_test(what_follows_five_strings_is_ignored),
        cmocka_unit_test(wiped_is_ready_again),
        cmocka_unit_test(replies_are_counted_strings),
    };

    return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
