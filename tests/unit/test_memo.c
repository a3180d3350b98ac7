/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "array.h"
#include "memo.h"
#include "slots.h"

#define CODE   "k7xp2m9qwt0v1c3hd81p"
#define OTHER  "k7xp2m9qwt0v1c3hd818"
#define HASH   "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$TTTTTTTT"
#define LENGTH (sizeof CODE - 1)

/* ---- helpers ---- */

static char folder[] = "/tmp/apppass-test-XXXXXX";
static char path[64];
static char logged[LOG_LINE_MAX];
static int lines_logged;

static void keep_line(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)level;
    snprintf(logged, sizeof logged, "%s", line);
    lines_logged++;
}

static const struct log sink = {.write = keep_line};

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/memo", folder);
    return chmod(folder, 0711);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int remove_memo(void **state)
{
    (void)state;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -1;
}

static struct memo *open_good(void)
{
    struct memo *memo = memo_open(path, &sink);

    if (memo == NULL)
        fail_msg("%s", logged);
    return memo;
}

static void numbered(char code[LENGTH + 1], unsigned number)
{
    snprintf(code, LENGTH + 1, "k7xp%016u", number);
}

/* Run `body` in a child; its result is the child's exit status. */
static pid_t start(int (*body)(void *), void *argument)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(body(argument));
    return child;
}

static void expect_success(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("the child ended with status 0x%x", (unsigned)status);
}

/* ---- pairs ---- */

static void pairs_are_remembered_exactly(void **state)
{
    struct memo *memo = open_good(), *second;

    (void)state;
    assert_false(memo_contains(memo, HASH, CODE, LENGTH));
    memo_add(memo, HASH, CODE, LENGTH);
    assert_true(memo_contains(memo, HASH, CODE, LENGTH));
    assert_false(memo_contains(memo, HASH, OTHER, LENGTH));
    assert_false(memo_contains(memo, HASH "x", CODE, LENGTH));
    assert_false(memo_contains(memo, "", HASH CODE, sizeof HASH CODE - 1));
    assert_false(memo_contains(memo, HASH "k7xp", CODE "k7xp" + 4, LENGTH));
    second = open_good();
    assert_true(memo_contains(second, HASH, CODE, LENGTH));
    memo_close(&second);
    memo_close(&memo);
    assert_null(memo);
    memo_close(&memo);
}

static void without_a_memo_nothing_is_remembered(void **state)
{
    (void)state;
    memo_add(NULL, HASH, CODE, LENGTH);
    assert_false(memo_contains(NULL, HASH, CODE, LENGTH));
}

static void short_codes_are_not_remembered(void **state)
{
    struct memo *memo = open_good();

    (void)state;
    memo_add(memo, HASH, CODE, 16);
    assert_false(memo_contains(memo, HASH, CODE, 16));
    memo_close(&memo);
}

static void every_memo_has_its_own_key(void **state)
{
    unsigned char first[MEMO_FILE_SIZE / 8], second[sizeof first];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct memo *memo = open_good();
        unsigned char *bytes = i == 0 ? first : second;
        int fd = open(path, O_RDONLY);

        memo_add(memo, HASH, CODE, LENGTH);
        assert_int_equal(read(fd, bytes, sizeof first), sizeof first);
        close(fd);
        memo_close(&memo);
        unlink(path);
    }
    assert_memory_equal(first, second, 16);
    assert_memory_not_equal(first + 16, second + 16, 32);
    assert_false(sodium_is_zero(first + 16, 32));
    assert_null(memmem(first, sizeof first, "k7xp", 4));
}

