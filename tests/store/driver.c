/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The verifier on a leash: reads one command a line from standard input, words separated
 * by tabs, "-" for NULL; prints the verifier's log lines as "log TEXT" and then one
 * reply,
 * "= WORD...", tab-separated.
 */

#include "config.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "attempt.h"
#include "code.h"
#include "hash.h"
#include "settings.h"
#include "store.h"

#define WORDS_MAX   32
#define LINE_SIZE   131072
#define THREADS_MAX 16
#define FRAGMENT    8         /* this many symbols of a code in a row are a trace of it */
#define REGION_MAX  (1 << 28) /* larger ones are a sanitizer's shadow */

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
static struct keyfile *keys;
static struct memo *memo;
static char *words[WORDS_MAX + 1];
static int word_count;
static long timeout_ms = 2000;
static char line[LINE_SIZE], input[LINE_SIZE];
static volatile unsigned char
    inverted[CODE_LENGTH_MAX]; /* so that it is no trace itself */
static size_t inverted_length;

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
    keyfile_free(&keys);
    settings_free(verifier_settings, &settings);
    printf("= ok\n");
}

static void look_up(int first, long within_ms)
{
    struct row row;
    int64_t start = deadline_now_ms();
    enum outcome outcome =
        store_lookup(store, word(first), word(first + 1), word(first + 2),
                     word(first + 3), deadline_in(within_ms), &row);

    printf("= %s\t%" PRId64 "\t%s\t%" PRId64 "\t%s\t%s\t%d\n", outcome_names[outcome],
           deadline_now_ms() - start, verdict_name(row.verdict), row.code_id,
           row.username, row.hash, row.record_due);
    row_wipe(&row);
}

/* lookup USER SELECTOR SERVICE CLIENT */
static void do_lookup(void)
{
    look_up(1, timeout_ms);
}

/* lookup-within MS USER SELECTOR SERVICE CLIENT: as somebody who waited elsewhere */
static void do_lookup_within(void)
{
    look_up(2, number(1, 0));
}

