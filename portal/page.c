/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "base/html.h"
#include "portal.h"
#include "session/qr.h"

static void say(const struct portal *portal, enum text name)
{
    fputs(text(name), portal->page);
}

/* A text of ours with one number in it. */
static void say_count(const struct portal *portal, enum text name, long count)
{
    const char *whole = text(name), *place = strstr(whole, "%ld");

    fprintf(portal->page, "%.*s%ld%s", (int)(place - whole), whole, count, place + 3);
}

static void say_when(const struct portal *portal, time_t moment)
{
    long seconds = (long)(portal->now - moment);

    if (seconds < 120)
        say(portal, TEXT_JUST_NOW);
    else if (seconds < 2L * 3600)
        say_count(portal, TEXT_MINUTES, seconds / 60);
    else if (seconds < 2L * 86400)
        say_count(portal, TEXT_HOURS, seconds / 3600);
    else
        say_count(portal, TEXT_DAYS, seconds / 86400);
}

static void say_typed(const struct portal *portal, const char *typed)
{
    html_text(portal->page, typed != NULL ? typed : "");
}

static void open_page(struct portal *portal)
{
    const char *script = getenv("SCRIPT_NAME");

    fprintf(portal->page,
            "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>",
            text(TEXT_LANGUAGE));
    say(portal, TEXT_TITLE);
    fputs("</title>\n<link rel=\"stylesheet\" href=\"", portal->page);
    html_text(portal->page, script != NULL ? script : "");
    fputs("/style.css\">\n</head>\n<body>\n<main>\n<h1>", portal->page);
    say(portal, TEXT_TITLE);
    fputs("</h1>\n", portal->page);
}

static void close_page(struct portal *portal)
{
    fputs("</main>\n</body>\n</html>\n", portal->page);
}

