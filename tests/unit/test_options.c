/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "array.h"
#include "options.h"

#define DB "apppass_conninfo: host=/run/postgresql dbname=apppass\n"

static char path[] = "/tmp/apppass-options.XXXXXX";
static char error[1024];

static bool read_text(const char *text, mode_t mode, struct options *options_r)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    error[0] = '\0';
    return options_read(path, options_r, error, sizeof(error));
}

static void defaults(void **state)
{
    struct options options;

    (void)state;
    assert_true(read_text(DB, 0644, &options));
    assert_string_equal(options.verifier.conninfo, "host=/run/postgresql dbname=apppass");
    assert_int_equal(options.verifier.timeout_ms, 5000);
    assert_string_equal(options.daemon.socket, "/run/apppassd/mux");
    assert_int_equal(options.socket_mode, 0660);
    assert_int_equal(options.daemon.workers, 0);
    assert_int_equal(options.daemon.queue, 1000);
    assert_int_equal(options.daemon.log, OPTIONS_LOG_STDERR);
    assert_int_equal(options_facility(options.daemon.log_facility), LOG_MAIL);
    assert_int_equal(options.daemon.client_address, OPTIONS_CLIENT_AUTO);
    assert_null(options.daemon.user);
    options_free(&options);
}

static void values(void **state)
{
    struct options options;

    (void)state;
    assert_true(read_text("# a comment\n"
                          "\n"
                          "   # an indented one\n" DB "apppass_timeout:3000\n"
                          "  apppassd_workers :  7  \r\n"
                          "apppassd_socket: /run/a/mux /var/spool/postfix/run/mux\n"
                          "apppassd_socket_mode: 0600\n"
                          "apppassd_log: syslog\n"
                          "apppassd_log_facility: auth\n"
                          "apppassd_client_address: required\n"
                          "apppass_fallback: checkpass\n"
                          "apppassd_fallback_socket: /run/mux\n"
                          "apppassd_user: apppass",
                          0640, &options));
    assert_int_equal(options.verifier.timeout_ms, 3000);
    assert_int_equal(options.daemon.workers, 7);
    assert_string_equal(options.daemon.socket, "/run/a/mux /var/spool/postfix/run/mux");
    assert_int_equal(options.socket_mode, 0600);
    assert_int_equal(options.daemon.log, OPTIONS_LOG_SYSLOG);
    assert_int_equal(options_facility(options.daemon.log_facility), LOG_AUTH);
    assert_int_equal(options.daemon.client_address, OPTIONS_CLIENT_REQUIRED);
    assert_string_equal(options.daemon.user, "apppass");
    assert_string_equal(options.daemon.fallback_socket, "/run/mux");
    options_free(&options);
}

struct bad {
    const char *name;
    const char *text;
    mode_t mode;
    unsigned line;       /* 0: the file as a whole */
    const char *message; /* part of it */
};

static const struct bad bads[] = {
    {"nothing", "", 0640, 0, "apppass_conninfo is missing"},
    {"unknown option", DB "apppass_timout: 5\n", 0640, 2, "apppass_timout: unknown"},
    {"option of the mail server", "sasl_apppass_conninfo: x\n", 0640, 1, "?: unknown"},
    {"set twice", DB "\napppass_timeout: 500\n#\napppass_timeout: 600\n", 0640, 5,
     "already set in line 3"},
    {"no colon", DB "apppass_timeout 500\n", 0640, 2, "not a \"name: value\" line"},
    {"no name", DB ": 500\n", 0640, 2, "?: unknown"},
    {"empty value", DB "apppass_realm:\n", 0640, 2, "apppass_realm: "},
    {"out of range", DB "apppass_timeout: 1\n", 0640, 2, "apppass_timeout: "},
    {"not a number", DB "apppassd_workers: two\n", 0640, 2, "apppassd_workers: "},
    {"too many workers", DB "apppassd_workers: 257\n", 0640, 2, "apppassd_workers: "},
    {"no room", DB "apppassd_queue: 0\n", 0640, 2, "apppassd_queue: "},
    {"unknown word", DB "apppassd_log: paper\n", 0640, 2, "apppassd_log: "},
    {"mode not octal", DB "apppassd_socket_mode: 0680\n", 0640, 2,
     "apppassd_socket_mode: "},
    {"mode as letters", DB "apppassd_socket_mode: u=rw\n", 0640, 2,
     "apppassd_socket_mode: "},
    {"mode with special bits", DB "apppassd_socket_mode: 4755\n", 0640, 2,
     "apppassd_socket_mode: "},
    {"relative socket", DB "apppassd_socket: /a b\n", 0640, 2, "apppassd_socket: "},
    {"too many sockets", DB "apppassd_socket: /1 /2 /3 /4 /5 /6 /7 /8 /9\n", 0640, 2,
     "apppassd_socket: "},
    {"fallback", DB "apppass_fallback: checkpass\n", 0640, 2, "apppass_fallback: "},
    {"fallback socket alone", DB "apppassd_fallback_socket: /run/saslauthd/mux\n", 0640,
     2, "apppassd_fallback_socket: "},
    {"asks itself",
     DB "apppass_fallback: checkpass\n"
        "apppassd_socket: /a /run/mux\napppassd_fallback_socket: /run/mux\n",
     0640, 4, "can't ask itself"},
    {"password in sight", "apppass_conninfo: host=a password=b\n", 0644, 1, "chmod o-r"},
    {"URI with a password in sight", "apppass_conninfo: postgresql://u:p@h/d\n", 0644, 1,
     "chmod o-r"},
    {"second password in sight", DB "apppass_record_conninfo: host=a sslpassword=b\n",
     0644, 2, "chmod o-r"},
    {"writable by the group", DB, 0660, 0, "chmod go-w"},
    {"writable by everybody", DB, 0602, 0, "chmod go-w"},
};

