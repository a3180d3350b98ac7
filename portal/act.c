/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "array.h"
#include "code.h"
#include "portal.h"
#include "session/mint.h"
#include "session/profile.h"

void act_refused(struct portal *portal)
{
    const char *sqlstate = database_sqlstate(portal->database);
    const char *constraint = database_constraint(portal->database);

    database_complain(portal->database);
    if (strcmp(sqlstate, "AP006") == 0) {
        page_step_up(portal,
                     strcmp(constraint, "identity_weak") == 0 ? TEXT_WEAK : TEXT_STALE);
    } else if (strcmp(constraint, "self_turn_gone") == 0) {
        page_message(portal, 409, TEXT_BAD_TOKEN);
    } else if (strcmp(sqlstate, "AP001") == 0 ||
               (portal->settings.handover && strcmp(sqlstate, "22023") == 0)) {
        page_message(portal, 403, TEXT_POLICY);
    } else if (strcmp(sqlstate, "22023") == 0) {
        page_message(portal, 400, TEXT_BAD_VALUE);
    } else if (portal->settings.handover && strcmp(sqlstate, "P0002") == 0) {
        page_message(portal, 404, TEXT_NO_LINK);
    } else if (strcmp(sqlstate, "P0002") == 0) {
        page_message(portal, 404, portal->terms == NULL ? TEXT_NO_ACCOUNT : TEXT_GONE);
    } else if (strcmp(sqlstate, "42501") == 0) {
        page_message(portal, 403, TEXT_NO_ACCOUNT);
    } else {
        page_message(portal, 503, TEXT_OUTAGE);
    }
}

static bool token_fits(const struct portal *portal, const char *action)
{
    struct token_for what = {portal->identity.user, action, portal->state};
    const char *token = form_value(&portal->form, "token");

    return token != NULL && token_good(portal->token_key, &what, portal->now, token);
}

/* ---- making ---- */

struct making {
    bool reset;
    const char *device;
    const char *services;
};

static struct rows *store(struct portal *portal, const void *what,
                          const struct code *code, const char *hash)
{
    const struct making *making = what;

    if (making->reset)
        return TRY_QUERY(
            portal->database,
            "SELECT " STORED " FROM apppass.self_reset(" WHO ", $6, $7, $8, turn => $9)",
            WHO_VALUES(portal), making->device, code->selector, hash, portal->state);
    return TRY_QUERY(portal->database,
                     "SELECT " STORED " FROM apppass.self_issue(" WHO
                     ", $6, $7, $8, $9::text[], turn => $10)",
                     WHO_VALUES(portal), making->device, code->selector, hash,
                     making->services, portal->state);
}

/* The profile instead of the page: what Apple's devices open at once. */
static bool answer_profile(struct portal *portal, const struct rows *stored,
                           const char *display)
{
    const struct rows *terms = portal->terms;
    const char *imap = rows_text(terms, 0, "imap_host");
    const char *smtp = rows_text(terms, 0, "smtp_host");
    struct profile profile = {.account = rows_text(terms, 0, "account_name"),
                              .address = rows_text(terms, 0, "account_name"),
                              .device = rows_text(stored, 0, "device"),
                              .selector = rows_text(stored, 0, "selector"),
                              .imap.port = (int)rows_integer(terms, 0, "imap_port"),
                              .smtp.port = (int)rows_integer(terms, 0, "smtp_port"),
                              .code = display};
    static char xml[PROFILE_MAX];
    size_t length;

    if (imap == NULL || smtp == NULL)
        return false;
    snprintf(profile.imap.host, sizeof profile.imap.host, "%s", imap);
    snprintf(profile.smtp.host, sizeof profile.smtp.host, "%s", smtp);
    profile_dav(&profile, rows_text(terms, 0, "dav_host"),
                (int)rows_integer(terms, 0, "dav_port"),
                rows_text(stored, 0, "services"));
    length = profile_compose(&profile, xml);
    if (length > 0) {
        fwrite(xml, 1, length, portal->page);
        portal->type = "application/x-apple-aspen-config";
    }
    sodium_memzero(xml, sizeof xml);
    return length > 0;
}

static void show(struct portal *portal, const struct rows *stored,
                 const struct code *code)
{
    const char *as = form_value(&portal->form, "as");
    char display[CODE_DISPLAY_MAX];

    code_format(code, display);
    if (as == NULL || strcmp(as, "apple") != 0 ||
        !answer_profile(portal, stored, display))
        page_code(portal, stored, display, code->symbols);
    sodium_memzero(display, sizeof display);
}