static void many_pairs_stay_within_the_file(void **state)
{
    struct memo *memo = open_good();
    unsigned kept = 0;
    struct stat status;
    char code[LENGTH + 1];

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        numbered(code, i);
        memo_add(memo, HASH, code, LENGTH);
        assert_true(memo_contains(memo, HASH, code, LENGTH));
    }
    for (unsigned i = 90000; i < 100000; i++) {
        numbered(code, i);
        kept += memo_contains(memo, HASH, code, LENGTH);
    }
    for (unsigned i = 100000; i < 110000; i++) {
        numbered(code, i);
        assert_false(memo_contains(memo, HASH, code, LENGTH));
    }
    if (kept < 8500)
        fail_msg("only %u of the last 10,000 are remembered", kept);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, MEMO_FILE_SIZE);
    /* In units of 512 bytes: a disk that fills up later takes nothing from it. */
    assert_true(status.st_blocks * 512 >= MEMO_FILE_SIZE);
    memo_close(&memo);
}

/* ---- the file ---- */

static void the_file_is_private_and_of_fixed_size(void **state)
{
    mode_t old = umask(0);
    struct memo *memo = open_good();
    struct stat status;

    (void)state;
    umask(old);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, MEMO_FILE_SIZE);
    assert_int_equal(status.st_uid, geteuid());
    memo_close(&memo);
}

static void expect_unusable(const char *name, const char *why)
{
    struct memo *memo;

    lines_logged = 0;
    memo = memo_open(path, &sink);
    if (memo != NULL)
        fail_msg("%s: opened", name);
    if (lines_logged != 1 || strstr(logged, why) == NULL || strstr(logged, path) == NULL)
        fail_msg("%s: logged \"%s\"", name, logged);
}

static void make_file(size_t size, mode_t mode)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void files_that_are_no_memo_are_left_alone(void **state)
{
    char other[64];
    struct memo *memo;
    struct stat status;

    (void)state;
    snprintf(other, sizeof other, "%s/other", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_unusable("folder", "Is a directory");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_unusable("fifo", "it is not a regular file");
    unlink(path);
    make_file(0, 0600);
    expect_unusable("empty file", "it is of the wrong size");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 0);
    unlink(path);
    make_file(MEMO_FILE_SIZE + 1, 0600);
    expect_unusable("a byte too long", "it is of the wrong size");
    unlink(path);
    make_file(MEMO_FILE_SIZE, 0600);
    expect_unusable("zeros", "it is not a memo");
    unlink(path);

    memo = open_good();
    memo_close(&memo);
    assert_int_equal(chmod(path, 0640), 0);
    expect_unusable("group may read", "it is open to group or others");
    assert_int_equal(chmod(path, 0602), 0);
    expect_unusable("others may write", "it is open to group or others");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(link(path, other), 0);
    expect_unusable("second name", "it has another name");
    unlink(path);
    assert_int_equal(symlink(other, path), 0);
    expect_unusable("symbolic link", "it is a symbolic link");
    unlink(path);
    unlink(other);
    assert_int_equal(symlink(other, path), 0);
    expect_unusable("dangling link", "it is a symbolic link");
    assert_int_equal(stat(other, &status), -1);
}

static void a_missing_folder_is_no_place_for_a_memo(void **state)
{
    char kept[sizeof path];

    (void)state;
    memcpy(kept, path, sizeof path);
    snprintf(path, sizeof path, "%s/none/memo", folder);
    expect_unusable("missing folder", "No such file or directory");
    memcpy(path, kept, sizeof path);
}

static int open_as_nobody(void *argument)
{
    struct memo *memo;

    (void)argument;
    if (setgid(65534) != 0 || setuid(65534) != 0)
        return 2;
    memo = memo_open(path, &sink);
    return memo == NULL && strstr(logged, "Permission denied") != NULL ? 0 : 1;
}

static int use_in_jail(void *argument)
{
    struct memo *memo = argument;

    if (chroot(folder) != 0 || chdir("/") != 0 || setgid(65534) != 0 ||
        setuid(65534) != 0)
        return 2;
    if (!memo_contains(memo, HASH, CODE, LENGTH))
        return 3;
    memo_add(memo, HASH, OTHER, LENGTH);
    return memo_contains(memo, HASH, OTHER, LENGTH) ? 0 : 4;
}