/* fork USER SELECTOR SERVICE CLIENT: the same in a child, which then frees the store */
static void do_fork(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        look_up(1, timeout_ms);
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
        shared.keys = keys = keyfile_load(settings.key_path, error, sizeof error);
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
    if (strcmp(attempt->password, "the main password") == 0 ||
        strcmp(attempt->password, "c49ngk80y3zh6dzf") ==
            0) /* a code by its check symbol */
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

static void print_step(void *context, enum attempt_step step,
                       enum attempt_finding finding, const char *sentence)
{
    (void)context;
    printf("step %d %d %s\n", step, finding, sentence);
}

static struct decision last;

static void decide(bool later, bool dry)
{
    struct attempt attempt = {
        .username = words[1],
        .username_length = unescape(words[1]),
        .password = words[2],
        .password_length = unescape(words[2]),
        .service = word(3),
        .client = word(4),
        .main_password = check_main,
        .finish_later = later,
        .dry = dry,
        .trace = dry ? print_step : NULL,
    };
    int64_t start = deadline_now_ms();
    uint64_t computed = hash_computed();
    enum outcome outcome;

    attempt.context = &attempt;
    outcome = attempt_decide(verifier, &attempt, deadline_in(60000), &last);
    printf("= %s\t%" PRId64 "\t%s\t%" PRId64 "\t%s\t%" PRIu64 "\n",
           outcome_names[outcome], deadline_now_ms() - start, verdict_name(last.verdict),
           last.code_id, last.username, hash_computed() - computed);
}

/* attempt USER PASSWORD SERVICE CLIENT */
static void do_attempt(void)
{
    decide(false, false);
}

/* attempt-later USER PASSWORD SERVICE CLIENT: with finish_later */
static void do_attempt_later(void)
{
    decide(true, false);
}

/* attempt-dry USER PASSWORD SERVICE CLIENT: nothing but the decision, with its steps */
static void do_attempt_dry(void)
{
    decide(false, true);
}

static void do_finish(void)
{
    attempt_finish(&last);
    printf("= ok\n");
}

/* code LENGTH: a new code, its selector and its hash with memory 64 KiB */
static void do_code(void)
{
    static const struct hash_policy policy = {.memory_kib = 64, .passes = 1, .lanes = 1};
    struct code code;
    char hash[HASH_STRING_MAX];

    if (!code_make((size_t)number(1, CODE_LENGTH_DEFAULT), &code) ||
        hash_make(code.symbols, code.length, &policy, NULL, NULL, hash) != OUTCOME_OK)
        exit(1);
    printf("= %s\t%s\t%s\n", code.symbols, code.selector, hash);
}

/* keyed-hash KEYFILE CODE [MEMORY PASSES]: keyed, bound to nothing */
static void do_keyed_hash(void)
{
    const struct hash_policy policy = {.memory_kib = (uint32_t)number(3, 64),
                                       .passes = (uint32_t)number(4, 1),
                                       .lanes = 1};
    char error[512], hash[HASH_STRING_MAX];
    struct keyfile *made_with = keyfile_load(words[1], error, sizeof error);

    if (made_with == NULL || hash_make(words[2], strlen(words[2]), &policy, made_with,
                                       NULL, hash) != OUTCOME_OK)
        exit(1);
    keyfile_free(&made_with);
    printf("= %s\n", hash);
}

/* remember CODE: for traces */
static void do_remember(void)
{
    inverted_length =
        strlen(words[1]) < CODE_LENGTH_MAX ? strlen(words[1]) : CODE_LENGTH_MAX;
    for (size_t i = 0; i < inverted_length; i++)
        inverted[i] = (unsigned char)~words[1][i];
    printf("= ok\n");
}

__attribute__((no_sanitize_address, no_sanitize_thread)) static bool
is_trace(const unsigned char *at, size_t first)
{
    for (size_t i = 0; i < FRAGMENT; i++)
        if (at[i] + inverted[first + i] != 0xff)
            return false;
    return true;
}

__attribute__((no_sanitize_address, no_sanitize_thread)) static int
count_traces(const unsigned char *from, const unsigned char *to)
{
    int count = 0;

    for (; from + FRAGMENT <= to; from++)
        for (size_t first = 0; first + FRAGMENT <= inverted_length; first++)
            count += is_trace(from, first);
    return count;
}

/*
 * traces: how many fragments of the remembered code this process still holds anywhere in
 * memory it may write: heap, freed or not, stack, used or not, memo.  What the driver
 * itself read is wiped first.
 */
static void do_traces(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char entry[512], mode[5];
    uintptr_t from, to;
    int count = 0;

    explicit_bzero(line, sizeof line);
    explicit_bzero(input, sizeof input);
    while (maps != NULL && fgets(entry, sizeof entry, maps) != NULL)
        if (sscanf(entry, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, mode) == 3 &&
            strncmp(mode, "rw", 2) == 0 && to - from < REGION_MAX)
            count += count_traces((const unsigned char *)from, (const unsigned char *)to);
    if (maps != NULL)
        fclose(maps);
    printf("= %d\n", count);
}

struct worker {
    pthread_t thread;
    struct verifier *verifier;
    const struct attempt *attempt;
    long count;
    int outcomes[3];
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct decision decision;

    for (long i = 0; i < worker->count; i++)
        worker->outcomes[attempt_decide(worker->verifier, worker->attempt,
                                        deadline_in(60000), &decision)]++;
    return NULL;
}

/* threads COUNT ATTEMPTS USER PASSWORD: each with a verifier of its own, all with the
 * memo, the throttle, the keys and the log of the last "verifier" */
static void do_threads(void)
{
    struct worker workers[THREADS_MAX] = {0};
    struct throttle *throttle = throttle_new();
    struct verifier_shared shared = {&settings, keys, memo, &log_sink, throttle};
    struct attempt attempt = {.username = words[3],
                              .username_length = strlen(words[3]),
                              .password = words[4],
                              .password_length = strlen(words[4]),
                              .service = "imap"};
    char error[512];
    long count = number(1, 1);
    int outcomes[3] = {0};

    for (long i = 0; i < count && i < THREADS_MAX; i++) {
        workers[i].attempt = &attempt;
        workers[i].count = number(2, 1);
        workers[i].verifier = verifier_new(&shared, error, sizeof error);
        if (workers[i].verifier == NULL ||
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            exit(1);
    }
    for (long i = 0; i < count && i < THREADS_MAX; i++) {
        pthread_join(workers[i].thread, NULL);
        verifier_free(&workers[i].verifier);
        for (int outcome = 0; outcome < 3; outcome++)
            outcomes[outcome] += workers[i].outcomes[outcome];
    }
    throttle_free(&throttle);
    printf("= %d\t%d\t%d\n", outcomes[OUTCOME_OK], outcomes[OUTCOME_DENIED],
           outcomes[OUTCOME_UNAVAILABLE]);
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
    {"attempt-dry", do_attempt_dry},
    {"close", do_close},
    {"code", do_code},
    {"keyed-hash", do_keyed_hash},
    {"descriptors", do_descriptors},
    {"drain", do_drain},
    {"finish", do_finish},
    {"fork", do_fork},
    {"fork-free", do_fork_free},
    {"lookup", do_lookup},
    {"lookup-within", do_lookup_within},
    {"main", do_main},
    {"open", do_open},
    {"refusal", do_refusal},
    {"remember", do_remember},
    {"threads", do_threads},
    {"traces", do_traces},
    {"upgrade", do_upgrade},
    {"use", do_use},
    {"verifier", do_verifier},
};

static bool obey(void)
{
    char *rest = line;

    line[strcspn(line, "\n")] = '\0';
    for (word_count = 0; rest != NULL && word_count < WORDS_MAX; word_count++)
        words[word_count] = strsep(&rest, "\t");
    words[word_count] = NULL;
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(words[0], commands[i].name) == 0) {
            commands[i].run();
            fflush(stdout);
            return true;
        }
    return false;
}

int main(void)
{
    setvbuf(stdin, input, _IOFBF, sizeof input);
    while (fgets(line, sizeof line, stdin) != NULL)
        if (!obey())
            return 2;
    return 0;
}
