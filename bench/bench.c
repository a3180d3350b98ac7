/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/*
 * Measures logins; bench/run writes the plan, starts the servers and prints the table.
 *
 *   bench code COUNT     that many new codes: one line each, code, selector, hash
 *   bench run SECONDS    reads jobs, measures them by turns for so long
 *   bench storm WORKERS MODULES OPTIONS
 *                        reads accounts and codes, logs each in once, in so many
 * processes
 *
 * A job is a line of fields separated by tabs: measure, kind ("sasl*8": the same in eight
 * processes at once), attempts in a turn,
 * expected SASL result, user name, password, then what the kind needs (see job_kinds) and
 * the flood it is measured in, "COUNT FILE", or nothing: so many processes try the lines
 * of FILE, user name, password and client's address, through the same door meanwhile.
 * Each job has a process of its own, with its own libsasl2 configuration and connection;
 * turns follow each other so that all see the same machine.
 *
 * Options are NAME=VALUE, separated by "|".
 */

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <sasl/sasl.h>
#include <sasl/saslutil.h>

#include "array.h"
#include "code.h"
#include "hash.h"

#define FIELDS_MAX  9
#define JOBS_MAX    96
#define FLOOD_MAX   100
#define FLOOD_LINES 4096
#define OPTIONS_MAX 32
#define WIDE_MAX    64
#define CLIENT      "192.0.2.1;49948"

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void write_all(int to, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t done = write(to, at, size);

        if (done <= 0)
            die("could not write to a worker", strerror(errno));
        at += done;
        size -= (size_t)done;
    }
}

/* False at the end of the stream. */
static bool read_all(int from, void *bytes, size_t size)
{
    for (char *at = bytes; size > 0;) {
        ssize_t done = read(from, at, size);

        if (done <= 0)
            return false;
        at += done;
        size -= (size_t)done;
    }
    return true;
}

/* ---- a SASL server ---- */

static struct {
    const char *path;
    struct {
        const char *name, *value;
    } options[OPTIONS_MAX];
    size_t count;
} host;

static int get_option(void *context, const char *plugin, const char *name,
                      const char **result, unsigned *length)
{
    (void)context;
    (void)plugin;
    for (size_t i = 0; i < host.count; i++) {
        if (strcmp(host.options[i].name, name) != 0)
            continue;
        *result = host.options[i].value;
        if (length != NULL)
            *length = (unsigned)strlen(host.options[i].value);
        return SASL_OK;
    }
    return SASL_FAIL;
}

static int get_path(void *context, const char **path)
{
    (void)context;
    *path = host.path;
    return SASL_OK;
}

/* Errors are shown; what the log costs a real host is the host's. */
static int take_line(void *context, int level, const char *line)
{
    (void)context;
    if (level <= SASL_LOG_ERR && strncmp(line, "apppass", 7) == 0)
        fprintf(stderr, "%s\n", line);
    return SASL_OK;
}

typedef int callback(void);
#define CALLBACK(function) ((callback *)(void (*)(void))(function))

