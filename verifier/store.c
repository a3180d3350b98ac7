/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "backoff.h"
#include "conninfo.h"
#include "link.h"
#include "store.h"

#define RECORD_CONNECT_MS 200   /* a record waits this long for a connection */
#define RECORD_WAIT_MS    250   /* a record waits this long for the one before it */
#define REPEAT_MESSAGE_MS 60000 /* the same trouble is logged again after this */
#define FREE_WAIT_MS      1000  /* a pooler forgets the record of who has gone */
#define LOOKUP_COLUMNS    10

enum { OID_INFERRED = 0, OID_INT8 = 20, OID_TEXT = 25, OID_INET = 869 };

static const struct statement lookup_statement = {
    .doing = "look up a login",
    .sql = "SELECT verdict, code_id, account_name, hash, memory_kib, passes, lanes,"
           " record_due, account_id, pg_catalog.pg_backend_pid()"
           " FROM apppass.lookup($1, $2, $3, $4)",
    .name = "apppass_lookup",
    .count = 4,
    .types = {OID_TEXT, OID_TEXT, OID_TEXT, OID_INET},
};
static const struct statement use_statement = {
    .doing = "record a use",
    .sql = "SELECT apppass.record_use($1, $2, $3)",
    .count = 3,
    .types = {OID_INT8, OID_TEXT, OID_INET},
};
static const struct statement refusal_statement = {
    .doing = "record a refusal",
    .sql = "SELECT apppass.record_refusal($1, $2, $3, $4, $5)",
    .count = 5,
    .types = {OID_INFERRED, OID_TEXT, OID_INT8, OID_TEXT, OID_INET},
};
static const struct statement main_password_statement = {
    .doing = "record a main password",
    .sql = "SELECT apppass.record_main_password($1, $2, $3)",
    .count = 3,
    .types = {OID_TEXT, OID_TEXT, OID_INET},
};
static const struct statement upgrade_statement = {
    .doing = "upgrade a hash",
    .sql = "SELECT apppass.upgrade_hash($1, $2, $3)",
    .count = 3,
    .types = {OID_INT8, OID_TEXT, OID_TEXT},
};

struct trouble {
    char text[PGERROR_REASON_MAX];
    int64_t logged_at;
};

struct store {
    const struct log *log;
    struct link *link;
    struct trouble asking, recording;
    struct backoff records;
    bool records_unconnected; /* what failed last about them was the connection */
};

/* Log a trouble when it is new or has lasted. */
static void report(struct store *store, struct trouble *trouble, enum log_level level,
                   const struct statement *statement, const char *reason,
                   const char *hint)
{
    int64_t now = deadline_now_ms();

    if (strcmp(trouble->text, reason) == 0 &&
        now < trouble->logged_at + REPEAT_MESSAGE_MS)
        return;
    snprintf(trouble->text, sizeof trouble->text, "%s", reason);
    trouble->logged_at = now;
    log_message(store->log, level, "could not %s: %s%s", statement->doing, reason, hint);
}

/* What kept the records may have been the connection. */
static void note_connected(struct store *store)
{
    if (store->records_unconnected)
        backoff_clear(&store->records);
}

/* ---- what is under way ---- */

/*
 * What the answer to a record means for the next ones.  A code deleted in between (class
 * 22, 23) concerns one record alone; a lock or a deadlock passes; the rest repeats
 * itself.
 */
static void judge_record(struct store *store, const struct statement *statement,
                         const struct answer *answer)
{
    static const char *const single[] = {"22", "23", NULL};
    static const char *const passing[] = {"40", "55P03", "57014", NULL};

    switch (answer->kind) {
    case ANSWER_ROWS:
        store->recording.text[0] = '\0';
        backoff_clear(&store->records);
        return;
    case ANSWER_LOST:
        return;
    case ANSWER_LATE:
    case ANSWER_ERROR:
        break;
    }
    report(store, &store->recording, LOG_LEVEL_WARNING, statement, answer->reason,
           pgerror_advice(answer->sqlstate));
    if (answer->kind == ANSWER_ERROR && pgerror_is(answer->sqlstate, single))
        return;
    store->records_unconnected = false;
    if (answer->kind == ANSWER_LATE || pgerror_is(answer->sqlstate, passing))
        backoff_grow(&store->records);
    else
        backoff_exhaust(&store->records);
    /* The server we asked to be a primary was demoted: find the new one. */
    if (strcmp(answer->sqlstate, "25006") == 0 && link_wants_writable(store->link))
        link_close(store->link);
}

