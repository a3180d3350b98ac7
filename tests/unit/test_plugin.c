/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/* The module as it was built, loaded by the real library: no database needed. */

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>

struct option {
    const char *name, *value;
};

static const char *module_file = PLUGIN_STUB;
static const struct option *options; /* the application's configuration */
static unsigned lines;               /* of the plugin, in the application's log */
static int level;                    /* of the last one */
static char last_line[2048];
static int version_offered;
static int plugins_added, plug_result;
static sasl_server_plug_init_t *entry_point;

static int get_option(void *context, const char *plugin, const char *name,
                      const char **result, unsigned *length)
{
    (void)context;
    (void)plugin;
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->name, name) != 0)
            continue;
        *result = option->value;
        if (length != NULL)
            *length = (unsigned)strlen(option->value);
        return SASL_OK;
    }
    return SASL_FAIL;
}

static int take_line(void *context, int line_level, const char *line)
{
    (void)context;
    if (strncmp(line, "apppass:", 8) == 0) {
        lines++;
        level = line_level;
        snprintf(last_line, sizeof last_line, "%s", line);
    }
    return SASL_OK;
}

/* No module but the one under test. */
static int get_path(void *context, const char **path)
{
    (void)context;
    *path = "/nonexistent";
    return SASL_OK;
}

static int add_with_version(const sasl_utils_t *utils, int max_version, int *out_version,
                            sasl_server_plug_t **list, int *count)
{
    (void)max_version;
    plug_result = entry_point(utils, version_offered, out_version, list, count);
    if (plug_result == SASL_OK)
        plugins_added = *count;
    return plug_result;
}

static sasl_callback_t callbacks[] = {
    {SASL_CB_GETOPT, (int (*)(void))(void (*)(void))get_option, NULL},
    {SASL_CB_LOG, (int (*)(void))(void (*)(void))take_line, NULL},
    {SASL_CB_GETPATH, (int (*)(void))(void (*)(void))get_path, NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

/* Start the library with these options and offer it the module. */
static void *start(const struct option *with, int version)
{
    void *module = dlopen(module_file, RTLD_NOW | RTLD_LOCAL);

    if (module == NULL)
        fail_msg("%s", dlerror());
    *(void **)&entry_point = dlsym(module, "sasl_server_plug_init");
    assert_non_null(entry_point);
    options = with;
    lines = 0;
    last_line[0] = '\0';
    version_offered = version;
    plugins_added = -1;
    assert_int_equal(sasl_server_init(callbacks, "apppass-test"), SASL_OK);
    (void)sasl_server_add_plugin("apppass", add_with_version);
    return module;
}

static void stop(void *module)
{
    sasl_done();
    assert_int_equal(dlclose(module), 0);
}

/* The defined symbols of the module's dynamic table. */
static unsigned count_exports(void *module, const char *name)
{
    const struct link_map *map;
    const ElfW(Sym) *symbols = NULL;
    const char *strings = NULL;
    const uint32_t *gnu = NULL;
    unsigned count = 0;

    assert_int_equal(dlinfo(module, RTLD_DI_LINKMAP, (void *)&map), 0);
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SYMTAB)
            symbols = (const void *)entry->d_un.d_ptr;
        if (entry->d_tag == DT_STRTAB)
            strings = (const void *)entry->d_un.d_ptr;
        if (entry->d_tag == DT_GNU_HASH)
            gnu = (const void *)entry->d_un.d_ptr;
    }
    if (symbols == NULL || strings == NULL || gnu == NULL) {
        fail_msg("no dynamic symbol table");
        return 0;
    }
    /* The GNU hash table lists exactly the defined symbols: header of 4 words, filter,
     * buckets, then chains that end at an odd word. */
    const uint32_t *buckets = gnu + 4 + gnu[2] * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chains = buckets + gnu[0];

    for (uint32_t bucket = 0; bucket < gnu[0]; bucket++) {
        for (uint32_t index = buckets[bucket]; index != 0; index++) {
            if (name == NULL || strcmp(strings + symbols[index].st_name, name) == 0)
                count++;
            if (chains[index - gnu[1]] & 1)
                break;
        }
    }
    return count;
}