static const sasl_callback_t callbacks[] = {
    {SASL_CB_GETOPT, CALLBACK(get_option), NULL},
    {SASL_CB_LOG, CALLBACK(take_line), NULL},
    {SASL_CB_GETPATH, CALLBACK(get_path), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

/* `options` is taken apart in place. */
static void start_host(const char *path, char *options)
{
    char *rest = options, *one;

    host.path = path;
    host.count = 0;
    while ((one = strsep(&rest, "|")) != NULL && host.count < OPTIONS_MAX) {
        char *equals = strchr(one, '=');

        if (equals == NULL)
            continue;
        *equals = '\0';
        host.options[host.count].name = one;
        host.options[host.count++].value = equals + 1;
    }
    if (sasl_server_init(callbacks, "apppass-bench") != SASL_OK)
        die("sasl_server_init", path);
}

static const char *client_address = CLIENT;

/* One connection, one PLAIN message with initial response. */
static int log_in(const char *username, const char *password)
{
    sasl_conn_t *conn = NULL;
    const char *out;
    unsigned out_length;
    char message[512];
    int result, length;

    length = snprintf(message, sizeof message, "%c%s%c%s", 0, username, 0, password);
    result = sasl_server_new("imap", "mail.example.org", NULL, "192.0.2.25;143",
                             client_address, NULL, 0, &conn);
    if (result == SASL_OK)
        result = sasl_server_start(conn, "PLAIN", message, (unsigned)length, &out,
                                   &out_length);
    sasl_dispose(&conn);
    return result;
}

/* ---- jobs ---- */

struct job {
    char *measure, *kind;
    int batch, expected;
    size_t wide; /* in so many processes */
    char *username, *password, *first, *second, *flood;
    int to, from; /* its process */
    int64_t *samples;
    size_t count, room;
    int64_t busy_ns; /* time its turns took */
    int64_t guesses, flooded_ns;
};

static struct job jobs[JOBS_MAX];

struct job_kind {
    const char *name;
    void (*start)(struct job *job);
    int (*attempt)(const struct job *job); /* a SASL result */
};

static PGconn *floor_connection;

static void start_sasl(struct job *job)
{
    start_host(job->first, job->second);
    (void)log_in(job->username, job->password);
}

static int attempt_sasl(const struct job *job)
{
    return log_in(job->username, job->password);
}

#define LOOKUP "SELECT * FROM apppass.lookup($1, $2, 'imap', '192.0.2.1')"

/* first: connection string.  The lookup alone, as bare libpq does it best. */
static void start_roundtrip(struct job *job)
{
    PGresult *result;

    floor_connection = PQconnectdb(job->first);
    result = PQprepare(floor_connection, "lookup", LOOKUP, 2, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(job->measure, PQerrorMessage(floor_connection));
    PQclear(result);
}

/* password: the canonical code; its selector is asked for. */
static PGresult *look_up(const struct job *job, PGconn *conn, bool prepared)
{
    char selector[CODE_SELECTOR_LENGTH + 1];
    const char *values[] = {job->username, selector};

    snprintf(selector, sizeof selector, "%s", job->password);
    return prepared ? PQexecPrepared(conn, "lookup", 2, values, NULL, NULL, 0)
                    : PQexecParams(conn, LOOKUP, 2, NULL, values, NULL, NULL, 0);
}

static int attempt_roundtrip(const struct job *job)
{
    PGresult *result = look_up(job, floor_connection, true);
    bool good = PQntuples(result) == 1;

    PQclear(result);
    return good ? SASL_OK : SASL_FAIL;
}

/* The same on a connection of its own. */
static int attempt_connect(const struct job *job)
{
    PGconn *conn = PQconnectdb(job->first);
    PGresult *result = look_up(job, conn, false);
    bool good = PQntuples(result) == 1;

    PQclear(result);
    PQfinish(conn);
    return good ? SASL_OK : SASL_FAIL;
}

static void start_nothing(struct job *job)
{
    (void)job;
}

/* password: canonical code; second: its hash. */
static int attempt_argon2(const struct job *job)
{
    const char *reason;

    return hash_verify(job->second, job->password, strlen(job->password), NULL,
                       &reason) == OUTCOME_OK
               ? SASL_OK
               : SASL_FAIL;
}

/* What a cold login must do, and nothing else. */
static int attempt_both(const struct job *job)
{
    int result = attempt_roundtrip(job);

    return result == SASL_OK ? attempt_argon2(job) : result;
}

static size_t put_counted(char *to, const char *text, size_t length)
{
    to[0] = (char)(length >> 8);
    to[1] = (char)length;
    memcpy(to + 2, text, length);
    return length + 2;
}

/* first: socket of apppassd or saslauthd; second: "" or with the client's address, as libsasl2 after
 * 2.1.28 sends it.  A connection for each request, as the protocol has it. */
static int attempt_saslauthd(const struct job *job)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char message[600], reply[4];
    size_t length = 0, name;
    int result;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", job->first);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return SASL_UNAVAIL;
    }
    /* As libsasl2 does, the domain apart. */
    name = strcspn(job->username, "@");
    length += put_counted(message + length, job->username, name);
    length += put_counted(message + length, job->password, strlen(job->password));
    length += put_counted(message + length, "imap", 4);
    name += job->username[name] == '@';
    length +=
        put_counted(message + length, job->username + name, strlen(job->username + name));
    if (job->second[0] != '\0')
        length += put_counted(message + length, client_address, strlen(client_address));
    write_all(fd, message, length);
    if (!read_all(fd, reply, sizeof reply))
        result = SASL_UNAVAIL;
    else
        result = memcmp(reply + 2, "OK", 2) == 0 ? SASL_OK : SASL_BADAUTH;
    close(fd);
    return result;
}

/* first: socket of Dovecot's auth.  One connection, as its login processes have. */
static FILE *dovecot;

static void start_dovecot(struct job *job)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char line[1024] = "";

    snprintf(address.sun_path, sizeof address.sun_path, "%s", job->first);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        (dovecot = fdopen(fd, "r")) == NULL)
        die(job->first, strerror(errno));
    dprintf(fd, "VERSION\t1\t2\nCPID\t%d\n", (int)getpid());
    while (strcmp(line, "DONE\n") != 0)
        if (fgets(line, sizeof line, dovecot) == NULL)
            die(job->first, "no greeting");
}

