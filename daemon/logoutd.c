/* SPDX-License-Identifier: BSD-2-Clause */
/* apppass-logoutd: ends the live sessions of whom a code no longer lets in. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>
#include <systemd/sd-daemon.h>

#include "descriptors.h"
#include "link.h"
#include "logout_state.h"
#include "roster.h"
#include "sink.h"

#define EXIT_USAGE   2
#define TICK_MS      250   /* between two questions */
#define ANSWER_MS    5000  /* for one answer, connecting included */
#define SAVE_MS      60000 /* a mark is saved at least so often */
#define IN_FLIGHT_MS 10000 /* a login that was being decided has come or gone by then */
#define COMPLAIN_MS  60000 /* the same trouble is logged again after this */
#define PROC_PATH    "/run/cyrus/proc"
#define STATE_PATH   "/var/lib/apppass-logoutd/mark"

enum { OID_TEXT = 25, OID_JSONB = 3802 };

static const struct statement question = {
    .doing = "ask which sessions have ended",
    .sql = "SELECT mark, due, ended FROM apppass.ended_since($1, $2)",
    .count = 2,
    .types = {OID_JSONB, OID_TEXT},
};

static const char usage[] =
    "usage: apppass-logoutd [-d CONNINFO] [-p FOLDER] [-r REALM] [-s FILE] [-v]\n"
    "       apppass-logoutd -h | -V\n"
    "\n"
    "Ends Cyrus IMAP's sessions of whom a code no longer lets in; see "
    "apppass-logoutd(8).\n"
    "\n"
    "  -d CONNINFO  how to reach the database, as libpq takes it\n"
    "  -p FOLDER    proc_path of imapd.conf (default " PROC_PATH ")\n"
    "  -r REALM     defaultdomain of imapd.conf, which its files leave out\n"
    "  -s FILE      where to remember (default " STATE_PATH ")\n"
    "  -v           log debug messages too\n"
    "  -h           print this and exit\n"
    "  -V           print the version and exit\n";

struct logoutd_arguments {
    const char *conninfo;
    const char *proc_path;
    const char *realm;
    const char *state_path;
    bool verbose;
};

struct logoutd {
    struct logoutd_arguments arguments;
    struct link *link;
    char mark[LOGOUT_STATE_MAX]; /* "": from now on */
    /* Connections whose login was perhaps being decided when something ended, and since
     * when; they are asked about again once they have a user. */
    char held_mark[LOGOUT_STATE_MAX];
    struct roster held;
    struct deadline held_until;
    struct deadline save_at;
    char trouble[PGERROR_REASON_MAX];
    struct deadline tell_again;
    bool serving;
};

