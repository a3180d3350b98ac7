/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The verifier on a leash: reads one command a line from standard input, words separated
 * by tabs, "-" for NULL; prints the verifier's log lines as "log TEXT" and then one
 * reply,
 * "= WORD...", tab-separated.
 */

#include "config.h"

#include <inttypes.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt.h"
#include "code.h"
#include "hash.h"
#include "settings.h"
#include "store.h"

#define WORDS_MAX 32
#define LINE_SIZE 131072

static const char *const outcome_names[] = {"denied", "ok", "unavailable"};

static void print_log(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)level;
    printf("log %s\n", line);
}

static const struct log log_sink = {print_log, NULL};
static struct store *store;
static struct verifier *verifier;
static struct settings settings;
static struct hash_keys *keys;
static struct memo *memo;
static char *words[WORDS_MAX + 1];
static int word_count;
static long timeout_ms = 2000;

static const char *word(int index)
{
    if (index >= word_count || strcmp(words[index], "-") == 0)
        return NULL;
    return words[index];
}

static long number(int index, long fallback)
{
    return word(index) != NULL ? strtol(word(index), NULL, 10) : fallback;
}

/* open CONNINFO IDLE_S TIMEOUT_MS */
static void do_open(void)
{
    char error[512];

    timeout_ms = number(3, 2000);
    store = store_new(word(1), number(2, 0), timeout_ms, &log_sink, error, sizeof error);
    printf("= %s\n", store != NULL ? "ok" : error);
}

static void do_close(void)
{
    store_free(&store);
    verifier_free(&verifier);
    memo_close(&memo);
    hash_keys_free(&keys);
    settings_free(verifier_settings, &settings);
    printf("= ok\n");
}

static void look_up(int first)
{
    struct row row;
    int64_t start = deadline_now_ms();
    enum outcome outcome =
        store_lookup(store, word(first), word(first + 1), word(first + 2),
                     word(first + 3), deadline_in(timeout_ms), &row);

    printf("= %s\t%" PRId64 "\t%s\t%" PRId64 "\t%s\t%s\t%d\n", outcome_names[outcome],
           deadline_now_ms() - start, verdict_name(row.verdict), row.code_id,
           row.username, row.hash, row.record_due);
    row_wipe(&row);
}

/* lookup USER SELECTOR SERVICE CLIENT */
static void do_lookup(void)
{
    look_up(1);
}