/* As root only: another user can't foist a memo on us, open ours, and a jail is no
 * hindrance. */
static void foreign_owners_and_jails(void **state)
{
    struct memo *memo;

    (void)state;
    if (geteuid() != 0)
        return;
    memo = open_good();
    memo_add(memo, HASH, CODE, LENGTH);
    expect_success(start(open_as_nobody, NULL));
    expect_success(start(use_in_jail, memo));
    assert_true(memo_contains(memo, HASH, OTHER, LENGTH));
    memo_close(&memo);
    assert_int_equal(chown(path, 65534, 65534), 0);
    expect_unusable("nobody's file", "it belongs to another user");
}

static void deletion_replacement_and_truncation_do_no_harm(void **state)
{
    struct memo *memo = open_good(), *fresh;
    struct stat status;

    (void)state;
    memo_add(memo, HASH, CODE, LENGTH);
    assert_int_equal(unlink(path), 0);
    assert_true(memo_contains(memo, HASH, CODE, LENGTH));
    memo_add(memo, HASH, OTHER, LENGTH);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_true(memo_contains(memo, HASH, OTHER, LENGTH));
    unlink(path);
    fresh = open_good();
    assert_false(memo_contains(fresh, HASH, CODE, LENGTH));
    memo_close(&memo);

    memo_add(fresh, HASH, CODE, LENGTH);
    for (off_t size = MEMO_FILE_SIZE - 1; size > 0; size /= 3) {
        assert_int_equal(truncate(path, size), 0);
        (void)!memo_contains(fresh, HASH, CODE, LENGTH);
        for (unsigned i = 0; i < 100; i++) {
            char code[LENGTH + 1];

            numbered(code, i);
            memo_add(fresh, HASH, code, LENGTH);
        }
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, size);
    }
    assert_int_equal(truncate(path, 0), 0);
    assert_false(memo_contains(fresh, HASH, CODE, LENGTH));
    memo_close(&fresh);
}

/* Whatever stands in the file, a pair that never verified is not found. */
static void corruption_is_never_a_match(void **state)
{
    static unsigned char noise[MEMO_FILE_SIZE];
    struct memo *memo = open_good();

    (void)state;
    memo_add(memo, HASH, CODE, LENGTH);
    for (int round = 0; round < 4; round++) {
        int fd = open(path, O_WRONLY);
        char code[LENGTH + 1];

        if (round < 2)
            memset(noise, round == 0 ? 0 : 0xff, sizeof noise);
        else
            randombytes_buf(noise, sizeof noise);
        assert_int_equal(pwrite(fd, noise, sizeof noise, 0), sizeof noise);
        close(fd);
        for (unsigned i = 0; i < 5000; i++) {
            numbered(code, i);
            assert_false(memo_contains(memo, HASH, code, LENGTH));
        }
        assert_false(memo_contains(memo, HASH, CODE, LENGTH));
    }
    memo_add(memo, HASH, CODE, LENGTH);
    assert_true(memo_contains(memo, HASH, CODE, LENGTH));
    memo_close(&memo);
}

/* The first bytes of one tag and the last of another are no tag. */
static void torn_entries_never_match(void **state)
{
    struct memo *memo = open_good();
    unsigned char bytes[MEMO_FILE_SIZE], torn[MEMO_FILE_SIZE];
    int fd = open(path, O_RDWR);
    size_t at = 128;

    (void)state;
    memo_add(memo, HASH, CODE, LENGTH);
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
    while (sodium_is_zero(bytes + at, 16))
        at += 16;
    for (size_t cut = 1; cut < 16; cut++) {
        memcpy(torn, bytes, sizeof torn);
        randombytes_buf(torn + at + cut, 16 - cut);
        torn[at + cut] = (unsigned char)(bytes[at + cut] ^ 1);
        assert_int_equal(pwrite(fd, torn, sizeof torn, 0), sizeof torn);
        assert_false(memo_contains(memo, HASH, CODE, LENGTH));
        assert_false(memo_contains(memo, HASH, OTHER, LENGTH));
    }
    close(fd);
    memo_close(&memo);
}