static int attempt_dovecot(const struct job *job)
{
    static unsigned number;
    char message[512], encoded[1024], line[1024];
    int length =
        snprintf(message, sizeof message, "%c%s%c%s", 0, job->username, 0, job->password);

    if (sasl_encode64(message, (unsigned)length, encoded, sizeof encoded, NULL) !=
        SASL_OK)
        return SASL_FAIL;
    dprintf(fileno(dovecot), "AUTH\t%u\tPLAIN\tservice=imap\tresp=%s\n", ++number,
            encoded);
    if (fgets(line, sizeof line, dovecot) == NULL)
        return SASL_UNAVAIL;
    return strncmp(line, "OK\t", 3) == 0 ? SASL_OK : SASL_BADAUTH;
}

/* first: module; second: bench/load, which says how long loading took. */
static int attempt_load(const struct job *job)
{
    (void)job;
    return SASL_OK;
}

static const struct job_kind job_kinds[] = {
    {"sasl", start_sasl, attempt_sasl},      /* modules, options */
    {"reconnect", start_sasl, attempt_sasl}, /* the same, each in a new child */
    {"roundtrip", start_roundtrip, attempt_roundtrip},
    {"argon2", start_nothing, attempt_argon2},
    {"both", start_roundtrip, attempt_both},
    {"connect", start_nothing, attempt_connect},
    {"saslauthd", start_nothing, attempt_saslauthd},
    {"dovecot", start_dovecot, attempt_dovecot},
    {"load", start_nothing, attempt_load},
};

static const struct job_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < COUNT(job_kinds); i++)
        if (strcmp(job_kinds[i].name, name) == 0)
            return &job_kinds[i];
    die("unknown kind", name);
    return NULL;
}

static int64_t timed(const struct job *job, const struct job_kind *kind)
{
    int64_t begin = now_ns(), end;
    int result = kind->attempt(job);

    end = now_ns();
    if (result != job->expected) {
        fprintf(stderr, "bench: %s: result %d instead of %d\n", job->measure, result,
                job->expected);
        exit(1);
    }
    return end - begin;
}

/* The child opens a connection of its own: the parent's is not for it. */
static int64_t timed_in_child(const struct job *job, const struct job_kind *kind)
{
    int64_t taken = 0;
    int pipes[2];
    pid_t pid;

    if (pipe(pipes) != 0 || (pid = fork()) < 0)
        die("fork", strerror(errno));
    if (pid == 0) {
        taken = timed(job, kind);
        write_all(pipes[1], &taken, sizeof taken);
        sasl_done();
        _exit(0);
    }
    close(pipes[1]);
    if (!read_all(pipes[0], &taken, sizeof taken))
        exit(1);
    close(pipes[0]);
    (void)waitpid(pid, NULL, 0);
    return taken;
}

