/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "session/profile.h"

static void hosts(void **state)
{
    static const struct {
        const char *text, *host;
        int port; /* 0: refused */
    } cases[] = {
        {"mail.example.org", "mail.example.org", 993},
        {"mail.example.org:10993", "mail.example.org", 10993},
        {"192.0.2.1:1", "192.0.2.1", 1},
        {"[2001:db8::1]", "2001:db8::1", 993},
        {"[2001:db8::1]:143", "2001:db8::1", 143},
        {"", "", 0},
        {":993", "", 0},
        {"mail:", "", 0},
        {"mail:0", "", 0},
        {"mail:65536", "", 0},
        {"mail:99x", "", 0},
        {"[2001:db8::1", "", 0},
        {"[2001:db8::1]x", "", 0},
        {"[mail.example.org]", "", 0},
        {"[.1:2:3]", "", 0},
        {"[]", "", 0},
        {"2001:db8::1", "", 0},
        {"mail server", "", 0},
        {"-mail", "", 0},
        {"mail..org", "", 0},
        {"mail:+1", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct profile_server server = {.port = 993};

        assert_int_equal(profile_server(cases[i].text, &server), cases[i].port != 0);
        if (cases[i].port == 0)
            continue;
        assert_string_equal(server.host, cases[i].host);
        assert_int_equal(server.port, cases[i].port);
    }
}

static void host_names(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"mail.example.org", true},
        {"xn--mll-0na.example", true},
        {"2001:db8::1", true},
        {"192.0.2.1", true},
        {"::", true},
        {"::ffff:192.0.2.1", true},
        {".1:2:3", false},
        {"1:2:3", false},
        {"2001:db8::1::", false},
        {"fe80::1%eth0", false},
        {"mail.example.org:993", false},
        {"[2001:db8::1]", false},
        {"mail.", false},
        {"m\303\244il.example", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(profile_host_name(cases[i].text), cases[i].good);
}

static void markup_is_escaped(void **state)
{
    struct profile profile = {
        .account = "a&b@example.org",
        .address = "a&b@example.org",
        .device = "<Tom's \x1b phone>",
        .selector = "k7xp",
        .imap = {"imap.example.org", 993},
        .smtp = {"smtp.example.org", 587},
        .code = "k7xp-2m9q-wtrv-c3hd-8fjn",
    };
    char buffer[PROFILE_MAX];
    size_t length = profile_compose(&profile, buffer);

    (void)state;
    assert_true(length > 0);
    assert_non_null(strstr(buffer, "<string>a&amp;b@example.org</string>"));
    assert_non_null(strstr(buffer, "<string>&lt;Tom's ? phone&gt;</string>"));
    assert_non_null(strstr(buffer, "<integer>993</integer>"));
    assert_non_null(strstr(buffer, "<integer>587</integer>"));
    assert_non_null(strstr(buffer, "<key>IncomingPassword</key>\n"
                                   "\t<string>k7xp-2m9q-wtrv-c3hd-8fjn</string>"));
}

static void too_much_is_refused(void **state)
{
    static char longer[PROFILE_MAX];
    struct profile profile = {
        .account = longer,
        .address = longer,
        .device = "x",
        .selector = "k7xp",
        .imap = {"i", 993},
        .smtp = {"s", 465},
        .code = "c",
    };
    char buffer[PROFILE_MAX];

    (void)state;
    memset(longer, '&', sizeof longer - 1);
    assert_int_equal(profile_compose(&profile, buffer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(host_names),
        cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