static int open_and_add(void *argument)
{
    unsigned number = *(unsigned *)argument;
    struct memo *memo = memo_open(path, &sink);
    char code[LENGTH + 1];

    if (memo == NULL)
        return 1;
    for (unsigned i = 0; i < 500; i++) {
        numbered(code, number * 1000 + i);
        memo_add(memo, HASH, code, LENGTH);
    }
    return 0;
}

static void processes_that_start_together_share_one_file(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        pid_t children[8];
        struct memo *memo;
        char code[LENGTH + 1];
        unsigned lost = 0;

        for (unsigned i = 0; i < 8; i++)
            children[i] = start(open_and_add, &i);
        for (unsigned i = 0; i < 8; i++)
            expect_success(children[i]);
        memo = open_good();
        for (unsigned i = 0; i < 8 * 1000; i++) {
            numbered(code, i);
            if (memo_contains(memo, HASH, code, LENGTH) != (i % 1000 < 500))
                assert_true(i % 1000 < 500 && ++lost > 0);
        }
        /* Two that write to the same place at once lose one of the pairs. */
        assert_in_range(lost, 0, 40);
        memo_close(&memo);
        /* No temporary file is left. */
        unlink(path);
        assert_int_equal(rmdir(folder), 0);
        assert_int_equal(mkdir(folder, 0711), 0);
    }
}

static int write_for_ever(void *argument)
{
    struct memo *memo = argument;
    char code[LENGTH + 1];

    for (unsigned i = 0;; i = (i + 1) % 1000000) {
        numbered(code, i);
        memo_add(memo, HASH, code, LENGTH);
    }
    return 0;
}

static void processes_that_die_while_writing_do_no_harm(void **state)
{
    struct memo *memo = open_good();
    char code[LENGTH + 1];

    (void)state;
    for (int round = 0; round < 10; round++) {
        pid_t child = start(write_for_ever, memo);
        int status;

        numbered(code, 100);
        while (!memo_contains(memo, HASH, code, LENGTH))
            sched_yield();
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        for (unsigned i = 2000000; i < 2001000; i++) {
            numbered(code, i);
            assert_false(memo_contains(memo, HASH, code, LENGTH));
        }
        memo_add(memo, HASH, CODE, LENGTH);
        assert_true(memo_contains(memo, HASH, CODE, LENGTH));
    }
    memo_close(&memo);
}

static int open_under_a_limit(void *argument)
{
    const struct rlimit limit = {4096, 4096};
    struct memo *memo = argument;

    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 2;
    memo_add(memo, HASH, OTHER, LENGTH); /* SIGXFSZ would kill */
    if (memo_contains(memo, HASH, OTHER, LENGTH) ||
        !memo_contains(memo, HASH, CODE, LENGTH))
        return 3;
    return memo_open(path, &sink) == NULL ? 0 : 4;
}

static void a_limit_on_file_sizes_kills_nobody(void **state)
{
    struct memo *memo = open_good();

    (void)state;
    memo_add(memo, HASH, CODE, LENGTH);
    expect_success(start(open_under_a_limit, memo));
    memo_close(&memo);
}

static int open_without_standard_streams(void *argument)
{
    struct memo *memo;

    (void)argument;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    memo = memo_open(path, &sink);
    if (memo == NULL)
        return 2;
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            return 3;
    memo_add(memo, HASH, CODE, LENGTH);
    return memo_contains(memo, HASH, CODE, LENGTH) ? 0 : 4;
}

static void closed_standard_streams_do_not_become_the_memo(void **state)
{
    (void)state;
    expect_success(start(open_without_standard_streams, NULL));
}

/* ---- slots ---- */

static int take_all(struct memo *memo, int slots[SLOTS_MAX])
{
    int count = 0;

    while (count < SLOTS_MAX) {
        slots[count] = slots_acquire(memo, deadline_in(0));
        if (slots[count] < 0)
            break;
        for (int i = 0; i < count; i++)
            if (slots[i] == slots[count])
                return -1;
        count++;
    }
    return count;
}

