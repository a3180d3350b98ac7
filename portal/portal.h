/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PORTAL_H
#define APPPASS_PORTAL_H

/* One request to the page: who asks, what for, and what is answered. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "code.h"
#include "form.h"
#include "hash.h"
#include "input.h"
#include "session/database.h"
#include "settings.h"
#include "session/texts.h"
#include "token.h"

/* From the environment, where the web server's configuration puts them. */
struct portal_settings {
    char *acr_variable, *amr_variable, *auth_time_variable;
    char *conninfo;
    bool handover; /* opens links, and nothing else */
    char *key_path;
    char *origin;
    char *step_up;
    char *token_key;
};

extern const struct setting portal_settings[];

/* What the web server says of the person; no text is NULL. */
struct identity {
    const char *user;
    const char *auth_time; /* seconds since 1970 */
    const char *acr;       /* NULL: unknown */
    char *amr;             /* an array for PostgreSQL; NULL: unknown */
    struct client client;
};

struct portal {
    struct portal_settings settings;
    struct identity identity;
    unsigned char token_key[TOKEN_KEY_BYTES];
    struct keyfile *keys; /* NULL: hashes are not keyed */
    struct database *database;
    struct rows *terms; /* of self_policy */
    time_t now;
    char state[32]; /* whose turn it is: what a form's token is bound to */
    struct form form;
    FILE *page; /* the body, in memory that is wiped */
    int status;
    const char *type; /* of the body */
};

/* The pages.  Each writes the body of the answer. */
void page_list(struct portal *portal, const struct rows *codes, const struct rows *uses);
void page_sure(struct portal *portal, const char *action, enum text question,
               const char *name, const char *value, const char *shown);
void page_code(struct portal *portal, const struct rows *stored, const char *display,
               const char *canonical);
void page_message(struct portal *portal, int status, enum text message);
void page_step_up(struct portal *portal, enum text why);
void page_offer(struct portal *portal, enum text warning); /* TEXT_COUNT: none */

/* Who asks: the first arguments of the functions self_*. */
#define WHO "$1, to_timestamp($2::double precision), $3, $4::text[], $5::inet"
#define WHO_VALUES(portal)                                                               \
    (portal)->identity.user, (portal)->identity.auth_time, (portal)->identity.acr,       \
        (portal)->identity.amr,                                                          \
        (portal)->identity.client.text[0] != '\0' ? (portal)->identity.client.text       \
                                                  : NULL

/* What is asked of a code that was stored. */
#define STORED "device, selector, array_to_string(services, ' ') AS services"

/*
 * make_code - make a code as portal->terms say, store it and show it, or say what is wrong
 *
 * `store` returns a row of STORED, no selector where a PIN was wrong; NULL where the statement
 * failed.
 */
typedef struct rows *make_store(struct portal *portal, const void *what,
                                const struct code *code, const char *hash);
void make_code(struct portal *portal, make_store *store, const void *what);

/* A link was opened; what stands behind the page's own path is `secret`. */
void handover(struct portal *portal, const char *secret);

/* What POST asks for. */
void act(struct portal *portal);
/* Answer what the database refused. */
void act_refused(struct portal *portal);

#endif