/* Take the answer of what was sent; false where it has not come by the deadline. */
static bool drain(struct store *store, struct deadline deadline, bool last_chance)
{
    const struct statement *statement;
    struct answer answer;

    if (link_state(store->link) != LINK_SENT)
        return true;
    statement = link_sent(store->link);
    link_collect(store->link, deadline, &answer);
    if (answer.kind == ANSWER_LATE && !last_chance)
        return false;
    /* The answer of a lookup that nobody waits for any more tells nothing. */
    if (statement != &lookup_statement)
        judge_record(store, statement, &answer);
    if (answer.kind == ANSWER_LATE)
        link_close(store->link);
    answer_free(&answer);
    return true;
}

/*
 * Leave nothing under way, nor a connection that is of no more use.  A record blocked by
 * a lock, say, must not block logins; but who comes late must not end a connection on
 * which a record is being written.  False where something is still under way.
 */
static bool tidy(struct store *store, struct deadline deadline)
{
    if (!drain(store, deadline_in(deadline_left_ms(deadline) / 4),
               !link_hurried(store->link, deadline)))
        return false;
    link_check(store->link);
    return true;
}

/* ---- the lookup ---- */

enum step { STEP_FAILED = 0, STEP_DONE, STEP_REPEAT };

/* A text of the row, NULL and "" being the same. */
static bool read_text(const struct answer *answer, size_t column, char *target,
                      size_t size)
{
    size_t length;
    const char *text = answer_text(answer, column, &length);

    if (length >= size || (text != NULL && strlen(text) != length))
        return false;
    memcpy(target, text != NULL ? text : "", length + 1);
    return true;
}

/* A number of the row, 0 or more; `fallback` for NULL. */
static bool read_number(const struct answer *answer, size_t column, int64_t fallback,
                        int64_t *number_r)
{
    const char *text = answer_text(answer, column, NULL);
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;

    *number_r = fallback;
    if (text == NULL)
        return true;
    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return false;
    *number_r = strtoll(text, NULL, 10);
    return true;
}

static bool read_policy(const struct answer *answer, size_t column,
                        struct hash_policy *policy_r)
{
    static const struct hash_policy standard = HASH_POLICY_DEFAULT;
    int64_t memory_kib, passes, lanes;

    if (!read_number(answer, column, standard.memory_kib, &memory_kib) ||
        !read_number(answer, column + 1, standard.passes, &passes) ||
        !read_number(answer, column + 2, standard.lanes, &lanes) ||
        memory_kib > UINT32_MAX || passes > UINT32_MAX || lanes > UINT32_MAX)
        return false;
    *policy_r = (struct hash_policy){.memory_kib = (uint32_t)memory_kib,
                                     .passes = (uint32_t)passes,
                                     .lanes = (uint32_t)lanes};
    return true;
}

/* False where the answer is not what this version expects. */
static bool read_row(const struct answer *answer, bool code_asked, struct row *row,
                     int64_t *process_r)
{
    const char *verdict, *due;

    if (answer_rows(answer) != 1 || answer_columns(answer) != LOOKUP_COLUMNS)
        return false;
    verdict = answer_text(answer, 0, NULL);
    due = answer_text(answer, 7, NULL);
    row->verdict = verdict != NULL ? verdict_parse(verdict) : VERDICT_NONE;
    row->record_due = due != NULL && due[0] == 't';
    if (row->verdict == VERDICT_NONE || !read_number(answer, 1, 0, &row->code_id) ||
        !read_text(answer, 2, row->username, sizeof row->username) ||
        !read_text(answer, 3, row->hash, sizeof row->hash) ||
        !read_policy(answer, 4, &row->policy) ||
        !read_number(answer, 8, 0, &row->account_id) ||
        !read_number(answer, 9, 0, process_r))
        return false;
    if (row->verdict != VERDICT_ACCEPTED)
        row->hash[0] = '\0';
    else if (!code_asked || row->hash[0] == '\0' || row->username[0] == '\0' ||
             row->account_id == 0)
        return false; /* nothing to check a code against: never accept */
    return true;
}

