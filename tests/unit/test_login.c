/* SPDX-License-Identifier: BSD-2-Clause */
/* The address of a login: what sshd(8) says, and what somebody else might. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/login.h"

static const struct {
	const char *connection, *address; /* "": refused */
} cases[] = {
	{ "192.0.2.9 50000 192.0.2.1 22", "192.0.2.1" },
	{ "2001:db8::9 50000 2001:DB8:0::1 22", "2001:db8::1" },
	{ "fe80::9%eth0 50000 fe80::1%eth0 22", "fe80::1" },
	{ "::ffff:192.0.2.9 50000 ::ffff:192.0.2.1 22", "192.0.2.1" },
	{ "192.0.2.9 50000 192.0.2.1", "192.0.2.1" },
	{ "", "" },
	{ "192.0.2.9 50000", "" },
	{ "a b c d", "" },
	{ "192.0.2.9 50000 192.0.2.300 22", "" },
	{ "192.0.2.9 50000 $(reboot) 22", "" },
	{ "x y 1111111111111111111111111111111111111111111111111111111111111111111111111111111111",
		"" },
};

static void connections(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[INET6_ADDRSTRLEN] = "left over";

		assert_int_equal(login_parse(cases[i].connection, text, sizeof(text)),
			*cases[i].address != '\0');
		assert_string_equal(text, cases[i].address);
	}
}

static void own_environment(void **state)
{
	char text[INET6_ADDRSTRLEN];

	setenv("SSH_CONNECTION", "192.0.2.9 50000 192.0.2.1 22", 1);
	assert_true(login_address(text, sizeof(text)));
	assert_string_equal(text, "192.0.2.1");
	setenv("SSH_CONNECTION", "nonsense", 1);
	assert_false(login_address(text, sizeof(text)));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections),
		cmocka_unit_test(own_environment),
	};

	return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