static void hidden(const struct portal *portal, const char *name, const char *value)
{
    fprintf(portal->page, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    html_text(portal->page, value);
    fputs("\">", portal->page);
}

/* A form that is good for this person, action and state of things. */
static void open_form(const struct portal *portal, const char *action, const char *state)
{
    struct token_for what = {portal->identity.user, action, state};
    char token[TOKEN_MAX];

    token_make(portal->token_key, &what, portal->now, token);
    fputs("<form method=\"post\">", portal->page);
    hidden(portal, "action", action);
    hidden(portal, "token", token);
}

/* A button of the list: what it does is asked about first. */
static void button(const struct portal *portal, const char *action, enum text label,
                   const char *name, const char *value)
{
    fputs("<form method=\"post\" class=\"inline\">", portal->page);
    hidden(portal, "action", action);
    if (name != NULL)
        hidden(portal, name, value);
    fputs("<button>", portal->page);
    say(portal, label);
    if (value != NULL) {
        /* Heard alone, "Revoke" says nothing. */
        fputs("<span class=\"unseen\"> ", portal->page);
        html_text(portal->page, value);
        fputs("</span>", portal->page);
    }
    fputs("</button></form>\n", portal->page);
}

/* Who opened a link has no list to go back to. */
static void back(const struct portal *portal)
{
    if (!portal->settings.handover)
        fprintf(portal->page, "<p><a href=\"?\">%s</a></p>\n", text(TEXT_BACK));
}

static void step_up(const struct portal *portal, enum text why)
{
    fprintf(portal->page, "<p role=\"status\">%s <a href=\"", text(why));
    html_text(portal->page, portal->settings.step_up);
    fprintf(portal->page, "\">%s</a></p>\n", text(TEXT_VERIFY));
}

/*
 * The way to the single sign-on is a link: browsers hold what a form is answered with, redirects
 * to other origins too, against form-action (Content Security Policy 3, 6.4.1).
 */
void page_step_up(struct portal *portal, enum text why)
{
    portal->status = 403;
    open_page(portal);
    step_up(portal, why);
    back(portal);
    close_page(portal);
}

void page_message(struct portal *portal, int status, enum text message)
{
    portal->status = status;
    open_page(portal);
    fputs("<p role=\"alert\">", portal->page);
    say(portal, message);
    fputs("</p>\n", portal->page);
    back(portal);
    close_page(portal);
}

/* ---- the list ---- */

static enum text state_text(const char *state)
{
    static const struct {
        const char *state;
        enum text name;
    } states[] = {{"live", TEXT_LIVE},
                  {"revoked", TEXT_REVOKED},
                  {"expired", TEXT_EXPIRED},
                  {"lapsed", TEXT_LAPSED}};

    for (size_t i = 0; i < COUNT(states); i++)
        if (strcmp(state, states[i].state) == 0)
            return states[i].name;
    return TEXT_SUSPENDED;
}

/* A service in words where there are some, or by its name. */
static void say_service(const struct portal *portal, const char *service)
{
    static const struct {
        const char *service;
        enum text name;
    } services[] = {{"imap", TEXT_IMAP},
                    {"pop", TEXT_POP},
                    {"smtp", TEXT_SMTP},
                    {"sieve", TEXT_SIEVE},
                    {"dav", TEXT_DAV}};

    for (size_t i = 0; i < COUNT(services); i++) {
        if (strcmp(service, services[i].service) == 0) {
            say(portal, services[i].name);
            return;
        }
    }
    say_typed(portal, service);
}

/* Names with blanks between them, as a list of words. */
static void say_services(const struct portal *portal, const char *services)
{
    char names[512], *rest = names, *name;
    const char *between = "";

    snprintf(names, sizeof names, "%s", services);
    while ((name = strsep(&rest, " ")) != NULL) {
        fputs(between, portal->page);
        say_service(portal, name);
        between = ", ";
    }
}

static void use_line(const struct portal *portal, const struct rows *uses, size_t row)
{
    const char *network = rows_text(uses, row, "network");
    const char *service = rows_text(uses, row, "service");
    time_t moment = 0;

    (void)!rows_time(uses, row, "last_at", &moment);
    fputs("<li>", portal->page);
    say(portal, TEXT_USED);
    putc(' ', portal->page);
    say_when(portal, moment);
    if (service != NULL) {
        fprintf(portal->page, " %s ", text(TEXT_FOR));
        say_service(portal, service);
    }
    if (network != NULL) {
        fprintf(portal->page, " %s ", text(TEXT_FROM));
        say_typed(portal, network);
    }
    fputs("</li>\n", portal->page);
}

static void code_uses(const struct portal *portal, const struct rows *uses,
                      const char *selector)
{
    bool any = false;

    fputs("<ul>\n", portal->page);
    for (size_t i = 0; i < rows_count(uses); i++) {
        if (strcmp(rows_text(uses, i, "selector"), selector) != 0)
            continue;
        use_line(portal, uses, i);
        any = true;
    }
    if (!any)
        fprintf(portal->page, "<li>%s</li>\n", text(TEXT_NEVER_USED));
    fputs("</ul>\n", portal->page);
}

static void code_entry(const struct portal *portal, const struct rows *codes, size_t row,
                       const struct rows *uses)
{
    const char *selector = rows_text(codes, row, "selector");
    const char *state = rows_text(codes, row, "state");
    const char *services = rows_text(codes, row, "services");
    const char *expires = rows_text(codes, row, "expires");
    const char *device = rows_text(codes, row, "device");

    fputs("<li class=\"code\">\n<h3>", portal->page);
    say_typed(portal, device);
    fprintf(portal->page, "</h3>\n<p>%s, %s <code>%s</code>", text(state_text(state)),
            text(TEXT_STARTS), selector);
    if (services != NULL) {
        fprintf(portal->page, ", %s ", text(TEXT_FOR));
        say_services(portal, services);
    }
    if (expires != NULL)
        fprintf(portal->page, ", %s %s", text(TEXT_EXPIRES), expires);
    fputs("</p>\n", portal->page);
    if (strcmp(state, "revoked") != 0) {
        code_uses(portal, uses, selector);
        if (rows_boolean(portal->terms, 0, "fresh")) {
            if (rows_boolean(portal->terms, 0, "strong"))
                button(portal, "reset", TEXT_RESET, "device", device);
            button(portal, "revoke", TEXT_REVOKE, "selector", selector);
        }
    }
    fputs("</li>\n", portal->page);
}

static void service_choice(const struct portal *portal, const char *services)
{
    char names[512], *rest = names, *name;

    if (services == NULL)
        return;
    snprintf(names, sizeof names, "%s", services);
    fprintf(portal->page, "<fieldset><legend>%s</legend>\n", text(TEXT_SERVICES));
    while ((name = strsep(&rest, " ")) != NULL) {
        fputs("<label><input type=\"checkbox\" checked name=\"service\" value=\"",
              portal->page);
        say_typed(portal, name);
        fputs("\"> ", portal->page);
        say_service(portal, name);
        fputs("</label>\n", portal->page);
    }
    fputs("</fieldset>\n", portal->page);
}

static void make_buttons(const struct portal *portal, enum text label)
{
    fprintf(portal->page, "<p><button name=\"as\" value=\"page\">%s</button>\n",
            text(label));
    if (rows_text(portal->terms, 0, "imap_host") != NULL &&
        rows_text(portal->terms, 0, "smtp_host") != NULL)
        fprintf(portal->page, "<button name=\"as\" value=\"apple\">%s</button>\n",
                text(TEXT_MAKE_APPLE));
    fputs("</p>\n", portal->page);
}

static void make_form(const struct portal *portal)
{
    const struct rows *terms = portal->terms;

    fprintf(portal->page, "<h2>%s</h2>\n", text(TEXT_NEW));
    open_form(portal, "make", portal->state);
    fprintf(
        portal->page,
        "\n<p><label for=\"device\">%s</label><br>\n<input id=\"device\" name=\"device\" "
        "required maxlength=\"100\" autocomplete=\"off\" "
        "aria-describedby=\"hint\"><br>\n<small id=\"hint\">%s</small></p>\n",
        text(TEXT_LABEL), text(TEXT_LABEL_HINT));
    service_choice(portal, rows_text(terms, 0, "services"));
    make_buttons(portal, TEXT_MAKE);
    fputs("<p><small>", portal->page);
    say_count(portal, TEXT_LEFT, rows_integer(terms, 0, "makes_left"));
    fputs("</small></p>\n</form>\n", portal->page);
}

void page_list(struct portal *portal, const struct rows *codes, const struct rows *uses)
{
    bool fresh = rows_boolean(portal->terms, 0, "fresh");
    bool strong = rows_boolean(portal->terms, 0, "strong");

    open_page(portal);
    fprintf(portal->page, "<p>%s: <strong>", text(TEXT_OF));
    say_typed(portal, rows_text(portal->terms, 0, "account_name"));
    fprintf(portal->page, "</strong></p>\n<p>%s</p>\n", text(TEXT_INTRO));
    if (!fresh)
        step_up(portal, TEXT_STALE);
    else if (!strong)
        step_up(portal, TEXT_WEAK);
    fprintf(portal->page, "<h2>%s</h2>\n", text(TEXT_DEVICES));
    if (rows_count(codes) == 0)
        fprintf(portal->page, "<p>%s</p>\n", text(TEXT_NONE));
    fputs("<ul class=\"codes\">\n", portal->page);
    for (size_t i = 0; i < rows_count(codes); i++)
        code_entry(portal, codes, i, uses);
    fputs("</ul>\n", portal->page);
    if (fresh && rows_count(codes) > 0) {
        button(portal, "revoke_all", TEXT_REVOKE_ALL, NULL, NULL);
        button(portal, "alarm", TEXT_ALARM, NULL, NULL);
    }
    if (fresh && strong && rows_boolean(portal->terms, 0, "enabled") &&
        rows_integer(portal->terms, 0, "makes_left") > 0)
        make_form(portal);
    close_page(portal);
}

void page_sure(struct portal *portal, const char *action, enum text question,
               const char *name, const char *value, const char *shown)
{
    open_page(portal);
    fprintf(portal->page, "<p>%s</p>\n", text(question));
    if (shown != NULL) {
        fputs("<p><strong>", portal->page);
        say_typed(portal, shown);
        fputs("</strong></p>\n", portal->page);
    }
    open_form(portal, action, portal->state);
    if (name != NULL)
        hidden(portal, name, value);
    fprintf(portal->page,
            "<button name=\"sure\" value=\"yes\">%s</button></form>\n"
            "<p><a href=\"?\">%s</a></p>\n",
            text(TEXT_YES), text(TEXT_NO));
    close_page(portal);
}

/* ---- a link ---- */

void page_offer(struct portal *portal, enum text warning)
{
    const struct rows *terms = portal->terms;

    if (warning != TEXT_COUNT)
        portal->status = 403;
    open_page(portal);
    if (warning != TEXT_COUNT)
        fprintf(portal->page, "<p role=\"alert\">%s</p>\n", text(warning));
    fprintf(portal->page, "<h2>%s ", text(TEXT_OFFER));
    say_typed(portal, rows_text(terms, 0, "device"));
    fprintf(portal->page, "</h2>\n<p>%s: <strong>", text(TEXT_OF));
    say_typed(portal, rows_text(terms, 0, "account_name"));
    fprintf(portal->page, "</strong></p>\n<p>%s</p>\n<form method=\"post\">\n",
            text(TEXT_OFFER_HINT));
    if (rows_boolean(terms, 0, "pin"))
        fprintf(portal->page,
                "<p><label for=\"pin\">%s</label><br>\n<input id=\"pin\" name=\"pin\" "
                "required inputmode=\"numeric\" maxlength=\"12\" autocomplete=\"off\" "
                "aria-describedby=\"hint\"><br>\n<small id=\"hint\">%s</small></p>\n",
                text(TEXT_PIN), text(TEXT_PIN_HINT));
    make_buttons(portal, TEXT_COLLECT);
    fputs("</form>\n", portal->page);
    close_page(portal);
}

/* ---- the code ---- */

static void setting(const struct portal *portal, enum text name, const char *host,
                    const char *port)
{
    const char *server = rows_text(portal->terms, 0, host);

    if (server == NULL)
        return;
    fprintf(portal->page, "<dt>%s</dt><dd>", text(name));
    say_typed(portal, server);
    fprintf(portal->page, ", %s %ld, TLS</dd>\n", text(TEXT_PORT),
            rows_integer(portal->terms, 0, port));
}

/* A name in JSON. */
static void quoted(FILE *json, const char *name)
{
    putc('"', json);
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            putc('\\', json);
        putc(*name, json);
    }
    putc('"', json);
}