static int64_t timed_load(const struct job *job)
{
    char command[1200], line[64] = "";
    FILE *program;

    snprintf(command, sizeof command, "'%s' '%s'", job->second, job->first);
    program = popen(command, "r");
    if (program == NULL || fgets(line, sizeof line, program) == NULL)
        die("load", job->first);
    pclose(program);
    return (int64_t)(strtod(line, NULL) * 1000);
}

/* A turn: read how many attempts, answer with the time of each. */
static void serve(struct job *job, int from, int to)
{
    const struct job_kind *kind = find_kind(job->kind);
    int batch;

    kind->start(job);
    while (read_all(from, &batch, sizeof batch)) {
        for (int i = 0; i < batch; i++) {
            int64_t taken = strcmp(job->kind, "reconnect") == 0
                                ? timed_in_child(job, kind)
                            : strcmp(job->kind, "load") == 0 ? timed_load(job)
                                                             : timed(job, kind);

            write_all(to, &taken, sizeof taken);
        }
    }
    exit(0);
}

static void spawn(struct job *job, void (*work)(struct job *, int from, int to))
{
    int down[2], up[2];
    pid_t pid;

    if (pipe(down) != 0 || pipe(up) != 0 || (pid = fork()) < 0)
        die("fork", strerror(errno));
    if (pid == 0) {
        close(down[1]);
        close(up[0]);
        work(job, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    job->to = down[1];
    job->from = up[0];
}

/* ---- floods ---- */

/* Attackers of one door, shared by its jobs. */
static struct crowd {
    const char *kind;
    struct job attackers[FLOOD_MAX];
} crowds[2];
static size_t crowd_count;
static _Atomic int *flooding; /* shared by all processes: the flood is on */

struct guess {
    char *username, *password, *client;
};

static size_t read_guesses(const char *path, struct guess *guesses)
{
    static char line[512];
    FILE *file = fopen(path, "r");
    size_t count = 0;

    if (file == NULL)
        die(path, strerror(errno));
    while (count < FLOOD_LINES && fgets(line, sizeof line, file) != NULL) {
        char *rest = strdup(line);

        guesses[count].username = strsep(&rest, "\t");
        guesses[count].password = strsep(&rest, "\t");
        guesses[count++].client = strsep(&rest, "\n");
    }
    fclose(file);
    if (count == 0)
        die(path, "no guesses");
    return count;
}

/* Read which job is being measured, try its lines for as long, answer with how many. */
static void attack(struct job *job, int from, int to)
{
    static struct guess guesses[FLOOD_LINES];
    const struct job_kind *kind = find_kind(job->kind);
    const char *loaded = "";
    size_t count = 0, next = 0;
    int index, done;

    if (strcmp(job->kind, "sasl") == 0)
        start_host(job->first, job->second);
    while (read_all(from, &index, sizeof index)) {
        const char *path = strchr(jobs[index].flood, ' ') + 1;

        if (strcmp(path, loaded) != 0) {
            count = read_guesses(path, guesses);
            next = (size_t)job->batch * count / FLOOD_MAX;
            loaded = path;
        }
        for (done = 0; atomic_load(flooding); done++) {
            const struct guess *guess = &guesses[next++ % count];

            client_address = guess->client;
            job->username = guess->username;
            job->password = guess->password;
            (void)kind->attempt(job);
        }
        write_all(to, &done, sizeof done);
    }
    exit(0);
}

static struct crowd *crowd_of(const struct job *job)
{
    struct crowd *crowd = crowds;

    while (crowd < crowds + crowd_count && strcmp(crowd->kind, job->kind) != 0)
        crowd++;
    if (crowd < crowds + crowd_count)
        return crowd;
    crowd_count++;
    crowd->kind = job->kind;
    for (size_t i = 0; i < FLOOD_MAX; i++) {
        crowd->attackers[i] = *job;
        crowd->attackers[i].batch = (int)i;
        spawn(&crowd->attackers[i], attack);
    }
    return crowd;
}

/* Returns how many attack; end_flood gets that. */
static size_t begin_flood(const struct job *job)
{
    int index = (int)(job - jobs);
    size_t count = strtoul(job->flood, NULL, 10);
    struct crowd *crowd;

    if (count == 0)
        return 0;
    crowd = crowd_of(job);
    atomic_store(flooding, 1);
    for (size_t i = 0; i < count; i++)
        write_all(crowd->attackers[i].to, &index, sizeof index);
    usleep(200000);
    return count;
}

static void end_flood(struct job *job, size_t count)
{
    int done;

    if (count == 0)
        return;
    atomic_store(flooding, 0);
    for (size_t i = 0; i < count; i++) {
        if (!read_all(crowd_of(job)->attackers[i].from, &done, sizeof done))
            exit(1);
        job->guesses += done;
    }
}

static void take_samples(struct job *job, const struct job *worker)
{
    for (int i = 0; i < job->batch; i++) {
        if (job->count == job->room) {
            job->room = job->room * 2 + 1024;
            job->samples = realloc(job->samples, job->room * sizeof *job->samples);
            if (job->samples == NULL)
                die("memory", strerror(errno));
        }
        if (!read_all(worker->from, &job->samples[job->count++], sizeof *job->samples))
            exit(1);
    }
}

/* One turn on all of a job's processes at once. */
static void take_turn(struct job *job, const struct job *workers)
{
    int64_t flooded = now_ns(), begin;
    size_t attackers = begin_flood(job);

    begin = now_ns();
    for (size_t i = 0; i < job->wide; i++)
        write_all(workers[i].to, &job->batch, sizeof job->batch);
    for (size_t i = 0; i < job->wide; i++)
        take_samples(job, &workers[i]);
    job->busy_ns += now_ns() - begin;
    end_flood(job, attackers);
    job->flooded_ns += now_ns() - flooded;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

static void print_job(struct job *job)
{
    qsort(job->samples, job->count, sizeof *job->samples, compare);
    printf("%s\tus\t%.1f\t%.1f\t%.1f\n", job->measure,
           (double)job->samples[job->count / 2] / 1000,
           (double)job->samples[job->count * 99 / 100] / 1000,
           (double)job->count * 1e9 / (double)job->busy_ns);
    if (job->flood[0] != '\0')
        printf("%s_guesses\t1/s\t%.1f\tnan\tnan\n", job->measure,
               (double)job->guesses * 1e9 / (double)job->flooded_ns);
}

static bool read_job(struct job *job, char *line)
{
    char *fields[FIELDS_MAX] = {NULL}, *rest = line;

    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < FIELDS_MAX; i++)
        if ((fields[i] = strsep(&rest, "\t")) == NULL)
            return false;
    rest = strchr(fields[1], '*');
    if (rest != NULL)
        *rest++ = '\0';
    *job = (struct job){
        .wide = rest != NULL ? strtoul(rest, NULL, 10) : 1,
        .measure = strdup(fields[0]),
        .kind = strdup(fields[1]),
        .batch = (int)strtol(fields[2], NULL, 10),
        .expected = (int)strtol(fields[3], NULL, 10),
        .username = strdup(fields[4]),
        .password = strdup(fields[5]),
        .first = strdup(fields[6]),
        .second = strdup(fields[7]),
        .flood = strdup(fields[8]),
    };
    return true;
}

/* A fixed order would let a measure always meet what the one before it leaves behind: the
 * dying backends of a reconnect, cold caches. */
static void shuffle(size_t *order, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)random() % i, kept = order[i - 1];

        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static int run_jobs(double seconds)
{
    static struct job workers[JOBS_MAX][WIDE_MAX];
    static char line[8192];
    size_t count = 0, order[JOBS_MAX];
    int64_t end;

    flooding = mmap(NULL, sizeof *flooding, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (flooding == MAP_FAILED)
        die("mmap", strerror(errno));
    while (count < JOBS_MAX && fgets(line, sizeof line, stdin) != NULL)
        if (read_job(&jobs[count], line))
            count++;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < jobs[i].wide; j++) {
            workers[i][j] = jobs[i];
            spawn(&workers[i][j], serve);
        }
    }
    for (size_t i = 0; i < count; i++) { /* warm up, not counted */
        take_turn(&jobs[i], workers[i]);
        jobs[i].count = 0;
        jobs[i].busy_ns = jobs[i].guesses = jobs[i].flooded_ns = 0;
        order[i] = i;
    }
    end = now_ns() + (int64_t)(seconds * 1e9);
    do {
        shuffle(order, count);
        for (size_t i = 0; i < count; i++)
            take_turn(&jobs[order[i]], workers[order[i]]);
    } while (now_ns() < end);
    for (size_t i = 0; i < count; i++)
        print_job(&jobs[i]);
    return 0;
}

/* ---- the other commands ---- */

static int make_codes(long count)
{
    const struct hash_policy policy = HASH_POLICY_DEFAULT;

    for (long i = 0; i < count; i++) {
        struct code code;
        char shown[CODE_DISPLAY_MAX], hash[HASH_STRING_MAX];

        if (!code_make(CODE_LENGTH_DEFAULT, &code) ||
            hash_make(code.symbols, code.length, &policy, NULL, NULL, hash) != OUTCOME_OK)
            die("could not make a code", "");
        code_format(&code, shown);
        printf("%s\t%s\t%s\t%s\n", shown, code.symbols, code.selector, hash);
    }
    return 0;
}

/* This process's share of the accounts, one after the other; exits with the number of failures. */
static void storm_worker(struct job *job, char *const *lines, size_t count, size_t first,
                         size_t step, int64_t *longest_r)
{
    const struct job_kind *kind = find_kind(job->kind);
    int failures = 0;

    for (size_t i = first; i < count; i += step) {
        int64_t begin, taken;

        job->username = lines[i];
        job->password = strchr(lines[i], '\t');
        *job->password++ = '\0';
        if (i == first)
            kind->start(job);
        begin = now_ns();
        if (kind->attempt(job) != SASL_OK)
            failures++;
        taken = now_ns() - begin;
        if (taken > *longest_r)
            *longest_r = taken;
    }
    exit(failures > 100 ? 100 : failures);
}

/* Prints seconds to the last success, milliseconds of processor a login, the sum of the
 * processes' largest memory in MiB, failures, seconds that the longest login took. */
static int storm(size_t worker_count, struct job *job)
{
    static char *lines[100000];
    static char line[512];
    size_t count = 0;
    int64_t begin, *longest, most = 0;
    long failures = 0, memory_kib = 0;
    double cpu = 0;

    while (count < 100000 && fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        lines[count++] = strdup(line);
    }
    longest = mmap(NULL, worker_count * sizeof *longest, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (longest == MAP_FAILED)
        die("mmap", strerror(errno));
    begin = now_ns();
    for (size_t i = 0; i < worker_count; i++)
        if (fork() == 0)
            storm_worker(job, lines, count, i, worker_count, &longest[i]);
    for (size_t i = 0; i < worker_count; i++) {
        struct rusage usage;
        int status;

        if (wait4(-1, &status, 0, &usage) < 0)
            die("wait4", strerror(errno));
        failures += WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        memory_kib += usage.ru_maxrss;
        cpu += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    }
    for (size_t i = 0; i < worker_count; i++)
        if (longest[i] > most)
            most = longest[i];
    printf("%.3f\t%.3f\t%.0f\t%ld\t%.3f\n", (double)(now_ns() - begin) / 1e9,
           cpu / (double)count, (double)memory_kib / 1024, failures, (double)most / 1e9);
    return 0;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "code") == 0 && argc == 3)
        return make_codes(strtol(argv[2], NULL, 10));
    if (strcmp(command, "run") == 0 && argc == 3)
        return run_jobs(strtod(argv[2], NULL));
    if (strcmp(command, "storm") == 0 && argc == 6) {
        struct job job = {.kind = argv[3], .first = argv[4], .second = argv[5]};

        return storm(strtoul(argv[2], NULL, 10), &job);
    }
    fprintf(stderr, "bench/run starts this program\n");
    return 2;
}