/*
 * The database's encoding has no such characters, so it has no such account.  That the
 * bytes are no characters at all (22021) is never so: they are well-formed UTF-8, and
 * somebody in between has other ideas about our encoding.
 */
static bool unknown_by_encoding(const struct answer *answer, const char *username)
{
    bool foreign = false;

    for (const char *at = username; *at != '\0'; at++)
        foreign = foreign || (*at & 0x80) != 0;
    return foreign && strcmp(answer->sqlstate, "22P05") == 0;
}

/* A row that makes no sense comes from another version, or from nobody we should ask. */
static enum step take_row(struct store *store, const struct answer *answer,
                          bool code_asked, struct row *row)
{
    int64_t process;

    if (read_row(answer, code_asked, row, &process)) {
        store->asking.text[0] = '\0';
        link_served_by(store->link, process);
        return STEP_DONE;
    }
    report(store, &store->asking, LOG_LEVEL_ERROR, &lookup_statement,
           "the answer does not make sense to this version",
           ": are schema and program of the same release?");
    link_close(store->link);
    return STEP_FAILED;
}

static enum step fail_lookup(struct store *store, const char *reason, const char *hint)
{
    report(store, &store->asking, LOG_LEVEL_ERROR, &lookup_statement, reason, hint);
    return STEP_FAILED;
}

/* Whoever waited too long elsewhere; it says nothing about the database. */
static enum step fail_hurried(struct store *store)
{
    report(store, &store->asking, LOG_LEVEL_WARNING, &lookup_statement,
           "too little of its time was left when its turn came", "");
    return STEP_FAILED;
}

/* One try.  On STEP_DONE the row is filled; on STEP_REPEAT *answer_r says why. */
static enum step try_lookup(struct store *store, const char *const *values,
                            struct deadline deadline, struct row *row,
                            struct answer *answer_r)
{
    static const char *const passing[] = {"40", "57014", NULL};
    bool hurried = link_hurried(store->link, deadline), stale;

    if (!tidy(store, deadline))
        return fail_hurried(store);
    if (link_state(store->link) == LINK_CLOSED) {
        if (!link_connect(store->link, deadline))
            return hurried && deadline_passed(deadline) ? fail_hurried(store)
                                                        : STEP_FAILED;
        note_connected(store);
    }
    stale = link_stale(store->link);
    if (stale)
        deadline = deadline_in(deadline_left_ms(deadline) / 2);
    link_ask(store->link, &lookup_statement, values, deadline, answer_r);
    switch (answer_r->kind) {
    case ANSWER_ROWS:
        return take_row(store, answer_r, values[1] != NULL, row);
    case ANSWER_LOST:
        return STEP_REPEAT;
    case ANSWER_LATE:
        /* The path of a connection that lay unused can be dead without a word. */
        if (stale && !hurried)
            return STEP_REPEAT;
        return hurried ? fail_hurried(store) : fail_lookup(store, answer_r->reason, "");
    case ANSWER_ERROR:
        break;
    }
    if (unknown_by_encoding(answer_r, values[0])) {
        row->verdict = VERDICT_UNKNOWN_USER;
        return STEP_DONE;
    }
    if (pgerror_is(answer_r->sqlstate, passing))
        return STEP_REPEAT;
    return fail_lookup(store, answer_r->reason, pgerror_advice(answer_r->sqlstate));
}

enum outcome store_lookup(struct store *store, const char *username, const char *selector,
                          const char *service, const char *client,
                          struct deadline deadline, struct row *row_r)
{
    const char *const values[] = {username, selector, service, client};
    struct answer answer = {.kind = ANSWER_LOST};
    enum step step = STEP_REPEAT;