/* -1: go on; otherwise the exit status. */
static int parse_arguments(int argc, char **argv, struct logoutd_arguments *arguments)
{
    int option;

    *arguments = (struct logoutd_arguments){
        .conninfo = "", .proc_path = PROC_PATH, .state_path = STATE_PATH};
    while ((option = getopt(argc, argv, "d:hp:r:s:vV")) != -1) {
        switch (option) {
        case 'd':
            arguments->conninfo = optarg;
            break;
        case 'h':
            return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        case 'p':
            arguments->proc_path = optarg;
            break;
        case 'r':
            arguments->realm = optarg;
            break;
        case 's':
            arguments->state_path = optarg;
            break;
        case 'v':
            arguments->verbose = true;
            break;
        case 'V':
            return puts(PACKAGE_STRING) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        default:
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return -1;
}

/* Say it when it is new, or has lasted. */
static void complain(struct logoutd *logoutd, const char *what)
{
    if (strcmp(logoutd->trouble, what) == 0 && !deadline_passed(logoutd->tell_again))
        return;
    snprintf(logoutd->trouble, sizeof(logoutd->trouble), "%s", what);
    logoutd->tell_again = deadline_in(COMPLAIN_MS);
    log_message(sink_log(), LOG_LEVEL_ERROR, "%s", what);
    sd_notifyf(0, "STATUS=%s", what);
}

/* ---- the database ---- */

/* On true the answer is rows, and the caller's to free. */
static bool ask(struct logoutd *logoutd, const char *mark, const char *sessions,
                struct answer *answer_r)
{
    const char *values[] = {*mark != '\0' ? mark : NULL, sessions};
    struct deadline deadline = deadline_in(ANSWER_MS);
    char what[PGERROR_REASON_MAX + 64];

    memset(answer_r, 0, sizeof(*answer_r));
    link_check(logoutd->link);
    if (link_state(logoutd->link) != LINK_IDLE) {
        link_close(logoutd->link);
        if (!link_connect(logoutd->link, deadline))
            return false;
    }
    link_ask(logoutd->link, &question, values, deadline, answer_r);
    if (answer_r->kind == ANSWER_ROWS && answer_rows(answer_r) == 1 &&
        answer_columns(answer_r) == 3 && answer_text(answer_r, 0, NULL) != NULL)
        return true;
    snprintf(what, sizeof(what), "could not %s: %s", question.doing,
             answer_r->kind == ANSWER_ROWS ? "an answer of another shape"
                                           : answer_r->reason);
    complain(logoutd, what);
    answer_free(answer_r);
    return false;
}

/* The account's name of a session: Cyrus IMAP leaves its default domain out. */
static int account_name(const struct logoutd *logoutd, const struct roster_entry *entry,
                        char *name, size_t size)
{
    const char *user = entry->record.user, *realm = logoutd->arguments.realm;
    bool bare = realm != NULL && strchr(user, '@') == NULL;

    return snprintf(name, size, "%s%s%s", user, bare ? "@" : "", bare ? realm : "");
}

#define LINE_MAX_BYTES                                                                   \
    (PROCFILE_USER_MAX + 256 + sizeof(((struct procfile *)NULL)->client))

/* One line each; a connection without a user has an empty one.  NULL: no memory. */
static char *describe(const struct logoutd *logoutd, const struct roster *roster)
{
    char *text = malloc(roster->count * LINE_MAX_BYTES + 1), *at = text;
    char name[PROCFILE_USER_MAX + 256];

    if (text == NULL)
        return NULL;
    *at = '\0';
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_entry *entry = &roster->entries[i];

        name[0] = '\0';
        if (*entry->record.user != '\0' &&
            account_name(logoutd, entry, name, sizeof(name)) >= (int)sizeof(name))
            name[0] = '\0';
        at += snprintf(at, LINE_MAX_BYTES, "%s%s\t%s", i > 0 ? "\n" : "", name,
                       entry->record.client);
    }
    return text;
}

/* ---- sessions ---- */

static void end_one(struct logoutd *logoutd, const struct roster_entry *entry)
{
    const char *client = *entry->record.client != '\0' ? entry->record.client : "-";
    char what[PGERROR_REASON_MAX];

    switch (roster_end(logoutd->arguments.proc_path, entry)) {
    case ROSTER_ENDED:
        log_message(sink_log(), LOG_LEVEL_NOTICE, "ended: user=%s service=%s client=%s",
                    entry->record.user, entry->record.service, client);
        break;
    case ROSTER_FAILED:
        snprintf(what, sizeof(what), "could not end a session of process %ld: %s",
                 (long)entry->pid, strerror(errno));
        complain(logoutd, what);
        break;
    default:
        break;
    }
}

/* Numbers from 1, with blanks between them. */
static void end_listed(struct logoutd *logoutd, const struct roster *roster,
                       const char *list)
{
    while (list != NULL && *list != '\0') {
        char *rest;
        unsigned long place = strtoul(list, &rest, 10);

        if (rest == list)
            return;
        if (place >= 1 && place <= roster->count &&
            *roster->entries[place - 1].record.user != '\0')
            end_one(logoutd, &roster->entries[place - 1]);
        list = rest;
    }
}

/* Ask about these, and end those that the answer names. */
static bool end_sessions(struct logoutd *logoutd, const char *mark,
                         const struct roster *roster)
{
    char *sessions = describe(logoutd, roster);
    struct answer answer;
    bool good;

    if (sessions == NULL) {
        complain(logoutd, "out of memory");
        return false;
    }
    good = ask(logoutd, mark, sessions, &answer);
    if (good)
        end_listed(logoutd, roster, answer_text(&answer, 2, NULL));
    answer_free(&answer);
    free(sessions);
    return good;
}

static bool look_around(struct logoutd *logoutd, struct roster *roster_r)
{
    char what[PATH_MAX + 256];

    if (!roster_read(logoutd->arguments.proc_path, roster_r, what, sizeof(what))) {
        complain(logoutd, what);
        return false;
    }
    if (roster_r->forbidden > 0)
        complain(
            logoutd,
            "could not read some of Cyrus IMAP's files: their sessions can't be ended; "
            "apppass-logoutd(8) says what the folder needs");
    return true;
}

/* Keep only those without a user. */
static void keep_waiting(struct roster *roster)
{
    size_t kept = 0;

    for (size_t i = 0; i < roster->count; i++)
        if (*roster->entries[i].record.user == '\0')
            roster->entries[kept++] = roster->entries[i];
    roster->count = kept;
}

/* Keep those whose process and client are also among the others. */
static void keep_common(struct roster *roster, const struct roster *others)
{
    size_t kept = 0;

    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_entry *entry = &roster->entries[i];

        for (size_t k = 0; k < others->count; k++)
            if (others->entries[k].pid == entry->pid &&
                others->entries[k].start == entry->start &&
                strcmp(others->entries[k].record.client, entry->record.client) == 0) {
                roster->entries[kept++] = *entry;
                break;
            }
    }
    roster->count = kept;
}

static bool has_users(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++)
        if (*roster->entries[i].record.user != '\0')
            return true;
    return false;
}

static bool holding(const struct logoutd *logoutd)
{
    return logoutd->held.count > 0;
}

