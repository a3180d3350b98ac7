/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "array.h"
#include "peer.h"
#include "procfile.h"

struct line {
    const char *name;
    const char *text;
    bool good;
    const char *client;
    const char *user;
};

static const struct line lines[] = {
    {"before the login", "imap\tlocalhost [127.0.0.1]\t\t\t\n", true, "127.0.0.1", ""},
    {"after it",
     "imaps\tmail.example.org [192.0.2.7]\talice@example.org\tuser.alice\tIdle\n", true,
     "192.0.2.7", "alice@example.org"},
    {"no name", "pop3\t[198.51.100.4]\t\t\t\n", true, "198.51.100.4", ""},
    {"IPv6", "imap\t[2001:db8::1]\t\t\t\n", true, "2001:db8::1", ""},
    {"IPv6 with a name", "imap\tv6.example.org [2001:DB8::1]\t\t\t\n", true,
     "2001:db8::1", ""},
    {"IPv6 with a zone", "imap\t[fe80::1%eth0]\t\t\t\n", true, "fe80::1", ""},
    {"IPv4 inside IPv6", "imap\t[::ffff:192.0.2.1]\t\t\t\n", true, "192.0.2.1", ""},
    {"unix socket", "imap\t[unix socket]\t\t\t\n", true, "", ""},
    {"no end of line", "imap\t[192.0.2.1]\t\t\t", true, "192.0.2.1", ""},
    {"no command", "imap\t[192.0.2.1]\tbob\t\n", true, "192.0.2.1", "bob"},
    {"empty", "", false, "", ""},
    {"one line end", "\n", false, "", ""},
    {"no client", "imap\n", false, "", ""},
    {"nothing after the client", "imap\t[192.0.2.1]\n", false, "", ""},
    {"client without brackets", "imap\t192.0.2.1\t\t\t\n", false, "", ""},
    {"two addresses", "imap\t[192.0.2.1] [192.0.2.2]\t\t\t\n", false, "", ""},
    {"address inside an address", "imap\t[192.0.2.1[192.0.2.2]\t\t\t\n", false, "", ""},
    {"a name with a bracket", "imap\tx] [192.0.2.2]\t\t\t\n", false, "", ""},
    {"a name with a blank", "imap\ta b [192.0.2.2]\t\t\t\n", false, "", ""},
    {"a name alone", "imap\thost\t\t\t\n", false, "", ""},
    {"something after it", "imap\t[192.0.2.1] x\t\t\t\n", false, "", ""},
    {"no blank after the name", "imap\thost[192.0.2.1]\t\t\t\n", false, "", ""},
    {"a network", "imap\t[192.0.2.0/24]\t\t\t\n", false, "", ""},
    {"a port", "imap\t[192.0.2.1;80]\t\t\t\n", false, "", ""},
    {"a shortened address", "imap\t[127.1]\t\t\t\n", false, "", ""},
    {"no service", "\t[192.0.2.1]\t\t\t\n", false, "", ""},
    {"two lines", "imap\t[192.0.2.1]\t\t\t\nimap\t[192.0.2.2]\t\t\t\n", false, "", ""},
    {"six fields", "imap\t[192.0.2.1]\ta\tb\tc\td\n", false, "", ""},
};

static void test_lines(void **state)
{
    struct procfile record;

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        bool good = procfile_parse(lines[i].text, strlen(lines[i].text), &record);

        if (good != lines[i].good || strcmp(record.client, lines[i].client) != 0 ||
            strcmp(record.user, lines[i].user) != 0)
            fail_msg("%s: %d \"%s\" \"%s\"", lines[i].name, good, record.client,
                     record.user);
    }
    assert_false(procfile_parse("imap\t[192.0.2.1]\t\0\t\n", 20, &record));
}

/* A folder, and a process that sleeps in it while the test runs. */
struct ground {
    char folder[64];
    char file[96];
    char other[96];
    pid_t pid;
};