static void release_all(struct memo *memo, const int *slots, int count)
{
    for (int i = 0; i < count; i++)
        slots_release(memo, slots[i]);
}

static void slots_are_bounded_in_one_process(void **state)
{
    struct memo *memos[] = {NULL, open_good()};
    int slots[SLOTS_MAX];

    (void)state;
    assert_in_range(slots_count(), SLOTS_MIN, SLOTS_MAX);
    for (int i = 0; i < 2; i++) {
        int count = take_all(memos[i], slots);
        int64_t before = deadline_now_ms();

        assert_int_equal(count, slots_count());
        assert_int_equal(slots_acquire(memos[i], deadline_in(30)), -1);
        assert_true(deadline_now_ms() - before >= 29);
        slots_release(memos[i], slots[1]);
        assert_int_equal(slots_acquire(memos[i], deadline_in(0)), slots[1]);
        release_all(memos[i], slots, count);
        slots_release(memos[i], -1);
        assert_int_equal(take_all(memos[i], slots), count);
        release_all(memos[i], slots, count);
    }
    memo_close(&memos[1]);
}

struct exchange {
    struct memo *memo;
    int to_parent[2], to_child[2];
};

/* Takes all slots but one, says so, and waits to be killed. */
static int hold_slots(void *argument)
{
    struct exchange *exchange = argument;
    int slots[SLOTS_MAX], count = take_all(exchange->memo, slots);
    char byte = (char)count;

    slots_release(exchange->memo, slots[0]);
    if (write(exchange->to_parent[1], &byte, 1) != 1)
        return 2;
    return (int)read(exchange->to_child[0], &byte, 1);
}