static void bad_files_name_file_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bads); i++) {
        struct options options;
        char place[256];

        print_message("  %s\n", bads[i].name);
        assert_false(read_text(bads[i].text, bads[i].mode, &options));
        if (bads[i].line > 0)
            snprintf(place, sizeof(place), "%s:%u: ", path, bads[i].line);
        else
            snprintf(place, sizeof(place), "%s: ", path);
        assert_memory_equal(error, place, strlen(place));
        assert_non_null(strstr(error + strlen(place), bads[i].message));
    }
}

static void passwords_out_of_sight(void **state)
{
    static const char *const good[] = {
        "apppass_conninfo: host=a password=b\n",
        "apppass_conninfo: postgresql://u:p@h/d\n",
    };
    static const char *const open[] = {
        "apppass_conninfo: postgresql://h:5432/d\n",
        "apppass_conninfo: postgresql://u@h:5432/d\n",
        "apppass_conninfo: host=a passfile=/etc/apppass/pgpass\n",
    };
    struct options options;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(read_text(good[i], 0640, &options));
        options_free(&options);
    }
    for (size_t i = 0; i < COUNT(open); i++) {
        assert_true(read_text(open[i], 0644, &options));
        options_free(&options);
    }
}

/* A conninfo broken over two lines must not put its password into the log. */
static void lines_are_not_repeated(void **state)
{
    struct options options;

    (void)state;
    assert_false(
        read_text("apppass_conninfo: host=a\n password=hunter2:x\n", 0640, &options));
    assert_null(strstr(error, "hunter2"));
    assert_false(
        read_text("apppass_conninfo: host=a\n password=hunter2\n", 0640, &options));
    assert_null(strstr(error, "hunter2"));
}

static void odd_files(void **state)
{
    struct options options;
    static char large[70000];
    int fd;

    (void)state;
    assert_false(
        options_read("/nonexistent/apppassd.conf", &options, error, sizeof(error)));
    assert_non_null(strstr(error, "No such file"));
    assert_false(options_read("/tmp", &options, error, sizeof(error)));
    memset(large, '\n', sizeof(large) - 1);
    assert_false(read_text(large, 0640, &options));
    assert_non_null(strstr(error, "longer than"));
    assert_true(read_text(DB, 0640, &options));
    options_free(&options);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "", 1), 1);
    close(fd);
    assert_false(options_read(path, &options, error, sizeof(error)));
    assert_non_null(strstr(error, "NUL"));
}

/* Everything the table offers is told in a sentence and starts with the daemon's name. */
static void table_is_whole(void **state)
{
    const struct setting *setting;

    (void)state;
    for (setting = daemon_settings; setting->name != NULL; setting++) {
        assert_memory_equal(setting->name, "apppassd_", 9);
        assert_true(strlen(setting->help) > 10);
        assert_int_equal(setting->help[strlen(setting->help) - 1], '.');
        if (setting[1].name != NULL)
            assert_true(strcmp(setting->name, setting[1].name) < 0);
    }
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(values),
        cmocka_unit_test(bad_files_name_file_and_line),
        cmocka_unit_test(passwords_out_of_sight),
        cmocka_unit_test(lines_are_not_repeated),
        cmocka_unit_test(odd_files),
        cmocka_unit_test(table_is_whole),
    };

    return cmocka_run_group_tests_name("options", tests, make_file, remove_file);
}