static int set_up(void **state)
{
    struct ground *ground = calloc(1, sizeof(*ground));

    if (ground == NULL)
        return -1;
    strcpy(ground->folder, "/tmp/apppass-procfile.XXXXXX");
    if (mkdtemp(ground->folder) == NULL)
        return -1;
    ground->pid = fork();
    if (ground->pid == 0) {
        pause();
        _exit(0);
    }
    snprintf(ground->file, sizeof(ground->file), "%s/%ld", ground->folder,
             (long)ground->pid);
    snprintf(ground->other, sizeof(ground->other), "%s/other", ground->folder);
    *state = ground;
    return 0;
}

static int tear_down(void **state)
{
    struct ground *ground = *state;

    kill(ground->pid, SIGKILL);
    waitpid(ground->pid, NULL, 0);
    unlink(ground->file);
    unlink(ground->other);
    rmdir(ground->folder);
    free(ground);
    return 0;
}

static void put(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), length);
    close(fd);
}

static const char good_line[] = "imap\t[192.0.2.1]\talice\tINBOX\tIdle\n";

static enum procfile_state look(const struct ground *ground, uid_t owner)
{
    struct procfile record;
    enum procfile_state result =
        procfile_read(ground->folder, ground->pid, owner, &record);

    assert_string_equal(record.client, result == PROCFILE_GOOD ? "192.0.2.1" : "");
    return result;
}

static void test_good(void **state)
{
    struct ground *ground = *state;

    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
    put(ground->file, good_line, strlen(good_line));
    assert_int_equal(look(ground, geteuid()), PROCFILE_GOOD);
}

static void test_foreign(void **state)
{
    struct ground *ground = *state;

    put(ground->file, good_line, strlen(good_line));
    assert_int_equal(look(ground, geteuid() + 1), PROCFILE_UNUSABLE);
    assert_int_equal(chmod(ground->file, 0666), 0);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
}

static void test_stale(void **state)
{
    struct ground *ground = *state;
    struct timespec times[2];

    put(ground->file, good_line, strlen(good_line));
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= 60;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, ground->file, times, 0), 0);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
    put(ground->file, good_line, strlen(good_line));
    assert_int_equal(look(ground, geteuid()), PROCFILE_GOOD);
    kill(ground->pid, SIGKILL);
    waitpid(ground->pid, NULL, 0);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
}

static void test_links_and_others(void **state)
{
    struct ground *ground = *state;

    put(ground->other, good_line, strlen(good_line));
    assert_int_equal(symlink(ground->other, ground->file), 0);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
    unlink(ground->file);
    assert_int_equal(link(ground->other, ground->file), 0);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
    unlink(ground->file);
    assert_int_equal(mkfifo(ground->file, 0600), 0);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
    unlink(ground->file);
    assert_int_equal(mkdir(ground->file, 0700), 0);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
    rmdir(ground->file);
}

static void test_huge(void **state)
{
    struct ground *ground = *state;
    char text[PROCFILE_MAX + 2];
    int length = snprintf(text, sizeof(text), "imap\t[192.0.2.1]\talice\t");

    memset(text + length, 'x', sizeof(text) - (size_t)length);
    put(ground->file, text, PROCFILE_MAX);
    assert_int_equal(look(ground, geteuid()), PROCFILE_GOOD);
    put(ground->file, text, PROCFILE_MAX + 1);
    assert_int_equal(look(ground, geteuid()), PROCFILE_UNUSABLE);
}

/* The kernel says who is at the other end: here, this process itself. */
static void test_peer(void **state)
{
    struct ground *ground = *state;
    char own[96], client[96];
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    put(ground->file, good_line, strlen(good_line));
    assert_int_equal(peer_client(ends[0], ground->folder, client, sizeof(client)),
                     PROCFILE_UNUSABLE);
    assert_string_equal(client, "");
    snprintf(own, sizeof(own), "%s/%ld", ground->folder, (long)getpid());
    put(own, good_line, strlen(good_line));
    assert_int_equal(peer_client(ends[0], ground->folder, client, sizeof(client)),
                     PROCFILE_GOOD);
    assert_string_equal(client, "192.0.2.1");
    unlink(own);
    close(ends[0]);
    close(ends[1]);
}

#define GROUND_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        GROUND_TEST(test_good),
        GROUND_TEST(test_foreign),
        GROUND_TEST(test_stale),
        GROUND_TEST(test_links_and_others),
        GROUND_TEST(test_huge),
        GROUND_TEST(test_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