static void server(FILE *json, const struct rows *terms, const char *host,
                   const char *port)
{
    long number = rows_integer(terms, 0, port);

    fputs("[0,", json);
    quoted(json, rows_text(terms, 0, host));
    /* Security: 3 is TLS, 2 STARTTLS; authentication: 1 is a password. */
    fprintf(json, ",%ld,%d,1,", number, number == 587 || number == 143 ? 2 : 3);
    quoted(json, rows_text(terms, 0, "account_name"));
}

/* Thunderbird's "Export for Mobile" QR code, format version 1. */
static void android(const struct portal *portal, const char *display)
{
    const struct rows *terms = portal->terms;
    const char *account = rows_text(terms, 0, "account_name");
    char payload[1024] = "";
    FILE *json = fmemopen(payload, sizeof payload, "w");

    if (json == NULL)
        return;
    setvbuf(json, NULL, _IONBF, 0);
    fputs("[1,[1,1],", json);
    server(json, terms, "imap_host", "imap_port");
    fprintf(json, ",\"\",\"%s\"],[[", display);
    server(json, terms, "smtp_host", "smtp_port");
    fprintf(json, ",\"%s\"],[", display);
    quoted(json, account);
    putc(',', json);
    quoted(json, account);
    fputs("]]]]", json);
    if (fclose(json) == 0 && payload[sizeof payload - 1] == '\0') {
        fprintf(portal->page, "<details><summary>%s</summary>\n", text(TEXT_ANDROID));
        (void)!qr_svg(portal->page, payload, text(TEXT_ANDROID_HINT));
        fputs("</details>\n", portal->page);
    }
    explicit_bzero(payload, sizeof payload);
}