/* fork USER SELECTOR SERVICE CLIENT: the same in a child, which then frees the store */
static void do_fork(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        look_up(1);
        store_free(&store);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

/* fork-free: a child frees the store and does nothing else */
static void do_fork_free(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        store_free(&store);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("= ok\n");
}

static void print_elapsed(int64_t start)
{
    printf("= ok\t%" PRId64 "\n", deadline_now_ms() - start);
}

/* use CODE_ID SERVICE CLIENT */
static void do_use(void)
{
    int64_t start = deadline_now_ms();

    store_record_use(store, number(1, 0), word(2), word(3), deadline_in(timeout_ms));
    print_elapsed(start);
}

/* refusal VERDICT USER CODE_ID SERVICE CLIENT */
static void do_refusal(void)
{
    int64_t start = deadline_now_ms();

    store_record_refusal(store, verdict_parse(word(1)), word(2), number(3, 0), word(4),
                         word(5), deadline_in(timeout_ms));
    print_elapsed(start);
}

/* main USER SERVICE CLIENT */
static void do_main(void)
{
    int64_t start = deadline_now_ms();

    store_record_main_password(store, word(1), word(2), word(3), deadline_in(timeout_ms));
    print_elapsed(start);
}

/* upgrade CODE_ID OLD NEW */
static void do_upgrade(void)
{
    int64_t start = deadline_now_ms();

    store_upgrade_hash(store, number(1, 0), word(2), word(3), deadline_in(timeout_ms));
    print_elapsed(start);
}

static void do_drain(void)
{
    int64_t start = deadline_now_ms();

    store_drain(store, deadline_in(timeout_ms));
    print_elapsed(start);
}

static const char *find_option(void *context, const char *name)
{
    size_t length = strlen(name);

    (void)context;
    for (int i = 1; i < word_count; i++)
        if (strncmp(words[i], name, length) == 0 && words[i][length] == '=')
            return words[i] + length + 1;
    return NULL;
}

/* verifier NAME=VALUE... */
static void do_verifier(void)
{
    char error[512];
    struct verifier_shared shared = {.settings = &settings, .log = &log_sink};

    memset(&settings, 0, sizeof settings);
    if (!settings_load(verifier_settings, &settings, find_option, NULL, error,
                       sizeof error)) {
        printf("= %s\n", error);
        return;
    }
    if (settings.key_path != NULL)
        shared.keys = keys = hash_keys_load(settings.key_path, error, sizeof error);
    if (settings.key_path != NULL && keys == NULL) {
        printf("= %s\n", error);
        return;
    }
    if (settings.memo_path != NULL)
        shared.memo = memo = memo_open(settings.memo_path, &log_sink);
    verifier = verifier_new(&shared, error, sizeof error);
    printf("= %s\n", verifier != NULL ? "ok" : error);
}

static enum outcome check_main(void *context, const char *username)
{
    const struct attempt *attempt = context;

    printf("main %s\n", username);
    if (strcmp(attempt->password, "the main password") == 0)
        return OUTCOME_OK;
    if (strcmp(attempt->password, "nobody knows") == 0)
        return OUTCOME_UNAVAILABLE;
    return OUTCOME_DENIED;
}

/* Undo \xHH, so that any byte can be sent; returns the length. */
static size_t unescape(char *text)
{
    char *to = text, digits[3] = "";

    for (const char *from = text; *from != '\0';) {
        if (from[0] == '\\' && from[1] == 'x' && from[2] != '\0' && from[3] != '\0') {
            memcpy(digits, from + 2, 2);
            *to++ = (char)strtol(digits, NULL, 16);
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

static void decide(bool later)
{
    struct decision decision;
    struct attempt attempt = {
        .username = words[1],
        .username_length = unescape(words[1]),
        .password = words[2],
        .password_length = unescape(words[2]),
        .service = word(3),
        .client = word(4),
        .main_password = check_main,
        .finish_later = later,
    };
    int64_t start = deadline_now_ms();
    uint64_t computed = hash_computed();
    enum outcome outcome;

    attempt.context = &attempt;
    outcome = attempt_decide(verifier, &attempt, deadline_in(60000), &decision);
    printf("= %s\t%" PRId64 "\t%s\t%" PRId64 "\t%s\t%" PRIu64 "\n",
           outcome_names[outcome], deadline_now_ms() - start,
           verdict_name(decision.verdict), decision.code_id, decision.username,
           hash_computed() - computed);
}

/* attempt USER PASSWORD SERVICE CLIENT */
static void do_attempt(void)
{
    decide(false);
}

/* attempt-later USER PASSWORD SERVICE CLIENT: with finish_later */
static void do_attempt_later(void)
{
    decide(true);
}

static void do_finish(void)
{
    verifier_finish(verifier);
    printf("= ok\n");
}

/* code LENGTH: a new code, its selector and its hash with memory 64 KiB */
static void do_code(void)
{
    static const struct hash_policy policy = {.memory_kib = 64, .passes = 1, .lanes = 1};
    struct code code;
    char hash[HASH_STRING_MAX];

    if (!code_make((size_t)number(1, CODE_LENGTH_DEFAULT), &code) ||
        hash_make(code.symbols, code.length, &policy, NULL, hash) != OUTCOME_OK)
        exit(1);
    printf("= %s\t%s\t%s\n", code.symbols, code.selector, hash);
}

/* descriptors: how many are open */
static void do_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    printf("= %d\n", count);
}

static const struct {
    const char *name;
    void (*run)(void);
} commands[] = {
    {"attempt", do_attempt},
    {"attempt-later", do_attempt_later},
    {"close", do_close},
    {"code", do_code},
    {"descriptors", do_descriptors},
    {"drain", do_drain},
    {"finish", do_finish},
    {"fork", do_fork},
    {"fork-free", do_fork_free},
    {"lookup", do_lookup},
    {"main", do_main},
    {"open", do_open},
    {"refusal", do_refusal},
    {"upgrade", do_upgrade},
    {"use", do_use},
    {"verifier", do_verifier},
};

static bool obey(char *line)
{
    char *rest = line;

    line[strcspn(line, "\n")] = '\0';
    for (word_count = 0; rest != NULL && word_count < WORDS_MAX; word_count++)
        words[word_count] = strsep(&rest, "\t");
    words[word_count] = NULL;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(words[0], commands[i].name) == 0) {
            commands[i].run();
            fflush(stdout);
            return true;
        }
    return false;
}

int main(void)
{
    static char line[LINE_SIZE];

    while (fgets(line, sizeof line, stdin) != NULL)
        if (!obey(line))
            return 2;
    return 0;
}