void make_code(struct portal *portal, make_store *store_one, const void *what)
{
    const struct rows *terms = portal->terms;
    struct mint_policy policy = {
        .hash = {.memory_kib = (uint32_t)rows_integer(terms, 0, "memory_kib"),
                 .passes = (uint32_t)rows_integer(terms, 0, "passes"),
                 .lanes = (uint32_t)rows_integer(terms, 0, "lanes")},
        .code_length = (size_t)rows_integer(terms, 0, "code_length"),
        .account_id = rows_integer(terms, 0, "account_id"),
    };
    struct code code = {0};
    char hash[HASH_STRING_MAX] = "";
    struct rows *stored = NULL;
    bool made = true, again = true;

    for (int i = 0; made && again && stored == NULL && i < MINT_TRIES; i++) {
        made = mint_code(&policy, portal->keys, &code, hash) == STATUS_DONE;
        if (made)
            stored = store_one(portal, what, &code, hash);
        again =
            made && stored == NULL &&
            strcmp(database_constraint(portal->database), "code_selector_unique") == 0;
    }
    if (stored != NULL && rows_text(stored, 0, "selector") == NULL)
        page_offer(portal, TEXT_PIN_WRONG);
    else if (stored != NULL)
        show(portal, stored, &code);
    else if (made)
        act_refused(portal);
    else
        page_message(portal, 503, TEXT_OUTAGE);
    rows_free(&stored);
    code_wipe(&code);
    sodium_memzero(hash, sizeof hash);
}

/* The boxes that were ticked, as an array; NULL: none. */
static char *chosen_services(const struct form *form)
{
    const char *chosen[FORM_FIELDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, "service") == 0)
            chosen[count++] = form->fields[i].value;
    return database_array(count, chosen);
}

static void act_make(struct portal *portal)
{
    const char *device = form_value(&portal->form, "device");
    struct making making = {.device = device};
    char *services;

    if (device == NULL) {
        page_message(portal, 400, TEXT_BAD_FORM);
    } else if (!token_fits(portal, "make")) {
        page_message(portal, 409, TEXT_BAD_TOKEN);
    } else {
        services = chosen_services(&portal->form);
        making.services = services;
        /* For the database no list is all that there are: not what was ticked. */
        if (services == NULL && rows_text(portal->terms, 0, "services") != NULL)
            page_message(portal, 400, TEXT_NO_SERVICE);
        else
            make_code(portal, store, &making);
        free(services);
    }
}

/* ---- what is asked about first ---- */

static struct rows *revoke(struct portal *portal, const char *action,
                           const char *selector)
{
    if (strcmp(action, "revoke") == 0)
        return TRY_QUERY(portal->database,
                         "SELECT apppass.self_revoke(" WHO ", $6) AS revoked",
                         WHO_VALUES(portal), selector);
    if (strcmp(action, "alarm") == 0)
        return TRY_QUERY(portal->database,
                         "SELECT apppass.self_alarm(" WHO ") AS revoked",
                         WHO_VALUES(portal));
    return TRY_QUERY(portal->database,
                     "SELECT apppass.self_revoke_all(" WHO ") AS revoked",
                     WHO_VALUES(portal));
}

static void act_sure(struct portal *portal, const char *action, const char *value)
{
    struct rows *rows;

    if (strcmp(action, "reset") == 0) {
        struct making making = {.reset = true, .device = value};

        make_code(portal, store, &making);
        return;
    }
    rows = revoke(portal, action, value);
    if (rows != NULL)
        page_message(portal, 200, TEXT_DONE_REVOKED);
    else
        act_refused(portal);
    rows_free(&rows);
}

static const struct {
    const char *action;
    enum text question;
    const char *field; /* that says what; NULL: everything */
} asked[] = {
    {"reset", TEXT_SURE_RESET, "device"},
    {"revoke", TEXT_SURE_REVOKE, "selector"},
    {"revoke_all", TEXT_SURE_ALL, NULL},
    {"alarm", TEXT_SURE_ALARM, NULL},
};

void act(struct portal *portal)
{
    const char *action = form_value(&portal->form, "action");

    if (action != NULL && strcmp(action, "make") == 0) {
        act_make(portal);
        return;
    }
    for (size_t i = 0; action != NULL && i < COUNT(asked); i++) {
        const char *field = asked[i].field;
        const char *value = field != NULL ? form_value(&portal->form, field) : NULL;

        if (strcmp(action, asked[i].action) != 0 || (field != NULL && value == NULL))
            continue;
        if (form_value(&portal->form, "sure") == NULL)
            page_sure(portal, action, asked[i].question, field, value, value);
        else if (!token_fits(portal, action))
            page_message(portal, 409, TEXT_BAD_TOKEN);
        else
            act_sure(portal, action, value);
        return;
    }
    page_message(portal, 400, TEXT_BAD_FORM);
}
