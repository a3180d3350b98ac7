/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/message.h"
#include "base/suggest.h"
#include "cli/near.h"

#define OFFERED_MAX 5
#define TYPED_MAX   255 /* no name, label or selector is longer */

/* 0 for the same; what only begins alike comes after a slip of one letter. */
static size_t rank_of(const char *typed, const char *name)
{
    if (strncasecmp(typed, name, strlen(typed)) == 0 && strlen(name) > strlen(typed))
        return 1;
    return suggest_distance(typed, name);
}

/* Offer the nearest of a column, nearest first. */
static size_t offer(const struct rows *rows, const char *column, const char *typed,
                    const char *what)
{
    size_t offered = 0;
    size_t limit = strlen(typed);

    if (limit > TYPED_MAX)
        return 0;
    for (size_t rank = 0; rank <= limit && offered < OFFERED_MAX; rank++)
        for (size_t row = 0; row < rows_count(rows) && offered < OFFERED_MAX; row++) {
            const char *name = rows_text(rows, row, column);

            if (name == NULL || rank_of(typed, name) != rank ||
                !suggest_near(typed, name))
                continue;
            if (offered++ == 0)
                message_hint("did you mean %s", what);
            message_hint("  %s", name);
        }
    return offered;
}

/* What an account that had the name is called now. */
static bool offer_renamed(struct invocation *invocation, const char *account)
{
    struct rows *rows = TRY_QUERY(
        invocation->database,
        "SELECT name FROM apppass.renamed_accounts($1) AS name LIMIT 5", account);
    size_t count = rows == NULL ? 0 : rows_count(rows);

    if (count > 0)
        message_hint("it is now called");
    for (size_t row = 0; row < count; row++)
        message_hint("  %s", rows_text(rows, row, "name"));
    rows_free(&rows);
    return count > 0;
}

void near_offer_accounts(struct invocation *invocation, const char *account)
{
    struct rows *rows;

    if (offer_renamed(invocation, account))
        return;
    rows = TRY_QUERY(invocation->database,
                     "SELECT near AS account FROM apppass.near_accounts($1) AS near",
                     account);

    if (rows == NULL)
        return;
    if (offer(rows, "account", account, "the account") == 0)
        message_hint("\"apppass account list\" shows the accounts, "
                     "\"apppass account add\" adds one");
    rows_free(&rows);
}

/* What an account has, of one kind. */
struct belongings {
    const char *sql, *column, *note; /* note: a column that says more; NULL: none */
    const char *what, *none, *all;
};

static void offer_of(struct invocation *invocation, const char *account,
                     const char *typed, const struct belongings *kind)
{
    struct rows *rows = TRY_QUERY(invocation->database, kind->sql, account);
    size_t count;

    if (rows == NULL)
        return;
    count = rows_count(rows);
    if (count == 0)
        message_hint("%s has no %s", account, kind->none);
    else if (offer(rows, kind->column, typed, kind->what) == 0) {
        message_hint("the %s of %s are", kind->all, account);
        for (size_t row = 0; row < count && row < 2 * OFFERED_MAX; row++)
            message_hint("  %s%s%s", rows_text(rows, row, kind->column),
                         kind->note != NULL ? "  " : "",
                         kind->note != NULL ? rows_text(rows, row, kind->note) : "");
    }
    rows_free(&rows);
}

static void offer_devices(struct invocation *invocation, const char *account,
                          const char *device)
{
    static const struct belongings devices = {
        "SELECT device FROM apppass.find_devices($1)",
        "device",
        NULL,
        "the device",
        "devices yet",
        "devices"};

    offer_of(invocation, account, device, &devices);
}

void near_offer_codes(struct invocation *invocation, const char *account,
                      const char *selector)
{
    static const struct belongings codes = {
        "SELECT selector, device FROM apppass.find_codes(account => $1)"
        " ORDER BY selector",
        "selector",
        "device",
        "the code",
        "live code",
        "live codes"};

    offer_of(invocation, account, selector, &codes);
}

bool near_account_exists(struct invocation *invocation, const char *account,
                         enum status *status_r)
{
    struct rows *rows =
        QUERY(invocation->database, "SELECT FROM apppass.find_accounts($1)", account);
    bool exists;

    *status_r = rows == NULL ? database_status(invocation->database) : STATUS_DONE;
    if (rows == NULL)
        return false;
    exists = rows_count(rows) > 0;
    rows_free(&rows);
    return exists;
}

enum status near_no_account(struct invocation *invocation, const char *account)
{
    message_error("there is no account %s", account);
    near_offer_accounts(invocation, account);
    return STATUS_REFUSED;
}

enum status near_no_realm(struct invocation *invocation, const char *realm)
{
    struct rows *rows = database_try(invocation->database,
                                     "SELECT realm AS name FROM apppass.realm_overview"
                                     " ORDER BY realm LIMIT 1000",
                                     0, NULL);
    size_t offered = 0;

    message_error("there is no realm %s", realm);
    for (size_t row = 0; rows != NULL && row < rows_count(rows); row++)
        if (suggest_near(realm, rows_text(rows, row, "name")) && offered++ < OFFERED_MAX)
            message_hint("did you mean %s?", rows_text(rows, row, "name"));
    if (rows != NULL && offered == 0)
        message_hint(
            "\"apppass realm show\" lists the realms, \"apppass realm add\" adds one");
    rows_free(&rows);
    return STATUS_REFUSED;
}

enum status near_table(struct invocation *invocation, const struct column *columns,
                       struct rows *rows, const char *account, const char *none)
{
    enum status status = STATUS_DONE;

    if (rows != NULL && account != NULL && rows_count(rows) == 0 &&
        !near_account_exists(invocation, account, &status) && status == STATUS_DONE)
        status = near_no_account(invocation, account);
    else if (status == STATUS_DONE)
        return command_table(invocation, columns, rows, none);
    rows_free(&rows);
    return status;
}

enum status near_complain(struct invocation *invocation, const char *account,
                          const char *device, const char *selector)
{
    struct database *database = invocation->database;
    enum status status = database_status(database), found_status;
    bool not_found = strcmp(database_sqlstate(database), "P0002") == 0;

    database_complain(database);
    database_rollback(database);
    if (!not_found || status != STATUS_REFUSED)
        return status;
    if (!near_account_exists(invocation, account, &found_status)) {
        if (found_status == STATUS_DONE)
            near_offer_accounts(invocation, account);
    } else if (selector != NULL) {
        near_offer_codes(invocation, account, selector);
    } else if (device != NULL) {
        offer_devices(invocation, account, device);
    }
    return status;
}