static const struct option none[] = {{NULL, NULL}};
static const struct option good[] = {
    {"apppass_conninfo", "host=/nonexistent dbname=mail"},
    {NULL, NULL},
};

static void exactly_one_symbol_is_exported(void **state)
{
    static const struct {
        const char *file, *symbol;
    } cases[] = {{PLUGIN_STUB, "sasl_server_plug_init"},
                 {PLUGIN_MODULE, "apppass_module"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *module = dlopen(cases[i].file, RTLD_NOW | RTLD_LOCAL);

        assert_non_null(module);
        assert_int_equal(count_exports(module, NULL), 1);
        assert_int_equal(count_exports(module, cases[i].symbol), 1);
        assert_int_equal(dlclose(module), 0);
    }
}

static int count_thread_storage(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    if (strstr(info->dlpi_name, "libapppass") == NULL)
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        *(unsigned *)context += info->dlpi_phdr[i].p_type == PT_TLS;
    *(unsigned *)context += 1000;
    return 0;
}

/* The loader ends a program that has no memory for it, or doesn't load the object. */
static void no_thread_storage_is_asked_of_the_loader(void **state)
{
    void *module = start(good, SASL_SERVER_PLUG_VERSION);
    unsigned count = 0;

    (void)state;
    (void)dl_iterate_phdr(count_thread_storage, &count);
    assert_int_equal(count, 2 * 1000);
    stop(module);
}

static void an_older_library_is_told_so(void **state)
{
    void *module = start(good, SASL_SERVER_PLUG_VERSION - 1);

    (void)state;
    assert_int_equal(plug_result, SASL_BADVERS);
    stop(module);
}

static void without_the_option_nothing_is_offered_or_said(void **state)
{
    void *module = start(none, SASL_SERVER_PLUG_VERSION);

    (void)state;
    assert_int_equal(plug_result, SASL_OK);
    assert_int_equal(plugins_added, 0);
    assert_string_equal(last_line, "");
    stop(module);
}

static bool loaded(const char *file)
{
    void *module = dlopen(file, RTLD_NOW | RTLD_NOLOAD);

    if (module != NULL)
        (void)dlclose(module);
    return module != NULL;
}

static void the_module_is_loaded_where_it_is_needed(void **state)
{
    void *module = start(none, SASL_SERVER_PLUG_VERSION);

    (void)state;
    assert_false(loaded(PLUGIN_MODULE));
    stop(module);
    module = start(good, SASL_SERVER_PLUG_VERSION);
    assert_true(loaded(PLUGIN_MODULE));
    sasl_done();
    assert_false(loaded(PLUGIN_MODULE));
    assert_int_equal(dlclose(module), 0);
}

/* A folder with our stub, or a link to it, and what else `command` makes of it. */
static void make_folder(const char *command)
{
    char words[2048];

    snprintf(words, sizeof words,
             "rm -rf plugin-copy && mkdir -p plugin-copy/apppass && cd plugin-copy && %s",
             command);
    assert_int_equal(system(words), 0);
    module_file = "plugin-copy/libapppass.so";
}

static void end_folder(void)
{
    module_file = PLUGIN_STUB;
    assert_int_equal(system("rm -rf plugin-copy"), 0);
}

static void the_module_lies_beside_the_stub_itself(void **state)
{
    void *module;

    (void)state;
    make_folder("ln -s " PLUGIN_STUB " libapppass.so");
    module = start(good, SASL_SERVER_PLUG_VERSION);
    assert_int_equal(plugins_added, 2);
    assert_true(loaded(PLUGIN_MODULE));
    assert_string_equal(last_line, "");
    stop(module);
    end_folder();
}

/* Each login is answered temporarily, with a name for hosts that want one. */
static void assert_unavailable(void)
{
    static const char *const mechanisms[] = {"PLAIN", "LOGIN"};

    assert_int_equal(plugins_added, 2);
    for (size_t i = 0; i < 4; i++) {
        const void *name = NULL;
        sasl_conn_t *conn;
        const char *out;
        unsigned length;

        assert_int_equal(
            sasl_server_new("imap", "localhost", NULL, NULL, NULL, NULL, 0, &conn),
            SASL_OK);
        assert_int_equal(
            sasl_server_start(conn, mechanisms[i % 2], "\0a\0b", 4, &out, &length),
            SASL_UNAVAIL);
        assert_int_equal(sasl_getprop(conn, SASL_USERNAME, &name), SASL_OK);
        assert_string_equal(name, "?");
        sasl_dispose(&conn);
    }
}

static void a_module_that_cant_be_used_makes_every_login_temporary(void **state)
{
    static const struct {
        const char *what, *command, *words;
    } cases[] = {
        {"missing", "cp " PLUGIN_STUB " .", "apppass/libapppass-module.so: "},
        {"no library", "cp " PLUGIN_STUB " . && echo x >apppass/libapppass-module.so",
         "could not load"},
        {"another library",
         "cp " PLUGIN_STUB " . && cp " PLUGIN_STUB " apppass/libapppass-module.so",
         "could not load"},
        /* The version is a text with room behind it. */
        {"another version",
         "cp " PLUGIN_STUB " . && sed 's/" PACKAGE_VERSION
         "\\x00\\{28\\}/9.9" /* same length */
         "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
         "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00/'"
         " " PLUGIN_MODULE " >apppass/libapppass-module.so",
         "is of version 9.9 and libapppass.so of version " PACKAGE_VERSION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *module;

        make_folder(cases[i].command);
        module = start(good, SASL_SERVER_PLUG_VERSION);
        assert_unavailable();
        if (lines != 1 || level != SASL_LOG_ERR ||
            strstr(last_line, cases[i].words) == NULL)
            fail_msg("%s: %u lines, the last \"%s\"", cases[i].what, lines, last_line);
        stop(module);
        end_folder();
    }
}

static void with_it_both_mechanisms_are_offered_in_silence(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        void *module = start(good, SASL_SERVER_PLUG_VERSION);

        assert_int_equal(plugins_added, 2);
        assert_string_equal(last_line, "");
        stop(module);
    }
}

static void a_newer_library_is_served(void **state)
{
    void *module = start(good, SASL_SERVER_PLUG_VERSION + 1);

    (void)state;
    assert_int_equal(plugins_added, 2);
    stop(module);
}

/* Each is answered temporarily by both mechanisms, and said once where the host logs. */
static void a_wrong_option_makes_every_login_temporary(void **state)
{
    static const struct option cases[][3] = {
        {{"apppass_conninfo", ""}, {NULL, NULL}},
        {{"apppass_conninfo", "colour=blue"}, {NULL, NULL}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_timeout", "soon"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_timeout", "0"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_timeout", "-1"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_timeout", "99999999999"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_idle_timeout", "1m"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_fallback", "sometimes"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_require_key", "maybe"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_require_key", "yes"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_key", "/nonexistent/key"}},
        {{"apppass_conninfo", "dbname=mail"}, {"apppass_record_conninfo", "colour=blue"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *module = start(cases[i], SASL_SERVER_PLUG_VERSION);

        assert_unavailable();
        if (lines != 1 || level != SASL_LOG_ERR ||
            strstr(last_line, cases[i][1].name != NULL ? cases[i][1].name
                                                       : "apppass_conninfo") == NULL)
            fail_msg("case %zu: %u lines, the last \"%s\"", i, lines, last_line);
        stop(module);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_one_symbol_is_exported),
        cmocka_unit_test(no_thread_storage_is_asked_of_the_loader),
        cmocka_unit_test(the_module_is_loaded_where_it_is_needed),
        cmocka_unit_test(the_module_lies_beside_the_stub_itself),
        cmocka_unit_test(a_module_that_cant_be_used_makes_every_login_temporary),
        cmocka_unit_test(an_older_library_is_told_so),
        cmocka_unit_test(without_the_option_nothing_is_offered_or_said),
        cmocka_unit_test(with_it_both_mechanisms_are_offered_in_silence),
        cmocka_unit_test(a_newer_library_is_served),
        cmocka_unit_test(a_wrong_option_makes_every_login_temporary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