static void slots_are_bounded_over_processes_and_freed_by_death(void **state)
{
    struct exchange exchange = {.memo = open_good()};
    int slots[SLOTS_MAX], status, slot;
    pid_t child;
    char byte;

    (void)state;
    assert_int_equal(pipe(exchange.to_parent), 0);
    assert_int_equal(pipe(exchange.to_child), 0);
    child = start(hold_slots, &exchange);
    assert_int_equal(read(exchange.to_parent[0], &byte, 1), 1);
    assert_int_equal(byte, slots_count());
    slot = slots_acquire(exchange.memo, deadline_in(0));
    assert_true(slot >= 0);
    assert_int_equal(slots_acquire(exchange.memo, deadline_in(0)), -1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    slots_release(exchange.memo, slot);
    assert_int_equal(take_all(exchange.memo, slots), slots_count());

    /* A child takes over neither the bits nor the locks of its parent. */
    child = start(hold_slots, &exchange);
    assert_int_equal(read(exchange.to_parent[0], &byte, 1), 1);
    assert_int_equal(byte, 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    release_all(exchange.memo, slots, slots_count());
    child = start(hold_slots, &exchange);
    assert_int_equal(read(exchange.to_parent[0], &byte, 1), 1);
    assert_int_equal(byte, slots_count());
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    for (int i = 0; i < 2; i++) {
        close(exchange.to_parent[i]);
        close(exchange.to_child[i]);
    }
    memo_close(&exchange.memo);
}

/* Acquires twice, and says each time which of them it is and which time. */
static int go_twice(struct memo *memo, int number, int to)
{
    for (int round = 0; round < 2; round++) {
        char said[2] = {(char)number, (char)round};
        int slot = slots_acquire(memo, deadline_in(60000));

        if (slot < 0 || write(to, said, 2) != 2)
            return 1;
        usleep(2000);
        slots_release(memo, slot);
    }
    return 0;
}

/* Nobody goes before more than the eight that are first in the queue, and those that were let
 * go and have not said so yet; how long a process takes to be seen is the machine's affair. */
static void slots_go_to_who_came_first(void **state)
{
    const int64_t queue = (int64_t)1 << 32;
    struct memo *memo = open_good();
    int slots[SLOTS_MAX], count = take_all(memo, slots), pipes[2], status, went = 0;
    pid_t children[32 + SLOTS_MAX];
    const int waiting = 32 + count, ahead = 8 + count;
    int64_t at, last = queue;
    char said[2];

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    for (int i = 0; i < waiting; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(go_twice(memo, i, pipes[1]));
        /* It waits: its lock is behind the last one's. */
        while (!memo_find_lock(memo, last + 1, INT64_MAX, &at))
            usleep(500);
        last = at;
    }
    release_all(memo, slots, count);
    for (int i = 0; i < 2 * waiting; i++) {
        assert_int_equal(read(pipes[0], said, 2), 2);
        if (said[1] == 0)
            assert_in_range(said[0], 0, went++ + ahead);
        else
            assert_in_range(went, waiting - ahead, waiting);
    }
    for (int i = 0; i < waiting; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    close(pipes[0]);
    close(pipes[1]);
    memo_close(&memo);
}

static struct memo *shared;
static _Atomic int inside, most;

static void *compute_now_and_then(void *argument)
{
    (void)argument;
    for (int i = 0; i < 50; i++) {
        int slot = slots_acquire(shared, deadline_in(20000)), now, before;

        if (slot < 0)
            return shared;
        now = ++inside;
        for (before = most; now > before;)
            if (__atomic_compare_exchange_n(&most, &before, now, false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST))
                break;
        memo_add(shared, HASH, CODE, LENGTH);
        if (!memo_contains(shared, HASH, CODE, LENGTH))
            return shared;
        --inside;
        slots_release(shared, slot);
    }
    return NULL;
}

static void threads_share_memo_and_slots(void **state)
{
    pthread_t threads[SLOTS_MIN * 4];
    void *failed;

    (void)state;
    shared = open_good();
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, compute_now_and_then, NULL),
                         0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_in_range(most, 1, slots_count());
    memo_close(&shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(pairs_are_remembered_exactly, remove_memo),
        cmocka_unit_test_teardown(without_a_memo_nothing_is_remembered, remove_memo),
        cmocka_unit_test_teardown(short_codes_are_not_remembered, remove_memo),
        cmocka_unit_test_teardown(every_memo_has_its_own_key, remove_memo),
        cmocka_unit_test_teardown(many_pairs_stay_within_the_file, remove_memo),
        cmocka_unit_test_teardown(the_file_is_private_and_of_fixed_size, remove_memo),
        cmocka_unit_test_teardown(files_that_are_no_memo_are_left_alone, remove_memo),
        cmocka_unit_test_teardown(a_missing_folder_is_no_place_for_a_memo, remove_memo),
        cmocka_unit_test_teardown(foreign_owners_and_jails, remove_memo),
        cmocka_unit_test_teardown(deletion_replacement_and_truncation_do_no_harm,
                                  remove_memo),
        cmocka_unit_test_teardown(corruption_is_never_a_match, remove_memo),
        cmocka_unit_test_teardown(torn_entries_never_match, remove_memo),
        cmocka_unit_test_teardown(processes_that_start_together_share_one_file,
                                  remove_memo),
        cmocka_unit_test_teardown(processes_that_die_while_writing_do_no_harm,
                                  remove_memo),
        cmocka_unit_test_teardown(a_limit_on_file_sizes_kills_nobody, remove_memo),
        cmocka_unit_test_teardown(closed_standard_streams_do_not_become_the_memo,
                                  remove_memo),
        cmocka_unit_test_teardown(slots_are_bounded_in_one_process, remove_memo),
        cmocka_unit_test_teardown(slots_are_bounded_over_processes_and_freed_by_death,
                                  remove_memo),
        cmocka_unit_test_teardown(slots_go_to_who_came_first, remove_memo),
        cmocka_unit_test_teardown(threads_share_memo_and_slots, remove_memo),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
