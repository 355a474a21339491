/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry point: answers --help and --version, refuses everything else with one line and status 2. */

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		puts("usage: pktlint --help | --version");
		return 0;
	}
	fputs("pktlint: no command given: try 'pktlint --help'\n", stderr);
	return 2;
}
