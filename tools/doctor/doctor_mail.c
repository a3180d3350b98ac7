/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/program.h"
#include "doctor/doctor.h"

#define VALUE_MAX 512

/* ---- both ---- */

/* Is `word` one of the words of a list? */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    while (*list != '\0') {
        size_t span;

        /* As libsasl2 does: a comma is part of the word. */
        list += strspn(list, " \t");
        span = strcspn(list, " \t");
        if (span == length && strncasecmp(list, word, length) == 0)
            return true;
        list += span;
    }
    return false;
}

static void check_mechanisms(struct doctor *doctor, const char *domain, const char *path,
                             const struct conf *conf)
{
    const char *list = conf_value(conf, "mech_list");
    const char *prefix = conf_prefix(conf);
    char fix[64];

    snprintf(fix, sizeof fix, "%smech_list: PLAIN LOGIN", prefix);
    if (list == NULL)
        doctor_fault(
            doctor, domain, fix,
            "%s: %smech_list is not set, so PLAIN and LOGIN are offered twice, and "
            "others that know no app passwords",
            path, prefix);
    else if (strchr(list, ',') != NULL)
        doctor_fault(doctor, domain, fix,
                     "%s: %smech_list is \"%s\": libsasl2 parts the names at blanks, and "
                     "takes a comma for part of one",
                     path, prefix, list);
    else if (!has_word(list, "PLAIN"))
        doctor_fault(doctor, domain, fix,
                     "%s: %smech_list is without PLAIN, so no app password can be sent",
                     path, prefix);
    else
        doctor_ok(doctor, domain, "offers %s", list);
}

/* ---- Postfix ---- */

bool postconf(const char *folder, const char *name, char *value, size_t size)
{
    const char *const words[] = {"postconf", "-c", folder, "-h", name, NULL};
    char *text = program_output(words);

    if (text != NULL)
        snprintf(value, size, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    return text != NULL;
}

/* Lines "service/type/chroot = y" of services whose command is smtpd. */
static bool smtpd_is_jailed(const char *folder)
{
    const char *const words[] = {"postconf",       "-c", folder, "-F", "*/inet/chroot",
                                 "*/inet/command", NULL};
    char level[VALUE_MAX] = "0";
    char *text = program_output(words), *rest = text;
    bool jailed = false, this_one = false;

    /* A hyphen in master.cf is Postfix's default, which changed with level 1. */
    postconf(folder, "compatibility_level", level, sizeof level);
    for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        const char *value = strstr(line, " = ");

        if (value == NULL)
            continue;
        value += 3;
        if (strstr(line, "/chroot = ") != NULL)
            this_one = value[0] == 'y' || (value[0] == '-' && level[0] == '0');
        else if (strncmp(value, "smtpd", 5) == 0 && (value[5] == '\0' || value[5] == ' '))
            jailed = jailed || this_one;
    }
    free(text);
    return jailed;
}

static bool somebody_may_log_in(const char *folder)
{
    const char *const words[] = {
        "postconf", "-c", folder, "-P", "*/inet/smtpd_sasl_auth_enable", NULL};
    char value[VALUE_MAX] = "";
    char *text;
    bool enabled;

    if (postconf(folder, "smtpd_sasl_auth_enable", value, sizeof value) &&
        strcasecmp(value, "yes") == 0)
        return true;
    text = program_output(words);
    enabled = text != NULL && strstr(text, "= yes") != NULL;
    free(text);
    return enabled;
}

/* Nobody but root need be able to read a mail server's configuration. */
static void unreadable(struct doctor *doctor, const char *check, const char *path,
                       const char *fix)
{
    if (errno == EACCES && geteuid() != 0)
        doctor_note(doctor, check, "%s is not for everybody's eyes: run doctor as root",
                    path);
    else
        doctor_fault(doctor, check, fix, "%s: %s", path, strerror(errno));
}

/* Postfix hands a bare user name over as it is: only apppass_realm completes it. */
static void check_local_domain(struct doctor *doctor, const char *folder,
                               const char *path, const struct conf *conf)
{
    const char *realm = conf_value(conf, "apppass_realm");
    char domain[VALUE_MAX] = "", fix[VALUE_MAX + 32];

    if (!postconf(folder, "smtpd_sasl_local_domain", domain, sizeof domain) ||
        domain[0] == '\0' || domain[0] == '$')
        return;
    snprintf(fix, sizeof fix, "apppass_realm: %s", domain);
    if (realm == NULL || strcasecmp(realm, domain) != 0)
        doctor_fault(
            doctor, "postfix", fix,
            "%s: smtpd_sasl_local_domain is %s, but a bare user name is completed "
            "by apppass_realm alone, which is %s",
            path, domain, realm != NULL ? realm : "not set");
}

static void check_smtpd_conf(struct doctor *doctor, const char *folder, const char *path)
{
    char user[VALUE_MAX] = "", jail[VALUE_MAX] = "";
    struct doctor_place place = {.domain = "postfix"};
    struct conf *conf = conf_read(path, "");

    if (conf == NULL) {
        unreadable(doctor, "postfix", path, "see its folder");
        return;
    }
    if (postconf(folder, "mail_owner", user, sizeof user) && user[0] != '\0')
        place.user = user;
    if (smtpd_is_jailed(folder) && postconf(folder, "queue_directory", jail, sizeof jail))
        place.jail = jail;
    check_mechanisms(doctor, "postfix", path, conf);
    check_local_domain(doctor, folder, path, conf);
    doctor_options(doctor, &place, path, conf);
    conf_free(&conf);
}