void page_code(struct portal *portal, const struct rows *stored, const char *display,
               const char *canonical)
{
    const struct rows *terms = portal->terms;

    open_page(portal);
    fprintf(portal->page, "<h2>%s</h2>\n<p>", text(TEXT_CODE));
    say_typed(portal, rows_text(stored, 0, "device"));
    fprintf(portal->page, "</p>\n<p class=\"secret\"><code>%s</code></p>\n<p>%s</p>\n",
            display, text(TEXT_ONCE));
    fprintf(portal->page, "<details><summary>%s</summary>\n", text(TEXT_QR));
    (void)!qr_svg(portal->page, display, text(TEXT_QR_HINT));
    fputs("</details>\n", portal->page);
    if (rows_text(terms, 0, "imap_host") != NULL &&
        rows_text(terms, 0, "smtp_host") != NULL)
        android(portal, canonical);
    fprintf(portal->page, "<h2>%s</h2>\n<dl>\n<dt>%s</dt><dd>", text(TEXT_SETTINGS),
            text(TEXT_USER));
    say_typed(portal, rows_text(terms, 0, "account_name"));
    fprintf(portal->page, "</dd>\n<dt>%s</dt><dd>%s</dd>\n", text(TEXT_PASSWORD),
            text(TEXT_THE_CODE));
    setting(portal, TEXT_INCOMING, "imap_host", "imap_port");
    setting(portal, TEXT_OUTGOING, "smtp_host", "smtp_port");
    setting(portal, TEXT_CALENDAR, "dav_host", "dav_port");
    fputs("</dl>\n", portal->page);
    back(portal);
    close_page(portal);
}
