/* SPDX-License-Identifier: BSD-2-Clause */
/* Community IDs: those of the specification's baseline, and of tshark 4.0.17 for other kinds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "report/community_id.h"

static const struct {
	uint8_t protocol;
	const char *source, *destination;
	uint16_t source_port, destination_port;
	const char *id;
} cases[] = {
	{ 6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ 6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ 6, "2001:db8::1", "2001:db8::2", 443, 51724, "1:wqIpdJp+gVfr0UVr0XpEyCnaVxI=" },
	{ 6, "2001:db8::2", "2001:db8::1", 51724, 443, "1:wqIpdJp+gVfr0UVr0XpEyCnaVxI=" },
	{ 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ 17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ 132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=" },
	{ 132, "10.0.0.2", "10.0.0.1", 80, 32836, "1:kI44CEqlasYb8ZJaEPYMGuUFlNY=" },
	{ 1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 1, "192.168.0.89", "192.168.0.1", 20, 0, "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=" },
	{ 1, "192.168.0.1", "192.168.0.89", 3, 1, "1:o3zT92uTgnRWv/YrDVeXcWumpC4=" },
	{ 1, "10.0.0.9", "10.0.0.1", 13, 0, "1:KOx2rCkaKRETIj7nGU9P3+gFAMU=" },
	{ 1, "10.0.0.1", "10.0.0.9", 14, 0, "1:KOx2rCkaKRETIj7nGU9P3+gFAMU=" },
	{ 58, "fe80::1", "fe80::2", 128, 0, "1:3H+V/JVcqh/phPel5utt4dOKqOU=" },
	{ 58, "fe80::2", "fe80::1", 129, 0, "1:3H+V/JVcqh/phPel5utt4dOKqOU=" },
	{ 58, "fe80::2", "fe80::1", 135, 0, "1:jXSMIMhnMomSaIrNtEPXqYE5Rc4=" },
	{ 58, "fe80::1", "fe80::2", 136, 0, "1:jXSMIMhnMomSaIrNtEPXqYE5Rc4=" },
	{ 58, "fe80::2", "fe80::1", 1, 4, "1:KP7k20289QLlEmMHLKdRgaeGmfo=" },
	{ 58, "fe80::9", "fe80::1", 133, 0, "1:iWF9Gh0rpmUoOCuUEWLZI9dUTCc=" },
	{ 50, "10.0.0.2", "10.0.0.1", 0, 0, "1:dX+1pd7Z9Y9hJE/IuQlfvK7bxuA=" },
	{ 50, "10.0.0.1", "10.0.0.2", 0, 0, "1:dX+1pd7Z9Y9hJE/IuQlfvK7bxuA=" },
};

static void known_flows(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int family = strchr(cases[i].source, ':') ? AF_INET6 : AF_INET;
		uint8_t source[16], destination[16];
		char id[COMMUNITY_ID_BYTES];

		assert_int_equal(inet_pton(family, cases[i].source, source), 1);
		assert_int_equal(inet_pton(family, cases[i].destination, destination), 1);
		community_id(id, cases[i].protocol, source, destination,
			family == AF_INET6 ? 16 : 4, cases[i].source_port,
			cases[i].destination_port);
		assert_string_equal(id, cases[i].id);
	}
}

static void ports_decide_between_equal_addresses(void **state)
{
	static const uint8_t local[] = { 127, 0, 0, 1 };
	char there[COMMUNITY_ID_BYTES], back[COMMUNITY_ID_BYTES];

	community_id(there, 6, local, local, sizeof(local), 40000, 80);
	community_id(back, 6, local, local, sizeof(local), 80, 40000);
	assert_string_equal(there, back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_flows),
		cmocka_unit_test(ports_decide_between_equal_addresses),
	};

	return cmocka_run_group_tests_name("community_id", tests, NULL, NULL);
}