void doctor_postfix(struct doctor *doctor)
{
    const char *given = command_option(doctor->invocation, OPTION_POSTFIX);
    const char *folder = given != NULL ? given : "/etc/postfix";
    char value[VALUE_MAX], name[VALUE_MAX] = "smtpd", folders[VALUE_MAX] = "";
    char file[VALUE_MAX + 8], path[DOCTOR_PATH_MAX];

    if (!postconf(folder, "smtpd_sasl_type", value, sizeof value)) {
        if (given != NULL)
            doctor_fault(doctor, "postfix", "name the folder of main.cf",
                         "postconf can't read %s", folder);
        else
            doctor_note(doctor, "postfix", "not installed here");
        return;
    }
    if (strcmp(value, "cyrus") != 0) {
        doctor_fault(doctor, "postfix", "smtpd_sasl_type = cyrus",
                     "smtpd_sasl_type is %s", value);
        return;
    }
    if (!somebody_may_log_in(folder))
        doctor_fault(
            doctor, "postfix",
            "-o smtpd_sasl_auth_enable=yes at the submission service in master.cf",
            "no service lets anybody log in");
    postconf(folder, "smtpd_sasl_path", name, sizeof name);
    postconf(folder, "cyrus_sasl_config_path", folders, sizeof folders);
    if (folders[0] == '\0')
        snprintf(folders, sizeof folders, "/etc/postfix/sasl:/usr/lib/sasl2:/etc/sasl2");
    snprintf(file, sizeof file, "%s.conf", name);
    if (doctor_find(folders, file, path))
        check_smtpd_conf(doctor, folder, path);
    else
        doctor_fault(doctor, "postfix", "install examples/postfix/sasl/smtpd.conf there",
                     "there is no %s in %s", file, folders);
}

/* ---- Cyrus IMAP ---- */

static void check_checkpass(struct doctor *doctor, const char *path,
                            const struct conf *conf)
{
    const char *method = conf_value(conf, "pwcheck_method");
    const char *socket_path = conf_value(conf, "saslauthd_path");

    if (method == NULL || !has_word(method, "saslauthd")) {
        doctor_note(doctor, "cyrus",
                    "%s: IMAP LOGIN, POP3 USER and HTTP Basic take no app passwords "
                    "(sasl_pwcheck_method: saslauthd and apppassd would)",
                    path);
        return;
    }
    if (socket_path == NULL)
        doctor_fault(doctor, "cyrus", "sasl_saslauthd_path: /run/apppassd/mux",
                     "%s: saslauthd is asked, but not apppassd", path);
    else
        doctor_daemon(doctor, socket_path);
    if (has_word(method, "auxprop") || has_word(method, "alwaystrue"))
        doctor_fault(
            doctor, "cyrus", "sasl_pwcheck_method: saslauthd",
            "%s: with \"%s\" other passwords let people in, and a temporary failure "
            "reads as a wrong password",
            path, method);
}

/* Cyrus IMAP takes its default domain off a name before it asks apppassd. */
static void check_default_domain(struct doctor *doctor, const char *path,
                                 const struct conf *all, const struct conf *conf)
{
    const char *domain = conf_value(all, "defaultdomain");
    const char *realm = conf_value(conf, "apppass_realm");

    if (domain != NULL && (realm == NULL || strcasecmp(domain, realm) != 0))
        doctor_fault(
            doctor, "cyrus",
            "apppass_realm with that domain in apppassd.conf, and sasl_apppass_realm "
            "here",
            "%s: defaultdomain %s is taken off the names that apppassd is asked for",
            path, domain);
}

void doctor_cyrus(struct doctor *doctor)
{
    const char *given = command_option(doctor->invocation, OPTION_CYRUS);
    const char *path = given != NULL ? given : "/etc/imapd.conf";
    struct doctor_place place = {.domain = "cyrus", .user = "cyrus"};
    struct conf *all, *conf;
    const char *user, *repeated;

    conf = conf_read(path, "sasl_");
    if (conf == NULL) {
        if (errno == ENOENT && given == NULL)
            doctor_note(doctor, "cyrus", "not installed here");
        else
            unreadable(doctor, "cyrus", path, "name the file");
        return;
    }
    all = conf_read(path, "");
    user = all != NULL ? conf_value(all, "cyrus_user") : NULL;
    repeated = all != NULL ? conf_repeated(all) : NULL;
    if (user != NULL)
        place.user = user;
    if (repeated != NULL)
        doctor_fault(doctor, "cyrus", "remove one of them",
                     "%s: %s is given twice, and Cyrus IMAP does not start", path,
                     repeated);
    check_mechanisms(doctor, "cyrus", path, conf);
    doctor_options(doctor, &place, path, conf);
    check_checkpass(doctor, path, conf);
    if (all != NULL) {
        check_default_domain(doctor, path, all, conf);
        doctor_proc(doctor, path, all);
    }
    conf_free(&all);
    conf_free(&conf);
}