    sodium_memzero(row_r, sizeof *row_r);
    /* A lost connection and a forgotten prepared statement may meet; a third time is an
     * outage. */
    for (int i = 0; i < 3 && step == STEP_REPEAT; i++) {
        step = try_lookup(store, values, deadline, row_r, &answer);
        answer_free(&answer);
    }
    if (step == STEP_DONE)
        return OUTCOME_OK;
    if (step == STEP_REPEAT)
        (void)fail_lookup(store, answer.reason, "");
    row_wipe(row_r);
    return OUTCOME_UNAVAILABLE;
}

void row_wipe(struct row *row)
{
    sodium_memzero(row, sizeof *row);
}

/* ---- recording ---- */

/*
 * A record gets a moment only; that it was too short, or that nothing listened, is no
 * reason to turn logins away, which may take longer.
 */
static bool connect_for_record(struct store *store, const struct statement *statement,
                               struct deadline deadline)
{
    char reason[PGERROR_REASON_MAX];

    if (link_connect_in_passing(store->link, deadline, reason)) {
        note_connected(store);
        return true;
    }
    if (reason[0] == '\0')
        return false;
    backoff_grow(&store->records);
    store->records_unconnected = true;
    report(store, &store->recording, LOG_LEVEL_WARNING, statement, reason, "");
    return false;
}

static void send_record(struct store *store, const struct statement *statement,
                        const char *const *values, struct deadline deadline)
{
    /* The one before may still be being written. */
    if (!drain(store, deadline_sooner(deadline, deadline_in(RECORD_WAIT_MS)), false) ||
        !store_records(store))
        return;
    link_check(store->link);
    if (link_state(store->link) == LINK_CLOSED &&
        !connect_for_record(store, statement,
                            deadline_sooner(deadline, deadline_in(RECORD_CONNECT_MS))))
        return;
    (void)link_send(store->link, statement, values);
}

static const char *print_id(int64_t id, char text[24])
{
    if (id == 0)
        return NULL;
    snprintf(text, 24, "%" PRId64, id);
    return text;
}

void store_record_use(struct store *store, int64_t code_id, const char *service,
                      const char *client, struct deadline deadline)
{
    char id[24];
    const char *const values[] = {print_id(code_id, id), service, client};

    send_record(store, &use_statement, values, deadline);
}

void store_record_refusal(struct store *store, enum verdict verdict, const char *username,
                          int64_t code_id, const char *service, const char *client,
                          struct deadline deadline)
{
    char id[24];
    const char *const values[] = {verdict_name(verdict), username, print_id(code_id, id),
                                  service, client};

    send_record(store, &refusal_statement, values, deadline);
}

void store_record_main_password(struct store *store, const char *username,
                                const char *service, const char *client,
                                struct deadline deadline)
{
    const char *const values[] = {username, service, client};

    send_record(store, &main_password_statement, values, deadline);
}

void store_upgrade_hash(struct store *store, int64_t code_id, const char *old_hash,
                        const char *new_hash, struct deadline deadline)
{
    char id[24];
    const char *const values[] = {print_id(code_id, id), old_hash, new_hash};

    send_record(store, &upgrade_statement, values, deadline);
}

bool store_records(const struct store *store)
{
    return !backoff_waits(&store->records);
}

void store_drain(struct store *store, struct deadline deadline)
{
    (void)drain(store, deadline, false);
}

struct store *store_new(const char *text, long idle_timeout_s, long timeout_ms,
                        const struct log *log, char *error, size_t error_size)
{
    struct conninfo *conninfo =
        conninfo_new(text, idle_timeout_s, timeout_ms, error, error_size);
    struct store *store;

    if (conninfo == NULL)
        return NULL;
    store = calloc(1, sizeof *store);
    if (store == NULL) {
        conninfo_free(&conninfo);
    } else {
        store->log = log;
        store->link = link_new(&conninfo, timeout_ms, log);
    }
    if (store == NULL || store->link == NULL) {
        snprintf(error, error_size, "no memory");
        store_free(&store);
    }
    return store;
}

void store_free(struct store **pointer)
{
    struct store *store = *pointer;

    *pointer = NULL;
    if (store == NULL)
        return;
    if (store->link != NULL)
        store_drain(store, deadline_in(FREE_WAIT_MS));
    link_free(&store->link);
    free(store);
}