/* Logins that were being decided while something ended: end them when they are through.
 */
static void end_arrived(struct logoutd *logoutd)
{
    struct roster now;

    if (!holding(logoutd))
        return;
    if (deadline_passed(logoutd->held_until)) {
        roster_free(&logoutd->held);
        return;
    }
    if (look_around(logoutd, &now)) {
        keep_common(&now, &logoutd->held);
        if (has_users(&now) && end_sessions(logoutd, logoutd->held_mark, &now)) {
            keep_waiting(&now);
            keep_common(&logoutd->held, &now);
        }
    }
    roster_free(&now);
}

static void save(struct logoutd *logoutd)
{
    char what[PATH_MAX + 256];
    const char *mark = holding(logoutd) ? logoutd->held_mark : logoutd->mark;

    if (logout_state_write(logoutd->arguments.state_path, mark)) {
        logoutd->save_at = deadline_in(SAVE_MS);
        return;
    }
    snprintf(what, sizeof(what), "could not write %s: %s", logoutd->arguments.state_path,
             strerror(errno));
    complain(logoutd, what);
}

/* Something may have shut a code out since the mark: end what the database names. */
static bool follow(struct logoutd *logoutd)
{
    struct roster now;
    bool good;

    good = look_around(logoutd, &now) && end_sessions(logoutd, logoutd->mark, &now);
    if (good) {
        if (!holding(logoutd))
            memcpy(logoutd->held_mark, logoutd->mark, sizeof(logoutd->held_mark));
        keep_waiting(&now);
        roster_free(&logoutd->held);
        logoutd->held = now;
        logoutd->held_until = deadline_in(IN_FLIGHT_MS);
    } else {
        roster_free(&now);
    }
    return good;
}

/*
 * One question, and what follows from it.  The mark moves on to what the first answer
 * says: what is committed while the sessions are looked at comes again next time.
 */
static void tick(struct logoutd *logoutd)
{
    struct answer answer;
    const char *mark, *due;
    bool begun = *logoutd->mark == '\0', acted, good;

    end_arrived(logoutd);
    if (!ask(logoutd, logoutd->mark, NULL, &answer))
        return;
    mark = answer_text(&answer, 0, NULL);
    due = answer_text(&answer, 1, NULL);
    acted = due != NULL && strcmp(due, "t") == 0;
    good = (!acted || follow(logoutd)) && strlen(mark) < sizeof(logoutd->mark);
    if (good)
        snprintf(logoutd->mark, sizeof(logoutd->mark), "%s", mark);
    answer_free(&answer);
    if (good && (begun || acted || deadline_passed(logoutd->save_at)))
        save(logoutd);
    if (good && !acted && *logoutd->trouble != '\0') {
        logoutd->trouble[0] = '\0';
        sd_notify(0, "STATUS=Following");
    }
    if (good && !logoutd->serving) {
        log_message(sink_log(), LOG_LEVEL_NOTICE, "%s: following", PACKAGE_STRING);
        sd_notify(0, "READY=1\nSTATUS=Following");
        logoutd->serving = true;
    }
}

/* ---- the process ---- */

static bool set_up(struct logoutd *logoutd, char *error, size_t error_size)
{
    struct conninfo *conninfo;

    if (sodium_init() < 0) {
        snprintf(error, error_size, "could not initialise libsodium");
        return false;
    }
    if (!logout_state_read(logoutd->arguments.state_path, logoutd->mark, error,
                           error_size))
        return false;
    conninfo =
        conninfo_new(logoutd->arguments.conninfo, 60, ANSWER_MS, error, error_size);
    if (conninfo == NULL)
        return false;
    logoutd->link = link_new(&conninfo, ANSWER_MS, sink_log());
    if (logoutd->link == NULL)
        snprintf(error, error_size, "out of memory");
    return logoutd->link != NULL;
}

static void run(struct logoutd *logoutd)
{
    static const struct timespec pause = {.tv_nsec = TICK_MS * 1000000L};
    sigset_t signals;
    int number;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    do {
        tick(logoutd);
        sd_notify(0, "WATCHDOG=1");
        number = sigtimedwait(&signals, NULL, &pause);
    } while (number < 0);
    sd_notify(0, "STOPPING=1");
    if (*logoutd->mark != '\0')
        save(logoutd);
}

int main(int argc, char **argv)
{
    /* Two marks are too much for a stack. */
    static struct logoutd logoutd;
    int status = descriptors_fill() ? parse_arguments(argc, argv, &logoutd.arguments)
                                    : EXIT_FAILURE;
    char error[1024] = "";
    bool good;

    if (status >= 0)
        return status;
    sink_open(false, 0, logoutd.arguments.verbose);
    signal(SIGPIPE, SIG_IGN);
    good = set_up(&logoutd, error, sizeof(error));
    if (good)
        run(&logoutd);
    else
        log_message(sink_log(), LOG_LEVEL_ERROR, "%s", error);
    roster_free(&logoutd.held);
    link_free(&logoutd.link);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
