/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By which address of this host is its user logged in? sshd(8) says so in the environment of the
 * login; sudo(8) clears that, but parents have it still, as proc(5) shows to root.
 */
#include "cmd/login.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARENTS 16
#define MAX_ENVIRONMENT 65536

static const char variable[] = "SSH_CONNECTION=";

bool login_parse(const char *connection, char *text, size_t size)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char word[INET6_ADDRSTRLEN + 32];
	unsigned char address[sizeof(struct in6_addr)];

	*text = '\0';
	if (sscanf(connection, "%*77s %*77s %77s", word) != 1)
		return false;
	word[strcspn(word, "%")] = '\0'; /* the zone of a link-local address */
	if (inet_pton(AF_INET, word, address) == 1)
		return inet_ntop(AF_INET, address, text, (socklen_t)size);
	if (inet_pton(AF_INET6, word, address) != 1)
		return false;
	if (memcmp(address, mapped, sizeof(mapped)) == 0)
		return inet_ntop(AF_INET, address + sizeof(mapped), text, (socklen_t)size);
	return inet_ntop(AF_INET6, address, text, (socklen_t)size);
}

/* Reads a file of a process, NUL at its end; the bytes before that, 0 if it cannot be read. */
static size_t read_process(pid_t process, const char *name, char *text, size_t size)
{
	char path[64];
	FILE *file;
	size_t length;

	*text = '\0';
	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)process, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);
	return length;
}

static pid_t parent_of(pid_t process)
{
	char text[1024];
	long parent;

	read_process(process, "stat", text, sizeof(text));
	/* The name of the program, which may hold anything, is in brackets. */
	if (!strrchr(text, ')') || sscanf(strrchr(text, ')'), ") %*c %ld", &parent) != 1)
		return 0;
	return (pid_t)parent;
}

static bool of_process(pid_t process, char *text, size_t size)
{
	char *environment = malloc(MAX_ENVIRONMENT);
	size_t length;
	bool found = false;

	if (!environment)
		return false;
	length = read_process(process, "environ", environment, MAX_ENVIRONMENT);
	for (size_t i = 0; i < length && !found; i += strlen(environment + i) + 1)
		if (strncmp(environment + i, variable, sizeof(variable) - 1) == 0)
			found = login_parse(environment + i + sizeof(variable) - 1, text, size);
	free(environment);
	return found;
}

bool login_address(char *text, size_t size)
{
	const char *own = getenv("SSH_CONNECTION");
	pid_t process = getppid();

	*text = '\0';
	if (own)
		return login_parse(own, text, size);
	for (int i = 0; i < PARENTS && process > 1; i++, process = parent_of(process))
		if (of_process(process, text, size))
			return true;
	return false;
}
